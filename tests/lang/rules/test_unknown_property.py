"""Properties that a context never has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unknown-property"


@pytest.mark.parametrize(
    "chain",
    [
        "github.branch",
        "runner.oss",
        "job.state",
        "strategy.index",
        "steps.a.output",
        "needs.b.status",
    ],
)
def test_properties_that_are_never_there(found: Found, chain: str) -> None:
    (shown,) = found(RULE, f"- run: echo ${{{{ {chain} }}}}")
    assert shown.startswith(f"{chain}: Context access might be invalid: ")
    assert shown.endswith(f"has no property '{chain.rpartition('.')[2]}'")


@pytest.mark.parametrize(
    "chain",
    [
        "github.event.anything.at.all",
        "github['REF']",
        "github[env.name]",
        "runner.OS",
        "job.container.id",
        "strategy.job-index",
        "steps.a.outputs.x",
        "steps.*.conclusion",
        "needs.b.result",
        "vars.anything",
        "toJSON(github)",
    ],
)
def test_properties_that_may_be_there(found: Found, chain: str) -> None:
    assert found(RULE, f"- run: echo ${{{{ {chain} }}}}") == []


def test_the_place_is_found_in_a_script_of_many_lines(found: Found) -> None:
    text = "- run: |\n    echo one\n    echo ${{ github.ref }} ${{ github.refs }}\n"
    (shown,) = found(RULE, text)
    assert shown.startswith("github.refs: ")
