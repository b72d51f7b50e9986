"""A TOML file as a typed value, and the place of each of its keys.

Called by :mod:`agentmesh.app.config` when there is a file to read. tomllib says what stands in a
file but not where; a scan of its lines finds the headers and keys again, which is enough to point
at what is wrong.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TypeVar

import msgspec

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span

T = TypeVar("T", bound=msgspec.Struct)
Path = tuple[str, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[{{1,2}}\s*(?P<keys>{_DOTTED})\s*\]")
_ENTRY = re.compile(rf"(?P<space>\s*)(?P<keys>{_DOTTED})\s*=")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)$")
_WHERE = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`$")


class Document(msgspec.Struct, frozen=True):
    """What a file holds, and where."""

    shown: str
    values: dict[str, object]
    text: str

    def place(self, path: Path) -> Span:
        """Where a key stands: the innermost part of its path that can be found."""
        places = _places(self.text)
        while path:
            if path in places:
                return Span(self.shown, *places[path])
            path = path[:-1]
        return Span(self.shown, 1, 1)

    def convert(self, kind: type[T], within: Path = ()) -> T:
        """A part of the file as a struct. Raises WorkflowError for what does not belong there."""
        part: object = self.values
        for key in within:
            part = part.get(key) if isinstance(part, dict) else None
        try:
            return msgspec.convert(part, kind)
        except msgspec.ValidationError as error:
            raise self._wrong(str(error), kind, within) from None

    def _wrong(self, text: str, kind: type[msgspec.Struct], within: Path) -> WorkflowError:
        found = _WHERE.search(text)
        message = text[: found.start()] if found else text
        inside = _path(found["path"] if found else "", self._at(within))
        unknown = _UNKNOWN.match(message)
        if unknown is None:
            return WorkflowError(
                f"Unexpected value: {message[:1].lower()}{message[1:].replace('`', '')}",
                where=self.place((*within, *inside)),
                remedy="see the reference of agentmesh.toml",
            )
        key = unknown["key"]
        known = _known(kind, inside)
        close = get_close_matches(key, known, n=1)
        return WorkflowError(
            f"Unexpected value {key!r}",
            where=self.place((*within, *inside, key)),
            remedy=f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}",
        )

    def _at(self, path: Path) -> object:
        value: object = self.values
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value


def read(path: str, *, shown: str) -> Document:
    """Parse a file; ``shown`` is what messages call it. Raises WorkflowError."""
    import tomllib

    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8")
        return Document(shown, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line, column = (int(at[1]), int(at[2])) if at else (1, 1)
        message = _AT.sub("", str(error)).strip()
        raise WorkflowError(
            message, where=Span(shown, line, column), remedy="mend the TOML syntax"
        ) from None
    except UnicodeDecodeError as error:
        raise WorkflowError(
            f"not UTF-8: {error.reason} at byte {error.start}",
            where=Span(shown, 1, 1),
            remedy="save the file as UTF-8",
        ) from None
    except OSError as error:
        raise WorkflowError(f"cannot be read: {error.strerror}", where=Span(shown, 1, 1)) from None


def _path(text: str, values: object) -> Path:
    """``.sizes[...].cpus`` of a message → keys.

    An item of a table with free keys is called ``[...]``: if there is but one key, it is that one.
    """
    keys: list[str] = []
    for part in re.findall(r"\.([^.\[]+)|\[([^\]]*)\]", text):
        key = part[0] or part[1]
        if key == "..." and isinstance(values, dict):
            if len(values) != 1:
                break
            key = next(iter(values))
        keys.append(key)
        values = values.get(key) if isinstance(values, dict) else None
    return tuple(keys)


def _known(kind: type[msgspec.Struct], inside: Path) -> list[str]:
    """Keys that may stand in the table at a path."""
    from typing import get_args, get_type_hints

    current: object = kind
    for key in inside:
        if isinstance(current, type) and issubclass(current, msgspec.Struct):
            hints = get_type_hints(current)
            fields = {field.encode_name: field.name for field in msgspec.structs.fields(current)}
            current = hints.get(fields.get(key, ""))
        else:
            arguments = get_args(current)
            current = arguments[-1] if arguments else None
    if isinstance(current, type) and issubclass(current, msgspec.Struct):
        return sorted(field.encode_name for field in msgspec.structs.fields(current))
    return []


def _places(text: str) -> dict[Path, tuple[int, int]]:
    """Path of each table and key → line and column, from 1. The first one counts."""
    places: dict[Path, tuple[int, int]] = {}
    table: Path = ()
    open_string = ""
    for number, line in enumerate(text.splitlines(), 1):
        if open_string:
            if open_string in line:
                open_string = ""
            continue
        if header := _HEADER.match(line):
            table = _keys(header["keys"])
            for end in range(1, len(table) + 1):
                places.setdefault(table[:end], (number, header.start("keys") + 1))
        elif entry := _ENTRY.match(line):
            keys = _keys(entry["keys"])
            for end in range(1, len(keys) + 1):
                places.setdefault((*table, *keys[:end]), (number, entry.start("keys") + 1))
            for mark in ('"""', "'''"):
                if line.count(mark) % 2:
                    open_string = mark
    return places


def _keys(dotted: str) -> Path:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, dotted))
