"""The difference between two plans, for people: a paragraph for what comes, goes and changes.

Called by ``agentmesh graph --what-if``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentmesh.app.graph import Change
from agentmesh.app.outline import node_of
from agentmesh.app.plan import Prepared
from agentmesh.app.whatif import Changed, Difference, Field
from agentmesh.cli.render.style import Palette, count
from agentmesh.cli.render.width import printable
from agentmesh.plan.model import Json

_CELLS = 6
"""So many cells of a job are named; ``--json`` has all of them."""

_HEADS: tuple[tuple[Change, str, str, str], ...] = (
    ("appears", "+", "32", "would appear"),
    ("disappears", "-", "31", "would disappear"),
    ("changes", "~", "33", "would change"),
)


def render(present: Prepared, asked: Prepared, difference: Difference, *, color: bool) -> str:
    """The whole text, without a line break at its end."""
    palette = Palette(color)
    lines = [f"now      {_occasion(present)}", f"what if  {_occasion(asked)}"]
    for change, sign, code, says in _HEADS:
        items = difference.of(change)
        if not items:
            continue
        lines += ["", palette.bold(f"{count(len(items), 'job')} {says}")]
        for alike in _alike(items):
            lines += _group(alike, palette.paint(code, sign), palette)
    same = count(difference.same, "job")
    lines += [
        "",
        f"{same} would run as now" if difference.changed else f"no difference: {same} run",
    ]
    lines += [palette.level(n.level, f"{n.level}: {n.message}") for n in asked.notices]
    return "\n".join(lines)


def _occasion(prepared: Prepared) -> str:
    """``pull_request (closed) refs/pull/1/merge, base main, 2 changed files``."""
    request = prepared.plan.request
    github = request.github
    event = github.get("event")
    action = event.get("action") if isinstance(event, dict) else None
    parts = [f"{github['event_name']}{f' ({action})' if action else ''} {github['ref']}"]
    if github.get("base_ref"):
        parts.append(f"base {github['base_ref']}")
    if request.changed_files is not None:
        parts.append(count(len(request.changed_files), "changed file"))
    return printable(", ".join(parts))


def _alike(items: Iterable[Changed]) -> list[list[Changed]]:
    """Jobs of one workflow that have the same reasons together, in the order of the first."""
    groups: dict[tuple[object, ...], list[Changed]] = {}
    for item in items:
        top = item.row.calls[0] if item.row.calls else ""
        key = (item.row.workflow, top, item.why, item.was, tuple(map(_field, item.fields)))
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def _group(items: list[Changed], sign: str, palette: Palette) -> Iterator[str]:
    """The reason and what it was, then the jobs; the cells of a job share a line."""
    first = items[0]
    yield f"  {palette.dim(printable(first.row.workflow))}"
    if first.fields:
        yield from (f"  {_field(field)}" for field in first.fields)
    else:
        yield f"  {printable(first.why)}"
        yield palette.dim(f"  now: {printable(first.was)}")
    jobs: dict[str, list[Changed]] = {}
    for item in items:
        jobs.setdefault(node_of(item.row.key), []).append(item)
    for cells in jobs.values():
        names = [printable(cell.row.name) for cell in cells]
        shown = "; ".join(names[:_CELLS])
        more = f"; … {len(names) - _CELLS} more" if len(names) > _CELLS else ""
        yield f"    {sign} {palette.bold(shown)}{more}"


def _field(field: Field) -> str:
    return printable(f"{field.field}: {_value(field.before)} → {_value(field.after)}")


def _value(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return str(value) if value else "none"
