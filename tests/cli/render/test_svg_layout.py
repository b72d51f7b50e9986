"""Where boxes and lines go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli.render.svg_layout import Edge, Layout, Spacing, layers, layout, reduced

SIZE = (100.0, 40.0)


def placed(keys: str, *edges: str) -> Layout:
    return layout(dict.fromkeys(keys, SIZE), [(edge[0], edge[1]) for edge in edges])


def test_nothing_has_no_size() -> None:
    assert layout({}, []) == Layout()


def test_each_box_stands_in_the_column_behind_all_it_needs() -> None:
    assert layers("abcd", [("a", "b"), ("b", "c"), ("a", "c")]) == {"a": 0, "b": 1, "c": 2, "d": 0}
    places = placed("abc", "ab", "bc", "ac").places
    assert places["a"][0] < places["b"][0] < places["c"][0]


def test_a_chain_is_level() -> None:
    places = placed("abc", "ab", "bc").places
    assert {place[1] for place in places.values()} == {0.0}


def test_the_top_of_a_fork_stands_in_the_middle() -> None:
    places = placed("abc", "ab", "ac").places
    assert places["a"][1] == (places["b"][1] + places["c"][1]) / 2


def test_lines_that_could_cross_do_not() -> None:
    places = placed("abxy", "ay", "bx").places
    assert (places["a"][1] < places["b"][1]) == (places["y"][1] < places["x"][1])


def test_a_line_over_a_column_goes_past_the_boxes_in_it() -> None:
    found = placed("abc", "ab", "bc", "ac")
    (_, *middle, _) = found.routes["a", "c"]
    top = found.places["b"][1]
    assert len(middle) == 2
    assert all(not top <= y <= top + SIZE[1] for _, y in middle)
    assert middle[0][0] == found.places["b"][0]


def test_lines_to_nowhere_and_to_oneself_are_left_out() -> None:
    assert placed("ab", "ab", "aa", "az", "zb").routes.keys() == {("a", "b")}


def test_what_a_longer_way_says_is_reduced() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]
    assert reduced(edges) == [("a", "b"), ("b", "c"), ("a", "d")]
    assert reduced([]) == []


@st.composite
def drawings(draw: st.DrawFn) -> tuple[dict[str, tuple[float, float]], list[Edge]]:
    count = draw(st.integers(1, 12))
    keys = [f"k{n}" for n in range(count)]
    sizes = {
        key: (draw(st.integers(20, 300)) * 1.0, draw(st.integers(10, 200)) * 1.0) for key in keys
    }
    pairs = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :]]
    return sizes, draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []


@given(drawings())
def test_no_two_boxes_overlap_and_all_lie_within(
    drawing: tuple[dict[str, tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = drawing
    found = layout(sizes, edges)
    gap = Spacing().line - 0.001
    boxes = [(*found.places[key], *size) for key, size in sizes.items()]
    for index, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert y >= -0.001
        assert x + w <= found.width + 0.001
        assert y + h <= found.height + 0.001
        for other_x, other_y, other_w, other_h in boxes[index + 1 :]:
            apart = x + w <= other_x or other_x + other_w <= x
            assert apart or y + h + gap <= other_y or other_y + other_h + gap <= y


@given(drawings())
def test_every_line_leads_from_the_side_of_one_box_to_the_side_of_the_other(
    drawing: tuple[dict[str, tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = drawing
    found = layout(sizes, edges)
    assert found.routes.keys() == set(edges)
    for (first, then), route in found.routes.items():
        assert route[0][0] == found.places[first][0] + sizes[first][0]
        assert route[-1][0] == found.places[then][0]
        assert [x for x, _ in route] == sorted(x for x, _ in route)


@given(drawings())
def test_the_same_input_makes_the_same_drawing(
    drawing: tuple[dict[str, tuple[float, float]], list[Edge]],
) -> None:
    assert layout(*drawing) == layout(*drawing)
