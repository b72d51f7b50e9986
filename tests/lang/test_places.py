"""Where the characters of a scalar stand in its file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.places import places
from agentmesh.lang.yaml import Mapping, Scalar, load


def scalar(text: str) -> Scalar:
    """The value of the one entry of a file."""
    root, problems = load(text, "f")
    assert not problems
    assert isinstance(root, Mapping)
    value = root.items[-1][1]
    assert isinstance(value, Scalar)
    return value


def found(text: str, piece: str) -> str:
    """The text of the file from where a piece of the scalar stands."""
    node = scalar(text)
    there = places(text, node)
    assert there is not None
    return text[there.offset(node.text.index(piece)) :]


WAYS = {
    "plain": "k: one HERE two\n",
    "plain over lines": "k: one\n  two\n\n  HERE\n",
    "single": "k: 'it''s ''HERE'' too'\n",
    "single over lines": "k: 'one\n\n\n   HERE'\n",
    "double": 'k: "a\\tb \\"HERE\\""\n',
    "double with codes": 'k: "\\x41\\u00e9\\U0001F600 HERE"\n',
    "double over lines": 'k: "one \\\n   two\n   HERE"\n',
    "double with an escaped blank": 'k: "one\\ \n  HERE"\n',
    "literal": "k: |\n  one\n    two\n\n  HERE\n",
    "literal with an indentation": "k: |2-\n    one\n  HERE\n",
    "literal with a comment": "k: |  # why\n\n  one\n  HERE",
    "literal with other breaks": "k: |\r\n  one\r\n  HERE\r\n",
    "folded": "k: >\n  one\n  two\n\n  HERE\n",
    "folded with deeper lines": "k: >-\n  one\n    two\n  three\n\n\n  HERE\n",
    "folded with empty lines first": "k: >+\n\n\n  one\n  HERE\n\n\n",
    "behind an anchor": "k: &a !!str |\n  one\n  HERE\n",
    "behind letters of two units": "k: '\U0001f600 HERE'\n",
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_a_piece_is_found_where_it_is_written(text: str) -> None:
    assert found(text, "HERE").startswith("HERE")


def test_an_end_stays_on_the_line_of_the_last_character() -> None:
    text = "k: |\n  one\n  two\n"
    there = places(text, scalar(text))
    assert there is not None
    assert text[there.offset(0) : there.end(3)] == "one"
    assert there.end(0) == there.offset(0)


def test_an_empty_scalar_has_no_places() -> None:
    assert places("k: ''\n", scalar("k: ''\n")) is None


def test_a_folded_scalar_of_blanks_alone_is_made_of_its_breaks() -> None:
    text = "k: >+\n  \n"
    there = places(text, scalar(text))
    assert there is not None
    assert text[there.offset(0)] == "\n"


LINES = st.lists(st.text("ab \\\"':#-é\U0001f600", max_size=6), min_size=1, max_size=6)


def holds(text: str) -> None:
    """Every character that stands in the file as itself is found there."""
    root, _ = load(text, "f")
    if not isinstance(root, Mapping):
        return
    node = root.items[0][1]
    if not isinstance(node, Scalar) or not node.text:
        return
    there = places(text, node)
    if node.style == ">" and node.text.strip("\n") and not node.text.strip():
        assert there is None
        return
    assert there is not None
    for index, character in enumerate(node.text):
        at = there.offset(index)
        assert text[at] in (character, "\\", "\n", "'") or character == "\n"


@given(LINES, st.sampled_from(("|", ">", "|-", ">+", "|2", ">2-")))
def test_any_block_scalar_is_mapped(lines: list[str], header: str) -> None:
    holds(f"k: {header}\n" + "".join(f"  {line}\n" for line in lines))


@given(LINES, st.sampled_from(("'", '"', "")))
def test_any_flow_scalar_is_mapped(lines: list[str], quote: str) -> None:
    body = "\n  ".join(lines)
    if quote == "'":
        body = body.replace("'", "''")
    if quote == '"':
        body = body.replace('"', '\\"')
    holds(f"k: {quote}{body}{quote}\n")
