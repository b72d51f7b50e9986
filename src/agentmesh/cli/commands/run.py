"""``agentmesh run``: run workflows on this machine.

Exit codes: 0 all succeeded, 1 a job failed, 2 unusable input, 3 something missing here, 130
interrupted.
"""

from __future__ import annotations

import click

from agentmesh.app.arguments import RunArguments
from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings
from agentmesh.cli.dispatch import INTERRUPTED
from agentmesh.cli.options import arguments, run_options


@click.command(
    epilog="WORKFLOW is a file, or the name of one in .github/workflows; without one, all of them."
)
@run_options
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")
@click.option(
    "--shell-on-failure", is_flag=True, help="Open a shell in the place of a step that failed."
)
@click.option("--watch", is_flag=True, help="Run again whenever a file changes.")
@click.pass_context
@pass_settings
def command(
    settings: Settings,
    ctx: click.Context,
    /,
    as_json: bool,
    shell_on_failure: bool,
    watch: bool,
    **options: object,
) -> None:
    """Run workflows on this machine, their jobs side by side.

    Jobs get the working tree as git sees it; nothing they do changes it.
    """
    check_shell(settings, shell_on_failure=shell_on_failure, as_json=as_json)
    args = arguments(
        directory=settings.directory,
        shell_on_failure=shell_on_failure,
        **options,  # type: ignore[arg-type]
    )
    if args.mesh is not None:
        raise click.BadParameter("this version runs on this machine only", param_hint="--mesh")
    if not watch:
        ctx.exit(run_once(args, settings, as_json=as_json))
    from agentmesh.app.watch import Watch

    changes = Watch(settings.directory)
    while True:
        code = run_once(args, settings, as_json=as_json)
        if code == INTERRUPTED:
            ctx.exit(code)
        if not as_json:
            click.echo("waiting for a file to change; Ctrl-C ends", err=True)
        changed = changes.wait()
        if not as_json:
            others = len(changed) - 1
            more = f" and {others} more" if others else ""
            click.echo(f"{changed[0]}{more} changed", err=True)


def check_shell(settings: Settings, *, shell_on_failure: bool, as_json: bool) -> None:
    """Refuse a shell where there is no terminal to give to it. Raises click.UsageError."""
    if shell_on_failure and (as_json or not settings.terminal):
        reason = "does not go with --json" if as_json else "needs a terminal"
        raise click.UsageError(f"--shell-on-failure {reason}")


def run_once(args: RunArguments, settings: Settings, *, as_json: bool) -> int:
    """Run it once, show it as it goes, and say how it ended as an exit code."""
    from agentmesh.app import embedded
    from agentmesh.cli.render import sink

    view = sink.choose(settings, as_json=as_json)
    hook = None
    if args.shell_on_failure:
        from agentmesh.cli.shell import ShellOnFailure

        hook = ShellOnFailure(view, settings.environ)
    try:
        outcome = embedded.run(args, settings, (view,), hook)
    finally:
        view.close()
    if outcome.failure:
        click.echo(f"agentmesh: warning: {outcome.failure}", err=True)
    return exit_code(outcome.conclusion, interrupted=outcome.interrupted)


def exit_code(conclusion: str, *, interrupted: bool = False) -> int:
    """The documented exit code for the end of a run."""
    if interrupted:
        return INTERRUPTED
    return 0 if conclusion == "success" else 1
