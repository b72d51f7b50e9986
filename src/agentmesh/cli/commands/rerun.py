"""``agentmesh rerun``: an earlier run again, or only what failed in it.

Exit codes are those of ``agentmesh run``.
"""

from __future__ import annotations

from collections.abc import Mapping

import click
import msgspec

from agentmesh.app.arguments import RunArguments
from agentmesh.app.rerun import Again
from agentmesh.app.settings import Settings
from agentmesh.cli.commands import run
from agentmesh.cli.context import add_shared_options, pass_settings
from agentmesh.cli.options import arguments, with_command


@click.command()
@click.argument("run_", metavar="[RUN]", default="last")
@click.option("--failed", is_flag=True, help="Only jobs that failed, and those that wait for them.")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="K[=V]",
    help="A secret; its value is never kept, so give those again that are not in the environment.",
)
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")
@click.option("--shell-on-failure", is_flag=True, help="Open a shell at a step that failed.")
@click.pass_context
@pass_settings
def command(
    settings: Settings,
    ctx: click.Context,
    /,
    run_: str,
    failed: bool,
    secrets: tuple[str, ...],
    as_json: bool,
    shell_on_failure: bool,
) -> None:
    """Run an earlier run again, with the options it had, on the files as they are now.

    RUN is `last`, a number or a name (see agentmesh history), or the beginning of one.
    """
    from agentmesh.app import rerun
    from agentmesh.app.settings import load

    run.check_shell(settings, shell_on_failure=shell_on_failure, as_json=as_json)
    again = rerun.again(settings, run_, failed=failed)
    if again is None:
        click.echo("nothing failed in this run", err=True)
        return
    there = load(store=settings.store, directory=again.directory)
    args = _arguments(again, secrets, shell_on_failure=shell_on_failure)
    ctx.exit(run.run_once(args, there, as_json=as_json))


def _arguments(again: Again, secrets: tuple[str, ...], *, shell_on_failure: bool) -> RunArguments:
    """The options of the earlier run, narrowed down, with secrets given anew."""
    earlier = add_shared_options(run.command).make_context("run", list(again.command[2:]))
    options: Mapping[str, object] = {
        name: value
        for name, value in earlier.params.items()
        if name not in ("as_json", "watch", "shell_on_failure")
    }
    names = {secret.partition("=")[0] for secret in secrets}
    kept = tuple(s for s in earlier.params["secrets"] if s.partition("=")[0] not in names)
    args = arguments(
        **{**options, "secrets": (*kept, *secrets)},  # type: ignore[arg-type]
        directory=again.directory,
        shell_on_failure=shell_on_failure,
    )
    # without workflows named, the run took all there were; one more since then is taken too
    narrowed = msgspec.structs.replace(
        args,
        workflows=again.workflows if args.workflows or again.jobs else (),
        jobs=again.jobs or args.jobs,
        matrix=again.matrix or args.matrix,
    )
    return with_command(narrowed, again.directory)
