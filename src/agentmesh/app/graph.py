"""A plan as boxes and lines between them, for whatever draws it.

Called by ``agentmesh plan`` and ``agentmesh graph``; drawn by :mod:`agentmesh.cli.render.mermaid`
and :mod:`agentmesh.cli.render.svg`. A box is a job with all its cells; what a call makes are boxes
of their own, and the call itself is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import msgspec

from agentmesh.app.outline import Outline, Row, is_cell, node_of
from agentmesh.app.plan import Prepared
from agentmesh.plan.estimate import Estimate, JobEstimate

Change = Literal["appears", "disappears", "changes"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One cell in its box; the only one of a job without a matrix. ``change`` compares it to
    another plan."""

    row: Row
    job: JobEstimate = JobEstimate()
    change: Change | None = None


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One job. ``title`` has the callers in it; ``after`` are keys of boxes; ``matrix`` tells one
    cell from a job without a matrix."""

    key: str
    title: str
    lines: tuple[Line, ...]
    after: tuple[str, ...] = ()
    matrix: bool = False

    @property
    def state(self) -> Literal["runs", "fails", "skipped"]:
        """How the worst of its cells looks; skipped only where all are."""
        states = [line.row.state for line in self.lines]
        if "fails" in states:
            return "fails"
        return "runs" if any(line.row.runs for line in self.lines) else "skipped"

    @property
    def critical(self) -> bool:
        return any(line.job.critical for line in self.lines)


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One workflow with all that it calls. ``trigger`` says why it runs; empty where it does
    not."""

    path: str
    name: str
    trigger: str
    boxes: tuple[Box, ...]


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plan, ready to be drawn. ``title`` says for which event, ref and commit."""

    title: str
    lanes: tuple[Lane, ...]
    estimate: Estimate = Estimate()

    @property
    def critical_edges(self) -> frozenset[tuple[str, str]]:
        """Pairs of boxes that follow each other on the critical path."""
        path = [node_of(key) for key in self.estimate.path]
        return frozenset((a, b) for a, b in pairwise(path) if a != b)


def graph(
    prepared: Prepared,
    outlined: Outline,
    estimate: Estimate,
    changes: Mapping[str, Change] | None = None,
) -> Graph:
    """The graph of a plan. ``changes`` tells, by key of a row, what another plan had not, or had
    otherwise."""
    github = prepared.plan.request.github
    title = f"{github['event_name']} {github['ref']} {str(github['sha'])[:7]}"
    names = {row.key: row.name for row in outlined.rows}
    lanes: list[Lane] = []
    for workflow in prepared.plan.request.workflows:
        jobs: dict[str, list[Row]] = {}
        tops: set[str] = set()
        for row in outlined.rows:
            if row.calls[0] in tops if row.calls else row.workflow == workflow.path:
                tops.add(row.key)
                if row.state != "calls":
                    jobs.setdefault(node_of(row.key), []).append(row)
        boxes = tuple(_box(key, rows, names, estimate, changes or {}) for key, rows in jobs.items())
        trigger = next((box.lines[0].row.trigger for box in boxes if box.lines[0].row.trigger), "")
        lanes.append(
            Lane(path=workflow.path, name=workflow.name or "", trigger=trigger, boxes=boxes)
        )
    return Graph(title=title, lanes=tuple(lanes), estimate=estimate)


def _box(
    key: str,
    rows: list[Row],
    names: Mapping[str, str],
    estimate: Estimate,
    changes: Mapping[str, Change],
) -> Box:
    first = rows[0]
    matrix = is_cell(first)
    caller = f"{names[first.calls[-1]]} / " if first.calls else ""
    return Box(
        key=key,
        title=caller + first.id if matrix else first.name,
        lines=tuple(
            Line(
                row=row,
                job=estimate.jobs.get(row.key, JobEstimate()),
                change=changes.get(row.key),
            )
            for row in rows
        ),
        after=first.after,
        matrix=matrix,
    )
