"""Problems, written out: for people, for scripts, and as GitHub's workflow commands.

Called by ``agentmesh lint`` and by whatever else reports problems of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from unicodedata import east_asian_width

import msgspec

from agentmesh.cli.render.style import Palette, count
from agentmesh.core.problem import Problem

_TAB = "    "
_MAX_WIDTH = 160


def render_text(
    problems: Iterable[Problem], sources: Mapping[str, str], *, color: bool = False
) -> str:
    """One paragraph a problem: place, what is wrong, the line with a mark below it, the remedy.

    ``sources`` maps file names to their texts; a file that is missing is named without a line.
    """
    palette = Palette(color)
    lines = {name: _lines(text) for name, text in sources.items()}
    return "".join(_paragraph(problem, lines, palette) for problem in problems)


def fixed(problems: Iterable[Problem]) -> str:
    """What has been mended, a line each; the places are those before the mend."""
    return "".join(
        f"{problem.span}: fixed: {problem.message} [{problem.rule}]\n" for problem in problems
    )


def summary(problems: Iterable[Problem], files: int, mended: int = 0) -> str:
    """``2 errors and 1 warning in 3 files`` and the like, as a line."""
    severities = [problem.severity for problem in problems]
    found = [
        count(severities.count(severity), word)
        for severity, word in (("error", "error"), ("warning", "warning"), ("info", "note"))
        if severity in severities
    ]
    more = f", {count(mended, 'problem')} fixed" if mended else ""
    return f"{_and(found) or 'no problems'} in {count(files, 'file')}{more}\n"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def render_json(problems: Iterable[Problem]) -> str:
    """An array of flat objects, a line each."""
    entries = [
        {
            "file": problem.span.file,
            "line": problem.span.line,
            "column": problem.span.column,
            "rule": problem.rule,
            "message": problem.message,
            "severity": problem.severity,
            "help": problem.help,
        }
        for problem in problems
    ]
    if not entries:
        return "[]\n"
    return "[\n" + ",\n".join(msgspec.json.encode(entry).decode() for entry in entries) + "\n]\n"


def render_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that annotate the files of a change, a line each."""
    return "".join(_command(problem) for problem in problems)


def _paragraph(problem: Problem, lines: Mapping[str, list[str]], palette: Palette) -> str:
    level = palette.level(problem.severity, problem.severity)
    head = f"{palette.bold(str(problem.span))}: {level}: {problem.message}"
    text = f"{head} {palette.dim(f'[{problem.rule}]')}\n"
    source = lines.get(problem.span.file, [])
    if 0 < problem.span.line <= len(source):
        text += _excerpt(problem, source[problem.span.line - 1], palette)
    if problem.help:
        text += f"  {palette.dim('remedy:')} {problem.help}\n"
    return text


def _lines(text: str) -> list[str]:
    """Lines as YAML breaks them: at line feeds and carriage returns alone."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _excerpt(problem: Problem, line: str, palette: Palette) -> str:
    span = problem.span
    before, rest = line[: span.column - 1], line[span.column - 1 :]
    length = span.end_column - span.column if span.end_line == span.line else 1
    marked = _shown(rest[: max(1, length)])
    width = max(1, _width(marked))
    start = _shown(before)
    room = max(20, _MAX_WIDTH - width - 20)
    if len(start) > room:
        start = "…" + start[1 - room :]
    shown = start + _shown(rest)
    if len(shown) > _MAX_WIDTH:
        shown = shown[: _MAX_WIDTH - 1] + "…"
    number = str(span.line)
    margin = " " * len(number)
    mark = " " * _width(start) + "^" + "~" * min(width - 1, _MAX_WIDTH)
    gutter = palette.dim("|")
    return (
        f"  {palette.dim(number)} {gutter} {shown}\n"
        f"  {margin} {gutter} {palette.level(problem.severity, mark)}\n"
    )


def _shown(text: str) -> str:
    """Text with tabs widened and control characters made visible, so that marks stay in place."""
    text = text.replace("\t", _TAB)
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _command(problem: Problem) -> str:
    level = {"error": "error", "warning": "warning", "info": "notice"}[problem.severity]
    message = problem.message + (f"\n{problem.help}" if problem.help else "")
    place = {
        "file": problem.span.file,
        "line": str(problem.span.line),
        "col": str(problem.span.column),
        "title": problem.rule,
    }
    properties = ",".join(f"{key}={_property(value)}" for key, value in place.items())
    return f"::{level} {properties}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
