"""What is expected of a plan, in words: time, minutes, money.

Called by the renderers of plans.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.cli.render.style import count, duration
from agentmesh.plan.estimate import Estimate, JobEstimate

_PATH = 8


def money(dollars: float) -> str:
    """``$0.0060`` below a cent's worth of digits, else ``$0.07``, ``$1.20``."""
    return f"${dollars:.2f}" if dollars >= 0.0995 or not dollars else f"${dollars:.3f}"


def summary(estimate: Estimate) -> list[str]:
    """``about 4 min 12 s``, ``12 billed minutes``, ``$0.07``; nothing where nothing is known."""
    if not estimate.known:
        return []
    return [
        f"about {duration(estimate.seconds)}",
        count(estimate.minutes, "billed minute"),
        money(estimate.cost),
    ]


def of_job(job: JobEstimate | None) -> str:
    """What stands behind the name of a job: its length, and whether all wait for it."""
    if job is None or job.seconds is None:
        return ""
    return f"{duration(job.seconds)}, critical" if job.critical else duration(job.seconds)


def lines(estimate: Estimate, names: Mapping[str, str]) -> list[str]:
    """The paragraph below a tree. ``names`` maps keys of jobs to what they are called."""
    if not estimate.known:
        return []
    shown = [names.get(key, key) for key in estimate.path]
    if len(shown) > _PATH:
        shown = [*shown[: _PATH - 1], f"… {len(shown) - _PATH} more …", shown[-1]]
    said = [
        f"expected: {duration(estimate.seconds)} along {' → '.join(shown)}",
        f"on GitHub: {count(estimate.minutes, 'billed minute')}, {money(estimate.cost)}",
    ]
    if len(estimate.sizes) > 1:
        for size in estimate.sizes:
            cost = "price unknown" if size.cost is None else money(size.cost)
            minutes = f"{size.minutes} min"
            said.append(f"  {size.label}: {count(size.jobs, 'job')}, {minutes}, {cost}")
    if estimate.unknown:
        some = [names.get(key, key) for key in estimate.unknown[:3]]
        more = f" and {len(estimate.unknown) - 3} more" if len(estimate.unknown) > 3 else ""
        said.append(f"not counted, as they never succeeded here: {', '.join(some)}{more}")
    if estimate.unpriced:
        said.append(
            f"no price is known for {', '.join(estimate.unpriced)}: "
            "set price-per-minute in [sizes] of agentmesh.toml"
        )
    return said
