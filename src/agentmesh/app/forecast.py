"""What a plan is expected to take and to cost: lengths from history, prices from the configuration.

Called by ``agentmesh plan`` and ``agentmesh graph``. Deciding is left to
:mod:`agentmesh.plan.estimate`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from agentmesh.app.config import Config
from agentmesh.app.outline import Outline, Row, node_of
from agentmesh.app.plan import Prepared
from agentmesh.app.settings import Settings
from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.core.events import Noticed
from agentmesh.plan.estimate import Estimate, Work, estimate

Lookup = Callable[[Iterable[str], tuple[str, ...]], dict[str, float]]
"""Names of jobs, and the workflows of the runs to look at (none: of any) → seconds by name."""


def forecast(
    prepared: Prepared, outlined: Outline, settings: Settings
) -> tuple[Prepared, Estimate]:
    """The estimate of a plan, from what jobs of these names took in this repository lately.

    A history that cannot be read stops no plan: a notice of the plan that comes back says so.
    """
    from agentmesh.store.history import SqliteHistory
    from agentmesh.store.layout import Layout

    repository = prepared.plan.request.source.repository
    history = SqliteHistory(Layout(settings.store))
    lengths: dict[str, float] = {}
    try:
        lengths = expected(
            outlined.rows,
            lambda names, workflows: history.expected_seconds(repository, names, workflows),
        )
    except SetupError as error:
        prepared = _without_history(prepared, error)
    finally:
        history.close()
    return prepared, estimate(works(outlined.rows, lengths), prices(settings.config))


def _without_history(prepared: Prepared, error: SetupError) -> Prepared:
    notice = Noticed(
        time=datetime.now(UTC),
        level="warning",
        message=f"no length of a job is known: {error.message}",
        remedy=error.remedy,
    )
    return msgspec.structs.replace(prepared, notices=(*prepared.notices, notice))


def expected(rows: Iterable[Row], look_up: Lookup) -> dict[str, float]:
    """Expected seconds of rows that run, by key.

    Jobs of several workflows may share a name: runs of a row's workflow alone tell best, then any
    run.
    """
    found: dict[str, float] = {}
    by_workflow: dict[str, list[Row]] = {}
    outermost: dict[str, str] = {}
    for row in rows:
        top = outermost[row.calls[0]] if row.calls else row.workflow
        outermost[row.key] = top
        if row.runs and row.state != "calls":
            by_workflow.setdefault(top, []).append(row)
    for workflow, running in by_workflow.items():
        names = [row.name for row in running]
        lengths = look_up(names, (workflow,))
        if others := [name for name in names if name not in lengths]:
            lengths |= look_up(others, ())
        found |= {row.key: lengths[row.name] for row in running if row.name in lengths}
    return found


def works(rows: Iterable[Row], lengths: dict[str, float]) -> list[Work]:
    """Rows as what takes time; calls are no jobs."""
    return [
        Work(
            key=row.key,
            group=node_of(row.key),
            runs=row.runs,
            seconds=lengths.get(row.key),
            needs=row.after,
            slots=row.slots,
            labels=row.labels,
        )
        for row in rows
        if row.state != "calls"
    ]


def prices(config: Config) -> dict[str, float]:
    """US dollars a minute by runner label, in lower case, as ``[sizes]`` has them.

    Raises WorkflowError for a price that is none.
    """
    found: dict[str, float] = {}
    for label, size in config.sizes.items():
        price = size.price_per_minute
        if price is None:
            continue
        if not 0 <= price < math.inf:
            raise WorkflowError(
                f"price-per-minute of {label} in [sizes] of agentmesh.toml is {price}",
                remedy="write it in dollars a minute, 0 or more",
            )
        found[label.lower()] = price
    return found
