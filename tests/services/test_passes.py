"""A job's pass: what its token tells the client, which variables it gives, where archives may go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentmesh.services.tokens import decoded


def claims(token: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(decoded(token.split(".")[1]))
    return found


def test_the_token_names_run_and_job_as_clients_read_them(admit: Callable[..., Any]) -> None:
    job, again, other = admit(run="7"), admit(run="7"), admit(run="8")
    said = claims(job.env["ACTIONS_RUNTIME_TOKEN"])
    scope, run, _ = str(said["scp"]).split(":")
    assert scope == "Actions.Results"
    assert run == again.owner.run_id != other.owner.run_id
    assert json.loads(str(said["ac"])) == [
        {"Scope": "refs/heads/main", "Permission": 3},
        {"Scope": "refs/heads/master", "Permission": 1},
    ]


def test_a_node_step_gets_the_addresses_and_version_2(admit: Callable[..., Any]) -> None:
    env = admit().owner.variables("node")
    assert set(env) == {
        "ACTIONS_RUNTIME_URL", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL",
        "ACTIONS_CACHE_SERVICE_V2",
    }  # fmt: skip
    assert env["ACTIONS_RESULTS_URL"].startswith("http://127.0.0.1:")


def test_a_container_step_gets_no_version_and_a_script_nothing(admit: Callable[..., Any]) -> None:
    owner = admit().owner
    assert "ACTIONS_CACHE_SERVICE_V2" not in owner.variables("container")
    assert "ACTIONS_RUNTIME_TOKEN" in owner.variables("container")
    assert owner.variables("script") == {}


def test_identity_reaches_scripts_too(admit: Callable[..., Any]) -> None:
    owner = admit(identity=True).owner
    env = owner.variables("script")
    assert set(env) == {"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"}
    assert "?" in env["ACTIONS_ID_TOKEN_REQUEST_URL"]
    assert set(owner.secrets) >= {env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]}


@pytest.mark.parametrize(
    ("line", "root"),
    [
        ("/var/cache/apt", "/var/cache/apt"),
        ("/opt/x/*.deb", "/opt/x"),
        ("/opt/x/../y", "/opt/y"),
        ("~/.m2", "{home}/.m2"),
        ("build", "{workspace}/build"),
        ("!/opt/no", None),
        ("# comment", None),
        ("/", None),
        ("/*", None),
        ("", None),
    ],
)
def test_archives_may_go_where_a_step_was_told_to_cache(
    admit: Callable[..., Any], line: str, root: str | None
) -> None:
    job = admit()
    before = job.owner.place.roots
    job.owner.name_paths([line])
    place = job.owner.place
    added = () if root is None else (root.format(home=place.home, workspace=place.workspace),)
    assert place.roots == (*before, *added)
