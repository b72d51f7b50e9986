"""Earlier runs, logs, artifacts and caches as text. Pure; called by the commands of those names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from agentmesh.cli.render.style import MARKS, Palette, count, duration

if TYPE_CHECKING:
    from agentmesh.app.caching import Entry, Missing, Usage
    from agentmesh.app.records import Line
    from agentmesh.ports.artifacts import Artifact
    from agentmesh.ports.history import JobRecord, RunRecord

_STATUS_COLORS = {
    "success": "32",
    "failure": "31",
    "cancelled": "35",
    "interrupted": "33",
    "running": "36",
}
_ORDER = ("success", "failure", "cancelled", "interrupted", "running", "skipped")


def size(number: int) -> str:
    """``512 B``, ``1.5 kB``, ``2.0 GB``: powers of a thousand, as disks are sold."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.95 or unit == "GB":
            return f"{number} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000.0
    raise AssertionError("the last unit takes everything")


def when(time: datetime) -> str:
    """A moment in the machine's own time zone."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int]) -> list[str]:
    """Columns as wide as they need to be; those in ``right`` end where they end."""
    from agentmesh.cli.render.width import width

    lines = [head, *rows]
    widths = [max(width(line[column]) for line in lines) for column in range(len(head))]
    texts = []
    for line in lines:
        cells = []
        for column, text in enumerate(line):
            blank = " " * (widths[column] - width(text))
            cells.append(blank + text if column in right else text + blank)
        texts.append("  ".join(cells).rstrip())
    return texts


def runs(records: Sequence[RunRecord], palette: Palette) -> str:
    """A line a run."""
    rows = [
        (
            run.run,
            when(run.started),
            run.status,
            "" if run.seconds is None else duration(run.seconds),
            run.event,
            run.ref.removeprefix("refs/heads/").removeprefix("refs/"),
            ", ".join(f"{run.jobs[name]} {name}" for name in _ORDER if run.jobs.get(name)),
            run.name or ", ".join(_short(path) for path in run.workflows),
        )
        for run in records
    ]
    head = ("RUN", "STARTED", "STATUS", "TIME", "EVENT", "REF", "JOBS", "WORKFLOWS")
    first, *rest = table(head, rows, frozenset({3}))
    lines = [palette.dim(first)]
    for line, run in zip(rest, records, strict=True):
        color = _STATUS_COLORS.get(run.status, "0")
        lines.append(line.replace(f"  {run.status}", f"  {palette.paint(color, run.status)}", 1))
    return "\n".join(lines)


def run(record: RunRecord, jobs: Sequence[JobRecord], palette: Palette) -> str:
    """One run with its jobs and steps."""
    took = "" if record.seconds is None else f" in {duration(record.seconds)}"
    lines = [
        palette.bold(f"run {record.run}") + f"  {record.status}{took}",
        f"  started {when(record.started)}, {record.event} {record.ref} {record.sha[:12]}".rstrip(),
    ]
    lines += [f"  {path}" for path in record.workflows]
    for job in jobs:
        lines.append(_ended(job.conclusion, job.name, job.seconds, job.why, palette))
        lines += [
            "  " + _ended(step.conclusion, step.name, step.seconds, step.error, palette)
            for step in job.steps
        ]
    return "\n".join(lines)


def heading(line: Line, palette: Palette) -> str:
    """What stands above the lines of a step."""
    step = line.step.name if line.step else f"step {line.part.step}"
    return palette.bold(f"── {line.job.name} · {step} ──")


def artifacts(records: Sequence[Artifact]) -> str:
    """A line an artifact."""
    rows = [
        (
            artifact.run,
            artifact.name,
            count(artifact.files, "file"),
            size(artifact.size),
            when(artifact.created),
            when(artifact.expires)[:10] if artifact.expires else "never",
        )
        for artifact in records
    ]
    head = ("RUN", "NAME", "FILES", "SIZE", "CREATED", "EXPIRES")
    return "\n".join(table(head, rows, frozenset({2, 3})))


def entries(records: Sequence[Entry], *, repositories: bool) -> str:
    """A line a cache entry."""
    rows = [
        (
            *((entry.repository,) if repositories else ()),
            entry.key,
            entry.scope.removeprefix("refs/heads/"),
            str(entry.files),
            size(entry.size),
            _since(entry.created),
            _since(entry.used),
            entry.paths.replace("\n", ", "),
        )
        for entry in records
    ]
    shift = 1 if repositories else 0
    first = ("REPOSITORY",) if repositories else ()
    head = (*first, "KEY", "SCOPE", "FILES", "SIZE", "SAVED", "USED", "PATHS")
    return "\n".join(table(head, rows, frozenset({2 + shift, 3 + shift})))


def usage(records: Sequence[Usage], stored: int) -> str:
    """How caches are used."""
    rows = [
        (
            each.repository,
            str(each.entries),
            size(each.size),
            *(str(each.hits.get(hit, 0)) for hit in ("exact", "prefix", "none")),
            size(each.bytes_restored),
            duration(each.seconds),
        )
        for each in records
    ]
    head = ("REPOSITORY", "ENTRIES", "SIZE", "EXACT", "PREFIX", "MISSED", "RESTORED", "TIME")
    lines = table(head, rows, frozenset(range(1, 8))) if rows else ["nothing is cached"]
    families = [(each, family) for each in records for family in each.families]
    if families:
        columns = ("PATHS", "HITS", "MISSED", "COLD", "WARM", "GAIN")
        worth = [
            (
                family.paths.replace("\n", ", "),
                str(family.hits),
                str(family.misses),
                *(
                    "" if value is None else f"{value:.1f} s"
                    for value in (family.cold, family.warm, family.gain)
                ),
            )
            for _, family in families
        ]
        lines += ["", *table(columns, worth, frozenset(range(1, 6)))]
    lines += [
        f"warning: {each.repository}, {family.paths.splitlines()[0]}: {family.warning}"
        for each, family in families
        if family.warning
    ]
    return "\n".join((*lines, f"{size(stored)} on the disk, artifacts included"))


def missing(found: Missing) -> str:
    """Why a key has missed, and all that comes near."""
    lines = [f"miss: {found.reason}"]
    for title, group in (
        ("saved for other paths", found.other_paths),
        ("in a scope that is not read", found.other_scopes),
    ):
        for near in group:
            where = f"{near.scope}, {', '.join(near.paths)}"
            lines.append(f"  {title}: {near.key} ({where}), {_since(near.created)}")
    lines += [f"  gone from {each.scope} {_since(each.at)}: {each.why}" for each in found.gone]
    for near in found.nearest:
        hidden = "" if near.readable else f", in {near.scope}, which is not read"
        lines.append(f"  near: {near.key}, {_since(near.created)}{hidden}")
        lines += [f"    {change}" for change in map(str, near.changes)]
    return "\n".join(lines)


def _ended(conclusion: str, name: str, seconds: float | None, why: str, palette: Palette) -> str:
    color = _STATUS_COLORS.get(conclusion, "2")
    mark = palette.paint(color, MARKS.get(conclusion, "…"))
    took = "" if seconds is None else f"  {duration(seconds)}"
    reason = f"  {why.splitlines()[0]}" if why and conclusion != "success" else ""
    return f"  {mark} {name}{palette.dim(took + reason)}"


def _short(path: str) -> str:
    return path.removeprefix(".github/workflows/")


def _since(seconds: float) -> str:
    from datetime import UTC

    return when(datetime.fromtimestamp(seconds, UTC))
