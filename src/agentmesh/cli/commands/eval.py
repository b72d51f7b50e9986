"""``agentmesh eval``: the value of one expression, or of each line of a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

import click

from agentmesh.cli.context import pass_settings

if TYPE_CHECKING:
    from agentmesh.app.settings import Settings


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("expression", required=False)
@click.option(
    "--contexts",
    "contexts_file",
    type=click.File("rb"),
    metavar="FILE",
    help='The contexts, as JSON: {"github": {…}, …}.',
)
@click.option(
    "--batch",
    type=click.File("rb"),
    metavar="FILE",
    help='Evaluate each line {"expr": …, "contexts": {…}} of a file, - for standard input.',
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, which is what is printed anyway."
)
@pass_settings
def command(
    settings: Settings,
    expression: str | None,
    contexts_file: IO[bytes] | None,
    batch: IO[bytes] | None,
    as_json: bool,
) -> int:
    """Evaluate EXPRESSION, written without ${{ }}.

    Prints {"kind":…,"value":…}, or {"error":"lexing|parsing|evaluation","message":…} and exits
    with 1. With --batch there is a result for each line, and the exit code is 0 whatever they are.
    Contexts that GitHub knows and the file does not hold are null; hashFiles works on the current
    folder.
    """
    from agentmesh.app import language

    if (expression is None) == (batch is None):
        raise click.UsageError("Give either one EXPRESSION, or --batch FILE.")
    contexts: language.Contexts = {}
    if contexts_file is not None:
        contexts = language.read_contexts(
            language.read_text(contexts_file, contexts_file.name), contexts_file.name
        )
    if batch is not None:
        results = language.evaluate_lines(batch, contexts, settings.directory, batch.name)
        _print(result.json() for result in results)
        return 0
    assert expression is not None
    result = language.evaluate_text(expression, contexts, settings.directory)
    _print([result.json()])
    return 0 if result.error is None else 1


def _print(lines: Iterable[str]) -> None:
    """A line each, however odd the characters: the output is read by programs."""
    for line in lines:
        sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
