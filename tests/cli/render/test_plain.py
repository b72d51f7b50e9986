"""A run as plain lines."""

from __future__ import annotations

import pytest

from agentmesh.cli.render.plain import Plain
from agentmesh.cli.render.style import Palette


class Kept:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data


@pytest.fixture
def shown():
    def show(recording, *, color=False):
        kept = Kept()
        view = Plain(kept, Palette(color))
        for event in recording.events:
            view(event)
        view.close()
        return kept.data.decode().split("\n")

    return show


def test_every_line_of_a_log_carries_the_name_of_its_job(shown, failing_run):
    lines = shown(failing_run)
    assert [line for line in lines if "line 1" in line and "│" not in line][:2] == [
        "[test (3.12)] line 1",
        "[test (3.12)] line 10",
    ]


def test_groups_are_indented_and_their_marks_taken_away(shown, failing_run):
    lines = shown(failing_run)
    start = lines.index("[build] ▾ Compilers")
    assert lines[start : start + 3] == ["[build] ▾ Compilers", "[build]   cc", "[build] done"]


def test_a_group_goes_on_in_the_next_batch_of_its_step_only(shown, recording):
    recording.run("a", "b")
    recording.log("a", 1, 1, "##[group]G\nin")
    recording.log("b", 1, 1, "apart")
    recording.log("a", 1, 1, "still in")
    recording.log("a", 1, 2, "next step")
    recording.log("a", 1, 1, "##[endgroup]\nout")
    assert shown(recording)[1:-1] == [
        "[a] ▾ G",
        "[a]   in",
        "[b] apart",
        "[a]   still in",
        "[a] next step",
        "[a] out",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("##[error]boom", "[a] error: boom"),
        ("##[warning]hm", "[a] warning: hm"),
        ("##[command]/usr/bin/git fetch", "[a] $ /usr/bin/git fetch"),
        ("##[unknown]x", "[a] ##[unknown]x"),
        ("text ##[error]x", "[a] text ##[error]x"),
        ("", "[a] "),
    ],
)
def test_the_runners_marks_are_written_as_words(shown, recording, line, expected):
    recording.log("a", 0, 1, line)
    assert shown(recording)[0] == expected


def test_a_skipped_job_says_why(shown, failing_run):
    assert "[deploy] skipped: success() is false: test failed" in shown(failing_run)


def test_a_failed_step_says_its_exit_code_and_one_that_may_fail_that_the_job_goes_on(
    shown, recording
):
    recording.step_ended("a", 1, 1, "Lint", "failure", conclusion="success", exit_code=2)
    recording.step_ended("a", 2, 2, "Test", "failure", exit_code=1)
    recording.step_ended("a", 2, 3, "Send", "skipped", why="success() is false")
    assert shown(recording)[:3] == [
        "[a] ✗ Lint (0.5 s) exit code 2 (goes on: continue-on-error)",
        "[a] ✗ Test (0.5 s) exit code 1",
        "[a] ○ Send skipped: success() is false",
    ]


def test_it_begins_with_what_is_run_and_ends_with_how_it_ended(shown, failing_run):
    lines = shown(failing_run)
    assert lines[0] == "run 7: ci.yml for push (main, 1a2b3c4)"
    assert lines[-2] == "✗ failure in 3.4 s: 2 succeeded, 1 failed, 1 skipped  run 7"


def test_the_same_events_give_the_same_lines(shown, failing_run):
    assert shown(failing_run) == shown(failing_run)


def test_without_colour_there_is_no_escape(shown, failing_run):
    assert not any("\x1b" in line for line in shown(failing_run))
    assert any("\x1b[31m" in line for line in shown(failing_run, color=True))


def test_what_utf_8_cannot_say_does_not_stop_it(shown, recording):
    recording.log("a", 0, 1, "half \udc80")
    assert shown(recording)[0] == "[a] half ?"


def test_names_move_no_cursor_and_start_no_line(shown, recording):
    recording.run("a\n\x1b[2Jb")
    recording.log("a\n\x1b[2Jb", 1, 1, "in")
    lines = shown(recording)
    assert "[ab] in" in lines
    assert not [line for line in lines if "\x1b" in line]
