"""Widths of text on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli.render.width import cut, fit, printable, strip_colors, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("✓", 1), ("🎉", 2), ("a\u200bb", 2)],
)
def test_width_counts_columns(text, columns):
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("abc", 0, ""),
        ("abc", 1, "…"),
    ],
)
def test_cut_ends_in_an_ellipsis(text, columns, expected):
    assert cut(text, columns) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38:2::1:2:3mred", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("10%\r50%\r100%", "100%"),
        ("100%\r", "100%"),
        ("a\tb", "a       b"),
        ("a\x07\x00b", "ab"),
        ("cut off \x1b[3", "cut off "),
        ("\x1b(B\x1b=x", "x"),
    ],
)
def test_printable_takes_away_what_moves_the_cursor(text, expected):
    assert printable(text) == expected


@given(st.text())
def test_printable_text_holds_no_control_character(text):
    shown = printable(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)


@given(st.text(), st.integers(0, 30))
def test_cut_text_fits(text, columns):
    assert width(cut(printable(text), columns)) <= columns


@given(
    st.lists(st.tuples(st.sampled_from(["", "31", "1;2"]), st.text("ab日…"))), st.integers(0, 20)
)
def test_a_coloured_line_fits_and_keeps_its_colours(parts, columns):
    line = "".join(f"\x1b[{code}m{text}\x1b[0m" if code else text for code, text in parts)
    shown = fit(line, columns)
    assert width(strip_colors(shown)) <= columns
    assert shown.count("\x1b[0m") == line.count("\x1b[0m")


def test_a_coloured_line_is_cut_once():
    assert fit("\x1b[31mabcdef\x1b[0mghi", 4) == "\x1b[31mabc…\x1b[0m"
