"""From arguments to an exit code: the commands there are, loaded when called.

Called by :mod:`agentmesh.cli.main`, and by tests with arguments of their own. Exit codes:
0 success, 1 the run failed or problems were found, 2 unusable input, 3 something missing on this
machine, 4 refused, 5 could not tell, 70 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from agentmesh.cli import failure
from agentmesh.cli.context import Where, add_shared_options
from agentmesh.core.errors import AgentmeshError

INTERRUPTED = 130

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "Run workflows on this machine."),
    "plan": ("plan", "Show which jobs would run, and why."),
    "graph": ("graph", "Draw a plan, or what another event would change."),
    "explain": ("explain", "Explain an expression, a job or a rule."),
    "lint": ("lint", "Find mistakes in workflow and action files."),
    "eval": ("eval", "Evaluate an expression."),
    "history": ("history", "List earlier runs."),
    "logs": ("logs", "Print what a run, a job or a step has written."),
    "rerun": ("rerun", "Run an earlier run again, or only what failed in it."),
    "artifacts": ("artifacts", "List and fetch the artifacts of runs."),
    "cache": ("cache", "Save, restore and look after cached files."),
    "engine": ("engine", "Find, start and end the container engine that jobs use."),
    "show": ("show", "Print a stage of a run as data: workflow, plan, events."),
    "version": ("version", "Print versions of agentmesh and of what it finds here."),
}
"""Command → module in :mod:`agentmesh.cli.commands`, and its one line of help."""


class Commands(click.Group):
    """The top of the command line. Help lists all commands without importing one of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"agentmesh.cli.commands.{COMMANDS[cmd_name][0]}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.command is no click command")
        command.name = cmd_name
        return add_shared_options(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = failure.did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="agentmesh COMMAND --help tells more about a command.",
)
@click.option("--store", metavar="DIR", help="Folder of the local store (or AGENTMESH_HOME).")
@click.option("--directory", "-C", metavar="DIR", help="Work in this folder instead of here.")
@click.version_option(message="agentmesh %(version)s", package_name="agentmesh-runtime")
@click.pass_context
def top(ctx: click.Context, store: str | None, directory: str | None) -> None:
    """Run CI/CD workflows (GitHub Actions) on this machine."""
    ctx.obj = Where(store=store, directory=directory)


def dispatch(argv: Sequence[str]) -> int:
    """Run one command to its end. Whatever happens, what comes back is an exit code."""
    reporter = failure.Reporter(tuple(argv))
    try:
        result = top.main(list(argv), prog_name="agentmesh", standalone_mode=False)
        sys.stdout.flush()
    except AgentmeshError as error:
        return reporter.error(error)
    except click.UsageError as error:
        return reporter.usage(error)
    except click.ClickException as error:
        return reporter.error(failure.as_error(error))
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        return failure.reader_left()
    except OSError as error:
        return reporter.system(error)
    except SystemExit as exit_:
        return failure.code_of(exit_)
    except Exception as error:  # noqa: BLE001 - the last resort: a report instead of a traceback
        return reporter.crash(error)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0
