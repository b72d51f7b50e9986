"""One frame of the live view."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentmesh.cli.render.frame import Frame
from agentmesh.cli.render.style import Palette
from agentmesh.cli.render.width import strip_colors
from agentmesh.core.state import fold


@pytest.fixture
def frame(recording):
    def build(at, size=(100, 30), *, color=False):
        begun = recording.events[0].time
        now = begun + timedelta(seconds=at)
        events = [event for event in recording.events if event.time <= now]
        return Frame(fold(events), now, size, Palette(color)).lines()

    return build


@pytest.fixture
def matrix(recording):
    """40 cells after a build; each runs for two seconds and says something."""
    recording.run("build", "test", "deploy", needs={"test": ("build",), "deploy": ("test",)})
    recording.queued("build", 0)
    recording.started("build", 0)
    recording.ended("build", 1, seconds=1)
    for n in range(40):
        key, name = f"test#{n}", f"test ({n})"
        recording.queued(key, 1, name=name, needs=("build",), seconds=2.0)
        recording.started(key, 1 + n / 10, "Run pytest", name=name)
        recording.step(key, 1 + n / 10, 1, "Run pytest", name=name)
        recording.log(key, 1 + n / 10, 1, f"collected {n} items", name=name)
    recording.events.sort(key=lambda event: event.time)
    return recording


def test_a_small_run_shows_every_step(frame, failing_run):
    assert frame(1.5) == [
        "✓ build            1.0 s  ",
        "● test (3.11)      0.3 s",
        "  ▸ Run pytest 0.3 s",
        "● test (3.12)      0.3 s",
        "  ▸ Run pytest 0.3 s",
        "◌ deploy      needs test",
        "━━━━━─────────────── 1 of 4 jobs · 1.5 s · 1 succeeded",
    ]


def test_a_running_step_shows_its_last_line(frame, failing_run):
    assert "  ▸ Run pytest 1.2 s  │ line 29" in frame(2.4)


def test_a_failed_job_names_the_step(frame, failing_run):
    assert "✗ test (3.12)      2.1 s  at 'Run pytest'" in frame(3.3)


def test_steps_to_come_are_shown(frame, recording):
    recording.run("a")
    recording.queued("a", 0)
    recording.started("a", 0, "One", "Two", "Three")
    recording.step("a", 0, 1, "One")
    recording.step_ended("a", 1, 1, "One", seconds=1)
    recording.step("a", 1, 2, "Two")
    assert frame(1.5)[1:-1] == ["  ✓ One 1.0 s", "  ▸ Two 0.5 s", "  ◌ Three"]


def test_an_expected_time_gives_a_bar_and_what_is_left(frame, matrix):
    assert "● test (0)       1.0 s  ━━━━━━────── of about 2.0 s" in [
        line.partition("  ▸")[0] for line in frame(2.0)
    ]


def test_forty_legs_fit_a_small_terminal(frame, matrix):
    lines = frame(4.95)
    assert len(lines) < 30
    assert lines[0] == "✓ 1 job succeeded"
    assert lines[-2].startswith("… and ")
    assert "1 of 42 jobs" in lines[-1]


def test_jobs_that_wait_are_counted_when_they_are_many(frame, matrix):
    assert "◌ 35 more jobs waiting" in frame(1.05)


def test_a_narrow_terminal_has_no_bars_and_no_log_lines(frame, matrix):
    lines = frame(1.25, (40, 24))
    assert not any("━" in line or "│" in line for line in lines)


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (20, 2), (500, 200)])
def test_any_terminal_gets_a_frame_that_fits_its_rows(frame, matrix, size):
    assert len(frame(3.0, size)) <= max(2, size[1] - 1)


def test_control_characters_of_a_log_do_not_reach_the_terminal(frame, recording):
    recording.run("a\x1b[2J")
    recording.queued("a", 0)
    recording.started("a", 0, "s\x1b[1A")
    recording.step("a", 0, 1, "s\x1b[1A")
    recording.log("a", 0, 1, "10%\r50%\x1b[2K\x07")
    assert not any("\x1b" in line or "\r" in line for line in frame(0.5))


@pytest.mark.parametrize("size", [(1, 1), (30, 10), (80, 24), (200, 60)])
@pytest.mark.parametrize("at", [0.0, 1.5, 4.9])
def test_colours_change_nothing_but_colours(frame, matrix, at, size):
    assert [strip_colors(line) for line in frame(at, size, color=True)] == frame(at, size)
