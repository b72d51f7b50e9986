"""``agentmesh history``: earlier runs, one of them in full, and letting old ones go.

With ``--json`` one document: ``{"runs": [...]}``, ``{"run": ..., "jobs": [...]}`` for one run, and
``{"runs": N, "artifacts": N}`` (what was deleted) with ``--prune``.
"""

from __future__ import annotations

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings


@click.command()
@click.argument("run", required=False)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--prune", is_flag=True, help="Delete old runs with their logs and artifacts.")
@click.option(
    "--keep", type=click.IntRange(min=0), help="With --prune: keep so many runs (200 is usual)."
)
@click.option(
    "--days", type=click.FloatRange(min=0), help="With --prune: keep runs so long (90 is usual)."
)
@pass_settings
def command(
    settings: Settings,
    /,
    run: str | None,
    limit: int,
    as_json: bool,
    prune: bool,
    keep: int | None,
    days: float | None,
) -> None:
    """List earlier runs, the newest first; with RUN, show its jobs and steps.

    RUN is a name or number of this list, the beginning of a name, or `last`. A run whose process
    died is shown as interrupted.
    """
    if prune and run is not None:
        raise click.UsageError("--prune goes not with a run")
    if not prune and (keep is not None or days is not None):
        raise click.UsageError("--keep and --days go with --prune")
    if prune:
        _prune(settings, keep, days, as_json=as_json)
    elif run is not None:
        _one(settings, run, as_json=as_json)
    else:
        _list(settings, limit, as_json=as_json)


def _list(settings: Settings, limit: int, *, as_json: bool) -> None:
    from agentmesh.app import records

    found = records.runs(settings, limit)
    if as_json:
        _print({"runs": found})
        return
    if not found:
        click.echo(f"no run is stored in {settings.store}")
        return
    from agentmesh.cli.render import records as render
    from agentmesh.cli.render.style import Palette

    click.echo(render.runs(found, Palette(settings.color)), color=settings.color)


def _one(settings: Settings, text: str, *, as_json: bool) -> None:
    from agentmesh.app import records

    run = records.find_run(settings, text)
    jobs = records.history(settings).jobs(run)
    if as_json:
        _print({"run": run, "jobs": jobs})
        return
    from agentmesh.cli.render import records as render
    from agentmesh.cli.render.style import Palette

    click.echo(render.run(run, jobs, Palette(settings.color)), color=settings.color)


def _prune(settings: Settings, keep: int | None, days: float | None, *, as_json: bool) -> None:
    from agentmesh.app import records
    from agentmesh.app.clock import SystemClock
    from agentmesh.cli.render.style import count

    pruned = records.prune(settings, SystemClock().now(), keep=keep, days=days)
    if as_json:
        _print(pruned)
        return
    click.echo(f"deleted {count(pruned.runs, 'run')} and {count(pruned.artifacts, 'artifact')}")


def _print(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value))
