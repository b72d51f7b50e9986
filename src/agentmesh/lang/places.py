"""Where the characters of a scalar stand in its file.

Called by lint rules and by what maps findings of other programs back: they know a place in a
script or in an expression, and people want the line and the column of the file. The ways in which
YAML folds lines and writes escapes are those of YAML 1.2, chapters 7 and 8.
"""

from __future__ import annotations

import re
from bisect import bisect_right

import msgspec

from agentmesh.lang.yaml import Scalar

_BREAK = re.compile(r"\r\n|\r|\n")
_HEADER = re.compile(r"[|>][-+0-9]*[^\r\n]*")
_WIDTHS = {"x": 2, "u": 4, "U": 8}
"""Hexadecimal digits behind a backslash and these letters."""


class Places(msgspec.Struct, frozen=True):
    """Pieces of a scalar that stand in one piece in the file: where each starts, here and there."""

    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, index: int) -> int:
        """The offset in the file of the character ``index`` of the scalar's text."""
        piece = max(bisect_right(self.starts, index) - 1, 0)
        return self.offsets[piece] + index - self.starts[piece]

    def end(self, index: int) -> int:
        """The offset behind the character before ``index``, which stays on that one's line."""
        return self.offset(index - 1) + 1 if index > 0 else self.offset(0)


def places(text: str, node: Scalar) -> Places | None:
    """The places of a scalar's characters; ``text`` is the file that the node was read from.

    None where they cannot be told, as for an alias whose anchor has been written in an odd way.
    """
    match node.style:
        case "|":
            found = _literal(text, node)
        case ">":
            found = _folded(text, node)
        case _:
            found = _flow(text, node)
    return found if found is not None and found.starts else None


class _Pieces:
    """Collects pieces, and the text that they make, to be held against the node's."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.offsets: list[int] = []
        self.parts: list[str] = []
        self.length = 0

    def add(self, part: str, offset: int) -> None:
        if not part:
            return
        self.starts.append(self.length)
        self.offsets.append(offset)
        self.parts.append(part)
        self.length += len(part)

    def places(self, wanted: str) -> Places | None:
        """The places, if the pieces make the wanted text."""
        made = "".join(self.parts)
        if made != wanted and made.rstrip("\n") != wanted.rstrip("\n"):
            return None
        return Places(tuple(self.starts), tuple(self.offsets))


def _lines(text: str, start: int, end: int) -> list[tuple[int, str, int]]:
    """The lines between two offsets: where each starts, its text, where its break starts."""
    found = []
    while True:
        broken = _BREAK.search(text, start, end)
        if broken is None:
            found.append((start, text[start:end], end))
            return found
        found.append((start, text[start : broken.start()], broken.start()))
        start = broken.end()


def _block(text: str, node: Scalar) -> list[tuple[int, str, int]]:
    """The lines below the header of a block scalar."""
    header = _HEADER.match(text, node.start)
    if header is None:
        return []
    return _lines(text, header.end(), node.end)[1:]


def _literal(text: str, node: Scalar) -> Places | None:
    """Each line of the text is the end of one line of the file."""
    pieces = _Pieces()
    wanted = node.text.split("\n")
    for (start, line, end), content in zip(_block(text, node), wanted, strict=False):
        if not line.endswith(content):
            return None
        pieces.add(content, start + len(line) - len(content))
        pieces.add("\n", end)
    return pieces.places(node.text)


def _folded(text: str, node: Scalar) -> Places | None:
    """Lines that are not indented further are joined by spaces, or by the empty lines between."""
    if node.text.strip("\n") and not node.text.strip():
        return None  # blanks alone: which of them are indentation cannot be told
    lines = _block(text, node)
    first = next((line for _, line, _ in lines if line.strip(" ")), "")
    content = next((line for line in node.text.split("\n") if line.strip(" ")), "")
    indent = len(first) - len(first.lstrip(" "))
    # An indentation that the header names leaves blanks in front of the content.
    indent -= len(content) - len(content.lstrip(" "))
    pieces = _Pieces()
    breaks: list[int] = []
    previous: str | None = None
    for start, line, end in lines:
        inner = line[indent:] if content else ""  # blanks that tell no indentation are none
        if not inner:
            breaks.append(end)
            continue
        _join(pieces, breaks, previous, inner)
        pieces.add(inner, start + indent)
        previous, breaks = inner, [end]
    for offset in breaks:
        pieces.add("\n", offset)
    return pieces.places(node.text)


def _join(pieces: _Pieces, breaks: list[int], previous: str | None, line: str) -> None:
    """What stands for the breaks between two lines of a folded scalar."""
    kept = previous is None or previous[0] in " \t" or line[0] in " \t"
    if not kept and len(breaks) == 1:
        pieces.add(" ", breaks[0])
        return
    for offset in breaks if kept else breaks[1:]:
        pieces.add("\n", offset)


def _flow(text: str, node: Scalar) -> Places | None:
    """Plain and quoted scalars: breaks are folded, and quotes have ways to escape."""
    quote = 1 if node.style else 0
    pieces = _Pieces()
    lines = _lines(text, node.start + quote, node.end - quote)
    breaks: list[int] = []
    joined = True
    for number, (start, line, end) in enumerate(lines):
        first, last = number == 0, number == len(lines) - 1
        inner = line if first else line.lstrip(" \t")
        at = start + len(line) - len(inner)
        if not last:
            inner = _without_trail(inner, node.style)
        if not inner and not first and not last:
            breaks.append(end)
            continue
        if not first and not joined:
            _fold(pieces, breaks)
        elif not first:
            for offset in breaks[1:]:
                pieces.add("\n", offset)
        joined = _content(pieces, inner, at, node.style)
        breaks = [end]
    return pieces.places(node.text)


def _without_trail(line: str, style: str) -> str:
    """A line without the blanks before its break; a blank that is escaped stays."""
    bare = line.rstrip(" \t")
    if style == '"' and bare != line and (len(bare) - len(bare.rstrip("\\"))) % 2:
        return line[: len(bare) + 1]
    return bare


def _fold(pieces: _Pieces, breaks: list[int]) -> None:
    if len(breaks) == 1:
        pieces.add(" ", breaks[0])
    for offset in breaks[1:]:
        pieces.add("\n", offset)


def _content(pieces: _Pieces, line: str, at: int, style: str) -> bool:
    """One line of a flow scalar; whether its break is escaped."""
    if style == "'":
        for number, part in enumerate(parts := line.split("''")):
            pieces.add(part, at)
            at += len(part)
            if number < len(parts) - 1:
                pieces.add("'", at)
                at += 2
        return False
    if style != '"' or "\\" not in line:
        pieces.add(line, at)
        return False
    done = 0
    while (found := line.find("\\", done)) >= 0:
        pieces.add(line[done:found], at + done)
        if found == len(line) - 1:
            return True
        width = 2 + _WIDTHS.get(line[found + 1], 0)
        pieces.add(_escaped(line[found + 1 : found + width]), at + found)
        done = found + width
    pieces.add(line[done:], at + done)
    return False


_ESCAPES = {
    **{"0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v"},
    **{"f": "\f", "r": "\r", "e": "\x1b", "N": "\x85", "_": "\xa0"},
    **{"L": "\u2028", "P": "\u2029"},
}


def _escaped(code: str) -> str:
    """The character that an escape stands for; what libyaml refuses does not come here."""
    if code[0] in _WIDTHS:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, code)
