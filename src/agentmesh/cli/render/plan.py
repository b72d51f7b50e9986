"""A plan as a tree for people: workflows, their jobs in order, cells, calls, and why.

Called by ``agentmesh plan``. A job that runs has ``✓``, one that would fail at once ``✗``, one that
is skipped ``○``; a reason stands once for all cells that share it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agentmesh.app.outline import Outline, Row
from agentmesh.app.plan import Prepared
from agentmesh.cli.render.style import Palette, count


class Branch(msgspec.Struct):
    """A line of the tree and what hangs below it."""

    line: str
    below: list[Branch] = []


def render(prepared: Prepared, outlined: Outline, *, color: bool = False) -> str:
    """The whole plan as text, without a line break at its end."""
    palette = Palette(color)
    github = prepared.plan.request.github
    sha = str(github["sha"])[:7]
    head = f"{palette.bold(str(github['event_name']))} {github['ref']} {palette.dim(sha)}"
    lines = [head]
    for workflow in prepared.plan.request.workflows:
        rows = [row for row in outlined.rows if not row.calls and row.workflow == workflow.path]
        name = f" {palette.dim(workflow.name)}" if workflow.name else ""
        lines += ["", palette.bold(workflow.path) + name]
        lines += _drawn(_branches(rows, outlined.rows, palette), "")
    lines += ["", _total(outlined)]
    lines += [palette.level(n.level, f"{n.level}: {n.message}") for n in prepared.notices]
    lines += [palette.level("warning", str(problem)) for problem in outlined.problems]
    return "\n".join(lines)


def _branches(rows: Iterable[Row], all_rows: tuple[Row, ...], palette: Palette) -> list[Branch]:
    """One branch a job; the cells of a matrix hang below it."""
    jobs: dict[str, list[Row]] = {}
    for row in rows:
        node = row.key.rpartition("#")[0] if _has_cells(row) else row.key
        jobs.setdefault(node, []).append(row)
    return [_job(cells, all_rows, palette) for cells in jobs.values()]


def _has_cells(row: Row) -> bool:
    """Whether a row is one cell of a matrix, which its key tells."""
    return "#" in row.key.rpartition("/")[2]


def _job(cells: list[Row], all_rows: tuple[Row, ...], palette: Palette) -> Branch:
    first = cells[0]
    if not _has_cells(first):
        return _cell(first, all_rows, palette, _reason(first, palette))
    reasons = {cell.why for cell in cells if cell.runs}
    shared = reasons.pop() if len(reasons) == 1 else ""
    needs = f"needs {', '.join(first.needs)}" if first.needs else ""
    parts = [count(len(cells), "cell"), *(part for part in (shared or needs,) if part)]
    line = f"{_mark(cells, palette)} {first.id}  {palette.dim(' · '.join(parts))}"
    below: list[Branch] = []
    remedies: set[str] = set()
    for cell in cells:
        reason = "" if cell.why == shared else _reason(cell, palette, said=cell.remedy in remedies)
        remedies.add(cell.remedy)
        below.append(_cell(cell, all_rows, palette, reason))
    return Branch(line, below)


def _cell(row: Row, all_rows: tuple[Row, ...], palette: Palette, reason: str) -> Branch:
    line = f"{_mark([row], palette)} {row.name}"
    inner = [r for r in all_rows if r.calls and r.calls[-1] == row.key]
    return Branch(f"{line}  {reason}" if reason else line, _branches(inner, all_rows, palette))


def _reason(row: Row, palette: Palette, *, said: bool = False) -> str:
    """Why a row runs or not; the remedy only where it has not been ``said`` a line above."""
    if row.state == "fails":
        remedy = f"; {row.remedy}" if row.remedy and not said else ""
        return palette.ended("failure", row.why) + palette.dim(remedy)
    if row.state == "skipped":
        return palette.dim(f"skipped: {row.why}")
    return palette.dim(row.why)


def _mark(rows: list[Row], palette: Palette) -> str:
    if any(row.state == "fails" for row in rows):
        return palette.mark("failure")
    return palette.mark("success" if any(row.runs for row in rows) else "skipped")


def _drawn(branches: list[Branch], indent: str) -> list[str]:
    lines: list[str] = []
    for branch in branches:
        last = branch is branches[-1]
        lines.append(f"{indent}{'└─' if last else '├─'} {branch.line}")
        lines += _drawn(branch.below, indent + ("   " if last else "│  "))
    return lines


def _total(outlined: Outline) -> str:
    rows = [row for row in outlined.rows if row.state != "calls"]
    runs = sum(row.runs for row in rows)
    fails = sum(row.state == "fails" for row in rows)
    parts = [f"{count(runs, 'job')} would run"]
    if fails:
        parts.append(f"{fails} would fail at once")
    if skipped := len(rows) - runs - fails:
        parts.append(f"{skipped} skipped")
    return ", ".join(parts)
