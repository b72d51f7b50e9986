"""What a job's ``container`` and ``services`` ask for, as values."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.core.errors import WorkflowError
from agentmesh.engine.containers import trusted, wanted
from agentmesh.lang.parse import workflow
from agentmesh.plan.model import JobSpec, Source
from agentmesh.ports.executor import Container, Surroundings


def spec(fields: str = "", **more: Any) -> JobSpec:
    text = f"on: push\nenv: {{TAG: '3'}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n{fields}"
    parsed, problems = workflow(text + "    steps: [{run: echo}]\n", "ci.yml")
    assert parsed is not None, problems
    about: dict[str, Any] = {
        "run": "1",
        "key": "a",
        "id": "a",
        "name": "a",
        "job": parsed.jobs["a"],
        "workflow_path": "ci.yml",
        "workflow_env": parsed.env,
        "github": {"sha": "abc", "repository": "o/r", "event_name": "push"},
        "matrix": {"image": "alpine", "none": ""},
        "vars": {"TAG": "3"},
        "source": Source(directory="/r", repository="o/r"),
    }
    return JobSpec(**(about | more))


def ask(fields: str = "", **more: Any) -> Surroundings | None:
    return wanted(spec(fields, **more), {"PASSWORD": "pw"}, "/here/work")


def test_a_plain_job_wants_no_containers():
    assert ask() is None


def test_a_container_may_be_just_an_image():
    found = ask("    container: docker://${{ matrix.image }}:3\n")
    assert found is not None
    assert found.container is not None
    assert found.container.image == "alpine:3"


@pytest.mark.parametrize(
    "field", ["container: ${{ matrix.none }}", "container: {image: '${{ matrix.none }}'}"]
)
def test_an_empty_image_means_no_container(field: str):
    assert ask(f"    {field}\n") is None


def test_all_fields_of_a_container_are_evaluated_and_its_place_is_known():
    found = ask(
        """
    container:
      image: ${{ matrix.image }}
      env: {A: "${{ github.sha }}", B: 2}
      ports: [80, "8080:80/udp"]
      volumes: ["${{ github.workspace }}/x:/x"]
      options: --cpus 2
      credentials: {username: me, password: "${{ secrets.PASSWORD }}"}
"""
    )
    assert found is not None
    assert found.container is not None
    where = found.container.where
    assert where is not None
    assert (where.file, where.line) == ("ci.yml", 8)
    assert found.container == Container(
        image="alpine",
        env={"A": "abc", "B": "2"},
        ports=("80", "8080:80/udp"),
        volumes=("/here/work/x:/x",),
        options="--cpus 2",
        username="me",
        password="pw",
        where=where,
    )


def test_services_may_be_left_out_by_an_empty_image():
    found = ask(
        """
    services:
      db: {image: "postgres:${{ vars.TAG }}", command: "postgres -c fsync=off"}
      cache: {image: "${{ matrix.none }}"}
"""
    )
    assert found is not None
    assert found.container is None
    assert list(found.services) == ["db"]
    assert found.services["db"].command == "postgres -c fsync=off"


def test_a_platform_that_is_an_image_is_the_container_of_a_job_without_one():
    found = ask(platform="docker://debian:12")
    assert found is not None
    assert found.container == Container(image="debian:12")
    own = ask("    container: alpine\n", platform="docker://debian:12")
    assert own is not None
    assert own.container is not None
    assert own.container.image == "alpine"


def test_a_container_without_an_image_is_named_with_its_place():
    with pytest.raises(WorkflowError) as raised:
        ask('    container: ${{ fromJSON(\'{"options":"--init"}\') }}\n')
    assert "no image" in raised.value.message
    assert raised.value.where is not None


def head(**repo: Any) -> dict[str, Any]:
    event = {"pull_request": {"head": {"repo": repo or None}}}
    return {"event_name": "pull_request", "repository": "o/r", "event": event}


@pytest.mark.parametrize(
    ("github", "expected"),
    [
        ({"event_name": "push", "repository": "o/r", "event": {}}, True),
        (head(full_name="o/r", fork=False), True),
        (head(full_name="evil/r", fork=True), False),
        (head(full_name="evil/r"), False),
        (head(), False),
        ({**head(full_name="evil/r", fork=True), "event_name": "pull_request_target"}, True),
        ({"event_name": "pull_request", "repository": "o/r", "event": {"number": 1}}, True),
    ],
)
def test_a_pull_request_from_a_fork_is_not_trusted(github: dict[str, Any], expected: bool):
    assert trusted(spec(github=github)) is expected
