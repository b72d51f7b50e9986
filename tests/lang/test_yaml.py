"""YAML text as nodes with their places."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.core.problem import Problem
from agentmesh.lang.yaml import MAX_CHARACTERS, Mapping, Node, Scalar, Sequence, load, plain

Place = tuple[int, int]


def node(text: str) -> Node:
    root, problems = load(text, "f.yml")
    assert problems == ()
    assert root is not None
    return root


def only_problem(text: str) -> Problem:
    _, problems = load(text, "f.yml")
    assert len(problems) == 1, problems
    return problems[0]


def value(found: Node) -> object:
    if isinstance(found, Scalar):
        return found.value
    if isinstance(found, Sequence):
        return [value(item) for item in found.items]
    return {value(key): value(inner) for key, inner in found.items}


def places(found: Node) -> list[Place]:
    here = [(found.line, found.column)]
    if isinstance(found, Sequence):
        return here + [place for item in found.items for place in places(item)]
    if isinstance(found, Mapping):
        return here + [place for pair in found.items for item in pair for place in places(item)]
    return here


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("17", 17),
        ("-0", 0),
        ("+3", 3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("017", 17),
        ("9007199254740993", 9007199254740992.0),
        ("1" * 400, math.inf),
        ("0x" + "f" * 400, math.inf),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, expected: object) -> None:
    found = plain(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text",
    ["on", "yes", "No", "y", "1_000", "0b1", "1:30", "2024-01-01", "<<", "0o8", "1.2.3", "e3", "٣"],
)
def test_what_only_yaml_1_1_resolves_stays_a_string(text: str) -> None:
    assert plain(text) == text


def test_not_a_number_is_one() -> None:
    found = plain(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


def test_quoted_and_block_scalars_are_strings() -> None:
    assert value(node("- '1'\n- \"true\"\n- |\n  2\n- >-\n  null\n")) == [
        "1",
        "true",
        "2\n",
        "null",
    ]


def test_every_node_knows_its_place() -> None:
    text = "on: push\njobs:\n  a:\n    - x\n    - {b: 'c'}\n"
    assert places(node(text)) == [
        (1, 1),
        (1, 1),
        (1, 5),
        (2, 1),
        (3, 3),
        (3, 3),
        (4, 5),
        (4, 7),
        (5, 7),
        (5, 8),
        (5, 11),
    ]


def test_a_scalar_knows_where_it_ends() -> None:
    scalar = node("  'it''s' # comment")
    assert isinstance(scalar, Scalar)
    assert (scalar.column, scalar.end_column, scalar.style) == (3, 10, "'")
    assert (scalar.start, scalar.end) == (2, 9)


def test_columns_count_characters() -> None:
    assert places(node("é: 😀 x\n")) == [(1, 1), (1, 1), (1, 4)]


def test_a_byte_order_mark_takes_no_column() -> None:
    assert places(node("\ufeffa: b")) == [(1, 1), (1, 1), (1, 4)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: &x 5", (1, 7)),
        ("a: !!str 5", (1, 10)),
        ("a: &x !!str 5", (1, 13)),
        ("a: !!str\n  5", (2, 3)),
        ("a: &x\n  b: c", (2, 3)),
        ("a: &x {b: c}", (1, 7)),
        ("a: &x [b]", (1, 7)),
        ("a: &x\n- b", (2, 1)),
        ("a: &x\n  - b", (2, 3)),
    ],
)
def test_a_place_is_behind_anchor_and_tag(text: str, place: Place) -> None:
    root = node(text)
    assert isinstance(root, Mapping)
    found = root.items[0][1]
    assert (found.line, found.column) == place


def test_an_alias_stands_for_the_anchored_node_and_its_place() -> None:
    root = node("a: &x {b: 1}\nc: *x\n")
    assert value(root) == {"a": {"b": 1}, "c": {"b": 1}}
    assert isinstance(root, Mapping)
    assert root.items[1][1] is root.items[0][1]


def test_an_anchor_may_be_defined_again() -> None:
    assert value(node("- &x 1\n- *x\n- &x 2\n- *x\n")) == [1, 1, 2, 2]


def test_a_merge_key_is_an_ordinary_key() -> None:
    assert value(node("a: &x {b: 1}\nc:\n  <<: *x\n")) == {"a": {"b": 1}, "c": {"<<": {"b": 1}}}


def test_repeated_keys_are_all_there() -> None:
    root = node("a: 1\na: 2\n")
    assert isinstance(root, Mapping)
    assert [value(found) for _, found in root.items] == [1, 2]


@pytest.mark.parametrize(
    ("text", "rule", "place", "message"),
    [
        (
            "a: b: c",
            "yaml-syntax",
            (1, 5),
            "Invalid YAML: mapping values are not allowed in this context",
        ),
        ("x: *y", "yaml-anchor", (1, 4), "Unknown anchor 'y'"),
        ("- &a [*a]", "yaml-anchor", (1, 7), "The anchor 'a' contains itself"),
        ("--- a\n--- b\n", "yaml-document", (2, 1), "Expected a single document"),
        ("a: \x07", "yaml-character", (1, 4), "The character #x0007 is not allowed"),
        ("é: \x07", "yaml-character", (1, 4), "The character #x0007 is not allowed"),
        ("a: \ud800", "yaml-character", (1, 4), "The character #xd800 is not allowed"),
        (
            "on: !!bool test",
            "yaml-tag",
            (1, 12),
            "The value 'test' is invalid for the type 'tag:yaml.org,2002:bool'",
        ),
        (
            "on: !!int true",
            "yaml-tag",
            (1, 11),
            "The value 'true' is invalid for the type 'tag:yaml.org,2002:int'",
        ),
        (
            "on: !!int '5'",
            "yaml-tag",
            (1, 11),
            "The scalar style 'SingleQuoted' is not valid with the tag 'tag:yaml.org,2002:int'",
        ),
        ("on: !mine x", "yaml-tag", (1, 11), "Unexpected tag '!mine'"),
        ("on: !!set {a}", "yaml-tag", (1, 11), "Unexpected tag 'tag:yaml.org,2002:set'"),
        ("[" * 51 + "]" * 51, "yaml-limit", (1, 51), "Maximum object depth exceeded"),
    ],
)
def test_what_cannot_be_read_has_a_place(text: str, rule: str, place: Place, message: str) -> None:
    problem = only_problem(text)
    assert (problem.rule, problem.message) == (rule, message)
    assert (problem.span.line, problem.span.column) == place


def test_tags_that_fit_are_kept_to() -> None:
    text = "[!!str 5, !!int 5, !!float 5, !!bool true, !!null ~, !!seq [], !!map {}, ! x, ! 7]"
    assert value(node(text)) == ["5", 5, 5.0, True, None, [], {}, "x", "7"]


def test_fifty_levels_are_read() -> None:
    assert isinstance(node("[" * 50 + "]" * 50), Sequence)


def test_aliases_cannot_blow_up() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    names = "abcdefgh"
    for before, name in pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    assert only_problem("\n".join(lines)).message == "Maximum YAML nodes exceeded"


def test_a_file_may_not_be_larger_than_github_reads() -> None:
    assert only_problem("#" * (MAX_CHARACTERS + 1)).rule == "yaml-limit"
    assert load("#" * MAX_CHARACTERS, "f.yml") == (None, ())


@pytest.mark.parametrize("text", ["", "\n", "# comment\n", "---\n...\n"])
def test_an_empty_file_is_nothing(text: str) -> None:
    root, problems = load(text, "f.yml")
    assert root is None or (isinstance(root, Scalar) and root.value is None)
    assert problems == ()


def test_a_remedy_names_what_is_usually_wrong() -> None:
    assert "spaces, not tabs" in only_problem("a:\n\tb: c\n").help
    assert "Quote" in only_problem("a: *.py\n").help


TEXTS = st.text(
    alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co")), max_size=12
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_what_json_writes_is_read(document: object) -> None:
    assert value(node(json.dumps(document, ensure_ascii=False))) == document


@given(st.text(alphabet=st.sampled_from("ab:-?&*![]{}|>'\"#%@\n\t ,~0.\x00\u2028é"), max_size=60))
def test_any_text_is_read_or_has_a_problem_within_it(text: str) -> None:
    root, problems = load(text, "f.yml")
    lines = text.count("\n") + text.count("\u2028") + 2
    assert root is None or not any(problem.rule == "yaml-syntax" for problem in problems)
    for problem in problems:
        assert 1 <= problem.span.line <= lines
        assert problem.span.column >= 1
