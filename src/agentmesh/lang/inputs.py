"""Values of a workflow's inputs: defaults, types, what is required and what may be chosen.

Called by :mod:`agentmesh.plan.build` for runs by hand (``workflow_dispatch``, where people write
texts) and for a reusable workflow that is run directly, and by :mod:`agentmesh.plan.reuse` for
calls (where values have types). Follows ``on.workflow_dispatch.inputs`` and
``on.workflow_call.inputs`` of GitHub's workflow syntax; names ignore case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from agentmesh.core.problem import Problem, Span
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.model import Input, Tree, Trigger

EMPTY: dict[str, Value] = {"boolean": False, "number": 0}
"""What an input is that has neither a value nor a default, by type; elsewhere the empty text."""


class InputError(ValueError):
    """A value that an input cannot take; the text says why."""


def from_texts(
    path: str, trigger: Trigger, given: Mapping[str, Value], default: Callable[[Tree], Value]
) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """The ``inputs`` context of a run that a person starts, and what is wrong with what was given.

    Texts are read as the declared type. ``default`` evaluates a default.
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    by_name = {name.lower(): value for name, value in given.items()}
    for item in trigger.inputs:
        value = by_name.get(item.name.lower())
        if value is None and item.required and item.default is None:
            problems.append(_problem(path, item, f"Required input '{item.name}' not provided"))
            continue
        try:
            values[item.name] = _absent(item, default) if value is None else read(item, value)
        except InputError as error:
            problems.append(_problem(path, item, str(error)))
    return values, tuple(problems)


def read(item: Input, value: Value) -> Value:
    """A value that a person wrote, as the input's type. Raises :class:`InputError`."""
    text = to_string(value) if not isinstance(value, str) else value
    if item.type == "boolean":
        return _boolean(item, text)
    if item.type == "number":
        return _number(item, text)
    if item.type == "choice" and item.options and text not in item.options:
        raise InputError(
            f"Provided value '{text}' for input '{item.name}' not in the list of allowed values: "
            f"{', '.join(item.options)}"
        )
    return text


def check(item: Input, value: Value) -> Value:
    """A value that a workflow passes in a call, which must have the type already.

    Raises :class:`InputError`; any scalar will do for a string.
    """
    if isinstance(value, dict):
        raise InputError("A mapping was not expected")
    if isinstance(value, list):
        raise InputError("A sequence was not expected")
    if item.type == "boolean":
        if not isinstance(value, bool):
            raise InputError(f"Unexpected value '{to_string(value)}'")
        return value
    if item.type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"Unexpected value '{to_string(value)}'")
        return value
    return to_string(value)


def _absent(item: Input, default: Callable[[Tree], Value]) -> Value:
    if item.default is None:
        return EMPTY.get(item.type, "")
    return read(item, default(item.default))


def _boolean(item: Input, text: str) -> bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise InputError(f"Input '{item.name}' is a boolean: it takes true or false, not '{text}'")


def _number(item: Input, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise InputError(f"Input '{item.name}' is a number, not '{text}'")
    return int(number) if number.is_integer() else number


def _problem(path: str, item: Input, message: str) -> Problem:
    return Problem(
        rule="input",
        span=Span(path, item.line, item.column),
        message=message,
        help=f"give it with --input {item.name}=VALUE",
    )
