"""How wide text is on a terminal, and text cut to fit. Pure."""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(
    r"\x1b\[[0-9:;<=>?]*[ -/]*(?:[@-~]|$)"  # CSI … final byte: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC, DCS and other strings, to their end
    r"|\x1b[ -/]*[0-~]?"  # two-character escapes, and one that is cut off
)
_COLOR = re.compile(r"(\x1b\[[0-9;]*m)")
ELLIPSIS = "…"


def printable(text: str) -> str:
    """Text without escapes and control characters; of a line with returns, its last state."""
    text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = text.rstrip("\r").rpartition("\r")[2]
    text = text.expandtabs(8)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\u200d" else _shown(c) for c in text)


def _shown(char: str) -> str:
    """Combining and format characters vanish, controls and halves of pairs are shown as �."""
    return "" if unicodedata.category(char) in ("Cf", "Cc") else "\ufffd"


def width(text: str) -> int:
    """Columns that printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def strip_colors(line: str) -> str:
    """A line of our own without its colours."""
    return _COLOR.sub("", line)


def cut(text: str, columns: int) -> str:
    """Printable text, shortened with an ellipsis to at most so many columns."""
    if width(text) <= columns:
        return text
    if columns <= 0:
        return ""
    left = columns - 1
    end = 0
    for char in text:
        left -= _columns(char)
        if left < 0:
            break
        end += 1
    return text[:end] + ELLIPSIS


def fit(line: str, columns: int) -> str:
    """A line of our own, with colours in it, shortened to at most so many columns."""
    if width(strip_colors(line)) <= columns:
        return line
    left = columns
    parts: list[str] = []
    for part in _COLOR.split(line):
        if _COLOR.fullmatch(part):
            parts.append(part)
        elif left > 0 and part:
            shown = cut(part, left)
            left = left - width(shown) if shown == part else 0
            parts.append(shown)
    return "".join(parts)
