"""Workflow commands: lines of a step's output that ask the runner for something.

``::name key=value,key=value::data`` and the older ``##[name key=value;key=value]data``. Pure;
called by :mod:`agentmesh.engine.stream` for each line that could be one. Follows the official
runner's ``ActionCommand`` and ``ActionCommandManager``: a line that names no known command is
plain output.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

KNOWN = frozenset(
    {
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    }
)

# The percent sign comes last, so that %250A means the three characters %0A.
_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_OLD = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))


class Command(msgspec.Struct, frozen=True):
    """A command: its name and property names in lower case, its values unescaped."""

    name: str
    data: str = ""
    properties: Mapping[str, str] = {}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an annotation points; 0 stands for nothing."""

    line: int = 0
    end_line: int = 0
    column: int = 0
    end_column: int = 0


def parse(line: str, token: str = "") -> Command | None:
    """The command that a line holds, or None where it is plain output.

    ``token`` is one more name that counts: what resumes commands that were stopped.
    """
    if "::" in line and (command := _current(line, token)) is not None:
        return command
    return _old(line, token) if "##[" in line else None


def guessable(token: str) -> bool:
    """Whether a stop-commands token would protect nothing: empty, or a word known to everybody."""
    return not token or token.lower() in KNOWN or token.lower() == "pause-logging"


def escape_data(text: str) -> str:
    """What to write for a text in a command's data."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """What to write for a text in a command's property."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def place(properties: Mapping[str, str]) -> Place:
    """Lines and columns of an annotation, those dropped that contradict each other.

    As the runner has it: an end alone is the start; columns need one single line; an end before
    its start drops both.
    """
    line, end_line = _number(properties, "line"), _number(properties, "endline")
    column, end_column = _number(properties, "col"), _number(properties, "endcolumn")
    line = end_line if line is None else line
    column = end_column if column is None else column
    if line is None or (end_line is not None and end_line != line):
        column = end_column = None
    if line is not None and end_line is not None and end_line < line:
        line = end_line = None
    if column is not None and end_column is not None and end_column < column:
        column = end_column = None
    return Place(
        line=line or 0, end_line=end_line or 0, column=column or 0, end_column=end_column or 0
    )


def _number(properties: Mapping[str, str], name: str) -> int | None:
    text = properties.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _current(line: str, token: str) -> Command | None:
    line = line.lstrip()
    if not line.startswith("::"):
        return None
    end = line.find("::", 2)
    if end < 0:
        return None
    name, space, rest = line[2:end].partition(" ")
    if not _counts(name, token):
        return None
    properties = _properties(rest.strip(), ",", _PROPERTY) if space else {}
    return Command(name.lower(), _unescape(line[end + 2 :], _DATA), properties)


def _old(line: str, token: str) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if end < 0:
        return None
    name, space, rest = line[start + 3 : end].partition(" ")
    if not _counts(name, token):
        return None
    properties = _properties(rest, ";", _OLD) if space else {}
    return Command(name.lower(), _unescape(line[end + 1 :], _OLD), properties)


def _counts(name: str, token: str) -> bool:
    lower = name.lower()
    return bool(name) and (lower in KNOWN or (token != "" and lower == token.lower()))


def _properties(text: str, separator: str, escapes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(separator):
        # The runner drops empty pieces when it splits at "=", so ``a==b`` is a and b.
        name, _, value = part.lstrip("=").partition("=")
        value = value.lstrip("=")
        if name and value:
            found[name.lower()] = _unescape(value, escapes)
    return found


def _unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    if "%" in text:
        for written, meant in escapes:
            text = text.replace(written, meant)
    return text
