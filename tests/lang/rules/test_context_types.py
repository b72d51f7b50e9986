"""What chains may be at a place of a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.lang.expr.types import ANY, NUMBER, OBJECT, STRING, Type, infer, one_of
from agentmesh.lang.rules.context_types import Types
from agentmesh.lang.rules.source import Source

MakeSource = Callable[..., Source]


def types(file: Source) -> list[Type]:
    """The type of each expression of a file."""
    known = Types(file)
    return [infer(each.root, known.at(each)) for each in file.expressions]


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("github.event_name", one_of("push")),
        ("github.event.action", one_of(None)),
        ("github.event", OBJECT),
        ("github.event.x", ANY),
        ("github.ref", ANY),
        ("github", OBJECT),
        ("matrix.x", ANY),
        ("inputs.x", ANY),
        ("needs.a.result", one_of("success", "failure", "cancelled", "skipped")),
        ("needs.a", OBJECT),
        ("strategy.job-total", NUMBER),
        ("steps.*.outcome", ANY),
        ("runner.os", one_of("Linux", "Windows", "macOS")),
        ("env.x", ANY),
        ("secrets.x", ANY),
    ],
)
def test_chains_of_a_workflow(source: MakeSource, expression: str, kind: Type) -> None:
    assert types(source(f"- run: echo ${{{{ {expression} }}}}")) == [kind]


def test_an_action_knows_nothing_of_its_callers_event(source: MakeSource) -> None:
    text = (
        "name: n\ndescription: d\nruns:\n  using: composite\n  steps:\n"
        "    - {run: '${{ github.event_name }} ${{ github.event.action }} ${{ inputs.x }}', shell: sh}\n"
    )
    assert types(source(text, kind="action")) == [STRING, ANY, ANY]
