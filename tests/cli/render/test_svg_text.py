"""Text whose font nobody knows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli.render.svg_text import escaped, fitted, measure


def test_wide_letters_take_more_room_than_narrow_ones() -> None:
    assert measure("mmm", 10) > measure("aaa", 10) > measure("iii", 10)
    assert measure("語", 10) > measure("a", 10)
    assert measure("a", 20) == 2 * measure("a", 10)


def test_what_fits_stays_as_it_is() -> None:
    assert fitted("build", 12, 200) == "build"


@given(st.text(min_size=1, max_size=60), st.integers(20, 200))
def test_what_is_cut_fits(text: str, most: int) -> None:
    assert measure(fitted(text, 12, most), 12) <= most


def test_what_is_cut_ends_with_an_ellipsis() -> None:
    assert fitted("a b c d e f g h i j", 12, 60) == "a b c d…"


def test_nothing_of_a_text_is_taken_for_markup() -> None:
    assert escaped("<b>&\"'\x1b[1m\x00") == "&lt;b&gt;&amp;&quot;&#x27;"
