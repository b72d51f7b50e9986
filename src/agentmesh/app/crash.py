"""A report of a bug of ours, for the user to hand on. Called by the command line alone.

The report holds versions, the arguments and the traceback; values of secrets, inputs, variables and
environment variables are taken out of all three.
"""

from __future__ import annotations

import os
import re
import sys
import time
import traceback
from collections.abc import Iterator, Sequence

from agentmesh import __version__

_VALUED = ("--secret", "--env", "--var", "--input")
_SHORTEST = 4
"""Shorter values are not looked for in the text: they would take half of it away."""
_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def report(error: BaseException, argv: Sequence[str]) -> str:
    """Write a report file below the store; its path, or why there is none."""
    text = without_secrets(_text(error, argv), argv)
    name = f"crash-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    for folder in (_store(argv), os.environ.get("TMPDIR") or "/tmp"):
        try:
            os.makedirs(os.path.join(folder, "crashes"), exist_ok=True)
            path = os.path.join(folder, "crashes", name)
            with open(path, "w", encoding="utf-8", errors="replace") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)
        except OSError:
            continue
        return path
    return f"this text, as no report could be written:\n{text}"


def without_secrets(text: str, argv: Sequence[str]) -> str:
    """The text without values of the command line that may be secret."""
    values = sorted({value for _, value in _values(argv)}, key=len, reverse=True)
    for value in values:
        if len(value) >= _SHORTEST:
            text = text.replace(value, "***")
    return _PASSWORD.sub(r"\1***@", text)


def _text(error: BaseException, argv: Sequence[str]) -> str:
    lines = [
        f"agentmesh {__version__}",
        f"python {sys.version.split()[0]} on {sys.platform}, {os.uname().release}",
        f"packages {', '.join(_packages())}",
        f"command agentmesh {' '.join(_shown(argv))}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"


def _packages() -> list[str]:
    from importlib.metadata import PackageNotFoundError, version

    found: list[str] = []
    for name in ("click", "msgspec", "PyYAML", "rich", "zstandard", "ahocorasick_rs", "blake3"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} missing")
    return found


def _shown(argv: Sequence[str]) -> Iterator[str]:
    """The arguments, with *** for the values that are not to be shown."""
    hidden = dict(_values(argv))
    for index, word in enumerate(argv):
        value = hidden.get(index)
        yield word if not value else word.removesuffix(value) + "***"


def _values(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Index of an argument → the value in it that may be secret (``--secret K=V`` and the like)."""
    for index, word in enumerate(argv):
        option, found, value = word.partition("=")
        if found and option in _VALUED:
            yield index, value.partition("=")[2]
        elif index and argv[index - 1] in _VALUED:
            yield index, word.partition("=")[2]


def _store(argv: Sequence[str]) -> str:
    """The store's folder; found by hand, as the settings may be what is broken."""
    from agentmesh.app.settings import default_store

    given = os.environ.get("AGENTMESH_HOME") or default_store(os.environ)
    for index, word in enumerate(argv):
        if word.startswith("--store="):
            given = word.removeprefix("--store=")
        elif word == "--store" and index + 1 < len(argv):
            given = argv[index + 1]
    return os.path.abspath(os.path.expanduser(given))
