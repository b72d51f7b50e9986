"""The live view in a real terminal (tmux)."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def play(terminal, written, tmp_path):
    """Play recorded events back in a terminal; more of them may be fed later."""

    def start(events, columns=80, rows=24, **env):
        # A script of its own feeds the view, so that a test decides when events come.
        path = written(events)
        script = tmp_path / "feed.py"
        script.write_text(FEED)
        window = terminal(columns, rows)
        settings = [f"{name}={value}" for name, value in env.items()]
        window.run(*settings, sys.executable, str(script), str(path), str(tmp_path / "go"))
        return window

    return start


FEED = """
import sys, time, pathlib
from agentmesh.cli.commands.show import read
from agentmesh.cli.out import Out
from agentmesh.cli.render.style import Palette
from agentmesh.cli.render.tree import Tree
from agentmesh.core.events import RunCompleted

path, go = sys.argv[1], pathlib.Path(sys.argv[2])
view = Tree(Out(1), Palette(True))
for event in read(path):
    while isinstance(event, RunCompleted) and not go.exists():
        time.sleep(0.02)
    view(event)
view.close()
print("the end")
time.sleep(600)
"""


@pytest.fixture
def matrix(recording):
    """40 legs of a matrix that all run, after a build."""
    recording.run("build", "test", "deploy", needs={"test": ("build",), "deploy": ("test",)})
    recording.queued("build", 0)
    recording.started("build", 0)
    recording.ended("build", 1, seconds=1)
    for n in range(40):
        key, name = f"test#{n}", f"test ({n})"
        recording.queued(key, 1, name=name, needs=("build",), seconds=2000.0)
        recording.started(key, 1, "Run pytest", name=name)
        recording.step(key, 1, 1, "Run pytest", name=name)
        recording.log(key, 1, 1, f"collected {n} items", name=name)
    recording.over(2, "cancelled")
    return recording


def finish(window, tmp_path):
    """Let the run end; the whole of what was printed."""
    (tmp_path / "go").touch()
    window.until(lambda lines: "the end" in lines)
    return window.everything()


def test_a_running_job_shows_its_step_and_its_last_line(play, recording):
    recording.run("build", "deploy", needs={"deploy": ("build",)})
    recording.queued("build", 0, seconds=1000.0)
    recording.started("build", 0, "Compile", "Upload")
    recording.step("build", 0, 1, "Compile")
    recording.log("build", 0, 1, "first\n\x1b[32mlast\x1b[0m 日本")
    recording.over(9)
    window = play(recording.events)
    lines = window.until(lambda lines: any("last 日本" in line for line in lines))
    assert lines[0] == "run 7: ci.yml for push (main, 1a2b3c4)"
    assert lines[1].startswith("● build")
    assert "of about 16 min 40 s" in lines[1]
    assert lines[2].startswith("  ▸ Compile")
    assert lines[3] == "  ◌ Upload"
    assert lines[4] == "◌ deploy   needs build"


def test_forty_legs_fit_the_screen_and_leave_nothing_behind(play, matrix, tmp_path):
    window = play(matrix.events)
    lines = window.until(lambda lines: any("more lines than fit here" in line for line in lines))
    assert lines[0] == "✓ 1 job succeeded"
    assert "1 of 42 jobs" in lines[22]
    everything = finish(window, tmp_path)
    assert not any("▸" in line or "●" in line for line in everything)
    assert sum("run 7: ci.yml" in line for line in everything) == 1
    assert any(line.startswith("⊘ cancelled in 2.0 s: 1 succeeded") for line in everything)


def test_a_terminal_that_gets_narrower_shows_one_frame_again_and_again(play, matrix, tmp_path):
    few = [event for event in matrix.events if getattr(event, "key", "")[5:] < "2"]
    window = play(few, columns=120, rows=70)
    window.until(lambda lines: any("test (19)" in line for line in lines))
    window.resize(44, 70)
    # tmux tells of a new size a moment after it has wrapped the lines: what was drawn in between
    # may leave something at the top, but nothing is added by the frames that follow
    narrow = "1 of 14 jobs"  # without the bar in front
    window.until(lambda lines: any(line.startswith(narrow) for line in lines))
    before = len([line for line in window.everything() if line])
    for _ in range(2):
        now = next(line for line in window.screen() if line.startswith(narrow))
        lines = window.until(lambda lines, now=now: now not in lines)
        assert sum(narrow in line for line in lines) == 1
    assert len([line for line in window.everything() if line]) == before


def test_a_failure_is_printed_above_what_still_runs(play, failing_run):
    failing_run.events = [e for e in failing_run.events if getattr(e, "key", "") != "deploy"]
    failing_run.events.insert(-1, failing_run.events.pop(1))  # build is queued again: it waits
    window = play(failing_run.events, rows=60)
    lines = window.until(lambda lines: any("again:" in line for line in lines))
    failure = lines.index("✗ test (3.12) at 'Run pytest'")
    assert lines[failure + 1] == "  │ line 10"
    assert any("✗ test (3.12)" in line for line in lines[failure + 20 :])


def test_the_end_is_the_summary_alone(play, failing_run, tmp_path):
    (tmp_path / "go").touch()
    window = play(failing_run.events, rows=60)
    lines = window.until(lambda lines: "the end" in lines)
    assert not any("●" in line or "━" in line for line in lines)
    assert sum("│ line 29" in line for line in lines) == 1
    assert lines[lines.index("the end") - 1].startswith("✗ failure in 3.4 s")


def test_the_cursor_is_given_back(play, matrix, tmp_path):
    window = play(matrix.events)
    window.until(lambda lines: any("42 jobs" in line for line in lines))
    assert window.tmux("display-message", "-p", "#{cursor_flag}").strip() == "0"
    finish(window, tmp_path)
    assert window.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"
