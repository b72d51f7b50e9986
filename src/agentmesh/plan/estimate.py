"""How long a plan would take, and what it would cost on GitHub's runners.

Called by :mod:`agentmesh.app.forecast`. Pure. Follows "GitHub Actions billing" of GitHub's
documentation: each job is rounded up to a whole minute, and a minute costs what its runner does.
Nothing is guessed: a job that has no length yet counts for nothing, and is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from agentmesh.plan.critical import Task, timetable
from agentmesh.plan.prices import Rate, rate


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a plan, as far as time and money are concerned; see :class:`Task`.

    ``seconds`` is its expected length, None where nobody knows. What does not run takes no time.
    """

    key: str
    group: str
    runs: bool = True
    seconds: float | None = None
    needs: tuple[str, ...] = ()
    slots: int | None = None
    labels: tuple[str, ...] = ()


class JobEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of one job that runs.

    ``start`` counts seconds from the run's begin, ``minutes`` are billed ones, ``cost`` is in US
    dollars; each is None where it cannot be known.
    """

    seconds: float | None = None
    start: float | None = None
    minutes: int | None = None
    cost: float | None = None
    critical: bool = False


class SizeEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """All jobs of one runner label together. ``per_minute`` and ``cost`` are None where its price
    is not known."""

    label: str
    jobs: int
    minutes: int
    per_minute: float | None
    cost: float | None


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of a plan.

    ``seconds`` is the time from start to end, ``path`` the keys of the jobs that decide it;
    ``minutes`` and ``cost`` are of what is known. ``unknown`` are keys of jobs without a length,
    ``unpriced`` labels without a price.
    """

    jobs: dict[str, JobEstimate] = {}
    seconds: float = 0.0
    path: tuple[str, ...] = ()
    minutes: int = 0
    cost: float = 0.0
    sizes: tuple[SizeEstimate, ...] = ()
    unknown: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is anything to say."""
        return len(self.unknown) < len(self.jobs)


def estimate(works: Iterable[Work], prices: Mapping[str, float]) -> Estimate:
    """The estimate of jobs in order, each behind what it needs. ``prices`` are the user's own, in
    US dollars a minute, by label in lower case."""
    works = tuple(works)
    table = timetable(
        Task(
            key=work.key,
            group=work.group,
            seconds=(work.seconds or 0.0) if work.runs else 0.0,
            needs=work.needs,
            slots=work.slots,
        )
        for work in works
    )
    running = [work for work in works if work.runs]
    unknown = tuple(work.key for work in running if work.seconds is None)
    lengths = {work.key: work.seconds for work in running}
    path = tuple(key for key in table.path if lengths.get(key) is not None)
    deciding = set(path)
    rates = {work.key: rate(work.labels, prices) for work in running}
    jobs = {
        work.key: _job(work, rates[work.key], table.starts[work.key], work.key in deciding)
        for work in running
    }
    sizes = _sizes(jobs, rates)
    return Estimate(
        jobs=jobs,
        seconds=table.seconds,
        path=path,
        minutes=sum(job.minutes or 0 for job in jobs.values()),
        cost=sum(job.cost or 0.0 for job in jobs.values()),
        sizes=sizes,
        unknown=unknown,
        unpriced=tuple(size.label for size in sizes if size.per_minute is None),
    )


def billed_minutes(seconds: float) -> int:
    """Minutes that GitHub counts for a job: rounded up, one at least."""
    return max(1, math.ceil(seconds / 60))


def _job(work: Work, found: Rate, start: float, critical: bool) -> JobEstimate:
    if work.seconds is None:
        return JobEstimate()
    minutes = billed_minutes(work.seconds) if found.billed else 0
    price = found.per_minute
    return JobEstimate(
        seconds=work.seconds,
        start=start,
        minutes=minutes,
        cost=None if price is None else minutes * price,
        critical=critical,
    )


def _sizes(jobs: Mapping[str, JobEstimate], rates: Mapping[str, Rate]) -> tuple[SizeEstimate, ...]:
    """One entry a label, in the order they are first used; jobs without a length count for
    none."""
    found: dict[Rate, list[JobEstimate]] = {}
    for key, job in jobs.items():
        if job.seconds is not None:
            found.setdefault(rates[key], []).append(job)
    return tuple(
        SizeEstimate(
            label=price.label,
            jobs=len(members),
            minutes=sum(job.minutes or 0 for job in members),
            per_minute=price.per_minute,
            cost=None if price.per_minute is None else sum(job.cost or 0.0 for job in members),
        )
        for price, members in found.items()
    )
