"""Cache entries in the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from agentmesh.ports.cache import CacheScope
from agentmesh.store import alive, entries, index
from agentmesh.store.entries import Entry, Reservation
from agentmesh.store.layout import Layout

SCOPE = CacheScope(repository="acme/app", write="main", read=("main",))


@pytest.fixture
def connection(layout: Layout) -> Iterator[sqlite3.Connection]:
    with index.opened(layout) as opened:
        yield opened


def ready(connection: sqlite3.Connection, key: str, now: float, size: int = 1) -> Entry:
    reserved = entries.reserve(connection, SCOPE, key, "v", "d", now)
    assert isinstance(reserved, Reservation)
    assert entries.make_ready(connection, reserved, b"m", 1, size, now)
    return next(entry for entry in entries.listed(connection) if entry.key == key)


def test_a_key_is_reserved_once(connection: sqlite3.Connection) -> None:
    first = entries.reserve(connection, SCOPE, "k", "v", "d", 1.0)
    assert isinstance(first, Reservation)
    assert "being saved" in str(entries.reserve(connection, SCOPE, "k", "v", "d", 2.0))
    assert isinstance(entries.reserve(connection, SCOPE, "k", "other", "d", 2.0), Reservation)
    entries.unreserve(connection, first)
    assert isinstance(entries.reserve(connection, SCOPE, "k", "v", "d", 3.0), Reservation)


def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_learns_it(
    connection: sqlite3.Connection,
) -> None:
    first = entries.reserve(connection, SCOPE, "k", "v", "d", 1.0)
    second = entries.reserve(connection, SCOPE, "k", "v", "d", 1.0 + 7 * 3600)
    assert isinstance(first, Reservation)
    assert isinstance(second, Reservation)
    assert not entries.make_ready(connection, first, b"m", 1, 1, 2.0)
    entries.unreserve(connection, first)
    assert entries.make_ready(connection, second, b"m", 1, 1, 2.0)


def test_what_is_being_read_is_not_dropped(connection: sqlite3.Connection) -> None:
    entry = ready(connection, "k", 1.0)
    owner = alive.owner()
    assert entries.pin(connection, entry, owner, 2.0)
    assert entries.drop(connection, [entry], "pruned", 3.0) == []
    entries.unpin(connection, entry, owner)
    assert entries.drop(connection, [entry], "pruned", 3.0) == [entry]
    assert not entries.pin(connection, entry, owner, 4.0)


def test_a_pin_of_a_dead_process_does_not_hold(connection: sqlite3.Connection) -> None:
    entry = ready(connection, "k", 1.0)
    assert entries.pin(connection, entry, "99999999+boot/1+x", 2.0)
    assert entries.drop(connection, [entry], "pruned", 3.0) == [entry]


def test_the_longest_unused_are_too_many_until_a_tenth_is_free() -> None:
    def entry(used: float, size: int) -> Entry:
        return Entry(int(used), "r", "s", "k", "v", "d", b"", 1, size, 0.0, used)

    four = [entry(float(n), 30) for n in (3, 1, 4, 2)]
    assert entries.over_size(four, 120) == []
    assert [e.id for e in entries.over_size(four, 110)] == [1]
    assert [e.id for e in entries.over_size(four, 60)] == [3, 2, 1]
    assert entries.over_size([entry(1.0, 1000)], 10) == []


def test_of_many_who_want_a_key_at_once_each_key_has_one(layout: Layout) -> None:
    with index.opened(layout):
        pass
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        won = list(pool.map(_reserve_all, [layout.root] * 4))
    assert sorted(key for keys in won for key in keys) == sorted(f"k{n}" for n in range(50))


def _reserve_all(root: str) -> list[str]:
    with index.opened(Layout(root)) as connection:
        keys = [f"k{n}" for n in range(50)]
        won = [k for k in keys if not isinstance(_reserve(connection, k), str)]
        # Its process must not seem dead before all have tried.
        for key in keys:
            assert isinstance(_reserve(connection, key), str)
        return won


def _reserve(connection: sqlite3.Connection, key: str) -> Reservation | str:
    reserved = entries.reserve(connection, SCOPE, key, "v", "d", 1.0)
    if isinstance(reserved, Reservation):
        entries.make_ready(connection, reserved, b"m", 1, 1, 1.0)
    return reserved
