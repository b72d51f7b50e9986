"""Finding files by patterns, as ``@actions/glob`` does. Called by actions that take paths.

A pattern list has one pattern a line; ``#`` starts a comment, ``!`` takes away what earlier ones
matched, ``~`` is the home folder, ``*``, ``?``, ``[…]`` and ``**`` match (hidden names too), and a
folder stands for everything below it. Links to folders are followed; a link that leads back into
itself or to nothing is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import msgspec

MAGIC = re.compile(r"[*?\[]")


class Pattern(msgspec.Struct, frozen=True):
    """One compiled line: absolute, with the folder from which its search starts."""

    start: str
    parts: tuple[re.Pattern[str] | None, ...]
    """A pattern for each name below the root folder; None stands for ``**``."""
    excludes: bool = False
    folders_only: bool = False


class Found(msgspec.Struct, frozen=True):
    """What a search gave: absolute paths of files in order, and the folders it started from."""

    files: tuple[str, ...]
    starts: tuple[str, ...]


def segment(text: str) -> re.Pattern[str]:
    """A regular expression for one name of a path."""
    out, i = "", 0
    while i < len(text):
        char = text[i]
        i += 1
        if char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "\\" and i < len(text):
            out += re.escape(text[i])
            i += 1
        elif char == "[" and (end := text.find("]", i + 1)) > 0:
            inner = text[i:end].replace("\\", "\\\\").replace("[", "\\[")
            negated = inner[:1] in {"!", "^"}
            inner = inner[1:] if negated else inner
            chosen = f"[{'^' if negated else ''}{_set(inner)}]"
            if _is_set(chosen):
                out, i = out + chosen, end + 1
            else:  # a range that ends before it starts: then the bracket is one (minimatch)
                out += re.escape(char)
        else:
            out += re.escape(char)
    return re.compile(out + r"\Z", re.DOTALL)


def _is_set(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _set(inner: str) -> str:
    """The inside of a bracket expression, made safe for ``re`` (whose sets know ``^ & ~ |``)."""
    return re.sub(r"([\^&~|])", r"\\\1", inner) or r"^\s\S"


def compile_patterns(lines: Iterable[str], root: str, home: str) -> tuple[Pattern, ...]:
    """The patterns of some lines, those that a folder implies among them."""
    patterns: list[Pattern] = []
    for raw in lines:
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        excludes = False
        while line.startswith("!"):
            excludes = not excludes
            line = line[1:].strip()
        if line == "~" or line.startswith("~/"):
            line = home + line[1:]
        folders_only = line.endswith("/") and line != "/"
        full = os.path.normpath(os.path.join(root, line))
        names = [name for name in full.split("/") if name]
        start = "/" + "/".join(_literal(names))
        parts = tuple(None if name == "**" else segment(name) for name in names)
        patterns.append(Pattern(start, parts, excludes, folders_only))
        if folders_only or names[-1:] != ["**"]:
            patterns.append(Pattern(start, (*parts, segment("*"), None), excludes))
    return tuple(patterns)


def _literal(names: list[str]) -> list[str]:
    """The names before the first one that holds a wildcard."""
    literal = []
    for name in names:
        if MAGIC.search(name):
            break
        literal.append(re.sub(r"\\(.)", r"\1", name))
    return literal


def matches(
    parts: tuple[re.Pattern[str] | None, ...], names: tuple[str, ...], *, partly: bool = False
) -> bool:
    """Whether the names of a path match; ``partly``: whether something below the path could."""
    positions = _skip(parts, {0})
    for name in names:
        following = set()
        for at in positions:
            if at < len(parts):
                part = parts[at]
                if part is None:
                    following.add(at)
                elif part.match(name):
                    following.add(at + 1)
        positions = _skip(parts, following)
        if not positions:
            return False
    return partly or len(parts) in positions


def _skip(parts: tuple[re.Pattern[str] | None, ...], positions: set[int]) -> set[int]:
    """Positions reached when ``**`` stands for no folder at all."""
    reached = set(positions)
    for at in sorted(positions):
        while at < len(parts) and parts[at] is None:
            at += 1
            reached.add(at)
    return reached


def search(
    lines: Iterable[str], root: str, home: str, *, hidden: bool = True, follow: bool = True
) -> Found:
    """The files that patterns match. Blocks: call it in a thread.

    ``hidden`` False leaves out files and folders whose name starts with a dot, wherever they are
    below a start (and a start of such a name), as upload-artifact does.
    """
    patterns = compile_patterns(lines, root, home)
    starts = _starts(patterns)
    files: dict[str, None] = {}
    for start in starts:
        if os.path.lexists(start):
            _walk(start, patterns, files, hidden=hidden, follow=follow, above=frozenset())
    return Found(tuple(files), starts)


def _starts(patterns: tuple[Pattern, ...]) -> tuple[str, ...]:
    """Where to search, without folders that lie below another one."""
    wanted = dict.fromkeys(p.start for p in patterns if not p.excludes)
    return tuple(
        start
        for start in wanted
        if not any(start != other and start.startswith(other.rstrip("/") + "/") for other in wanted)
    )


def _walk(
    path: str,
    patterns: tuple[Pattern, ...],
    files: dict[str, None],
    *,
    hidden: bool,
    follow: bool,
    above: frozenset[str],
) -> None:
    if not hidden and os.path.basename(path).startswith("."):
        return
    names = tuple(name for name in path.split("/") if name)
    is_folder = os.path.isdir(path) if follow else _is_real_folder(path)
    if not is_folder:
        if (os.path.exists(path) or not follow) and _selected(patterns, names, is_folder=False):
            files[path] = None
        return
    if not any(matches(p.parts, names, partly=True) for p in patterns if not p.excludes):
        return
    real = os.path.realpath(path)
    if real in above:
        return
    try:
        entries = sorted(os.listdir(path))
    except PermissionError:
        return
    for entry in entries:
        _walk(
            f"{path.rstrip('/')}/{entry}",
            patterns,
            files,
            hidden=hidden,
            follow=follow,
            above=above | {real},
        )


def _is_real_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _selected(patterns: tuple[Pattern, ...], names: tuple[str, ...], *, is_folder: bool) -> bool:
    """The last pattern that matches decides."""
    selected = False
    for pattern in patterns:
        if pattern.excludes is selected and matches(pattern.parts, names):
            if pattern.folders_only and not is_folder:
                continue
            selected = not pattern.excludes
    return selected


def digest(paths: Iterable[str]) -> str:
    """The hex digest that ``hashFiles`` gives for these files, in this order; empty for none."""
    import hashlib  # loads OpenSSL: only where something is hashed

    total, count = hashlib.sha256(), 0
    for path in paths:
        with open(path, "rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
        count += 1
    return total.hexdigest() if count else ""


def common_folder(paths: Iterable[str]) -> str:
    """The deepest folder that is, or holds, each of some absolute paths."""
    return os.path.commonpath(list(paths))


def inside(path: str, folder: str) -> bool:
    """Whether a path, links resolved, lies in a folder or is the folder."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return real == root or real.startswith(root.rstrip("/") + "/")
