"""Two plans compared: which jobs another event, ref or set of changed files would bring or take.

Called by ``agentmesh graph --what-if``. Pure: two outlines in, a difference out. Jobs are the same
where they have the same name in the same workflow, whatever the order of their cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from agentmesh.app.graph import Change
from agentmesh.app.outline import Outline, Row, node_of
from agentmesh.app.plan import Prepared
from agentmesh.plan.model import Json


class Field(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """Something about a job that runs in both plans, and is another thing in each."""

    field: str
    before: Json
    after: Json


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One job that is not the same in both plans.

    ``row`` is from the plan that is asked for, or, where the job is not in it, from the present
    one; ``why`` is the clause that makes the difference, ``was`` what stood for the job before.
    """

    change: Change
    row: Row
    why: str
    was: str
    fields: tuple[Field, ...] = ()
    place: str = ""
    """Key of the row that stands for the job in the plan that is asked for, if another does."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs, in the order of the plan that is asked for; ``same`` counts the jobs that
    run in both as they are."""

    changed: tuple[Changed, ...]
    same: int

    def of(self, change: Change) -> tuple[Changed, ...]:
        """The jobs that appear, disappear or change."""
        return tuple(item for item in self.changed if item.change == change)

    @property
    def by_key(self) -> dict[str, Change]:
        """Key of a row in the plan that is asked for → what happens to it."""
        return {item.place or item.row.key: item.change for item in self.changed}


def compare(present: Outline, asked: Outline) -> Difference:
    """What is different in the plan that is asked for."""
    before, after = _named(present.rows), _named(asked.rows)
    found: list[Changed] = []
    same = 0
    ends, starts = _skipped(present.rows), _skipped(asked.rows)
    for name, row in after.items():
        old = before.get(name) or _instead(row, ends)
        change = _changed(old, row)
        if change is not None:
            found.append(change)
        elif row.runs:
            same += 1
    found += [
        _gone(old, _instead(old, starts))
        for name, old in before.items()
        if name not in after and _lives(old)
    ]
    return Difference(changed=tuple(found), same=same)


def document(present: Prepared, asked: Prepared, difference: Difference) -> dict[str, Json]:
    """The difference as ``--json`` prints it."""
    return {
        "from": _occasion(present),
        "to": _occasion(asked),
        "appear": [_entry(item) for item in difference.of("appears")],
        "disappear": [_entry(item) for item in difference.of("disappears")],
        "change": [_entry(item) for item in difference.of("changes")],
        "same": difference.same,
        "notices": [notice.message for notice in asked.notices],
    }


def _occasion(prepared: Prepared) -> dict[str, Json]:
    github = prepared.plan.request.github
    event = github.get("event")
    changed = prepared.plan.request.changed_files
    return {
        "event": github["event_name"],
        "action": event.get("action") if isinstance(event, dict) else None,
        "ref": github["ref"],
        "sha": github["sha"],
        "changed": None if changed is None else list(changed),
    }


def _entry(item: Changed) -> dict[str, Json]:
    row = item.row
    return {
        "id": row.id,
        "name": row.name,
        "workflow": row.workflow,
        "matrix": row.matrix,
        "why": item.why,
        "was": item.was,
        "changes": [msgspec.to_builtins(field) for field in item.fields],
    }


def _named(rows: Iterable[Row]) -> dict[tuple[str, ...], Row]:
    """Rows by workflow and name; of jobs with the same name, by their place among them too."""
    found: dict[tuple[str, ...], Row] = {}
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.state == "calls":
            continue
        name = (row.workflow, row.name)
        seen[name] = seen.get(name, 0) + 1
        found[(*name, str(seen[name]))] = row
    return found


def _skipped(rows: Iterable[Row]) -> dict[str, Row]:
    """Rows of jobs that do not run, by key: such a job has no cells, and makes no jobs."""
    return {row.key: row for row in rows if row.state == "skipped"}


def _instead(row: Row, skipped: Mapping[str, Row]) -> Row | None:
    """What stands for a cell, or for a job of a call, in a plan that skips the job or the call."""
    keys = (node_of(key) for key in (row.key, *reversed(row.calls)))
    return next((skipped[key] for key in keys if key in skipped), None)


def _lives(row: Row) -> bool:
    """Whether a plan is about a job: it runs, or fails at once."""
    return row.runs or row.state == "fails"


def _changed(old: Row | None, row: Row) -> Changed | None:
    if old is None or not _lives(old):
        if not _lives(row):
            return None
        was = f"skipped: {old.why}" if old else "not in the plan"
        why = row.trigger if old and not old.trigger else row.why
        return Changed(change="appears", row=row, why=why, was=was)
    if not _lives(row):
        return Changed(change="disappears", row=row, why=row.why, was=_counterpart(old, row))
    fields = _fields(old, row)
    if not fields:
        return None
    return Changed(change="changes", row=row, why=row.why, was=old.why, fields=fields)


def _gone(old: Row, instead: Row | None) -> Changed:
    """A cell or a called job that the plan that is asked for does not have as such."""
    if instead is None:
        return Changed(change="disappears", row=old, why="not in the plan", was=old.why)
    return Changed(
        change="disappears",
        row=old,
        why=instead.why,
        was=_counterpart(old, instead),
        place=instead.key,
    )


def _counterpart(old: Row, row: Row) -> str:
    """What the clause that takes a job away was when it let the job run: of ``on``, or of its
    condition."""
    return old.why if row.trigger else old.trigger


def _fields(old: Row, new: Row) -> tuple[Field, ...]:
    """What is different about a job that lives in both plans."""
    pairs: list[tuple[str, Json, Json]] = [
        ("state", old.state, new.state),
        ("matrix", old.matrix, new.matrix),
        ("runs-on", list(old.labels), list(new.labels)),
        ("needs", list(old.needs), list(new.needs)),
        ("environment", old.environment, new.environment),
        ("concurrency", old.concurrency, new.concurrency),
    ]
    return tuple(Field(name, before, after) for name, before, after in pairs if before != after)
