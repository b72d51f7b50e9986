"""Text in a drawing whose fonts nobody knows: how wide it is at the most, and cut to fit. Pure.

Called by :mod:`agentmesh.cli.render.svg`. Widths are those of DejaVu Sans, the widest of the usual
fonts for screens: what fits with them fits with the others.
"""

from __future__ import annotations

from html import escape

from agentmesh.cli.render.width import ELLIPSIS, printable, width

_WIDTHS: dict[str, float] = {}
for _chars, _em in (
    ("ijlI'|", 0.30),
    (" .,:;!", 0.33),
    ("ftr-/()[]\\", 0.40),
    ("csxyzkv_", 0.56),
    ("w", 0.82),
    ("m@%MW", 1.0),
    ("ABCDEFGHJKLNOPQRSTUVXYZ", 0.72),
):
    _WIDTHS |= dict.fromkeys(_chars, _em)
_OTHER = 0.64
_WIDE = 1.05


def measure(text: str, size: float) -> float:
    """The width of text of a font size, in the same unit as the size."""
    return size * sum(_WIDTHS.get(char) or (_OTHER if width(char) < 2 else _WIDE) for char in text)


def fitted(text: str, size: float, most: float) -> str:
    """Text without control characters, shortened with an ellipsis to at most a width."""
    text = printable(text)
    if measure(text, size) <= most:
        return text
    left = most - measure(ELLIPSIS, size)
    end = 0
    for char in text:
        left -= measure(char, size)
        if left < 0:
            break
        end += 1
    return text[:end].rstrip() + ELLIPSIS


def escaped(text: str) -> str:
    """Text as it may stand in an element or an attribute."""
    return escape(printable(text))
