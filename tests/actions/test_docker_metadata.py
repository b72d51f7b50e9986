"""``docker/metadata-action``; the table of tags is that of ``images/test_tags.py``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import docker_metadata
from agentmesh.core.errors import AgentmeshError

SHA = "860c1904a1ce19322e91ac35af1ab07466440c37"


@pytest.fixture
def job(bench: Any) -> Any:
    bench.env["SOURCE_DATE_EPOCH"] = "1767323045.5"
    bench.github |= {
        "event_name": "push",
        "ref": "refs/tags/v1.2.3",
        "sha": SHA,
        "event": {
            "repository": {
                "name": "repo",
                "description": "A thing",
                "html_url": "https://github.com/octo/repo",
                "license": {"spdx_id": "MIT"},
                "default_branch": "main",
            }
        },
    }
    return bench


def test_all_outputs_say_the_same(job: Any) -> None:
    done = job.use(
        docker_metadata,
        images="Me/App\nname=ghcr.io/me/app,enable=true\nname=off,enable=false",
        tags="type=semver,pattern={{version}}\ntype=semver,pattern={{major}}",
        flavor="suffix=-x",
        labels="org.opencontainers.image.title=Mine\nmaintainer=ada",
        annotations="note=1",
    )
    out = done.outputs
    tags = [
        f"{name}:{t}" for name in ("me/app", "ghcr.io/me/app") for t in ("1.2.3-x", "1-x", "latest")
    ]
    assert out["version"] == "1.2.3-x"
    assert out["tags"].split("\n") == tags
    assert out["tag-names"].split("\n") == ["1.2.3-x", "1-x", "latest"]
    labels = {
        "maintainer": "ada",
        "org.opencontainers.image.created": "2026-01-02T03:04:05.500Z",
        "org.opencontainers.image.description": "A thing",
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.revision": SHA,
        "org.opencontainers.image.source": "https://github.com/octo/repo",
        "org.opencontainers.image.title": "Mine",
        "org.opencontainers.image.url": "https://github.com/octo/repo",
        "org.opencontainers.image.version": "1.2.3-x",
    }
    assert out["labels"].split("\n") == [f"{k}={v}" for k, v in labels.items()]
    assert "manifest:note=1" in out["annotations"].split("\n")
    assert "manifest:org.opencontainers.image.title=repo" in out["annotations"].split("\n")
    whole = json.loads(out["json"])
    assert (whole["tags"], whole["labels"]) == (tags, labels)
    bake = json.loads(Path(out["bake-file"]).read_text())["target"]["docker-metadata-action"]
    assert bake["tags"] == tags
    assert bake["args"] == {
        "DOCKER_META_IMAGES": "me/app,ghcr.io/me/app",
        "DOCKER_META_VERSION": "1.2.3-x",
    }
    for name, key in (("tags", "tags"), ("labels", "labels"), ("annotations", "annotations")):
        part = json.loads(Path(out[f"bake-file-{name}"]).read_text())["target"]
        assert key in part["docker-metadata-action"]
    assert job.env["DOCKER_METADATA_OUTPUT_VERSION"] == "1.2.3-x"
    assert job.env["DOCKER_METADATA_OUTPUT_BAKE_FILE_TAGS"] == out["bake-file-tags"]


def test_separators_targets_and_levels_may_be_chosen(job: Any) -> None:
    job.env |= {
        "DOCKER_METADATA_ANNOTATIONS_LEVELS": "manifest,index",
        "DOCKER_METADATA_SET_OUTPUT_ENV": "false",
        "DOCKER_METADATA_SHORT_SHA_LENGTH": "12",
    }
    done = job.use(
        docker_metadata,
        images="app",
        tags="type=sha\ntype=raw,value=a",
        bake_target="mine",
        sep_tags=",",
        sep_labels=";",
        sep_annotations="|",
    )
    assert done.outputs["tags"] == "app:a,app:sha-860c1904a1ce"
    assert ";org.opencontainers.image.title=repo;" in done.outputs["labels"]
    assert "|index:org.opencontainers.image.title=repo" in done.outputs["annotations"]
    assert "mine" in Path(done.outputs["bake-file"]).read_text()
    assert "DOCKER_METADATA_OUTPUT_VERSION" not in job.env


def test_without_images_the_tags_stand_alone(job: Any) -> None:
    assert job.use(docker_metadata).outputs["tags"] == "v1.2.3\nlatest"


def test_an_event_without_tags_is_a_warning(job: Any) -> None:
    job.github["ref"] = "refs/heads/main"
    done = job.use(docker_metadata, images="app", tags="type=semver,pattern={{raw}},value=x")
    assert done.outputs["tags"] == ""
    assert "x is not a valid semver" in done.ctx.warnings()[0]
    assert "No Docker image version has been generated" in done.ctx.warnings()[1]


def test_pull_requests_have_a_number_and_a_head(job: Any) -> None:
    request = {"base": {"ref": "main"}, "head": {"sha": "f" * 40}}
    job.github |= {"event_name": "pull_request", "ref": "refs/pull/9/merge"}
    job.github["event"] = {"number": 9, "pull_request": request}
    entries = "type=ref,event=pr\ntype=sha\ntype=raw,value={{base_ref}}"
    assert job.use(docker_metadata, tags=entries).outputs["tags"] == "pr-9\nmain\nsha-860c190"
    job.env["DOCKER_METADATA_PR_HEAD_SHA"] = "true"
    assert "sha-fffffff" in job.use(docker_metadata, tags=entries).outputs["tags"]
    job.github |= {"event_name": "pull_request_target", "ref": "refs/heads/main"}
    assert job.use(docker_metadata, tags=entries).outputs["version"] == "pr-9"


def test_the_clone_may_decide_instead_of_the_event(
    job: Any, repo: Path, git: Any, bench: Any
) -> None:
    with pytest.raises(AgentmeshError, match="needs a clone"):
        job.use(docker_metadata, context="git")
    git(bench.workspace, "init", "-q", "-b", "work")
    git(bench.workspace, "commit", "-q", "--allow-empty", "-m", "x")
    sha = git(bench.workspace, "rev-parse", "HEAD")
    entries = "type=ref,event=branch\ntype=sha,format=long\ntype=raw,value={{commit_date 'YYYY'}}"
    done = job.use(docker_metadata, context="git", tags=entries)
    assert done.outputs["tags"] == f"work\n2026\nsha-{sha}"
    git(bench.workspace, "tag", "v9.0.0")
    git(bench.workspace, "checkout", "-q", "--detach")
    done = job.use(docker_metadata, context="git")
    assert done.outputs["version"] == "v9.0.0"


def test_the_commits_date_has_to_be_known(job: Any) -> None:
    with pytest.raises(AgentmeshError, match="the date of the commit"):
        job.use(docker_metadata, tags="type=raw,value={{commit_date 'YYYY'}}")


def test_the_time_is_the_machines_unless_it_is_set(job: Any) -> None:
    del job.env["SOURCE_DATE_EPOCH"]
    made = json.loads(job.use(docker_metadata).outputs["json"])["labels"]
    assert made["org.opencontainers.image.created"] > "2026-01-02"
    job.env["SOURCE_DATE_EPOCH"] = "soon"
    with pytest.raises(AgentmeshError, match="SOURCE_DATE_EPOCH is 'soon'"):
        job.use(docker_metadata)


@pytest.mark.parametrize("line", ["enable=true", "name=x,enable=maybe"])
def test_a_wrong_image_is_named(job: Any, line: str) -> None:
    with pytest.raises(AgentmeshError, match="Invalid images entry"):
        job.use(docker_metadata, images=line)
