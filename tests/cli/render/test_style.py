"""Colours, marks and durations."""

from __future__ import annotations

import pytest

from agentmesh.cli.render.style import Palette, count, duration, tally


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-1, "0.00 s"),
        (0, "0.00 s"),
        (0.04, "0.04 s"),
        (0.0999, "0.1 s"),
        (3.24, "3.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (72, "1 min 12 s"),
        (3599.9, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_read_as_a_person_would_say_them(seconds, expected):
    assert duration(seconds) == expected


def test_counts_are_singular_for_one():
    assert (count(1, "job"), count(0, "job"), count(2, "match", "matches")) == (
        "1 job",
        "0 jobs",
        "2 matches",
    )


def test_a_tally_leaves_out_what_is_none():
    assert tally({"success": 3, "failure": 0, "skipped": 1}) == "3 succeeded, 1 skipped"


def test_a_palette_without_colour_changes_nothing():
    assert Palette(False).bold("x") == "x"
    assert Palette(True).bold("x") == "\x1b[1mx\x1b[0m"
    assert Palette(True).bold("") == ""
