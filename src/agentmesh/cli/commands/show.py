"""``agentmesh show``: each stage of a run as data, or played back.

workflow FILE   the workflow as it was read
plan            the plan of what ``agentmesh run`` with the same options would do
events FILE     the events of a run that ``--json`` has written, shown as it was
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings
from agentmesh.cli.options import arguments, run_options
from agentmesh.core.errors import WorkflowError
from agentmesh.core.events import Event


@click.group()
def command() -> None:
    """Print a stage of a run as data."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def workflow(file: str) -> None:
    """Print a workflow file as agentmesh has read it, as one JSON document."""
    import msgspec

    from agentmesh.lang.parse import workflow as parse

    with open(file, encoding="utf-8", errors="replace") as source:
        read, problems = parse(source.read(), file)
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors or read is None:
        raise WorkflowError(f"{file} cannot be used", problems=errors)
    click.echo(msgspec.json.format(msgspec.json.encode(read), indent=2))


@command.command()
@run_options
@pass_settings
def plan(settings: Settings, /, **options: object) -> None:
    """Print the plan of a run with these options, whole, as one JSON document."""
    import msgspec

    from agentmesh.app import plan as planning

    args = arguments(directory=settings.directory, **options)  # type: ignore[arg-type]
    prepared = planning.prepare(args, settings, planning.secret_names(args, settings))
    click.echo(msgspec.json.format(msgspec.json.encode(prepared.plan), indent=2))


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--view",
    type=click.Choice(["tree", "plain", "json", "summary"]),
    default=None,
    help="How to show them; as agentmesh run would, if not given.",
)
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="Play back so many times as fast."
)
@pass_settings
def events(settings: Settings, /, file: str, view: str | None, speed: float | None) -> None:
    """Show a run again from the events that ``agentmesh run --json`` has written."""
    from agentmesh.cli.render import sink

    wanted = settings
    if view is not None and view != "json":
        import msgspec

        wanted = msgspec.structs.replace(settings, terminal=view == "tree")
    if view == "summary":
        _summary(file, wanted)
        return
    shown = sink.choose(wanted, as_json=view == "json")
    try:
        for event in _paced(read(file), speed):
            shown(event)
    finally:
        shown.close()


def read(file: str) -> Iterator[Event]:
    """The events of a file, one JSON object a line. Raises WorkflowError with the line."""
    import msgspec

    from agentmesh.core.events import AnyEvent
    from agentmesh.core.problem import Span

    decoder = msgspec.json.Decoder(AnyEvent)
    with click.open_file(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            try:
                yield decoder.decode(line)
            except ValueError as error:
                raise WorkflowError(
                    f"not an event: {error}",
                    where=Span(file, number, 1),
                    remedy="give a file that agentmesh run --json has written",
                ) from None


def _paced(stream: Iterator[Event], speed: float | None) -> Iterator[Event]:
    """The events at the pace at which they happened; without a speed, at once.

    Played faster, their times come closer together, as a view's clock goes on as ever.
    """
    import msgspec

    first = before = None
    for event in stream:
        if speed:
            first = first or event.time
            time.sleep(max(0.0, (event.time - (before or first)).total_seconds()) / speed)
            before = event.time
            event = msgspec.structs.replace(event, time=first + (before - first) / speed)
        yield event


def _summary(file: str, settings: Settings) -> None:
    from agentmesh.cli.render.style import Palette
    from agentmesh.cli.render.summary import summary
    from agentmesh.core.state import fold

    click.echo("\n".join(summary(fold(read(file)), Palette(settings.color))))
