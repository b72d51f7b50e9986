"""A step's output: lines, commands and annotations, however the bytes are cut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.engine import stream
from agentmesh.engine.masking import Masker
from agentmesh.engine.matchers import Matchers
from agentmesh.engine.stream import ANNOTATION_LENGTH, LONGEST_LINE, StepOutput


class Step:
    """A receiver that keeps what it is told, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.batches: list[int] = []
        self.told: list[tuple[Any, ...]] = []

    def lines(self, text: str, count: int) -> None:
        assert len(text.split("\n")) == count
        self.log.extend(text.split("\n"))
        self.batches.append(count)

    def annotate(self, level: str, message: str, properties: Mapping[str, str]) -> None:
        self.told.append((level, message, dict(properties)))

    def set_output(self, name: str, value: str) -> None:
        self.told.append(("output", name, value))

    def save_state(self, name: str, value: str) -> None:
        self.told.append(("state", name, value))

    def set_env(self, name: str, value: str) -> None:
        self.told.append(("env", name, value))

    def add_path(self, directory: str) -> None:
        self.told.append(("path", directory))


def told(*pieces: bytes | str, secrets: tuple[str, ...] = (), **options: Any) -> Step:
    """Everything a step hears of its output."""
    step = Step()
    output = StepOutput(Masker(secrets), step, **options)
    for piece in pieces:
        output.feed(piece if isinstance(piece, bytes) else piece.encode())
    output.finish()
    step.told.extend([("failed",)] if output.failed else [])
    return step


PIECE = st.sampled_from(
    [
        "plain", "\n", "\r\n", "\r", "::", "::debug::x", "::group::g", "::endgroup::", "##[group]h",
        "::error file=a::bad", "::stop-commands::token-1", "::token-1::", "::add-mask::s3cret",
        "s3cret", "hidden", " ", "é", "🙂", "\u00a0", "::set-output name=a::b", "::echo::on",
        "a::b",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PIECE, max_size=40), st.lists(st.integers(0, 400), max_size=12), st.booleans())
def test_it_does_not_matter_how_the_bytes_are_cut(pieces: list[str], cuts: list[int], debug: bool):
    data = "".join(pieces).encode()
    whole = told(data, secrets=("hidden",), debug=debug)
    at = 0
    cut: list[bytes] = []
    for place in sorted(cuts):
        cut.append(data[at:place])
        at = max(at, place)
    parts = told(*cut, data[at:], secrets=("hidden",), debug=debug)
    assert parts.log == whole.log
    assert parts.told == whole.told


@settings(max_examples=200)
@given(st.lists(PIECE, max_size=40))
def test_matchers_that_match_nothing_change_nothing(pieces: list[str]):
    data = "".join(pieces)
    never = Matchers()
    from agentmesh.engine import matchers

    text = json.dumps(
        {"problemMatcher": [{"owner": "x", "pattern": [{"regexp": "a^", "message": 0}]}]}
    )
    never.add(matchers.read(text))
    plain, matched = told(data), told(data, matchers_of_job=never)
    assert (plain.log, plain.told) == (matched.log, matched.told)


@given(st.binary())
def test_any_bytes_become_lines(data: bytes):
    step = told(data)
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    if b"::" not in data and b"##[" not in data:
        assert step.log == lines


def test_output_without_commands_stays_in_one_piece():
    step = told(b"a::b line\n" * 10_000)
    assert step.batches == [10_000]


def test_lines_between_commands_stay_together():
    step = told("a\nb\n::group::g\nc\nd\ne\n::endgroup::\nf\n")
    assert step.log == ["a", "b", "##[group]g", "c", "d", "e", "##[endgroup]", "f"]
    assert step.batches == [2, 1, 3, 1, 1]


def test_an_unfinished_line_is_shown_at_the_end_and_feeding_may_go_on():
    step = Step()
    output = StepOutput(Masker(), step)
    output.feed(b"::group::x")
    assert step.log == []
    output.finish()
    output.finish()
    output.feed(b"more\n")
    assert step.log == ["##[group]x", "more"]


def test_a_secret_in_two_writes_is_masked():
    step = told("token=hun", "ter", "2-secret\n", secrets=("hunter2-secret",))
    assert step.log == ["token=***"]


def test_a_mask_holds_from_the_next_line_on():
    step = told("s3cret\n::add-mask::s3cret\ns3cret\n")
    assert step.log == ["s3cret", "***"]


