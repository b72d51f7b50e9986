"""``agentmesh graph``: the plan as a picture, and what another event would make of it.

Exit codes: 0, or 2 where a file or an option cannot be used. With ``--what-if --json`` one
document: ``{"from","to","appear","disappear","change","same"}``, the jobs with ``why`` and ``was``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings
from agentmesh.cli.drawing import as_text, drawing_options, drawn, emit, form_of, hypothesis
from agentmesh.cli.options import arguments, run_options

if TYPE_CHECKING:
    from agentmesh.app.arguments import RunArguments
    from agentmesh.app.hypothesis import Hypothesis


@click.command(
    epilog="WORKFLOW is a file, or the name of one in .github/workflows; without one, all of them."
)
@run_options
@drawing_options
@click.option(
    "--what-if",
    "what_if",
    is_flag=True,
    help="Show what --event, --event-path, --ref and --changed would change about the plan.",
)
@pass_settings
def command(
    settings: Settings,
    /,
    as_json: bool,
    form: str | None,
    output: str | None,
    ref: str | None,
    changed: tuple[str, ...],
    what_if: bool,
    **options: object,
) -> None:
    """Draw which jobs wait for which.

    With --what-if: compare the plan of now to that of another event, ref, or set of changed files.
    Each job that appears, disappears or changes is listed with the clause that makes the
    difference.
    """
    wanted = form_of(form, output, as_json=as_json)
    args = arguments(directory=settings.directory, **options)  # type: ignore[arg-type]
    given = hypothesis(settings, ref, changed)
    color = settings.color and output is None
    if what_if:
        text = _compared(args, settings, given, wanted, color=color)
    else:
        text = _graph(args, settings, given, wanted, color=color)
    emit(text, output, color=color)


def _graph(
    args: RunArguments, settings: Settings, given: Hypothesis | None, wanted: str, *, color: bool
) -> str:
    from agentmesh.app import forecast, outline, plan

    prepared = plan.prepare(args, settings, plan.secret_names(args, settings), hypothesis=given)
    outlined = outline.outline(prepared.plan)
    prepared, estimate = forecast.forecast(prepared, outlined, settings)
    return drawn(wanted, prepared, outlined, estimate, color=color)


def _compared(
    args: RunArguments, settings: Settings, given: Hypothesis | None, wanted: str, *, color: bool
) -> str:
    """The difference to the plan that the options make without an event, ref or files by hand."""
    from agentmesh.app import forecast, outline, plan, whatif

    if given is None and args.event is None and args.event_path is None:
        raise click.UsageError(
            "--what-if needs something to suppose: --event, --event-path, --ref or --changed"
        )
    secrets = plan.secret_names(args, settings)
    now = msgspec.structs.replace(args, event=None, event_path=None)
    present = plan.prepare(now, settings, secrets)
    if args.event is None and args.event_path is None:
        # Only the ref or the files are to be others; not the event that a guess makes of them.
        event = str(present.plan.request.github["event_name"])
        args = msgspec.structs.replace(args, event=event)
    asked = plan.prepare(args, settings, secrets, hypothesis=given)
    before, after = outline.outline(present.plan), outline.outline(asked.plan)
    difference = whatif.compare(before, after)
    if wanted == "json":
        return as_text(whatif.document(present, asked, difference))
    if wanted == "tree":
        from agentmesh.cli.render.whatif import render

        return render(present, asked, difference, color=color) + "\n"
    asked, estimate = forecast.forecast(asked, after, settings)
    return drawn(wanted, asked, after, estimate, changes=difference.by_key)
