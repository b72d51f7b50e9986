"""Time and money in words."""

from __future__ import annotations

import pytest

from agentmesh.cli.render.expected import lines, money, of_job, summary
from agentmesh.plan.estimate import Estimate, JobEstimate, SizeEstimate


@pytest.mark.parametrize(
    ("dollars", "text"), [(0, "$0.00"), (0.006, "$0.006"), (0.42, "$0.42"), (12.345, "$12.35")]
)
def test_small_sums_have_more_digits(dollars: float, text: str) -> None:
    assert money(dollars) == text


def test_of_nothing_nothing_is_said() -> None:
    assert summary(Estimate()) == []
    assert lines(Estimate(), {}) == []
    assert of_job(None) == of_job(JobEstimate()) == ""


def test_a_job_says_how_long_and_whether_all_wait_for_it() -> None:
    assert of_job(JobEstimate(seconds=72.0)) == "1 min 12 s"
    assert of_job(JobEstimate(seconds=3.0, critical=True)) == "3.0 s, critical"


def known(**fields: object) -> Estimate:
    given = {"jobs": {"a": JobEstimate(seconds=3.0)}, "seconds": 3.0, "path": ("a",), **fields}
    return Estimate(minutes=2, cost=0.012, **given)  # type: ignore[arg-type]


def test_the_total_is_time_minutes_and_money() -> None:
    assert summary(known()) == ["about 3.0 s", "2 billed minutes", "$0.012"]
    assert lines(known(), {"a": "build"}) == [
        "expected: 3.0 s along build",
        "on GitHub: 2 billed minutes, $0.012",
    ]


def test_a_long_path_is_shortened_in_its_middle() -> None:
    path = tuple("abcdefghijk")
    assert lines(known(path=path), {})[0].endswith("a → b → c → d → e → f → g → … 3 more … → k")


def test_sizes_are_listed_where_there_are_several() -> None:
    sizes = (
        SizeEstimate(label="ubuntu-latest", jobs=2, minutes=2, per_minute=0.006, cost=0.012),
        SizeEstimate(label="mine", jobs=1, minutes=1, per_minute=None, cost=None),
    )
    said = lines(known(sizes=sizes, unpriced=("mine",)), {})
    assert said[2:4] == [
        "  ubuntu-latest: 2 jobs, 2 min, $0.012",
        "  mine: 1 job, 1 min, price unknown",
    ]
    assert "no price is known for mine" in said[4]


def test_what_is_not_counted_is_named() -> None:
    jobs = {"a": JobEstimate(seconds=1.0), **{key: JobEstimate() for key in "bcdef"}}
    said = lines(known(jobs=jobs, unknown=tuple("bcdef")), {"b": "Build"})
    assert said[-1] == "not counted, as they never succeeded here: Build, c, d and 2 more"
