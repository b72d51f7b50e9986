"""``agentmesh plan``: which jobs would run, why, for how long and for how much. Nothing is run.

Exit codes: 0, or 2 where a file or an option cannot be used.
"""

from __future__ import annotations

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings
from agentmesh.cli.drawing import drawing_options, drawn, emit, form_of, hypothesis
from agentmesh.cli.options import arguments, run_options


@click.command(
    epilog="WORKFLOW is a file, or the name of one in .github/workflows; without one, all of them."
)
@run_options
@drawing_options
@pass_settings
def command(
    settings: Settings,
    /,
    as_json: bool,
    form: str | None,
    output: str | None,
    ref: str | None,
    changed: tuple[str, ...],
    **options: object,
) -> None:
    """Show which jobs would run, with the cells of their matrices, and why.

    Lengths are those of earlier runs here; the critical path is the chain of jobs that all others
    wait for. Minutes and cost are what GitHub's runners would count: each job rounded up to a
    minute. What only a run can tell, such as the outputs of earlier jobs, is said to be so.
    """
    from agentmesh.app import forecast, outline, plan

    wanted = form_of(form, output, as_json=as_json)
    args = arguments(directory=settings.directory, **options)  # type: ignore[arg-type]
    prepared = plan.prepare(
        args,
        settings,
        plan.secret_names(args, settings),
        hypothesis=hypothesis(settings, ref, changed),
    )
    outlined = outline.outline(prepared.plan)
    prepared, estimate = forecast.forecast(prepared, outlined, settings)
    color = settings.color and output is None
    emit(drawn(wanted, prepared, outlined, estimate, color=color), output, color=color)
