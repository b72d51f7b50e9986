"""Plans made of workflow texts: ``make_request(text, …)`` and ``walk(plan, ends)``."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from agentmesh.core.errors import WorkflowError
from agentmesh.lang.model import Workflow
from agentmesh.lang.parse import workflow as parse
from agentmesh.plan.build import build
from agentmesh.plan.expand import expand
from agentmesh.plan.model import Expansion, Need, Node, Options, Plan, Request, Skipped, Source

GITHUB: dict[str, Any] = {
    "event_name": "push",
    "event": {},
    "ref": "refs/heads/main",
    "ref_name": "main",
    "sha": "1" * 40,
    "repository": "octo/repo",
    "actor": "ada",
}


def read(text: str, path: str = "ci.yml") -> Workflow:
    """A workflow of a text without its ``on``, or with one."""
    text = textwrap.dedent(text)
    if not text.lstrip().startswith(("on:", "name:")):
        text = f"on: push\n{text}"
    workflow, problems = parse(text, path)
    assert workflow is not None, [str(problem) for problem in problems]
    return workflow


@pytest.fixture
def make_request() -> Callable[..., Request]:
    """A request for one workflow text; ``called`` maps addresses to texts, or to reasons."""

    def make(
        *texts: str,
        github: Mapping[str, Any] | None = None,
        called: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Request:
        files = {
            address: read(text, address.removeprefix("./")) if "jobs:" in text else text
            for address, text in (called or {}).items()
        }
        files = {
            a: msgspec.structs.replace(w, path=a) if isinstance(w, Workflow) else w
            for a, w in files.items()
        }
        return Request(
            run="1",
            workflows=tuple(
                read(text, "ci.yml" if i == 0 else f"ci{i}.yml") for i, text in enumerate(texts)
            ),
            github={**GITHUB, **(github or {})},
            source=Source(directory="/work", repository="octo/repo"),
            called=files,
            options=Options(**(options or {})),
            **fields,
        )

    return make


@pytest.fixture
def walk() -> Callable[..., dict[str, Expansion]]:
    """Expand a plan's nodes in order, by job id; ``ends`` says how nodes end, success if not."""

    def run(
        plan: Plan, ends: Mapping[str, Need | str] | None = None, *, cancelled: bool = False
    ) -> dict[str, Expansion]:
        given = dict(ends or {})
        results: dict[str, Need] = {}
        nodes: dict[str, Node] = {node.job.id: node for node in plan.nodes}
        expansions: dict[str, Expansion] = {}
        for node in plan.nodes:
            ancestors: dict[str, Need] = {}
            todo = [need.rpartition(":")[2] for need in node.needs]
            while todo:
                name = todo.pop()
                ancestors[name] = results[name]
                todo += [need.rpartition(":")[2] for need in nodes[name].needs]
            expansion = expand(plan.request, node, ancestors, cancelled=cancelled)
            expansions[node.job.id] = expansion
            skipped = all(isinstance(member, Skipped) for member in expansion.members)
            end = given.get(node.job.id, "skipped" if skipped else "success")
            results[node.job.id] = end if isinstance(end, Need) else Need(end)  # type: ignore[arg-type]
        return expansions

    return run


@pytest.fixture
def expansions(
    make_request: Callable[..., Request], walk: Callable[..., dict[str, Expansion]]
) -> Callable[..., dict[str, Expansion]]:
    """Build and expand in one call: ``expansions(text, ends={…}, github={…})``."""

    def run(
        text: str,
        ends: Mapping[str, Need | str] | None = None,
        *,
        cancelled: bool = False,
        **fields: Any,
    ) -> dict[str, Expansion]:
        return walk(build(make_request(text, **fields)), ends, cancelled=cancelled)

    return run


@pytest.fixture
def refused(make_request: Callable[..., Request]) -> Callable[..., list[str]]:
    """The problems with which building a plan is refused, as text."""

    def run(*texts: str, **fields: Any) -> list[str]:
        with pytest.raises(WorkflowError) as raised:
            build(make_request(*texts, **fields))
        assert raised.value.exit_code == 2
        return [str(problem) for problem in raised.value.problems] or [str(raised.value)]

    return run
