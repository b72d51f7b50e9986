"""Patterns that never fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "filter-pattern"
WORKFLOW = "on: {push: {%s: %s}}\njobs: {a: {runs-on: x, steps: []}}"


@pytest.mark.parametrize(
    ("name", "patterns", "message"),
    [
        ("branches", "[refs/heads/main]", "compared without 'refs/heads/'"),
        ("tags", "[refs/tags/v*]", "compared without 'refs/tags/'"),
        ("branches", "['a b']", "holds a blank"),
        ("branches", "['feature/']", "'/' at its end"),
        ("branches-ignore", "[a..b]", "holds '..'"),
        ("branches", "['release/{a,b}']", "no braces"),
        ("branches", "['v[9-0]']", "holds no character"),
        ("branches", "['!wip']", "only patterns with '!'"),
        ("branches", "[main, main]", "there twice"),
        ("paths", "[./src/**]", "start at the root"),
        ("paths", "[/src/**]", "start at the root"),
        ("paths", "[src/]", "fits no file"),
        ("paths-ignore", "['a//b']", "No path holds"),
        ("paths", "['docs/** ']", "blank"),
    ],
)
def test_patterns_that_never_fit(found: Found, name: str, patterns: str, message: str) -> None:
    (shown,) = found(RULE, WORKFLOW % (name, patterns))
    assert message in shown


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        ("branches", "[main, 'releases/**', '!releases/**-alpha', 'v[12].[0-9]+']"),
        ("branches", "main"),
        ("tags", "['v*.*.*']"),
        ("paths", "['**', '!docs/**', '**.py', '.github/workflows/*.yml', 'a?b']"),
        ("paths-ignore", "['**/*.md']"),
    ],
)
def test_patterns_that_fit_something(found: Found, name: str, patterns: str) -> None:
    assert found(RULE, WORKFLOW % (name, patterns)) == []


def test_other_events_have_filters_too(found: Found) -> None:
    text = WORKFLOW.replace("push", "pull_request") % ("branches", "[refs/heads/main]")
    assert len(found(RULE, text)) == 1
