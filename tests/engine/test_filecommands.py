"""Command files: the grammar, its errors, and what is refused."""

from __future__ import annotations

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.engine.filecommands import FileCommandError, decode, environment, pairs, paths

LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))
NAME = LINE.filter(lambda s: s != "" and "=" not in s and "<<" not in s and not s.endswith("<"))


@given(st.dictionaries(NAME, LINE))
def test_what_is_written_in_single_lines_is_read_back(entries: dict[str, str]):
    assert pairs("".join(f"{name}={value}\n" for name, value in entries.items())) == entries


@given(st.dictionaries(NAME, st.lists(LINE)), st.booleans())
def test_what_is_written_between_delimiters_is_read_back(
    entries: dict[str, list[str]], ended: bool
):
    text = "".join(
        f"{name}<<\x01END\n" + "".join(f"{line}\n" for line in lines) + "\x01END\n"
        for name, lines in entries.items()
        if "\x01END" not in lines
    )
    kept = {name: "\n".join(lines) for name, lines in entries.items() if "\x01END" not in lines}
    assert pairs(text if ended else text.removesuffix("\n")) == kept


@given(st.text())
def test_any_text_is_read_or_refused_with_a_line(text: str):
    line = 1
    with contextlib.suppress(FileCommandError):
        try:
            assert "" not in pairs(text)
        except FileCommandError as error:
            line = error.line
            raise
    assert 1 <= line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("\n\n", {}),
        ("A=1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A=b=c<<d", {"A": "b=c<<d"}),
        ("A<<E=F\nx\nE=F\n", {"A": "x"}),
        ("A<<E\nE\n", {"A": ""}),
        ("A<<E\n\nE\n", {"A": ""}),
        ("A<<E\n\n\nE\n", {"A": "\n"}),
        ("A<<E\nx=1\nE <<\nE\nB=2", {"A": "x=1\nE <<", "B": "2"}),
        ("A=1\r\n", {"A": "1\r"}),
        ("A<<E\r\nx\r\nE\r\n", {"A": "x\r"}),
    ],
)
def test_reads_what_the_runner_reads(text: str, expected: dict[str, str]):
    assert pairs(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "Invalid format 'nonsense' (line 1)"),
        ("A=1\n\nnonsense\n", "Invalid format 'nonsense' (line 3)"),
        ("=1", "Invalid format '=1'. Name must not be empty (line 1)"),
        (
            "<<E\nE",
            "Invalid format '<<E'. Name must not be empty and delimiter must not be empty (line 1)",
        ),
        (
            "A<<\n",
            "Invalid format 'A<<'. Name must not be empty and delimiter must not be empty (line 1)",
        ),
        ("A<<E\nx\n", "Invalid value. Matching delimiter not found 'E' (line 1)"),
        ("A<<E", "Invalid value. Matching delimiter not found 'E' (line 1)"),
        ("A<<E\nx\ny", "Invalid value. EOF marker missing new line. (line 3)"),
    ],
)
def test_refuses_with_githubs_words_and_the_line(text: str, message: str):
    with pytest.raises(FileCommandError) as caught:
        pairs(text)
    assert str(caught.value) == message


def test_node_options_are_refused_whatever_their_case():
    text = "A=1\nNODE_OPTIONS=--require=x\nnode_options=y\n"
    assert environment(text) == ({"A": "1"}, ("NODE_OPTIONS",))


def test_paths_keep_their_order_and_the_last_of_doubles():
    assert paths("/a\n/b\r\n\n/a\r/c") == ("/b", "/a", "/c")


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_marks_tell_the_encoding(bom: bytes, encoding: str):
    assert decode(bom + "A=é🙂\n".encode(encoding)) == "A=é🙂\n"


@given(st.binary())
def test_any_bytes_have_a_text(data: bytes):
    assert isinstance(decode(data), str)
