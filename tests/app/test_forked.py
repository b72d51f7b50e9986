"""Work on many files at once."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from agentmesh.app.forked import LEAST, shares, spread

# The workers that run the tests have threads, which newer Pythons warn of when one forks.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

ITEMS = [str(number) for number in range(3 * LEAST)]


def work(items: Sequence[str]) -> bytes:
    return b",".join(item.encode() for item in items) + f",{os.getpid()}".encode()


@pytest.mark.parametrize("cpus", [1, 2, 8])
def test_every_item_is_worked_on_once(cpus: int) -> None:
    results = [result.decode().split(",") for result in spread(ITEMS, work, cpus=cpus)]
    assert sorted(int(item) for result in results for item in result[:-1]) == list(
        range(len(ITEMS))
    )
    assert len({result[-1] for result in results}) == len(results) == min(cpus, 3)


def test_few_items_are_one_share() -> None:
    assert shares(ITEMS[: LEAST - 1], 8) == [ITEMS[: LEAST - 1]]
    assert shares([], 8) == [[]]


def test_what_fails_in_a_copy_fails_here() -> None:
    here = os.getpid()

    def fails(items: Sequence[str]) -> bytes:
        if "1" in items:
            raise KeyError(str(os.getpid() == here))
        return b""

    with pytest.raises(KeyError, match="True"):
        spread(ITEMS, fails, cpus=2)


def test_a_copy_that_dies_is_made_up_for() -> None:
    here = os.getpid()

    def dies(items: Sequence[str]) -> bytes:
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        return work(items)

    results = spread(ITEMS, dies, cpus=2)
    assert {result.decode().rpartition(",")[2] for result in results} == {str(here)}


def test_a_result_may_be_larger_than_a_pipe() -> None:
    results = spread(ITEMS, lambda items: b"x" * 1_000_000, cpus=2)
    assert [len(result) for result in results] == [1_000_000, 1_000_000]
