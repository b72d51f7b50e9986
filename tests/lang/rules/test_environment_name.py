"""Names of environments."""

from __future__ import annotations

from collections.abc import Callable

Found = Callable[..., list[str]]
RULE = "environment-name"


def workflow(*names: str) -> str:
    jobs = "".join(
        f"  j{number}: {{runs-on: x, environment: {name}, steps: []}}\n"
        for number, name in enumerate(names)
    )
    return f"on: push\njobs:\n{jobs}"


def test_names_that_differ_by_case_are_one_environment(found: Found) -> None:
    assert found(RULE, workflow("prod", "{name: Prod}", "test", "prod")) == [
        "Prod: 'Prod' and 'prod' are one environment, as names ignore case"
    ]


def test_a_name_that_is_too_long(severities: Found) -> None:
    assert severities(RULE, workflow("x" * 256)) == ["warning"]
    assert severities(RULE, workflow("x" * 255, "'${{ vars.E }}'", "'${{ vars.e }}'")) == []
