"""Workflow commands: what counts as one, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.engine.commands import (
    KNOWN,
    Command,
    Place,
    escape_data,
    escape_property,
    guessable,
    parse,
    place,
)


@given(
    st.sampled_from(sorted(KNOWN)),
    st.text(),
    st.dictionaries(
        st.text("abcxyz", min_size=1),
        st.text(min_size=1).filter(lambda v: not v.startswith("=") and v == v.strip()),
    ),
)
def test_what_is_escaped_is_read_back(name: str, data: str, properties: dict[str, str]):
    written = ",".join(f"{k}={escape_property(v)}" for k, v in properties.items())
    line = f"::{name}{' ' if written else ''}{written}::{escape_data(data)}"
    assert parse(line) == Command(name, data, properties)


@given(st.text())
def test_any_line_is_a_known_command_or_none(line: str):
    command = parse(line)
    assert command is None or command.name in KNOWN


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("::debug::", Command("debug")),
        ("::DEBUG::x", Command("debug", "x")),
        (" \t\u00a0::debug::x", Command("debug", "x")),
        ("::group::a::b", Command("group", "a::b")),
        ("::error file=a.py,line=3::m", Command("error", "m", {"file": "a.py", "line": "3"})),
        ("::error FILE=a::m", Command("error", "m", {"file": "a"})),
        ("::error a=1,,b,c=,d==2::m", Command("error", "m", {"a": "1", "d": "2"})),
        ("::error title=a%3Ab%2Cc%25::m", Command("error", "m", {"title": "a:b,c%"})),
        ("::error ::m", Command("error", "m")),
        ("::notice::%250A%0A%0D%3A", Command("notice", "%0A\n\r%3A")),
        ("##[group]x", Command("group", "x")),
        ("text ##[error file=a;line=3]m", Command("error", "m", {"file": "a", "line": "3"})),
        ("##[warning x=%3B%5D]%5D%3B", Command("warning", "];", {"x": ";]"})),
        ("::nothing:: ##[debug]x", Command("debug", "x")),
    ],
)
def test_reads_what_the_runner_reads(line: str, command: Command):
    assert parse(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "",
        "::",
        "::::",
        "::debug",
        "::debug:x::",
        "::unknown::x",
        "x::debug::y",
        "\x1b[31m::error::x",
        "::error,file=x::m",
        "##[group",
        "##[]x",
        "##[unknown]x",
        "##[ group]x",
    ],
)
def test_everything_else_is_output(line: str):
    assert parse(line) is None


def test_a_token_counts_as_a_command_while_it_is_awaited():
    assert parse("::Tok-1::", "tok-1") == Command("tok-1")
    assert parse("::tok-1::") is None


@pytest.mark.parametrize("token", ["", "pause-logging", "PAUSE-logging", "error", "Set-Output"])
def test_known_words_are_guessable(token: str):
    assert guessable(token)


def test_a_random_word_is_not_guessable():
    assert not guessable("5f1d2a")


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, Place()),
        ({"line": "3", "col": "4"}, Place(line=3, column=4)),
        ({"line": "x", "col": "4"}, Place()),
        ({"endline": "3"}, Place(line=3, end_line=3)),
        ({"line": "1", "endcolumn": "5"}, Place(line=1, column=5, end_column=5)),
        ({"line": "1", "endline": "2", "col": "4"}, Place(line=1, end_line=2)),
        ({"line": "2", "endline": "1"}, Place()),
        ({"line": "1", "col": "5", "endcolumn": "4"}, Place(line=1)),
        ({"line": "-1"}, Place()),
        ({"line": "٣"}, Place()),
        ({"line": "9" * 30}, Place()),
    ],
)
def test_places_that_contradict_themselves_are_dropped(properties: dict[str, str], expected: Place):
    assert place(properties) == expected
