"""``on``: the events a workflow listens to, with their filters, inputs, secrets and outputs.

Called by :mod:`agentmesh.lang.parse.workflows`, after the check against the table; what that has
reported is passed over here.
"""

from __future__ import annotations

from typing import Literal, cast

from agentmesh.lang.model import Input, Trigger
from agentmesh.lang.parse.cron import wrong_cron
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.values import entries, fields, key_of, plain, strings, text_of, tree
from agentmesh.lang.yaml import Mapping, Node, Scalar, Sequence

InputType = Literal["string", "boolean", "number", "choice", "environment"]
_INPUT_TYPES = ("string", "boolean", "number", "choice", "environment")


def triggers(node: Node | None, findings: Findings) -> tuple[Trigger, ...]:
    """The triggers in the order of the file."""
    if isinstance(node, Scalar):
        return (Trigger(event=plain(node), line=node.line, column=node.column),)
    if isinstance(node, Sequence):
        return tuple(
            Trigger(event=plain(item), line=item.line, column=item.column) for item in node.items
        )
    return tuple(_trigger(key, value, findings) for key, value in entries(node))


def check_any(node: Node | None, findings: Findings) -> None:
    """A workflow needs an event that starts it."""
    if isinstance(node, (Sequence, Mapping)) and not node.items:
        message = "No event triggers defined in `on`"
        findings.add(node, "no-trigger", message, "Name an event, such as push.")


def _trigger(key: Scalar, node: Node, findings: Findings) -> Trigger:
    at = fields(node)
    event = text_of(key.value)
    _check_filters(node, at, findings)
    return Trigger(
        event=event,
        line=key.line,
        column=key.column,
        types=_filter(at.get("types")),
        branches=_filter(at.get("branches")),
        branches_ignore=_filter(at.get("branches-ignore")),
        tags=_filter(at.get("tags")),
        tags_ignore=_filter(at.get("tags-ignore")),
        paths=_filter(at.get("paths")),
        paths_ignore=_filter(at.get("paths-ignore")),
        cron=_schedule(node, findings) if event == "schedule" else (),
        workflows=_filter(at.get("workflows")),
        inputs=_inputs(at.get("inputs"), findings),
        secrets={
            text_of(name.value): plain(fields(secret).get("required")) == "true"
            for name, secret in entries(at.get("secrets"))
        },
        outputs=tree(at.get("outputs")),
    )


def _check_filters(node: Node, at: dict[str, Node], findings: Findings) -> None:
    for name in ("branches", "tags", "paths"):
        if isinstance(node, Mapping) and name in at and f"{name}-ignore" in at:
            message = f"you may only define one of `{name}` and `{name}-ignore` for a single event"
            remedy = f"Write what to leave out as a pattern with '!' in {name}."
            findings.add(key_of(node, f"{name}-ignore"), "trigger-filter", message, remedy)


def _filter(node: Node | None) -> tuple[str, ...] | None:
    return None if node is None else strings(node)


def _schedule(node: Node, findings: Findings) -> tuple[str, ...]:
    if not isinstance(node, Sequence):
        return ()
    found = []
    for item in node.items:
        cron = fields(item).get("cron")
        if not isinstance(cron, Scalar) or not plain(cron):
            continue
        if wrong_cron(plain(cron)):
            message = (
                "Invalid cron expression. "
                "Expected format: '* * * * *' (minute hour day month weekday)"
            )
            findings.add(cron, "cron", message)
        found.append(plain(cron))
    return tuple(found)


def _inputs(node: Node | None, findings: Findings) -> tuple[Input, ...]:
    return tuple(_input(key, value, findings) for key, value in entries(node))


def _input(key: Scalar, node: Node, findings: Findings) -> Input:
    at = fields(node)
    kind = plain(at.get("type")) or "string"
    if isinstance(node, Mapping) and kind in _INPUT_TYPES:
        _check_input(node, at, kind, findings)
    return Input(
        text_of(key.value),
        cast("InputType", kind) if kind in _INPUT_TYPES else "string",
        plain(at.get("description")),
        plain(at.get("required")) == "true",
        tree(at.get("default")),
        strings(at.get("options")),
        line=key.line,
        column=key.column,
    )


def _check_input(node: Mapping, at: dict[str, Node], kind: str, findings: Findings) -> None:
    options = at.get("options")
    empty = options is None or (isinstance(options, Sequence) and not options.items)
    if kind == "choice" and empty:
        findings.add(node, "input-options", "Missing 'options' for choice input")
    elif kind != "choice" and options is not None:
        message = "Input type is not 'choice', but 'options' is defined"
        findings.add(node, "input-options", message, "Add: type: choice")
    default = at.get("default")
    if isinstance(default, Scalar) and OPEN not in plain(default):
        _check_default(default, kind, findings)


def _check_default(node: Scalar, kind: str, findings: Findings) -> None:
    value = node.value
    if kind == "boolean" and not isinstance(value, bool):
        given = "NumberToken" if isinstance(value, (int, float)) else "StringToken"
        message = _unexpected(given, "BooleanToken")
        findings.add(node, "input-default", message, "Write true or false, without quotes.")
    elif kind in {"string", "choice", "environment"} and not isinstance(value, (str, type(None))):
        given = "BooleanToken" if isinstance(value, bool) else "NumberToken"
        message = _unexpected(given, "StringToken")
        findings.add(node, "input-default", message, "Quote it.", severity="warning")


def _unexpected(given: str, wanted: str) -> str:
    return (
        f"Unexpected type '{given}' encountered while reading 'input default'. "
        f"The type '{wanted}' was expected."
    )
