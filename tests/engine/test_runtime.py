"""What steps get of the services that actions call, and when those are started at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.core.events import Annotated, StepStarted
from agentmesh.engine.runtime import may_say_who_it_is, past_proxies
from agentmesh.lang.model import Permissions
from agentmesh.plan.model import JobSpec
from agentmesh.ports.archives import Place

NODE = {
    "action.yml": "name: n\nruns: {using: node20, main: main.js, post: main.js}\ninputs: {path: {}}\n",
    "main.js": "for (const [k, v] of Object.entries(process.env)) if (/^ACTIONS_|^no_proxy/.test(k)) console.log(k + '=' + v)",
}
WRITE = Permissions(scopes={"id-token": "write"})


class Recorded:
    """A runtime that gives what it is told to, and notes what it is asked."""

    def __init__(self) -> None:
        self.admitted: list[tuple[JobSpec, Place, bool]] = []
        self.kinds: list[str] = []
        self.paths: list[str] = []
        self.ended = 0
        self.secrets = ("s3cret-token",)
        self.warn: Callable[[str], None] = print

    def admit(
        self, spec: JobSpec, place: Place, *, identity: bool, warn: Callable[[str], None]
    ) -> Recorded:
        self.admitted.append((spec, place, identity))
        self.warn = warn
        return self

    def variables(self, kind: str) -> Mapping[str, str]:
        self.kinds.append(kind)
        return {"ACTIONS_KIND": kind, "ACTIONS_TOKEN": self.secrets[0]}

    def name_paths(self, paths: Iterable[str]) -> None:
        self.paths += paths

    def revoke(self) -> None:
        self.ended += 1

    def close(self) -> None: ...


@pytest.fixture
def runtime() -> Recorded:
    return Recorded()


STEPS = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - name: script
        run: env | grep ^ACTIONS_ || echo none
      - name: action
        uses: ./node
        with: {path: "~/.m2"}
      - name: again
        uses: ./node
"""
SCRIPT = STEPS.partition("      - name: action")[0]
FILES = {f"node/{name}": text for name, text in NODE.items()}


def test_a_node_step_gets_variables_and_a_script_does_not(
    run_job: Callable[..., Any], runtime: Recorded
) -> None:
    ran = run_job(STEPS, files=FILES, runtime=lambda: runtime)
    assert ran.result.conclusion == "success"
    assert ran.log("script") == ["none"]
    assert ran.log("action") == ["ACTIONS_KIND=node", "ACTIONS_TOKEN=***"]
    assert runtime.kinds == ["node"] * 4
    assert runtime.paths[0] == "~/.m2"
    ((_, place, identity),) = runtime.admitted
    assert not identity
    assert place.workspace in place.roots
    assert place.home in place.roots
    assert runtime.ended == 1


def test_a_job_of_scripts_starts_nothing(run_job: Callable[..., Any]) -> None:
    def start() -> Recorded:
        raise AssertionError("nobody needs it")

    assert run_job(SCRIPT, runtime=start).log("script") == ["none"]


def test_identity_reaches_scripts_where_the_job_asks_for_it(
    run_job: Callable[..., Any], runtime: Recorded
) -> None:
    ran = run_job(SCRIPT, runtime=lambda: runtime, permissions=WRITE)
    assert ran.log("script") == ["ACTIONS_KIND=script", "ACTIONS_TOKEN=***"]
    assert runtime.admitted[0][2]


def test_the_job_goes_on_without_services_that_cannot_be_started(
    run_job: Callable[..., Any],
) -> None:
    def start() -> Recorded:
        raise SetupError("no loopback here", remedy="bring it up")

    ran = run_job(STEPS, files=FILES, runtime=start)
    assert ran.result.conclusion == "success"
    warnings = [e.message for e in ran.of(Annotated) if e.level == "warning"]
    assert warnings[0] == "no loopback here; caches and artifacts cannot be used"


def test_what_the_services_warn_of_is_an_annotation_with_secrets_masked(
    run_job: Callable[..., Any], runtime: Recorded
) -> None:
    def heard(_: object, event: object) -> None:
        if isinstance(event, StepStarted) and event.step == "again":
            runtime.warn("damaged s3cret-token")

    ran = run_job(STEPS, files=FILES, runtime=lambda: runtime, during=heard)
    assert [e.message for e in ran.of(Annotated)] == ["damaged ***"]
    runtime.warn("too late for anybody")


PULL: dict[str, Any] = {
    "event_name": "pull_request",
    "repository": "octo/app",
    "event": {"pull_request": {"head": {"repo": {"full_name": "octo/app"}}}},
}


@pytest.mark.parametrize(
    ("permissions", "github", "allowed"),
    [
        (None, {}, False),
        (Permissions(scopes={"id-token": "read"}), {}, False),
        (Permissions(scopes={"contents": "write"}), {}, False),
        (Permissions(all="read"), {}, False),
        (Permissions(all="write"), {}, True),
        (WRITE, {}, True),
        (WRITE, PULL, True),
        (WRITE, {**PULL, "repository": "octo/upstream"}, False),
        (WRITE, {**PULL, "event": {"pull_request": {"head": {"repo": None}}}}, False),
        (WRITE, {**PULL, "event": {"pull_request": {}}}, False),
        (WRITE, {**PULL, "event_name": "pull_request_target", "repository": "octo/up"}, True),
    ],
)
def test_who_may_say_who_it_is(
    permissions: Permissions | None, github: dict[str, Any], allowed: bool
) -> None:
    spec = job_spec(permissions, github)
    assert may_say_who_it_is(spec) is allowed


def job_spec(permissions: Permissions | None, github: dict[str, Any]) -> JobSpec:
    from agentmesh.lang.parse import workflow
    from agentmesh.plan.model import Source

    parsed, _ = workflow(SCRIPT, "ci.yml")
    assert parsed is not None
    return JobSpec(
        run="1",
        key="a",
        id="a",
        name="a",
        job=parsed.jobs["a"],
        workflow_path="ci.yml",
        github=github,
        permissions=permissions,
        source=Source(directory="/", repository="octo/app"),
    )


@pytest.mark.parametrize(
    ("env", "added"),
    [
        ({}, None),
        ({"HTTP_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://p"}, "127.0.0.1"),
        ({"https_proxy": "http://p", "no_proxy": "a,b"}, "a,b,127.0.0.1"),
        ({"ALL_PROXY": "http://p", "NO_PROXY": "a"}, "a,127.0.0.1"),
        ({"HTTP_PROXY": "http://p", "no_proxy": "*"}, None),
        ({"HTTP_PROXY": "http://p", "no_proxy": "x,127.0.0.1"}, None),
    ],
)
def test_requests_to_this_machine_do_not_go_to_a_proxy(
    env: dict[str, str], added: str | None
) -> None:
    expected = {} if added is None else {"no_proxy": added, "NO_PROXY": added}
    assert past_proxies(env) == expected
