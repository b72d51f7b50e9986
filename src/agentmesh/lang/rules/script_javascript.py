"""How a place in the JavaScript of ``actions/github-script`` can hold a variable instead.

Called by :mod:`agentmesh.lang.rules.through_env`. Strings, template strings and comments are told
apart as ECMAScript, "Lexical Grammar", does; what might be a regular expression ends the reading.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    | (?P<tick>`)
    | (?P<slash>/)
    | (?P<open>\{)
    | (?P<close>\})
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_TEMPLATE = re.compile(r"\\.|`|\$\{", re.DOTALL)
_DIVIDES = re.compile(r"[\w)\]]\s*\Z")


def javascript(script: str, spots: list[tuple[int, int]]) -> list[tuple[int, int, str] | None]:
    """For each spot what is to be replaced by what, ``@`` for the variable's name; else None.

    A string that is nothing but the spot is replaced with its quotes.
    """
    templates, strings = _read(script)
    templates.sort()
    put: list[tuple[int, int, str] | None] = []
    for start, end in spots:
        before = bisect_right(templates, (start, len(script))) - 1
        if before >= 0 and end <= templates[before][1]:
            put.append((start, end, "${process.env.@}"))
        elif (start - 1, end + 1) in strings:
            put.append((start - 1, end + 1, "process.env.@"))
        else:
            put.append(None)
    return put


def _read(script: str) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
    """The texts of template strings, and strings with their quotes."""
    templates: list[tuple[int, int]] = []
    strings: set[tuple[int, int]] = set()
    braces: list[str] = []
    at = 0
    while found := _TOKEN.search(script, at):
        at = found.end()
        match found.lastgroup:
            case "string":
                strings.add(found.span())
            case "tick":
                at = _template(script, at, templates, braces)
            case "open":
                braces.append("{")
            case "close":
                if braces and braces.pop() == "${":
                    at = _template(script, at, templates, braces)
            case "slash" if not _DIVIDES.search(script[max(0, found.start() - 80) : found.start()]):
                break
    return templates, strings


def _template(script: str, at: int, templates: list[tuple[int, int]], braces: list[str]) -> int:
    """Reads the text of a template string to its end or to its next ``${``."""
    start = at
    while found := _IN_TEMPLATE.search(script, at):
        at = found.end()
        if found[0] in {"`", "${"}:
            templates.append((start, found.start()))
            if found[0] == "${":
                braces.append("${")
            return at
    return len(script)
