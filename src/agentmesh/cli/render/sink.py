"""Which view of a run fits where its output goes: JSON lines, a live tree, or plain lines."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Protocol

import click

from agentmesh.cli.out import Out
from agentmesh.core.events import Event

if TYPE_CHECKING:
    from agentmesh.app.settings import Settings


class View(Protocol):
    """An event sink with an end."""

    def __call__(self, event: Event, /) -> None: ...

    def pause(self, step: str) -> None:
        """Leave the terminal to somebody else until the end of that step."""
        ...

    def close(self) -> None:
        """Leave the output in order, however the run has ended. May be called twice."""
        ...


def choose(settings: Settings, *, as_json: bool) -> View:
    """The view for standard output."""
    out = Out(1, left=_nobody_reads, failed=_cannot_write)
    if as_json:
        from agentmesh.cli.render.jsonl import JsonLines

        return JsonLines(out)
    from agentmesh.cli.render.style import Palette

    palette = Palette(settings.color)
    if settings.terminal:
        from agentmesh.cli.render.tree import Tree

        return Tree(out, palette)
    from agentmesh.cli.render.plain import Plain

    return Plain(out, palette)


def _nobody_reads() -> None:
    """Whoever read our output is gone (``| head``): end the run as Ctrl-C would."""
    signal.raise_signal(signal.SIGINT)


def _cannot_write(error: OSError) -> None:
    click.echo(f"agentmesh: error: cannot write the output: {error.strerror}", err=True)
    click.echo("  remedy: free space where it goes", err=True)
