"""What a plan would take and cost."""

from __future__ import annotations

import pytest

from agentmesh.plan.estimate import Estimate, JobEstimate, Work, billed_minutes, estimate


def work(key: str, seconds: float | None, *needs: str, label: str = "ubuntu-latest") -> Work:
    return Work(key=key, group=key, seconds=seconds, needs=needs, labels=(label,))


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 1), (0.1, 1), (60, 1), (60.1, 2), (3599, 60), (3600, 60)]
)
def test_each_job_is_rounded_up_to_a_minute(seconds: float, minutes: int) -> None:
    assert billed_minutes(seconds) == minutes


def test_minutes_and_dollars_add_up() -> None:
    found = estimate([work("a", 61), work("b", 30, "a", label="ubuntu-latest-4-cores")], {})
    assert found.minutes == 3
    assert found.cost == pytest.approx(2 * 0.006 + 0.012)
    assert found.seconds == 91
    assert found.path == ("a", "b")
    assert found.jobs["b"] == JobEstimate(
        seconds=30, start=61, minutes=1, cost=0.012, critical=True
    )


def test_sizes_are_summed_up_by_label() -> None:
    found = estimate([work("a", 5), work("b", 5), work("c", 5, label="mine")], {})
    assert [(s.label, s.jobs, s.minutes, s.cost) for s in found.sizes] == [
        ("ubuntu-latest", 2, 2, pytest.approx(0.012)),
        ("mine", 1, 1, None),
    ]
    assert found.unpriced == ("mine",)
    assert found.minutes == 3


def test_a_price_of_one_s_own_counts() -> None:
    assert estimate([work("a", 5, label="Mine")], {"mine": 0.5}).cost == 0.5


def test_a_machine_of_one_s_own_is_not_billed() -> None:
    found = estimate([work("a", 500, label="self-hosted")], {})
    assert (found.minutes, found.cost, found.unpriced) == (0, 0.0, ())
    assert found.seconds == 500


def test_what_nobody_knows_counts_for_nothing_and_is_named() -> None:
    found = estimate([work("a", 60), work("b", None, "a"), work("c", 60, "b")], {})
    assert found.unknown == ("b",)
    assert found.jobs["b"] == JobEstimate()
    assert found.seconds == 120
    assert found.path == ("a", "c")
    assert found.known


def test_what_does_not_run_takes_no_time_but_keeps_the_order() -> None:
    skipped = Work(key="b", group="b", runs=False, seconds=99, needs=("a",))
    found = estimate([work("a", 10), skipped, work("c", 1, "b")], {})
    assert found.seconds == 11
    assert "b" not in found.jobs
    assert found.path == ("a", "c")


def test_nothing_is_known_of_nothing() -> None:
    assert not Estimate().known
    assert not estimate([work("a", None)], {}).known