def test_masks_of_several_lines_come_escaped():
    step = told("::add-mask::one-line%0Aother-line\n[one-line]\n[other-line]\n")
    assert step.log == ["[***]", "[***]"]


def test_an_empty_mask_is_warned_of():
    step = told("::add-mask::  \n")
    assert step.log == [
        "##[warning]Can't add secret mask for empty string in ##[add-mask] command."
    ]


def test_outputs_and_state_are_values_as_they_are():
    step = told(
        "::set-output name=a::hidden%0Ax\n::save-state name=b::hidden\n", secrets=("hidden",)
    )
    assert [t for t in step.told if t[0] in ("output", "state")] == [
        ("output", "a", "hidden\nx"),
        ("state", "b", "hidden"),
    ]


def test_the_old_ways_are_warned_of_once():
    step = told("::set-output name=a::1\n::set-output name=b::2\n::save-state name=c::3\n")
    warnings = [t[1] for t in step.told if t[0] == "warning"]
    assert [w.split("`")[1] for w in warnings] == ["set-output", "save-state"]


def test_annotations_carry_place_and_title_and_are_masked():
    step = told(
        "::error file=/w/src/a.py,line=3,endLine=4,title=Oh hidden::bad%0Ahidden\n",
        workspace="/w",
        secrets=("hidden",),
    )
    place = {"file": "src/a.py", "line": "3", "endline": "4", "title": "Oh ***"}
    assert step.told == [("error", "bad\n***", place)]
    assert step.log == ["##[error]bad", "***"]


def test_ten_annotations_of_a_level_are_kept_and_all_are_in_the_log():
    step = told("".join(f"::{level}::{i}\n" for i in range(12) for level in ("error", "notice")))
    assert len(step.told) == 20
    assert len(step.log) == 24


def test_long_annotations_are_cut():
    step = told(f"::notice::{'x' * 5000}\n")
    assert step.told == [("notice", "x" * ANNOTATION_LENGTH, {})]
    assert len(step.log[0]) > 5000


def test_debug_is_shown_when_asked_for():
    assert told("::debug::x\n").log == []
    assert told("::debug::x\n", debug=True).log == ["##[debug]x"]


def test_echo_shows_commands_but_not_what_they_hide():
    step = told(
        "::echo::on\n::group::g\n::add-mask::s3cret\n::warning::w\n::echo::off\n::group::h\n"
    )
    assert step.log == [
        "::group::g",
        "##[group]g",
        "::add-mask::***",
        "##[warning]w",
        "::echo::off",
        "##[group]h",
    ]


def test_an_unknown_value_of_echo_fails_the_step():
    step = told("::echo::maybe\n")
    assert ("failed",) in step.told
    assert "Current value is: 'maybe'." in step.log[1]


def test_stopped_commands_are_output_until_the_token():
    step = told("::stop-commands::T0ken-77\n::error::x\n##[group]y\n::t0ken-77::\n::group::z\n")
    assert step.told == []
    assert step.log == [
        "::stop-commands::***",
        "::error::x",
        "##[group]y",
        "::t0ken-77::",
        "##[group]z",
    ]


@pytest.mark.parametrize("token", ["", "pause-logging", "add-mask", "Error"])
def test_a_guessable_token_stops_nothing_and_fails_the_step(token: str):
    step = told(f"::stop-commands::{token}\n::group::g\n")
    assert ("failed",) in step.told
    assert step.log[-1] == "##[group]g"
    assert step.log[0] == (
        f"##[error]Unable to process command '::stop-commands::{token}' successfully."
    )


def test_a_guessable_token_can_be_allowed():
    step = told("::stop-commands::pause-logging\n::group::g\n", unsecure_tokens=True)
    assert step.log[-1] == "::group::g"
    assert ("failed",) not in step.told


@pytest.mark.parametrize("command", ["::set-env name=A::1", "::add-path::/x"])
def test_unsafe_commands_are_refused_unless_allowed(command: str):
    refused, allowed = told(command), told(command, unsecure_commands=True)
    assert ("failed",) in refused.told
    assert "ACTIONS_ALLOW_UNSECURE_COMMANDS" in refused.log[1]
    assert allowed.told in ([("env", "A", "1")], [("path", "/x")])


def test_node_options_can_never_be_set():
    step = told("::set-env name=Node_Options::--require x\n", unsecure_commands=True)
    assert step.told == [
        ("error", "Can't update NODE_OPTIONS environment variable using ::set-env:: command.", {})
    ]


