"""The files through which a step talks to its job: GITHUB_ENV, GITHUB_OUTPUT, GITHUB_STATE, PATH.

Pure: text in, values out. Called by :mod:`agentmesh.engine.step` when a step has ended. Follows
the official runner's ``FileCommandManager`` on Linux, where a line ends with LF alone: a CR stays
part of the value, as it does there.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

REFUSED = frozenset({"NODE_OPTIONS"})
"""Variables that GITHUB_ENV may not set (upper case): they would run code in later actions."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class FileCommandError(Exception):
    """A command file that cannot be read. The message is GitHub's, followed by the line number."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"{message} (line {line})")
        self.line = line


def decode(data: bytes) -> str:
    """The text of a command file: UTF-8 unless a byte order mark says otherwise.

    Windows PowerShell writes UTF-16 with a mark. Bytes that mean nothing become U+FFFD.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def pairs(text: str) -> dict[str, str]:
    """``NAME=VALUE`` and ``NAME<<DELIMITER`` entries; of a name set twice, the last.

    Raises FileCommandError.
    """
    return dict(_entries(text))


def environment(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Like :func:`pairs` for GITHUB_ENV: what may be set, and the names that were refused."""
    allowed: dict[str, str] = {}
    refused: list[str] = []
    for name, value in _entries(text):
        if name.upper() in REFUSED:
            refused.append(name.upper())
        else:
            allowed[name] = value
    return allowed, tuple(dict.fromkeys(refused))


def paths(text: str) -> tuple[str, ...]:
    """The folders of GITHUB_PATH in the order written, each once, at its last place."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line]
    return tuple(reversed(dict.fromkeys(reversed(lines))))


def _entries(text: str) -> Iterator[tuple[str, str]]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()  # what follows the last newline is no line
    ends_with_newline = text.endswith("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            if equals == 0:
                raise FileCommandError(f"Invalid format '{line}'. Name must not be empty", at)
            yield line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            value, at = _heredoc(lines, at, line, heredoc, ends_with_newline)
            yield line[:heredoc], value
        else:
            raise FileCommandError(f"Invalid format '{line}'", at)


def _heredoc(
    lines: list[str], at: int, opening: str, split: int, ends_with_newline: bool
) -> tuple[str, int]:
    """The value that begins at ``lines[at]``, and where the entry after it begins."""
    name, delimiter = opening[:split], opening[split + 2 :]
    if not name or not delimiter:
        raise FileCommandError(
            f"Invalid format '{opening}'. Name must not be empty and delimiter must not be empty",
            at,
        )
    for end in range(at, len(lines)):
        if lines[end] == delimiter:
            return "\n".join(lines[at:end]), end + 1
    if at < len(lines) and not ends_with_newline:
        raise FileCommandError("Invalid value. EOF marker missing new line.", len(lines))
    raise FileCommandError(f"Invalid value. Matching delimiter not found '{delimiter}'", at)
