"""Colours, marks and durations: how things are written for people, whatever shows them."""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.core.result import Conclusion

MARKS: dict[str, str] = {"success": "✓", "failure": "✗", "cancelled": "⊘", "skipped": "○"}
WORDS: dict[str, str] = {
    "success": "succeeded",
    "failure": "failed",
    "cancelled": "cancelled",
    "skipped": "skipped",
}
_COLORS: dict[str, str] = {"success": "32", "failure": "31", "cancelled": "35", "skipped": "2"}
_LEVELS: dict[str, str] = {"error": "31", "warning": "33", "notice": "36"}


class Palette:
    """Colours text, or leaves it as it is."""

    def __init__(self, color: bool) -> None:
        self.color = color

    def paint(self, code: str, text: str) -> str:
        """Text in an SGR code (``31``, ``1;32``)."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def bold(self, text: str) -> str:
        return self.paint("1", text)

    def dim(self, text: str) -> str:
        return self.paint("2", text)

    def ended(self, conclusion: Conclusion, text: str) -> str:
        """Text in the colour of a conclusion."""
        return self.paint(_COLORS[conclusion], text)

    def mark(self, conclusion: Conclusion) -> str:
        """``✓`` and its like."""
        return self.ended(conclusion, MARKS[conclusion])

    def level(self, level: str, text: str) -> str:
        """Text in the colour of an annotation's level."""
        return self.paint(_LEVELS.get(level, "0"), text)


def duration(seconds: float) -> str:
    """``0.04 s``, ``3.2 s``, ``1 min 12 s``, ``2 h 05 min``."""
    if seconds < 0.0995:
        return f"{max(0.0, seconds):.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def count(number: int, one: str, many: str = "") -> str:
    """``1 job``, ``3 jobs``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def tally(counts: Mapping[Conclusion, int]) -> str:
    """``3 succeeded, 1 failed``, without those that are none."""
    order: tuple[Conclusion, ...] = ("success", "failure", "cancelled", "skipped")
    return ", ".join(f"{counts[name]} {WORDS[name]}" for name in order if counts.get(name))
