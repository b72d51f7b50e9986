"""What a job's folders are called in a container."""

from __future__ import annotations

import pytest

from agentmesh.executors.docker import mounts
from agentmesh.ports.executor import JobDirs

DIRS = JobDirs(
    root="/s/1/a",
    workspace="/s/1/a/repo/repo",
    home="/s/1/a/home",
    temp="/s/1/a/temp",
    tools="/s/1/a/tools",
    actions="/s/1/a/actions",
    files="/shm/1/a/files",
)
JOB = mounts.of_job(DIRS)


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        (DIRS.workspace, "/__w/repo/repo"),
        (DIRS.workspace + "/x", "/__w/repo/repo/x"),
        (DIRS.temp, "/__w/_temp"),
        (DIRS.tools + "/py", "/__t/py"),
        (DIRS.home, "/github/home"),
        (DIRS.files + "/env_1", "/__w/_temp/_runner_file_commands/env_1"),
        (DIRS.files + "/event.json", "/github/workflow/event.json"),
    ],
)
def test_paths_are_githubs_both_ways(outside: str, inside: str):
    assert JOB.inside(outside) == inside
    assert JOB.outside(inside) == outside


def test_a_path_that_is_not_there_stays():
    assert JOB.inside("/s/1/ab/x") == "/s/1/ab/x"
    assert JOB.inside("/etc/hosts") == "/etc/hosts"


def test_every_path_in_a_text_is_found():
    text = "/__w/repo/repo/dist\n!/__w/repo/repo/x y=/github/home:/__t"
    assert JOB.outside(text) == (
        "/s/1/a/repo/repo/dist\n!/s/1/a/repo/repo/x y=/s/1/a/home:/s/1/a/tools"
    )


@pytest.mark.parametrize("text", ["/__web", "a/__w/b", "/github/homes", "https://x.y/__w/z", "~/x"])
def test_what_only_looks_like_a_path_of_the_inside_stays(text: str):
    assert JOB.outside(text) == text


def test_actions_see_other_names():
    places = mounts.of_action(DIRS)
    assert places.inside(DIRS.workspace) == "/github/workspace"
    assert places.inside(DIRS.files + "/env_1") == "/github/file_commands/env_1"
    assert places.inside(DIRS.files + "/event.json") == "/github/workflow/event.json"
    assert places.inside(DIRS.temp) == "/github/runner_temp"
