"""The expressions within a text: finding them, and checking them against what a place allows.

Called by :mod:`agentmesh.lang.parse.check` for every text of a file. Follows how GitHub's template
reader splits a text (``ObjectTemplating/TemplateReader.cs`` of the runner).
"""

from __future__ import annotations

from functools import lru_cache

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.parse import MANY, Function, parse

OPEN = "${{"
CLOSE = "}}"
MAX_LENGTH = 21_000
"""Characters of an expression; a text around expressions counts as one with them."""

INSERT = "insert"
"""The one directive: as a key it merges the mapping that its value is."""

Names = frozenset[str]
"""Contexts, and functions as ``name(least,most)``, that a place allows."""

_NOT_CLOSED = (
    "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} "
    "sequence was not found."
)
_INLINE_INSERT = (
    "The directive 'insert' is not allowed in this context. Directives are not supported for "
    "expressions that are embedded within a string. Directives are only supported when the entire "
    "value is an expression."
)


def check_text(text: str, allowed: Names) -> list[tuple[str, str]]:
    """What is wrong with the expressions of a text, as GitHub says it, each with its source."""
    found, closed = split(text)
    sources = [source.strip() for source in found]
    if INSERT in sources and text != f"{OPEN}{found[0]}{CLOSE}":
        return [(_INLINE_INSERT, "")]
    wrong: dict[str, str] = {}
    for written, source in zip(found, sources, strict=True):
        message = _wrong(source, allowed)
        if message:
            wrong.setdefault(message, written)
    if not closed:
        wrong[_NOT_CLOSED] = ""
    if not wrong and _length(text, found) > MAX_LENGTH:
        wrong[f"Exceeded max expression length {MAX_LENGTH}"] = ""
    return list(wrong.items())


def split(text: str) -> tuple[list[str], bool]:
    """The sources between ``${{`` and ``}}``, and whether each of them is closed."""
    sources: list[str] = []
    at = text.find(OPEN)
    while at >= 0:
        end = _end(text, at + len(OPEN))
        if end < 0:
            return sources, False
        sources.append(text[at + len(OPEN) : end])
        at = text.find(OPEN, end + len(CLOSE))
    return sources, True


def _end(text: str, at: int) -> int:
    """Where the ``}}`` stands that closes the expression; one within a string does not close."""
    close = text.find(CLOSE, at)
    while close >= 0:
        quote = text.find("'", at, close)
        if quote < 0:
            return close
        at = text.find("'", quote + 1) + 1
        if at == 0:
            return -1
        if close < at:
            close = text.find(CLOSE, at)
    return -1


def literal(text: str) -> str | None:
    """The string that a text stands for which is one expression of one string literal."""
    if not (text.startswith(OPEN) and text.endswith(CLOSE)):
        return None
    source = text[len(OPEN) : -len(CLOSE)].strip()
    if len(source) < 2 or source[0] != "'" or source[-1] != "'":
        return None
    inner = source[1:-1].replace("''", "")
    return None if "'" in inner else source[1:-1].replace("''", "'")


def inserts(text: str) -> bool:
    """Whether a text is the directive that merges a mapping."""
    return INSERT in text and [source.strip() for source in split(text)[0]] == [INSERT]


def check_condition(source: str, allowed: Names) -> str | None:
    """What is wrong with an ``if`` written without ``${{ }}``, or None."""
    stripped = source.strip()
    return _wrong(stripped, allowed) if stripped else None


@lru_cache(maxsize=4096)
def _wrong(source: str, allowed: Names) -> str | None:
    if not source:
        return "An expression was expected"
    if source == INSERT:
        return None
    if len(source) > MAX_LENGTH:
        return f"Exceeded max expression length {MAX_LENGTH}"
    contexts, functions = _sorted_out(allowed)
    try:
        parse(source, contexts, functions)
    except ExpressionError as error:
        return error.message
    return None


@lru_cache(maxsize=256)
def _sorted_out(allowed: Names) -> tuple[frozenset[str], frozenset[Function]]:
    contexts = frozenset(name for name in allowed if not name.endswith(")"))
    return contexts, frozenset(map(_function, allowed - contexts))


def _function(signature: str) -> Function:
    name, _, arguments = signature.rstrip(")").partition("(")
    least, _, most = arguments.partition(",")
    return Function(name, int(least), MANY if most == "MAX" else int(most))


def _length(text: str, sources: list[str]) -> int:
    """The length of the one expression that GitHub makes of a text."""
    if len(sources) == 1 and text.startswith(OPEN) and text.endswith(CLOSE):
        return len(sources[0])
    outside = len(text) - sum(len(source) + len(OPEN) + len(CLOSE) for source in sources)
    return outside + sum(len(source) + 5 for source in sources)
