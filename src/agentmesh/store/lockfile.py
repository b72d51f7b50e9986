"""agentmesh.lock: which commit and which content a repository's ref meant when it was pinned.

Called by action_source.py. The file is TOML, sorted, one table for each ``owner/repo@ref``, without
any address, so that it means the same wherever actions are fetched from::

    version = 1

    ["actions/checkout@v4"]
    commit = "11bd71901bbe5b1630ceea73d27597364c9af683"
    tree = "blake3:…"

It is never made by itself: whoever wants pins creates it empty. Where it exists, what is fetched
from the network for the first time is added, and everything is compared with it. See
docs/adr/0010-lock-file.md.
"""

from __future__ import annotations

import os
import re

import msgspec

from agentmesh.core.errors import Refused, WorkflowError
from agentmesh.core.problem import Span

NAMES = ("agentmesh.lock", ".github/workflows/agentmesh.lock")
_HEAD = "# What actions and workflows of other repositories are pinned to. Made by agentmesh.\n"


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A full commit id, empty where none is known, and a digest of the tree."""

    commit: str
    tree: str


def find(directory: str) -> str:
    """The lock file of a folder; empty where it has none."""
    paths = (os.path.join(directory, name) for name in NAMES)
    return next((path for path in paths if os.path.isfile(path)), "")


def read(path: str) -> dict[str, Pin]:
    """The pins of a file, by ``owner/repo@ref``. Raises WorkflowError."""
    import tomllib

    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise WorkflowError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        where = Span(path, int(place[1]), int(place[2])) if place else Span(path, 1, 1)
        raise WorkflowError(
            f"the lock file is no TOML: {error}", where=where, remedy="restore it from git"
        ) from error
    if document.pop("version", 1) != 1:
        raise WorkflowError(
            f"{path} is of a newer version", where=Span(path, 1, 1), remedy="use a newer agentmesh"
        )
    try:
        return msgspec.convert(document, dict[str, Pin])
    except msgspec.ValidationError as error:
        raise WorkflowError(
            f"the lock file is damaged: {error}", where=Span(path, 1, 1), remedy="restore it"
        ) from error


def add(path: str, name: str, pin: Pin) -> None:
    """Add a pin, unless another process has been quicker. The file is replaced as a whole."""
    import fcntl

    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        pins = read(path)
        if name in pins:
            return
        pins[name] = pin
        temporary = f"{path}.{os.urandom(4).hex()}"
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(render(pins))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        os.close(folder)


def render(pins: dict[str, Pin]) -> str:
    """The file's text."""
    parts = [_HEAD, "version = 1\n"]
    for name in sorted(pins):
        pin = pins[name]
        parts.append(f"\n[{_quoted(name)}]\ncommit = {_quoted(pin.commit)}\n")
        parts.append(f"tree = {_quoted(pin.tree)}\n")
    return "".join(parts)


def check(path: str, name: str, pinned: Pin, found: Pin) -> None:
    """Raises Refused where something else was fetched than what is pinned."""
    if found.commit and pinned.commit and found.commit != pinned.commit:
        raise Refused(
            f"{name} is now commit {found.commit}, and {path} pins it to {pinned.commit}",
            remedy=f"look at what changed; to accept it, remove [{_quoted(name)}] from the file",
        )
    if found.tree != pinned.tree:
        raise Refused(
            f"the files of {name} are not those that {path} pins "
            f"({found.tree[:23]}… instead of {pinned.tree[:23]}…)",
            remedy="find out who changed them; to accept it, remove "
            f"[{_quoted(name)}] from the file",
        )


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string too, but for the one control that JSON leaves as it is.
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
