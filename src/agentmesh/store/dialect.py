"""How the published client names the set of paths that a cache is made of, beside our own way.

Called by cache.py and archive_cache.py, so that each finds what the other has saved. The client's
*version* is a digest over the paths as they were written and the compression (``getCacheVersion``
of @actions/cache); ours (patterns.py) is one over what the paths mean. The table ``dialect``
remembers which is which for lists of paths that were saved here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from hashlib import sha256

TREE = "tree"
ZSTD, GZIP = "tar.zst", "tar.gz"
OPAQUE = "opaque"
"""Forms of entries: files of ours; an archive of the client's; bytes of some other client's."""

_METHODS = {ZSTD: "zstd-without-long", GZIP: "gzip"}
_SALT = "1.0"


def lines(paths: Iterable[str]) -> list[str]:
    """A list of paths as the published action reads its ``path`` input."""
    found = (re.sub(r"^!\s+", "!", line).strip() for path in paths for line in path.split("\n"))
    return [line for line in found if line]


def versions(paths: Iterable[str]) -> dict[str, str]:
    """The client's version of a list of paths, by form."""
    written = lines(paths)
    return {
        form: sha256("|".join((*written, method, _SALT)).encode()).hexdigest()
        for form, method in _METHODS.items()
    }


def note(connection: sqlite3.Connection, paths: Iterable[str], native: str) -> None:
    """Remember which client's versions mean what a version of ours does."""
    connection.executemany(
        "INSERT OR IGNORE INTO dialect VALUES (?, ?, ?)",
        ((version, native, form) for form, version in versions(paths).items()),
    )


def native(connection: sqlite3.Connection, version: str) -> tuple[str, str] | None:
    """Our version for one of the client's, and the form in which the client wants it."""
    row = connection.execute(
        "SELECT native, form FROM dialect WHERE version = ?", (version,)
    ).fetchone()
    return None if row is None else (row[0], row[1])
