"""``agentmesh engine``: the container engine that jobs use, and one of agentmesh's own.

With ``--json``: ``up`` and ``status`` print ``{"running","socket","source","kind","pid","log"}``,
``down`` prints ``{"stopped"}``. Exit codes: 0, 1 where ``status`` finds no engine, 3 where one
cannot be started or ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings

if TYPE_CHECKING:
    from msgspec import Struct

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def command() -> None:
    """Find the container engine of this machine, or start and end one where you are root."""


@command.command()
@click.option(
    "--kind",
    type=click.Choice(["docker", "podman"]),
    help="Which engine to start; Docker where both are installed.",
)
@_json
@pass_settings
def up(settings: Settings, /, kind: str | None, as_json: bool) -> None:
    """Start an engine whose images lie in the store; jobs of this store use it then.

    It runs until it is ended with agentmesh engine down.
    """
    from agentmesh.app import engines

    started = engines.up(settings, kind or "", lambda text: click.echo(text, err=True))
    if as_json:
        _print({"running": True, "source": "agentmesh engine up", **_fields(started)})
        return
    click.echo(f"unix://{started.socket}")


@command.command()
@_json
@pass_settings
def down(settings: Settings, /, as_json: bool) -> None:
    """End the engine that up has started, with every process of it; its images stay."""
    from agentmesh.app import engines

    stopped = engines.down(settings)
    if as_json:
        _print({"stopped": stopped is not None})
    else:
        click.echo("no engine was running" if stopped is None else f"ended {stopped.kind}")


@command.command()
@_json
@click.pass_context
@pass_settings
def status(settings: Settings, ctx: click.Context, /, as_json: bool) -> None:
    """Tell which engine jobs would use."""
    import asyncio

    from agentmesh.app import engines
    from agentmesh.core.errors import SetupError

    try:
        found = engines.find(settings)
        engine = asyncio.run(engines.connect(found))
    except SetupError as error:
        if as_json:
            _print({"running": False, "reason": error.message})
        else:
            click.echo(f"{error.message}\n  remedy: {error.remedy}")
        ctx.exit(1)
    own = engines.started(settings)
    if as_json:
        fields = _fields(own) if own is not None and own.socket == found.socket else {}
        about = {"socket": found.socket, "source": found.source, "version": engine.version}
        _print({"running": True, **fields, **about})
    else:
        click.echo(f"{engine.version} at unix://{found.socket}, from {found.source}")


def _fields(started: Struct) -> dict[str, object]:
    import msgspec

    fields: dict[str, object] = msgspec.structs.asdict(started)
    fields.pop("start")
    return fields


def _print(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value))
