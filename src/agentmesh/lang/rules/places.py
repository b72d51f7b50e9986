"""Where a character of a value stands in the file that it was read from.

Called by :class:`agentmesh.lang.rules.source.Source`. A value and its text in the file differ by
quotes, escapes, folded lines and indentation, as chapters 7 and 8 of YAML 1.2 have it.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from agentmesh.lang.yaml import Scalar

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n[ \t]*|.)", re.S)
_BREAK = re.compile(r"[ \t]*(?:\r\n|\n|\r)[ \t\r\n]*")

Anchors = tuple[list[int], list[int]]
"""Indexes of a value, ascending, and the offsets in the file at which they stand; between two of
them both count on alike."""


def offset(text: str, scalar: Scalar, index: int) -> int:
    """The offset in the file of the character at ``index`` of a scalar's value."""
    if scalar.style == "" and scalar.end - scalar.start == len(scalar.text):
        return scalar.start + index
    indexes, offsets = anchors(text, scalar)
    at = bisect_right(indexes, index) - 1
    return min(offsets[at] + index - indexes[at], scalar.end)


def anchors(text: str, scalar: Scalar) -> Anchors:
    """The places of a scalar at which value and file get out of step."""
    if scalar.style in {"|", ">"}:
        return _block(text, scalar)
    quoted = scalar.style != ""
    start, end = scalar.start + quoted, scalar.end - quoted
    return _flow(text, start, end, scalar.style)


def _block(text: str, scalar: Scalar) -> Anchors:
    """Line by line: each stands in the value as in the file, less its indentation."""
    header = text.find("\n", scalar.start, scalar.end)
    if header < 0:
        return [0], [scalar.start]
    lines: list[tuple[int, str]] = []
    at = header + 1
    for line in text[at : scalar.end].split("\n"):
        lines.append((at, line.rstrip("\r")))
        at += len(line) + 1
    indent = _indent(text[scalar.start : header], [line for _, line in lines], scalar)
    indexes, offsets = [0], [header + 1]
    index = 0
    for start, line in lines:
        content = line[indent:]
        if content:
            found = scalar.text.find(content, index)
            if found < 0:
                break
            indexes.append(found)
            offsets.append(start + indent)
            index = found + len(content)
        elif scalar.style == "|":
            indexes.append(index)
            offsets.append(start + len(line))
        if scalar.style == "|":
            index += 1
    return indexes, offsets


def _indent(header: str, lines: list[str], scalar: Scalar) -> int:
    """The indentation of a block's content: that of its first line, unless it is told."""
    for line in lines:
        if line.strip(" "):
            told = re.search(r"[1-9]", header.partition("#")[0])
            if told is None:
                return len(line) - len(line.lstrip(" "))
            first = scalar.text.lstrip("\n").split("\n", 1)[0]
            return len(line) - len(first) if line.endswith(first) else 0
    return 0


def _flow(text: str, start: int, end: int, style: str) -> Anchors:
    """Character by character, but in strides up to what is folded or escaped."""
    special = {"'": "'\r\n", '"': "\\\r\n"}.get(style, "\r\n")
    pattern = re.compile(f"[ \t]*[\r\n]|[{re.escape(special)}]")
    indexes, offsets = [0], [start]
    index, at = 0, start
    while (found := pattern.search(text, at, end)) is not None:
        index += found.start() - at
        at = found.start()
        if text[at] == "'":
            index, at = index + 1, at + 2
        elif text[at] == "\\":
            escape = _ESCAPE.match(text, at, end)
            stop = escape.end() if escape else at + 1
            index, at = index + (text[at + 1 : at + 2] not in "\r\n"), stop
        else:
            folded = _BREAK.match(text, at, end)
            stop = folded.end() if folded else at + 1
            breaks = len(re.findall(r"\r\n|\n|\r", text[at:stop]))
            index, at = index + max(1, breaks - 1), stop
        indexes.append(index)
        offsets.append(at)
    return indexes, offsets
