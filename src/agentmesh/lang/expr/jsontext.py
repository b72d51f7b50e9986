"""JSON as expressions read and write it: ``fromJSON``, ``toJSON``, and the results of ``eval``.

Reading is strict JSON; where keys of an object differ in case alone the first one stays. Writing
follows JavaScript's ``JSON.stringify``: two spaces, numbers in full precision, NaN and the
infinities as null, lone surrogates escaped. The order of keys is kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from agentmesh.lang.expr.values import Value, javascript, number, without_twins

MAX_DEPTH = 200
"""How deep a value that is read may nest; writing it takes two calls a level."""

_ESCAPED = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def read(text: str, *, twins: bool = False) -> Value:
    """The value of a JSON text. Raises ValueError, or RecursionError beyond :data:`MAX_DEPTH`.

    ``twins`` keeps keys that differ in case alone.
    """
    import json

    value: Value = json.loads(
        text,
        parse_int=_integer,
        parse_float=lambda digits: number(float(digits)),
        parse_constant=_refuse,
        object_hook=None if twins else without_twins,
    )
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper(value, MAX_DEPTH):
        raise RecursionError("Maximum object depth exceeded")
    return value


def _deeper(value: Value, most: int) -> bool:
    """Whether more arrays and objects than that stand within one another."""
    level = [value]
    for _ in range(most + 1):
        if not any(isinstance(part, list | dict) for part in level):
            return False
        level = [part for whole in level for part in _parts(whole)]
    return True


def _parts(whole: Value) -> list[Value]:
    if isinstance(whole, dict):
        return list(whole.values())
    return whole if isinstance(whole, list) else []


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 16 else number(float(digits))


def _refuse(word: str) -> Value:
    raise ValueError(f"{word} is not JSON")


def write(value: Value, *, indent: str = "  ", spend: Callable[[int], None] | None = None) -> str:
    """A value as JSON, pretty where there is an indent.

    ``spend`` is told the length of each piece before the text exists as a whole, and may raise.
    Raises RecursionError where the value nests much deeper than :data:`MAX_DEPTH`.
    """
    pieces: list[str] = []

    def put(piece: str) -> None:
        if spend is not None:
            spend(len(piece))
        pieces.append(piece)

    _write(value, put, "\n" if indent else "", indent)
    return "".join(pieces)


def _write(value: Value, put: Callable[[str], None], line: str, indent: str) -> None:
    if isinstance(value, list):
        _write_items([("", item) for item in value], "[]", put, line, indent)
    elif isinstance(value, dict):
        colon = ": " if indent else ":"
        items = [(quote(key) + colon, item) for key, item in value.items()]
        _write_items(items, "{}", put, line, indent)
    else:
        put(_scalar(value))


def _write_items(
    items: list[tuple[str, Value]],
    brackets: str,
    put: Callable[[str], None],
    line: str,
    indent: str,
) -> None:
    if not items:
        put(brackets)
        return
    inner = line + indent
    before = brackets[0] + inner
    for key, item in items:
        put(before + key)
        _write(item, put, inner, indent)
        before = "," + inner
    put(line + brackets[1])


def _scalar(value: bool | int | float | str | None) -> str:
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return javascript(value) if math.isfinite(value) else "null"


def quote(text: str) -> str:
    """A text as a JSON string. What is not ASCII stays, but for surrogates without a partner."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')  # the many, at the speed of C
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    return _SHORT.get(char) or f"\\u{ord(char):04x}"
