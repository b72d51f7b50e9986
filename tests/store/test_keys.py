"""Keys of the store: made once, by whoever comes first."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.store.keys import kept
from agentmesh.store.layout import Layout


def test_a_key_is_made_once_for_its_owner_alone(layout: Layout) -> None:
    assert kept(layout, "k.pem", lambda: b"first") == b"first"
    assert kept(layout, "k.pem", lambda: b"second") == b"first"
    assert stat.S_IMODE(os.stat(f"{layout.root}/k.pem").st_mode) == 0o600
    assert os.listdir(layout.root) == ["k.pem"]


def test_of_many_that_make_it_at_once_all_get_the_same(layout: Layout) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(lambda n: kept(layout, "k.pem", lambda: b"%d" % n), range(32)))
    assert len(got) == 1
    assert os.listdir(layout.root) == ["k.pem"]


def test_a_store_that_cannot_be_used_is_said(layout: Layout) -> None:
    Path(layout.root).parent.mkdir(exist_ok=True)
    Path(layout.root).write_text("a file")
    with pytest.raises(SetupError, match="cannot use the store"):
        kept(layout, "k.pem", lambda: b"x")


def test_what_cannot_be_made_leaves_nothing(layout: Layout) -> None:
    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept(layout, "k.pem", fail)
    assert os.listdir(layout.root) == []
