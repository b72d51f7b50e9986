"""The live area at the bottom of a terminal: lines drawn again in place, text printed above it.

Used by :mod:`agentmesh.cli.render.tree`. It remembers what it drew, and at the next frame goes up
by the rows that this takes *now*: a terminal that was made narrower has wrapped the old lines, and
a view that counts lines leaves half of them standing. Frames are written inside a synchronised
update (terminals that do not know it ignore it), so that nothing flickers.

Drawn by hand and not with rich.live: that import takes 30 ms, as long as a whole small run, and it
does not follow a resize.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from agentmesh.cli.out import Out
from agentmesh.cli.render.width import fit, strip_colors, width

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"


class Screen:
    """A terminal behind a descriptor. Not for two threads at once."""

    def __init__(self, out: Out, descriptor: int = 1) -> None:
        self._out = out
        self._descriptor = descriptor
        self._drawn: tuple[str, ...] = ()
        self._hidden = False

    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now."""
        try:
            columns, rows = os.get_terminal_size(self._descriptor)
        except OSError:
            return 80, 24
        return columns or 80, rows or 24

    def draw(self, lines: Sequence[str], above: str = "") -> None:
        """Put ``above`` (whole lines, which stay) over the live area, and draw the area anew."""
        columns, rows = self.size()
        shown = tuple(fit(line, columns) for line in lines[: max(1, rows - 1)])
        if shown == self._drawn and not above:
            return
        hide = "" if self._hidden else _HIDE
        self._hidden = True
        text = _BEGIN + hide + self._back(columns) + above + _NO_WRAP
        text += "".join(line + "\n" for line in shown) + _WRAP + _END
        self._drawn = shown
        self._out.write(text.encode("utf-8", "replace"))

    def close(self, last: str = "") -> None:
        """Take the live area away, print ``last`` and give the cursor back."""
        if not self._hidden and not last:
            return
        text = self._back(self.size()[0]) + last + (_SHOW if self._hidden else "")
        self._drawn, self._hidden = (), False
        self._out.write(text.encode("utf-8", "replace"))

    def _back(self, columns: int) -> str:
        """To where the live area begins, and nothing below it."""
        if not self._drawn:
            return ""
        rows = sum(max(1, -(-width(strip_colors(line)) // columns)) for line in self._drawn)
        # Row by row: tmux keeps what "erase below" takes from a whole screen in its history.
        return f"\r\x1b[{rows}A" + "\x1b[2K\x1b[B" * rows + f"\x1b[{rows}A"
