"""What every command shares: where the store is, and in which folder to work.

``--store`` and ``--directory`` may stand before a command or after it; the later one wins. Commands
take the settings with :data:`pass_settings`, which reads them when the command is called and not
before, so that ``--help`` works beside a broken configuration file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from agentmesh.app.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


class Where(msgspec.Struct, frozen=True):
    """Options of the command line that the settings depend on; None where they are not given."""

    store: str | None = None
    directory: str | None = None


def settings_of(ctx: click.Context) -> Settings:
    """The settings of a command that is being called.

    Raises WorkflowError where the configuration file or the folder cannot be used.
    """
    from agentmesh.app import settings

    where = ctx.obj if isinstance(ctx.obj, Where) else Where()
    return settings.load(store=where.store, directory=where.directory)


def pass_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Call a command's function with the settings as its first argument."""

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(settings_of(click.get_current_context()), *args, **kwargs)

    return update_wrapper(call, command)


def add_shared_options(command: click.Command) -> click.Command:
    """Let a command, and all below it, take ``--store`` and ``--directory`` too."""
    names = {name for parameter in command.params for name in parameter.opts}
    if "--store" not in names:
        command.params.append(_shared("store", ["--store"], "Folder of the local store."))
    if "--directory" not in names:
        options = ["--directory", *({"-C"} - names)]
        command.params.append(_shared("directory", options, "Work in this folder."))
    if isinstance(command, click.Group):
        for child in command.commands.values():
            add_shared_options(child)
    return command


def _shared(field: str, options: list[str], text: str) -> click.Option:
    def keep(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            where = ctx.obj if isinstance(ctx.obj, Where) else Where()
            ctx.obj = msgspec.structs.replace(where, **{field: value})

    return click.Option(
        options, metavar="DIR", help=text, expose_value=False, callback=keep, is_eager=True
    )
