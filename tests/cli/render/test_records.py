"""Earlier runs, artifacts and caches as text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agentmesh.cli.render import records
from agentmesh.cli.render.style import Palette
from agentmesh.ports.history import JobRecord, RunRecord


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1549, "1.5 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (12_345_678_901_234, "12345.7 GB"),
    ],
)
def test_sizes_are_short(number, text):
    assert records.size(number) == text


def test_columns_are_as_wide_as_their_widest_cell():
    lines = records.table(("A", "B"), [("x", "1"), ("日本", "100")], frozenset({1}))
    assert lines == ["A       B", "x       1", "日本  100"]


def run(status="success", **more):
    started = datetime(2026, 1, 2, tzinfo=UTC)
    return RunRecord(run="000001-abcd", number=1, status=status, started=started, **more)


def test_a_run_that_goes_on_has_no_time_and_colour_does_not_shift_columns():
    plain = records.runs([run("running", event="push")], Palette(color=False))
    coloured = records.runs([run("running", event="push")], Palette(color=True))
    assert "\x1b[36mrunning\x1b[0m" in coloured
    assert coloured.replace("\x1b[36m", "").replace("\x1b[0m", "").replace("\x1b[2m", "") == plain


def test_a_skipped_job_says_why_and_a_good_one_does_not():
    jobs = [
        JobRecord(number=1, key="a", id="a", name="a", conclusion="success", why="no condition"),
        JobRecord(number=2, key="b", id="b", name="b", conclusion="skipped", why="not on a push"),
    ]
    text = records.run(run(), jobs, Palette(color=False))
    assert "not on a push" in text
    assert "no condition" not in text
