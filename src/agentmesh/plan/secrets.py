"""Which secrets a called workflow gets, without their values.

Called by :mod:`agentmesh.plan.reuse` to make the mapping and by whoever runs a job to resolve it. A
plan never holds a secret's value, so an expression in ``secrets`` of a call is evaluated with marks
in place of the values. What comes out is mostly one mark, that is, the name of a secret; a text
around marks (``Bearer ${{ secrets.TOKEN }}``) becomes a template that starts with ``=``, which no
name of a secret does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from agentmesh.lang.expr.values import Value

_MARK = re.compile("\0([^\0]*)\0")


def marked(secrets: Mapping[str, str]) -> dict[str, Value]:
    """The ``secrets`` context of an expression, with marks for values."""
    return {name: _mark(mapped) for name, mapped in secrets.items()}


def mapped(text: str) -> str:
    """What an evaluated text with marks stands for: a secret's name, or a template."""
    alone = _MARK.fullmatch(text)
    return alone[1] if alone else "=" + text


def resolve(secret: str, get: Callable[[str], str | None]) -> str | None:
    """The value for an entry of a job's ``secrets``; ``get`` looks a name up."""
    if not secret.startswith("="):
        return get(secret)
    return _MARK.sub(lambda mark: get(mark[1]) or "", secret[1:])


def _mark(mapped: str) -> str:
    return mapped[1:] if mapped.startswith("=") else f"\0{mapped}\0"
