"""``agentmesh lint``: find mistakes in workflow and action files.

Exit codes: 0 GitHub would take the files (there may be warnings), 1 there are errors, 2 a path
cannot be used.
"""

from __future__ import annotations

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings


@click.command(epilog="Errors are what GitHub refuses to run; warnings are what is merely unwise.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github")),
    help="Form of the findings; text is the default.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
@pass_settings
def command(
    settings: Settings,
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    form: str | None,
    as_json: bool,
) -> None:
    """Find mistakes in workflow and action files.

    PATH is a file, or a folder, of which the workflows and actions are checked; without one, those
    of the repository. Files of several repositories may be named in one call.
    """
    from agentmesh.app.lint import lint
    from agentmesh.cli.render import problems as render

    if as_json and form not in {None, "json"}:
        raise click.UsageError(f"--json and --format {form} contradict each other.")
    report = lint(paths, settings.directory)
    if as_json or form == "json":
        click.echo(render.render_json(report.problems), nl=False)
    elif form == "github":
        click.echo(render.render_github(report.problems), nl=False)
    else:
        text = render.render_text(report.problems, report.sources, color=settings.color)
        click.echo(text + render.summary(report.problems, len(report.files)), nl=False, color=True)
    ctx.exit(1 if report.failed else 0)
