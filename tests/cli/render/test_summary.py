"""What is said at the end of a run."""

from __future__ import annotations

import pytest

from agentmesh.cli.render.style import Palette
from agentmesh.cli.render.summary import MANY, again, plain, summary, unmarked
from agentmesh.core.state import fold


def text_of(recording) -> str:
    return "\n".join(summary(fold(recording.events), Palette(False)))


def test_a_failure_ends_with_its_last_lines_and_the_command_that_runs_it_again(failing_run):
    text = text_of(failing_run)
    start = text.index("✗ test (3.12) at 'Run pytest'")
    part = text[start:].split("\n\n")[0].split("\n")
    assert part[1:21] == [f"  │ line {n}" for n in range(10, 30)]
    assert part[21:] == [
        "  exit code 3",
        "  again: agentmesh run ci.yml --job test --matrix python:3.12 --matrix fast:true",
    ]


def test_annotations_stand_with_their_place_errors_first(recording):
    recording.annotate("a", 1, 1, level="notice", message="n")
    recording.annotate("a", 1, 1, level="warning", message="w\nmore", file="b.py", line=2)
    recording.annotate(
        "a", 1, 1, level="error", message="e", title="T", file="a.py", line=3, column=4
    )
    lines = text_of(recording).split("\n")
    start = lines.index("3 annotations")
    assert lines[start + 1 : start + 5] == [
        "  error a.py:3:4: T: e (a · step)",
        "  warning b.py:2: w (a · step)",
        "      more",
        "  notice n (a · step)",
    ]


def test_jobs_are_listed_with_their_times_and_the_skipped_ones_with_the_reason(failing_run):
    lines = text_of(failing_run).split("\n")
    assert "✓ build            1.0 s" in lines
    assert "✗ test (3.12)      2.1 s  at 'Run pytest'" in lines
    assert "○ deploy  skipped: success() is false: test failed" in lines


def test_the_critical_path_and_where_the_time_went_are_named(failing_run):
    text = text_of(failing_run)
    assert "critical path  build 1.0 s → test (3.12) 2.1 s" in text
    assert "time of all jobs  steps 3.9 s · around them 0.3 s · waiting for a place 0.3 s" in text
    assert "slowest steps  Run pytest 2.0 s (test (3.12))" in text


def test_what_steps_took_is_told_where_it_is_known(recording):
    recording.started("a", 0)
    recording.step("a", 0, 1, "small")
    recording.step_ended("a", 1, 1, "small", cpu_seconds=0.25, peak_memory=1_000_000)
    recording.step("a", 1, 2, "large")
    recording.step_ended("a", 3, 2, "large", seconds=2.0, cpu_seconds=1.5, peak_memory=52_400_000)
    recording.ended("a", 3, seconds=3.0)
    recording.over(3)
    assert "steps took  processor 1.8 s · most memory 52.4 MB large (a)" in text_of(recording)


def test_what_steps_took_is_left_out_where_it_is_not_known(failing_run):
    assert "steps took" not in text_of(failing_run)


def test_many_jobs_that_succeeded_are_counted(recording):
    for number in range(MANY + 1):
        recording.ended(f"t#{number}", 1, name=f"t ({number})")
    recording.ended("bad", 1, "failure")
    text = text_of(recording)
    assert f"✓ {MANY + 1} jobs that succeeded" in text
    assert "✗ bad" in text
    assert "t (3)" not in text


def test_jobs_skipped_for_one_reason_share_a_line(recording):
    for number in range(6):
        recording.ended(f"t#{number}", 1, "skipped", name=f"t ({number})", why="no machine")
    assert "○ t (0), t (1), t (2), t (3) and 2 more  skipped: no machine" in text_of(recording)


def test_step_summaries_are_mentioned(recording):
    recording.summarize("a", 1, 1, "# Coverage")
    assert "1 step summary  a · s" in text_of(recording)


def test_a_failed_job_without_a_failed_step_gives_its_reason(recording):
    recording.ended("a", 1, "failure", why="ci.yml:3:5: Unrecognized named-value: 'x'")
    assert "  ci.yml:3:5: Unrecognized named-value: 'x'" in text_of(recording)


def test_failures_that_do_not_count_are_told_apart(recording):
    recording.ended("a", 1, "failure", allowed=True)
    recording.over(1)
    text = text_of(recording)
    assert "✗ a (it may fail)" in text
    assert "✓ success in 1.0 s: 1 failed (1 may)" in text


def test_a_run_that_was_stopped_before_any_job_says_so(recording):
    recording.run()
    recording.over(0, "cancelled")
    assert text_of(recording).split("\n")[-1] == "⊘ cancelled in 0.00 s: no job has run  run 7"


@pytest.mark.parametrize(
    ("command", "key", "matrix", "expected"),
    [
        (("agentmesh", "run"), "t", {}, "agentmesh run --job t"),
        (
            ("agentmesh", "run", "a.yml", "--event", "pull_request", "--job", "x", "--committed"),
            "t",
            {},
            "agentmesh run a.yml --event pull_request --committed --job t",
        ),
        (
            ("agentmesh", "run", "--matrix", "os:mac", "--env", "A=it's"),
            "t#1",
            {"os": "my os", "v": 3.0, "w": 3.1, "no": None, "list": [1], "deep": {"x": False}},
            """agentmesh run --env 'A=it'"'"'s' --job t --matrix 'os:my os' --matrix v:3"""
            " --matrix w:3.1 --matrix no: --matrix deep.x:false",
        ),
        (("agentmesh", "run"), "call#1/t#2", {}, "agentmesh run --job 'call / t'"),
        (
            ("agentmesh", "run", "--event", "push"),
            "ci:t#0",
            {},
            "agentmesh run .github/workflows/ci.yml --event push --job t",
        ),
    ],
)
def test_the_command_to_run_it_again_is_quoted_for_the_shell(
    recording, command, key, matrix, expected
):
    import msgspec

    recording.run("t")
    recording.queued(key, 0, matrix=matrix)
    state = msgspec.structs.replace(fold(recording.events), command=command)
    assert again(state.jobs[key], state) == expected


def test_without_a_command_line_the_run_is_run_again(recording):
    recording.ended("a", 1, "failure")
    state = fold(recording.events)
    assert again(state.jobs["a"], state) == "agentmesh rerun  --failed"


def test_text_of_a_job_cannot_move_the_cursor():
    assert plain("a\x1b[2Jb\x1b]0;title\x07c") == "abc"


@pytest.mark.parametrize(
    ("line", "expected"),
    [("##[error]x", "error: x"), ("##[group]G", "▾ G"), ("##[endgroup]", ""), ("x", "x")],
)
def test_the_runners_marks_are_taken_from_a_line(line, expected):
    assert unmarked(line) == expected


def test_the_reason_of_a_failure_is_said_once(recording):
    reason = "Process completed with exit code 1."
    recording.log("a", 1, 1, f"out\n##[error]{reason}")
    recording.annotate("a", 1, 1, level="error", message=reason)
    recording.step_ended("a", 1, 1, "Test", "failure", exit_code=1, error=reason)
    recording.ended("a", 1, "failure")
    assert text_of(recording).count(reason) == 1


def test_of_very_many_annotations_the_first_are_shown_and_the_rest_counted(recording):
    recording.run("a")
    for number in range(60):
        recording.annotate("a", 1, 1, level="warning", message=f"w{number}")
    text = text_of(recording)
    assert "60 annotations" in text
    assert "w49 " in text
    assert "w50 " not in text
    assert "… and 10 more: agentmesh logs 7" in text
