"""The index: opened for each operation, made by the first."""

from __future__ import annotations

import os

from agentmesh.store import index
from agentmesh.store.layout import Layout


def test_it_is_made_when_something_is_to_be_written(layout: Layout) -> None:
    with index.opened(layout) as connection:
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (0,)
    assert os.path.exists(layout.index)


def test_it_is_not_made_to_be_read(layout: Layout) -> None:
    with index.opened(layout, create=False) as connection:
        assert connection.execute("SELECT count(*) FROM artifact").fetchone() == (0,)
    assert not os.path.exists(layout.root)
