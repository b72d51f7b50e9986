"""The cells of matrices: GitHub's documented examples, its corner cases, and a naive model."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.expr.values import Value, loose_equal
from agentmesh.lang.matrix import MatrixError, cells, display_name, selects


def values_of(matrix: Value) -> list[dict[str, Value]]:
    return [cell.values for cell in cells(matrix)]


def names_of(matrix: Value, job: str = "job") -> list[str]:
    return [display_name(job, cell.segments) for cell in cells(matrix)]


def test_axes_make_their_product_with_the_last_one_fastest() -> None:
    assert values_of({"os": ["a", "b"], "v": [1, 2]}) == [
        {"os": "a", "v": 1},
        {"os": "a", "v": 2},
        {"os": "b", "v": 1},
        {"os": "b", "v": 2},
    ]


def test_the_documented_include_example() -> None:
    matrix: Value = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [
            {"color": "green"},
            {"color": "pink", "animal": "cat"},
            {"fruit": "apple", "shape": "circle"},
            {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"},
        ],
    }
    assert values_of(matrix) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_exclude_takes_every_cell_that_agrees_with_a_part() -> None:
    matrix: Value = {
        "os": ["linux", "mac"],
        "v": [1, 2],
        "env": ["s", "p"],
        "exclude": [{"os": "mac", "v": 1, "env": "p"}, {"os": "linux", "v": 2}],
    }
    assert [tuple(cell.values()) for cell in values_of(matrix)] == [
        ("linux", 1, "s"),
        ("linux", 1, "p"),
        ("mac", 1, "s"),
        ("mac", 2, "s"),
        ("mac", 2, "p"),
    ]


def test_include_alone_makes_its_entries_cells() -> None:
    assert values_of({"include": [{"a": 1}, {"b": 2}]}) == [{"a": 1}, {"b": 2}]


def test_an_include_that_only_agrees_with_excluded_cells_stands_alone() -> None:
    matrix: Value = {"a": [1, 2], "exclude": [{"a": 1}], "include": [{"a": 1, "x": True}]}
    assert values_of(matrix) == [{"a": 2}, {"a": 1, "x": True}]


def test_an_include_without_new_keys_that_agrees_changes_nothing() -> None:
    assert values_of({"a": [1], "include": [{"a": 1}]}) == [{"a": 1}]


def test_keys_and_values_ignore_case_and_types_are_compared_loosely() -> None:
    matrix: Value = {
        "OS": ["Ubuntu", "Windows"],
        "v": ["3", 4],
        "exclude": [{"os": "WINDOWS", "V": 3}],
        "include": [{"os": "ubuntu", "extra": 1}],
    }
    assert values_of(matrix) == [
        {"OS": "Ubuntu", "v": "3", "extra": 1},
        {"OS": "Ubuntu", "v": 4, "extra": 1},
        {"OS": "Windows", "v": 4},
    ]


def test_a_filter_names_a_part_of_a_nested_value() -> None:
    matrix: Value = {
        "node": [{"version": 14}, {"version": 20, "env": "X"}],
        "exclude": [{"node": {"version": "14"}}],
    }
    assert values_of(matrix) == [{"node": {"version": 20, "env": "X"}}]


def test_a_leaf_that_is_not_there_is_null() -> None:
    matrix: Value = {"a": [{"x": 1}, {"y": 2}], "exclude": [{"a": {"x": None}}]}
    assert values_of(matrix) == [{"a": {"x": 1}}]


def test_lists_are_compared_item_by_item() -> None:
    matrix: Value = {"a": [[1, 2], [1, 3], 5], "exclude": [{"a": [1, 2]}]}
    assert values_of(matrix) == [{"a": [1, 3]}, {"a": 5}]


def test_later_includes_overwrite_what_earlier_ones_added() -> None:
    matrix: Value = {"a": [1], "include": [{"x": 1}, {"X": 2, "a": 1}]}
    assert values_of(matrix) == [{"a": 1, "x": 2}]


def test_names_show_the_axes_and_not_what_includes_add() -> None:
    matrix: Value = {
        "os": ["linux"],
        "v": [3.1, True, None, ""],
        "include": [{"os": "linux", "extra": "hidden"}, {"os": "mac", "v": 9, "extra": "shown"}],
    }
    assert names_of(matrix) == [
        "job (linux, 3.1)",
        "job (linux, true)",
        "job (linux)",
        "job (linux)",
        "job (mac, 9, shown)",
    ]


def test_names_show_the_leaves_of_nested_values() -> None:
    assert names_of({"a": [{"x": {"y": 1}, "z": ["b", False]}]}) == ["job (1, b, false)"]


def test_long_names_are_cut_to_a_hundred_characters() -> None:
    name = display_name("job", ("x" * 120,))
    assert len(name) == 100
    assert name.endswith("xxx...")
    assert display_name("j" * 100, ()) == "j" * 100


@pytest.mark.parametrize(
    ("matrix", "message", "path"),
    [
        ({}, "Matrix must define at least one vector", ()),
        ({"include": []}, "Matrix must define at least one vector", ()),
        ({"a": []}, "Matrix vector 'a' does not contain any values", ("a",)),
        ({"a": "x"}, "A sequence was expected", ("a",)),
        ({"a": None}, "A sequence was expected", ("a",)),
        ("text", "A mapping was expected", ()),
        (None, "A mapping was expected", ()),
        ({"a": [1], "include": 3}, "A sequence was expected", ("include",)),
        ({"a": [1], "include": None}, "A sequence was expected", ("include",)),
        ({"a": [1], "include": ["x"]}, "A mapping was expected", ("include", 0)),
        (
            {"a": [1], "include": [{}]},
            "Matrix include mapping does not contain any values",
            ("include", 0),
        ),
        ({"a": [1], "exclude": [{}]}, "Matrix exclude filter must not be empty", ("exclude", 0)),
        (
            {"a": [1], "exclude": [{"a": 1}, {"b": 1}]},
            "Matrix exclude key 'b' does not match any key within the matrix",
            ("exclude", 1, "b"),
        ),
        ({"a": [1], "A": [2]}, "'A' is already defined", ("A",)),
    ],
)
def test_refuses_what_github_refuses(
    matrix: Value, message: str, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(MatrixError) as raised:
        cells(matrix)
    assert raised.value.message == message
    assert raised.value.path == path


def test_refuses_a_product_that_would_fill_the_memory() -> None:
    digits: list[Value] = list(range(10))
    with pytest.raises(MatrixError, match="Matrix makes 1000000 jobs"):
        cells({letter: digits for letter in "abcdef"})


def test_every_cell_may_be_excluded() -> None:
    assert cells({"a": [1], "exclude": [{"a": 1}]}) == ()


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        ({"os": ("linux",)}, True),
        ({"OS": ("LINUX",)}, True),
        ({"os": ("mac",)}, False),
        ({"os": ("mac", "linux")}, True),
        ({"os": ("linux",), "v": ("4",)}, False),
        ({"v": ("3.10",)}, True),
        ({"fast": ("true",)}, True),
        ({"node.version": ("20",)}, True),
        ({"node.version": ("14",)}, False),
        ({"nowhere": ("x",)}, True),
    ],
)
def test_selects_cells_by_the_values_a_person_wrote(
    wanted: dict[str, tuple[str, ...]], selected: bool
) -> None:
    values: dict[str, Value] = {
        "os": "linux",
        "v": 3.1,
        "fast": True,
        "node": {"version": 20},
    }
    assert selects(wanted, values) is selected


# A model that follows GitHub's description word for word, one cell and one filter at a time.

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["", "a", "A", "1"])
)
ITEMS = st.one_of(SCALARS, st.dictionaries(st.sampled_from("xy"), SCALARS, max_size=2))
AXES = st.dictionaries(
    st.sampled_from(["os", "v", "w"]), st.lists(ITEMS, min_size=1, max_size=3), max_size=3
)


@st.composite
def matrices(draw: st.DrawFn) -> dict[str, Value]:
    matrix: dict[str, Value] = dict(draw(AXES))
    names = sorted(matrix)
    entry = st.dictionaries(st.sampled_from([*names, "e", "f"]), ITEMS, min_size=1, max_size=3)
    include: list[Value] = list(draw(st.lists(entry, max_size=4)))
    if names:
        excluded = st.dictionaries(st.sampled_from(names), ITEMS, min_size=1, max_size=2)
        matrix["exclude"] = list(draw(st.lists(excluded, max_size=3)))
    if include or not names:
        matrix["include"] = include or [{"e": 1}]
    return matrix


def leaves(value: Value, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Value]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
    return [(path, value)]


def at(value: Value, path: tuple[str, ...]) -> Value:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def fits(cell: Value, filters: Value) -> bool:
    return all(loose_equal(at(cell, path), leaf) for path, leaf in leaves(filters))


def modelled(matrix: dict[str, Value]) -> list[dict[str, Value]]:
    axes = {k: v for k, v in matrix.items() if k not in ("include", "exclude")}
    include = matrix.get("include") or []
    exclude = matrix.get("exclude") or []
    assert isinstance(include, list)
    assert isinstance(exclude, list)
    result: list[dict[str, Value]] = []
    used: set[int] = set()
    combinations = product(*axes.values()) if axes else ()  # type: ignore[arg-type]
    for combination in combinations:
        original: dict[str, Value] = dict(zip(axes, combination, strict=True))
        if any(fits(original, filters) for filters in exclude):
            continue
        cell = dict(original)
        for index, item in enumerate(include):
            assert isinstance(item, dict)
            if fits(original, {k: v for k, v in item.items() if k in axes}):
                used.add(index)
                cell.update({k: v for k, v in item.items() if k not in axes})
        result.append(cell)
    return result + [dict(e) for i, e in enumerate(include) if i not in used]  # type: ignore[arg-type]


@given(matrices())
def test_agrees_with_a_model_that_looks_at_every_cell(matrix: dict[str, Value]) -> None:
    assert values_of(matrix) == modelled(matrix)


@given(matrices())
def test_each_cell_has_the_axes_first_and_a_name_of_printable_length(
    matrix: dict[str, Value],
) -> None:
    for cell in cells(matrix):
        assert len(display_name("job", cell.segments)) <= 100
        assert all(cell.segments)
