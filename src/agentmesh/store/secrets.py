"""Secrets of a run, from options, files and the environment. Implements ports/secrets.py.

Made by :mod:`agentmesh.app`. Values live in this object and nowhere else: it has no representation
that shows them, and nothing of it is stored. Names are upper case, as GitHub keeps them.

A secret file holds ``NAME=VALUE`` lines, with these rules: blank lines and lines that begin with
``#`` count for nothing, ``export`` may stand in front. A value in single quotes is literal; in
double quotes a backslash escapes n, r, t, a double quote, a dollar sign and itself; either may go
over several lines (a private key). A bare value ends at the line's end or before `` #``, without
blanks around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span

_ENTRY = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


class RunSecrets:
    """Values by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.upper(): value for name, value in values.items()}

    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(sorted(self._values))

    def get(self, name: str) -> str | None:
        """The value, or None; names ignore case."""
        return self._values.get(name.upper())

    def __repr__(self) -> str:
        return f"RunSecrets({', '.join(self.names())})"


def load(
    given: Mapping[str, str | None], files: Iterable[str], environ: Mapping[str, str]
) -> RunSecrets:
    """Secrets from files (the later one wins), overlaid with those given; None means that the value
    stands in the environment under the same name.

    Raises WorkflowError for a file that cannot be used and a value that is not there. No message
    holds a value.
    """
    values: dict[str, str] = {}
    for path in files:
        values |= {name.upper(): value for name, value in read_file(path).items()}
    for name, value in given.items():
        if value is None:
            value = environ.get(name)
        if value is None:
            raise WorkflowError(
                f"the secret {name} has no value, and the environment has none of that name",
                remedy=f"give --secret {name}=VALUE, or export {name}",
            )
        values[name.upper()] = value
    return RunSecrets(values)


def read_file(path: str) -> dict[str, str]:
    """The secrets of one file. Raises WorkflowError."""
    try:
        with open(path, encoding="utf-8-sig", newline=None) as file:
            text = file.read()
    except OSError as error:
        raise WorkflowError(
            f"cannot read the secret file {path}: {error.strerror}",
            remedy="name a file that exists and may be read",
        ) from error
    except UnicodeDecodeError as error:
        raise WorkflowError(
            f"the secret file {path} is not UTF-8 text", remedy="save it as UTF-8"
        ) from error
    return dict(_entries(text, path))


def _entries(text: str, path: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank is not None:
            at = max(blank.end(), at + 1)
            continue
        entry = _ENTRY.match(text, at)
        if entry is None:
            raise _wrong(text, path, at, "a line must look like NAME=VALUE")
        value, at = _value(text, path, entry.end())
        yield entry[1], value


def _value(text: str, path: str, at: int) -> tuple[str, int]:
    """A value and where the next line begins."""
    quote = text[at : at + 1]
    if quote not in ("'", '"') or not quote:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        comment = re.search(r"(?:^|[ \t])#", line)
        return (line[: comment.start()] if comment else line).strip(), end + 1
    pattern = r"'([^']*)'" if quote == "'" else r'"((?:[^"\\]|\\.)*)"'
    quoted = re.compile(pattern, re.DOTALL).match(text, at)
    if quoted is None:
        raise _wrong(text, path, at, f"the quote {quote} is never closed")
    after = _BLANK.match(text, quoted.end())
    if after is None:
        raise _wrong(text, path, quoted.end(), "something follows the closing quote")
    value = quoted[1]
    if quote == '"':
        value = _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[0]), value)
    return value, after.end()


def _wrong(text: str, path: str, at: int, message: str) -> WorkflowError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return WorkflowError(
        f"cannot read the secret file: {message}",
        where=Span(path, line, column),
        remedy="write NAME=VALUE lines; put a value of several lines in quotes",
    )
