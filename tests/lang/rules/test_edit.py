"""Changes by position."""

from __future__ import annotations

import pytest

from agentmesh.lang.rules.edit import Edit, apply, compatible


def test_edits_are_made_from_their_places_in_the_old_text() -> None:
    assert apply("abcdef", [Edit(4, 5, "X"), Edit(0, 2, ""), Edit(3, 3, "++")]) == "c++dXf"
    assert apply("abc", []) == "abc"


@pytest.mark.parametrize(
    "edits", [[Edit(0, 3, ""), Edit(2, 4, "")], [Edit(1, 1, "a"), Edit(1, 1, "b")]]
)
def test_edits_that_overlap_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply("abcdef", edits)


def test_edits_side_by_side_do_not_overlap() -> None:
    assert apply("abcd", [Edit(0, 2, "x"), Edit(2, 4, "y")]) == "xy"


def test_of_fixes_that_clash_the_first_is_taken_whole() -> None:
    first = (Edit(0, 1, "a"), Edit(5, 6, "b"))
    clashing = (Edit(3, 4, "c"), Edit(5, 7, "d"))
    apart = (Edit(8, 9, "e"),)
    assert compatible([first, clashing, apart, ()]) == [(0, first), (2, apart)]


def test_an_edit_that_two_fixes_share_is_no_clash() -> None:
    shared = Edit(0, 0, "env: ")
    one, two = (shared, Edit(5, 6, "x")), (shared, Edit(7, 8, "y"))
    chosen = compatible([one, two])
    assert [number for number, _ in chosen] == [0, 1]
    assert apply("abcdefghi", {edit for _, fix in chosen for edit in fix}) == "env: abcdexgyi"


def test_a_fix_whose_edits_overlap_each_other_is_left_out() -> None:
    assert compatible([(Edit(0, 3, ""), Edit(1, 2, ""))]) == []
