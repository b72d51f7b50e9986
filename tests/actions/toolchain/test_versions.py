"""Versions and ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.actions.toolchain import versions
from agentmesh.actions.toolchain.versions import Version


def version(text: str) -> Version:
    found = versions.parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        ("3.12", ["3.12.0", "3.12.9"], ["3.11.9", "3.13.0", "3.12.0-rc.1"]),
        ("3", ["3.0.0", "3.99.0"], ["2.7.18", "4.0.0"]),
        ("3.x", ["3.12.1"], ["4.0.0"]),
        ("3.12.x", ["3.12.1"], ["3.13.0"]),
        ("*", ["1.2.3"], ["1.2.3-beta.1"]),
        ("", ["1.2.3"], []),
        ("3.12.1", ["3.12.1"], ["3.12.2"]),
        (">=3.9 <3.13", ["3.9.0", "3.12.9"], ["3.8.9", "3.13.0", "3.13.0-alpha.1"]),
        (">=3.9", ["3.9.0", "3.99.9"], ["3.8.9"]),
        (">3.9", ["3.10.0"], ["3.9.9"]),
        ("<=3.9", ["3.9.9"], ["3.10.0"]),
        (">3.9.1", ["3.9.2"], ["3.9.1", "3.9.0"]),
        ("<=3.9.1", ["3.9.1"], ["3.9.2"]),
        ("^3.8", ["3.8.0", "3.99.0"], ["4.0.0", "3.7.9"]),
        ("^0.4.2", ["0.4.9"], ["0.5.0"]),
        ("~3.8", ["3.8.9"], ["3.9.0"]),
        ("~3.8.2", ["3.8.2"], ["3.8.1", "3.9.0"]),
        ("3.8 - 3.10", ["3.8.0", "3.10.9"], ["3.11.0"]),
        ("18 || 20", ["18.1.0", "20.9.0"], ["19.0.0"]),
        (">= 18", ["18.0.0"], ["17.9.9"]),
        ("v20.1", ["20.1.7"], ["20.2.0"]),
        ("~3.14.0-0", ["3.14.0-alpha.1", "3.14.0", "3.14.2"], ["3.15.0-alpha.1", "3.13.9"]),
    ],
)
def test_ranges_hold_what_npm_says(range_: str, inside: list[str], outside: list[str]) -> None:
    wanted = versions.parse_range(range_)
    assert wanted is not None
    assert [v for v in inside if not versions.satisfies(version(v), wanted)] == []
    assert [v for v in outside if versions.satisfies(version(v), wanted)] == []


@pytest.mark.parametrize("text", ["abc", ">=", "3.x.y.z", "3.12 and up", "pypy3.10"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert versions.parse_range(text) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=3.9,<3.13", ["3.9.0", "3.12.1"], ["3.13.0", "3.8.0"]),
        ("~=3.9", ["3.9.0", "3.12.0"], ["4.0.0", "3.8.0"]),
        ("~=3.9.2", ["3.9.2", "3.9.9"], ["3.10.0"]),
        ("==3.12.*", ["3.12.4"], ["3.13.0"]),
        (">=3.9, !=3.9.1", ["3.9.0", "3.9.2"], ["3.9.1"]),
        (">=3.9,!=3.10.*", ["3.9.0"], ["3.8.0"]),
        ("^3.9", ["3.12.0"], ["4.0.0"]),
        ("===3.11.2", ["3.11.2"], ["3.11.3"]),
    ],
)
def test_specifiers_of_python(text: str, inside: list[str], outside: list[str]) -> None:
    wanted = versions.from_specifier(text)
    assert wanted is not None
    assert [v for v in inside if not versions.satisfies(version(v), wanted)] == []
    assert [v for v in outside if versions.satisfies(version(v), wanted)] == []


def test_prereleases_come_in_order_before_the_release() -> None:
    texts = ["3.14.0a1", "3.14.0a10", "3.14.0b2", "3.14.0rc1", "3.14.0", "3.14.1"]
    parsed = [version(t) for t in texts]
    assert sorted(parsed) == parsed
    assert str(version("3.14.0a10")) == "3.14.0-alpha.10"
    assert str(version("3.14.0")) == "3.14.0"


def test_the_newest_of_those_that_fit() -> None:
    items = [version(t) for t in ("3.11.1", "3.12.4", "3.12.1", "3.13.0rc1")]
    wanted = versions.parse_range("3.x")
    assert wanted is not None
    assert versions.newest(items, lambda v: v, wanted) == version("3.12.4")
    assert versions.newest(items, lambda v: v, wanted, prereleases=True) == version("3.13.0rc1")
    assert versions.newest([], lambda v: v, wanted) is None


NUMBER = st.integers(0, 40)


@given(NUMBER, NUMBER, NUMBER)
def test_a_version_lies_in_its_own_ranges(major: int, minor: int, patch: int) -> None:
    it = Version(major, minor, patch)
    assert versions.parse(str(it)) == it
    for text in (
        f"{it}",
        f"{major}.{minor}",
        f"~{it}",
        f"^{it}",
        f">={it}",
        f"<={it}",
        f"{it} - {it}",
    ):
        wanted = versions.parse_range(text)
        assert wanted is not None
        assert versions.satisfies(it, wanted), text


@given(st.text(max_size=20))
def test_any_text_is_a_range_or_none(text: str) -> None:
    wanted = versions.parse_range(text)
    assert wanted is None or versions.satisfies(Version(3), wanted) in {True, False}
    specifier = versions.from_specifier(text)
    assert specifier is None or len(specifier) == 1
