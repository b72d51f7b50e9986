"""A plan as a tree for people: workflows, their jobs in order, cells, calls, and why.

Called by ``agentmesh plan``. A job that runs has ``✓``, one that would fail at once ``✗``, one that
is skipped ``○``; a reason stands once for all cells that share it. Behind a job stands how long it
is expected to take, and whether it is on the critical path.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agentmesh.app.outline import Outline, Row, is_cell, node_of
from agentmesh.app.plan import Prepared
from agentmesh.cli.render import expected
from agentmesh.cli.render.style import Palette, count
from agentmesh.cli.render.width import printable
from agentmesh.plan.estimate import Estimate


class Branch(msgspec.Struct):
    """A line of the tree and what hangs below it."""

    line: str
    below: list[Branch] = []


class _Tree(msgspec.Struct, frozen=True):
    """What a branch is made from: rows by the key of the cell that calls them, what is expected of
    them, and colours."""

    called: dict[str, list[Row]]
    estimate: Estimate
    palette: Palette


def render(
    prepared: Prepared,
    outlined: Outline,
    estimate: Estimate | None = None,
    *,
    color: bool = False,
) -> str:
    """The whole plan as text, without a line break at its end."""
    palette = Palette(color)
    called: dict[str, list[Row]] = {}
    for row in outlined.rows:
        if row.calls:
            called.setdefault(row.calls[-1], []).append(row)
    tree = _Tree(called, estimate or Estimate(), palette)
    github = prepared.plan.request.github
    sha = str(github["sha"])[:7]
    head = f"{palette.bold(str(github['event_name']))} {github['ref']} {palette.dim(sha)}"
    lines = [head]
    for workflow in prepared.plan.request.workflows:
        rows = [row for row in outlined.rows if not row.calls and row.workflow == workflow.path]
        name = f" {palette.dim(printable(workflow.name))}" if workflow.name else ""
        trigger = next((row.trigger for row in rows if row.trigger), "")
        why = f"  {palette.dim(printable(trigger))}" if trigger else ""
        lines += ["", palette.bold(workflow.path) + name + why]
        lines += _drawn(_branches(rows, tree), "")
    lines += ["", _total(outlined)]
    lines += expected.lines(tree.estimate, {row.key: printable(row.name) for row in outlined.rows})
    lines += [palette.level(n.level, f"{n.level}: {n.message}") for n in prepared.notices]
    lines += [palette.level("warning", str(problem)) for problem in outlined.problems]
    return "\n".join(lines)


def _branches(rows: Iterable[Row], tree: _Tree) -> list[Branch]:
    """One branch a job; the cells of a matrix hang below it."""
    jobs: dict[str, list[Row]] = {}
    for row in rows:
        jobs.setdefault(node_of(row.key), []).append(row)
    return [_job(cells, tree) for cells in jobs.values()]


def _job(cells: list[Row], tree: _Tree) -> Branch:
    palette = tree.palette
    first = cells[0]
    if not is_cell(first):
        return _cell(first, tree, _reason(first, palette))
    reasons = {cell.why for cell in cells if cell.runs}
    shared = reasons.pop() if len(reasons) == 1 else ""
    needs = f"needs {', '.join(first.needs)}" if first.needs else ""
    parts = [count(len(cells), "cell"), *(part for part in (printable(shared or needs),) if part)]
    line = f"{_mark(cells, palette)} {first.id}  {palette.dim(' · '.join(parts))}"
    below: list[Branch] = []
    remedies: set[str] = set()
    for cell in cells:
        reason = "" if cell.why == shared else _reason(cell, palette, said=cell.remedy in remedies)
        remedies.add(cell.remedy)
        below.append(_cell(cell, tree, reason))
    return Branch(line, below)


def _cell(row: Row, tree: _Tree, reason: str) -> Branch:
    palette = tree.palette
    job = tree.estimate.jobs.get(row.key)
    length = expected.of_job(job)
    if length:
        length = palette.paint("1;33", length) if job and job.critical else palette.dim(length)
    behind = palette.dim(" · ").join(part for part in (length, reason) if part)
    line = f"{_mark([row], palette)} {printable(row.name)}"
    inner = _branches(tree.called.get(row.key, ()), tree)
    return Branch(f"{line}  {behind}" if behind else line, inner)


def _reason(row: Row, palette: Palette, *, said: bool = False) -> str:
    """Why a row runs or not; the remedy only where it has not been ``said`` a line above."""
    if row.state == "fails":
        remedy = f"; {printable(row.remedy)}" if row.remedy and not said else ""
        return palette.ended("failure", printable(row.why)) + palette.dim(remedy)
    if row.state == "skipped":
        return palette.dim(printable(f"skipped: {row.why}"))
    return palette.dim(printable(row.why))


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
