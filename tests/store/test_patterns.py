"""Paths of caches: what they mean, wherever a job's folders are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.core.errors import WorkflowError
from agentmesh.store.patterns import HOME, ROOT, WORKSPACE, Matcher, parse, version

WS, HM = "/jobs/1/work", "/jobs/1/home"


def chosen(patterns: str, path: str) -> bool:
    """Whether a file of the workspace belongs to the set."""
    matcher = Matcher(parse([patterns], WS, HM), WORKSPACE)
    state = matcher.start()
    for name in path.split("/"):
        if not matcher.promising(state):
            return False
        state = matcher.enter(state, name)
    return matcher.included(state)


@pytest.mark.parametrize(
    ("patterns", "path", "belongs"),
    [
        ("out", "out", True),
        ("out", "out/a/b", True),
        ("out", "outer", False),
        ("./out/", "out/a", True),
        ("*.txt", "a.txt", True),
        ("*.txt", "d/a.txt", False),
        ("**/*.txt", "a.txt", True),
        ("**/*.txt", "d/e/a.txt", True),
        ("d/**", "d/e", True),
        ("d/**/x", "d/x", True),
        ("d/**/x", "d/a/b/x/y", True),
        ("d/?", "d/a", True),
        ("d/?", "d/ab", False),
        ("d/[ab]", "d/b", True),
        ("d/[!ab]", "d/c", True),
        ("d/[!ab]", "d/a", False),
        ("d/[a", "d/[a", True),
        ("d/a+(b)", "d/a+(b)", True),
        ("d\n!d/no", "d/yes", True),
        ("d\n!d/no", "d/no", False),
        ("d\n!d/no", "d/no/below", False),
        ("d\n!d/**/*.tmp", "d/a/b.tmp", False),
        ("!d/no\nd", "d/no", True),
        ("d\n!d/no\nd/no/but", "d/no/but/x", True),
        ("d\n!d/no\nd/no/but", "d/no/other", False),
        ("# d\ne", "d", False),
        (f"{WS}/d", "d/x", True),
        (".", "anything/at/all", True),
        ("**", "anything", True),
    ],
)
def test_a_pattern_means_what_the_action_says(patterns: str, path: str, belongs: bool) -> None:
    assert chosen(patterns, path) is belongs


def test_paths_below_a_jobs_own_folders_are_kept_relative_to_them() -> None:
    there = parse([f"{WS}/a", "~/.cache/pip", f"{HM}/.cache/pip", "/opt/x", "b"], WS, HM)
    assert [(p.anchor, "/".join(p.segments)) for p in there] == [
        (WORKSPACE, "a"),
        (HOME, ".cache/pip"),
        (HOME, ".cache/pip"),
        (ROOT, "opt/x"),
        (WORKSPACE, "b"),
    ]


def test_another_job_gets_the_same_version() -> None:
    one = parse([f"{WS}/a", f"{HM}/b"], WS, HM)
    other = parse(["/else/w/a", "~/b"], "/else/w", "/else/h")
    assert version(one) == version(other)
    assert version(one) != version(parse(["a"], WS, HM))
    assert version(parse(["a", "b"], WS, HM)) != version(parse(["b", "a"], WS, HM))
    assert version(parse(["a\nb"], WS, HM)) == version(parse(["a", "b"], WS, HM))


@pytest.mark.parametrize(
    "paths",
    [
        [".."],
        ["a/../b"],
        ["/a/.."],
        ["!../x", "a"],
        [],
        [""],
        ["!a"],
        ["# a"],
        ["~root/x"],
        ["/"],
        ["a\0b"],
    ],
)
def test_what_is_not_allowed_is_refused(paths: list[str]) -> None:
    with pytest.raises(WorkflowError) as caught:
        parse(paths, WS, HM)
    assert caught.value.exit_code == 2
    assert caught.value.remedy


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_no_text_is_a_crash(line: str, names: list[str]) -> None:
    try:
        patterns = parse([line], WS, HM)
    except WorkflowError:
        return
    for anchor in (WORKSPACE, HOME, ROOT):
        matcher = Matcher(patterns, anchor)
        state = matcher.start()
        for name in names:
            state = matcher.enter(state, name)
        assert matcher.included(state) in {True, False}


def test_a_pattern_takes_no_time_that_explodes() -> None:
    assert not chosen("/".join(["**", "a*a*a*a*b"] * 6), "/".join(["aaaaaaaaaaaa"] * 40))
