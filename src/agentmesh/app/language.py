"""What ``agentmesh eval`` does: expressions with contexts from a file, one or many.

Called by :mod:`agentmesh.cli.commands.eval`. Known are the contexts of the file and those that
GitHub knows; one of GitHub's that the file does not have is null, as it is on the runner. The
status functions follow ``job.status`` where the file has it, else the job succeeds; ``hashFiles``
works on the current folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import IO

import msgspec

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span
from agentmesh.lang.expr import jsontext
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate
from agentmesh.lang.expr.parse import CONTEXTS, parse
from agentmesh.lang.expr.values import (
    CaseSensitive,
    Value,
    folded,
    kind,
    lookup,
    to_string,
    without_twins,
)

Contexts = Mapping[str, Value]


class Evaluated(msgspec.Struct, frozen=True):
    """What became of one expression: a value, or the error."""

    value: Value = None
    error: ExpressionError | None = None

    def json(self) -> str:
        """As one line: ``{"kind":…,"value":…}`` or ``{"error":…,"message":…}``."""
        if self.error is not None:
            message = jsontext.quote(self.error.message)
            return f'{{"error":"{self.error.kind}","message":{message}}}'
        value = jsontext.write(self.value, indent="")
        return f'{{"kind":"{kind(self.value)}","value":{value}}}'


def read_contexts(text: str, path: str) -> Contexts:
    """The contexts of a JSON file. Raises WorkflowError where it holds no object."""
    return _contexts(_json(text, path, 1), path, 1)


def read_text(file: IO[bytes], path: str) -> str:
    """The text of a file. Raises WorkflowError with the place where it is no UTF-8."""
    return "".join(_decoded(file, path))


def _decoded(lines: Iterable[bytes], path: str) -> Iterator[str]:
    """Lines as text, the mark that some editors begin files with left out."""
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode("utf-8", "replace")) + 1
            raise WorkflowError(
                f"the file is no UTF-8 text: byte 0x{line[error.start]:02x} cannot stand here",
                where=Span(path, number, column),
                remedy="Give a JSON file in UTF-8.",
            ) from error
        yield text.removeprefix("\ufeff") if number == 1 else text


def evaluate_text(expression: str, contexts: Contexts, directory: str) -> Evaluated:
    """Evaluate one expression; ``directory`` is the workspace of ``hashFiles``."""
    try:
        expr = parse(expression, names(frozenset(contexts)))
        return Evaluated(evaluate(expr, Scope(contexts, functions(contexts, directory))))
    except ExpressionError as error:
        return Evaluated(error=error)


def evaluate_lines(
    lines: Iterable[bytes], contexts: Contexts, directory: str, path: str
) -> Iterator[Evaluated]:
    """Evaluate lines ``{"expr":…,"contexts":{…}}`` of a file.

    ``contexts`` are those of lines that have none of their own; empty lines are passed over.
    Raises WorkflowError at a line that is no such object.
    """
    for number, line in enumerate(_decoded(lines, path), 1):
        if not line.strip():
            continue
        case = _json(line.rstrip(), path, number)
        if not isinstance(case, dict) or not isinstance(case.get("expr"), str):
            raise WorkflowError(
                'Expected an object with a string "expr"',
                where=Span(path, number, 1),
                remedy='Write each line as {"expr": "…", "contexts": {…}}.',
            )
        own = case.get("contexts")
        seen = contexts if own is None else _contexts(own, path, number)
        yield evaluate_text(to_string(case["expr"]), seen, directory)


@lru_cache(maxsize=256)
def names(given: frozenset[str]) -> frozenset[str]:
    """The names known: those given, and GitHub's where the file spells them in no other way."""
    lower = {name.lower() for name in given}
    return given | {name for name in CONTEXTS if name not in lower}


def _contexts(value: Value, path: str, line: int) -> Contexts:
    if not isinstance(value, dict):
        raise WorkflowError(
            f"Expected an object of contexts, found {kind(value)}",
            where=Span(path, line, 1),
            remedy='Write it as {"github": {…}, "env": {…}}.',
        )
    return {
        name: CaseSensitive(context)
        if name.lower() == "env" and isinstance(context, dict)
        else folded(context)
        for name, context in without_twins(value).items()
    }


def _json(text: str, path: str, line: int) -> Value:
    import json

    try:
        return jsontext.read(text, twins=True)
    except json.JSONDecodeError as error:
        where = Span(path, line + error.lineno - 1, error.colno)
        raise WorkflowError(
            f"Not valid JSON: {error.msg}", where=where, remedy="Mend the file."
        ) from error
    except (ValueError, RecursionError) as error:
        raise WorkflowError(
            f"Unusable JSON: {error}", where=Span(path, line, 1), remedy="Mend the file."
        ) from error


def functions(contexts: Contexts, directory: str) -> Mapping[str, Callable[[list[Value]], Value]]:
    status = _status(contexts)

    def hash_files(args: list[Value]) -> Value:
        from agentmesh.store import hashfiles

        return hashfiles.function(directory)(args)

    return {
        "success": lambda _: status == "success",
        "failure": lambda _: status == "failure",
        "cancelled": lambda _: status == "cancelled",
        "always": lambda _: True,
        "hashFiles": hash_files,
    }


def _status(contexts: Contexts) -> str:
    job = contexts.get("job")
    found = lookup(job, "status") if isinstance(job, dict) else None
    return to_string(found[0]).lower() if found and found[0] is not None else "success"
