"""Keys that the store makes once and keeps, for its owner alone.

Called by :mod:`agentmesh.app.machine`, which hands :func:`kept` to whoever signs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from agentmesh.store.layout import Layout, make, unusable


def kept(layout: Layout, name: str, make_key: Callable[[], bytes]) -> bytes:
    """The file ``name`` of the store; where it is missing, what ``make_key`` gives. Of several
    processes that make it at once, one wins and all get its key. Raises SetupError."""
    place = os.path.join(make(layout.root), name)
    try:
        return _read(place)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise unusable(place, error) from error
    fresh = f"{place}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(make_key())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, place)
        return _read(place)
    except OSError as error:
        raise unusable(place, error) from error
    finally:
        with suppress(OSError):
            os.unlink(fresh)


def _read(place: str) -> bytes:
    with open(place, "rb") as file:
        return file.read()
