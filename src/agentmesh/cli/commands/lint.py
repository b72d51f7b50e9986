"""``agentmesh lint``: find mistakes in workflow and action files.

Exit codes: 0 GitHub would take the files (there may be warnings), 1 there are errors, 2 a path
cannot be used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings

if TYPE_CHECKING:
    from agentmesh.app.lint import Report, Tools
    from agentmesh.app.lint_around import Places


@click.command(epilog="Errors are what GitHub refuses to run; warnings are what is merely unwise.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "sarif", "github")),
    help="Form of the findings; text is the default.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing a run.")
@click.option(
    "--stdin", is_flag=True, help="Check the text on standard input, as if saved at PATH."
)
@click.option(
    "--tools/--no-tools",
    "ask_tools",
    default=True,
    help="Add what zizmor and shellcheck find, where they are installed; this is the default.",
)
@click.option("--path", "name", metavar="FILE", help="With --stdin: where the text belongs.")
@click.pass_context
@pass_settings
def command(
    settings: Settings,
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    form: str | None,
    as_json: bool,
    fix: bool,
    stdin: bool,
    ask_tools: bool,
    name: str | None,
) -> None:
    """Find mistakes in workflow and action files.

    PATH is a file, or a folder, of which the workflows and actions are checked; without one, those
    of the repository. Files of several repositories may be named in one call.

    A finding is taken back by a comment on its line, or on the line above:
    # agentmesh: ignore[RULE] the reason
    """
    if as_json and form not in {None, "json"}:
        raise click.UsageError(f"--json and --format {form} contradict each other.")
    form = "json" if as_json else form or "text"
    if stdin:
        report = _unsaved(settings, paths, name, fix, _tools(settings, ask_tools))
    elif name is not None:
        raise click.UsageError("--path belongs to --stdin; name files without it.")
    else:
        from agentmesh.app.lint import lint

        report = lint(
            paths,
            settings.directory,
            fix=fix,
            places=_places(settings),
            tools=_tools(settings, ask_tools),
        )
    _show(report, form, settings)
    ctx.exit(1 if report.failed else 0)


def _unsaved(
    settings: Settings, paths: tuple[str, ...], name: str | None, fix: bool, tools: Tools | None
) -> Report:
    if name is None or paths:
        raise click.UsageError("--stdin checks one text: name its file with --path FILE.")
    if fix:
        raise click.UsageError("--fix mends saved files, not the text on standard input.")
    from agentmesh.app.lint import lint_text
    from agentmesh.core.errors import WorkflowError
    from agentmesh.core.problem import Span

    data = sys.stdin.buffer.read()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WorkflowError(
            "the text on standard input is not UTF-8",
            where=Span(name, line, 1),
            remedy="hand it over as UTF-8",
        ) from error
    return lint_text(text, name, settings.directory, places=_places(settings), tools=tools)


def _tools(settings: Settings, ask: bool) -> Tools | None:
    if not ask:
        return None
    from agentmesh.app.lint_tools import installed, tools

    return tools(installed(settings.environ, settings.directory))


def _places(settings: Settings) -> Places:
    from agentmesh.app.lint_around import Places

    return Places(mirrors=settings.config.action_sources, store=settings.store)


def _show(report: Report, form: str, settings: Settings) -> None:
    from agentmesh.cli.render import problems as render

    if form != "text" and report.fixed:
        click.echo(render.fixed(report.fixed), nl=False, err=True)
    if form == "json":
        text = render.render_json(report.problems)
    elif form == "github":
        text = render.render_github(report.problems)
    elif form == "sarif":
        text = _sarif(report, settings)
    else:
        text = render.fixed(report.fixed)
        text += render.render_text(report.problems, report.sources, color=settings.color)
        text += render.summary(report.problems, len(report.files), len(report.fixed))
    click.echo(text, nl=False, color=True)


def _sarif(report: Report, settings: Settings) -> str:
    from agentmesh import __version__
    from agentmesh.app.lint import rules
    from agentmesh.cli.render.sarif import render_sarif

    known = rules({problem.rule for problem in report.problems})
    return render_sarif(
        report.problems,
        known,
        report.sources,
        version=__version__,
        directory=settings.directory,
    )