@pytest.mark.parametrize("command", ["set-output", "save-state"])
def test_a_command_without_a_name_fails_the_step(command: str):
    step = told(f"::{command}::x\n")
    assert ("error", f"Required field 'name' is missing in ##[{command}] command.", {}) in step.told
    assert ("failed",) in step.told


# -- long lines -----------------------------------------------------------------------------------


def test_a_line_without_end_is_shown_in_pieces_and_no_secret_is_cut():
    secret = "0123456789-secret"
    size = 1000
    filler = ("x" * (size - len(secret)) + secret).encode()
    step = Step()
    output = StepOutput(Masker([secret]), step)
    for _ in range(3 * LONGEST_LINE // size):
        output.feed(filler)
    assert sum(map(len, step.log)) > LONGEST_LINE
    output.feed(b"::group::no command\n")
    output.feed(b"next\n")
    text = "".join(step.log[:-1])
    assert "0123456789" not in text
    assert text.count("***") == 3 * LONGEST_LINE // size
    assert text.endswith("***::group::no command")
    assert step.log[-1] == "next"


def test_a_long_line_is_not_cut_inside_of_a_character():
    step = told("é" * LONGEST_LINE, "é\n")
    assert "\ufffd" not in "".join(step.log)
    assert "".join(step.log) == "é" * (LONGEST_LINE + 1)


# -- problem matchers -----------------------------------------------------------------------------


@pytest.fixture
def matcher(tmp_path: Path) -> Path:
    pattern = {
        "regexp": r"^(\S+):(\d+): (.*) in (.*)$", "file": 1, "line": 2, "message": 3, "fromPath": 4,
    }  # fmt: skip
    path = tmp_path / "matcher.json"
    path.write_text(json.dumps({"problemMatcher": [{"owner": "tool", "pattern": [pattern]}]}))
    return path


def test_matched_lines_become_annotations(matcher: Path):
    step = told(
        "a.c:1: no matcher yet in x\n::add-matcher::matcher.json\n"
        "\x1b[31ma.c:3: bad hidden in sub/proj.x\x1b[0m\nplain\n"
        "::remove-matcher owner=TOOL::\na.c:4: bad in x\n",
        workspace=str(matcher.parent),
        secrets=("hidden",),
    )
    assert step.told == [("error", "bad ***", {"file": "sub/a.c", "line": "3"})]
    assert step.log == [
        "a.c:1: no matcher yet in x",
        "##[error]a.c:3: bad *** in sub/proj.x",
        "plain",
        "a.c:4: bad in x",
    ]


def test_matchers_are_those_of_the_job(matcher: Path):
    job = Matchers()
    told(f"::add-matcher::{matcher}\n", matchers_of_job=job)
    step = told("a.c:3: bad in x\n", f"::remove-matcher::{matcher}\n", matchers_of_job=job)
    assert [t[:2] for t in step.told] == [("error", "bad")]
    assert not job


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("::add-matcher::", "File path must be specified."),
        ("::remove-matcher::", "Either an owner name or a file path must be specified"),
        ("::remove-matcher owner=x::y", "Either specify an owner name or a file path in"),
    ],
)
def test_matcher_commands_that_say_nothing_are_warned_of(command: str, message: str):
    step = told(command)
    assert step.told[0][0] == "warning"
    assert step.told[0][1].startswith(message)


def test_a_matcher_file_that_cannot_be_used_fails_the_step(tmp_path: Path):
    (tmp_path / "bad.json").write_text('{"problemMatcher": [{"owner": "x"}]}')
    step = told("::add-matcher::none.json\n::add-matcher::bad.json\n", workspace=str(tmp_path))
    errors = [t[1] for t in step.told if t[0] == "error"]
    assert errors[1] == "Could not read 'none.json': No such file or directory"
    assert errors[3] == "bad.json: Matcher 'x' does not contain any patterns"
    assert ("failed",) in step.told


def test_a_slow_matcher_is_taken_away_with_a_warning(matcher: Path):
    times = iter(range(0, 100, 2))
    job = Matchers(clock=lambda: float(next(times)))
    step = told(f"::add-matcher::{matcher}\na.c:3: bad in x\n", matchers_of_job=job)
    assert [t[:2] for t in step.told] == [
        ("warning", "Removing issue matcher 'tool'. It took over a second for a line."),
        ("error", "bad"),
    ]


def test_every_command_is_carried_out_by_something():
    assert set(stream._PERFORM) == stream.commands.KNOWN
