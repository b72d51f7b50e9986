"""``agentmesh plan``: which jobs would run, and why. Nothing is run.

Exit codes: 0, or 2 where a file or an option cannot be used.
"""

from __future__ import annotations

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings
from agentmesh.cli.options import arguments, run_options


@click.command(
    epilog="WORKFLOW is a file, or the name of one in .github/workflows; without one, all of them."
)
@run_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_settings
def command(settings: Settings, /, as_json: bool, **options: object) -> None:
    """Show which jobs would run, with the cells of their matrices, and why.

    What only a run can tell, such as the outputs of earlier jobs, is said to be so.
    """
    from agentmesh.app import outline, plan

    args = arguments(directory=settings.directory, **options)  # type: ignore[arg-type]
    prepared = plan.prepare(args, settings, plan.secret_names(args, settings))
    outlined = outline.outline(prepared.plan)
    if as_json:
        import msgspec

        document = outline.document(prepared, outlined)
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))
        return
    from agentmesh.cli.render.plan import render

    click.echo(render(prepared, outlined, color=settings.color))
