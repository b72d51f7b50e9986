"""What ``agentmesh plan`` and ``agentmesh graph`` share: formats, files, and a ref by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from agentmesh.core.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentmesh.app.graph import Change
    from agentmesh.app.hypothesis import Hypothesis
    from agentmesh.app.outline import Outline
    from agentmesh.app.plan import Prepared
    from agentmesh.app.settings import Settings
    from agentmesh.plan.estimate import Estimate

F = TypeVar("F", bound=Callable[..., object])

FORMATS = ("tree", "json", "mermaid", "svg")

_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
    click.option("--format", "form", type=click.Choice(FORMATS), help="How to show it."),
    click.option(
        "--output", metavar="FILE", help="Write it to a file; .svg, .mmd, .json tell how."
    ),
    click.option("--ref", metavar="REF", help="Take this branch or tag for the event's."),
    click.option(
        "--changed",
        multiple=True,
        metavar="PATH",
        help="Take these files for all that changed; '' for none.",
    ),
)

_BY_SUFFIX = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".json": "json"}


def drawing_options(function: F) -> F:
    """Give a command the options that :func:`form_of`, :func:`hypothesis` and :func:`emit` take."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def form_of(form: str | None, output: str | None, *, as_json: bool) -> str:
    """The format that was asked for, by its name or by a file's. Raises click.UsageError."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json does not go with --format {form}")
    if as_json:
        return "json"
    suffix = os.path.splitext(output or "")[1].lower()
    return form or _BY_SUFFIX.get(suffix, "tree")


def hypothesis(settings: Settings, ref: str | None, changed: tuple[str, ...]) -> Hypothesis | None:
    """What was given by hand, if anything was. Raises WorkflowError for an impossible path."""
    if ref is None and not changed:
        return None
    from agentmesh.app.hypothesis import Hypothesis, paths
    from agentmesh.app.workflows import project_root

    root = project_root(settings.directory)
    files = paths(changed, root, settings.directory) if changed else None
    return Hypothesis(ref=ref, changed=files)


def drawn(
    form: str,
    prepared: Prepared,
    outlined: Outline,
    estimate: Estimate,
    *,
    color: bool = False,
    changes: Mapping[str, Change] | None = None,
) -> str:
    """A plan in one of :data:`FORMATS`, with a line break at its end."""
    if form == "tree":
        from agentmesh.cli.render.plan import render

        return render(prepared, outlined, estimate, color=color) + "\n"
    if form == "json":
        from agentmesh.app.outline import document

        return as_text(document(prepared, outlined, estimate))
    from agentmesh.app.graph import graph

    picture = graph(prepared, outlined, estimate, changes)
    if form == "svg":
        from agentmesh.cli.render import svg

        return svg.render(picture)
    from agentmesh.cli.render import mermaid

    return mermaid.render(picture)


def as_text(document: object) -> str:
    """A document as indented JSON."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def emit(text: str, output: str | None, *, color: bool = False) -> None:
    """Print a text, or write it to a file at once. Raises WorkflowError where that fails."""
    if output is None:
        click.echo(text, nl=False, color=color)
        return
    spare = f"{output}.{os.getpid()}.tmp"
    try:
        with open(spare, "x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        os.replace(spare, output)
    except OSError as error:
        _remove(spare)
        raise WorkflowError(
            f"{output} cannot be written: {error.strerror}",
            remedy="name a file in a folder that is there with --output",
        ) from error


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # it was never made
