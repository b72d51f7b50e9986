"""What caches are worth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from agentmesh.store import gain, index
from agentmesh.store.gain import Family
from agentmesh.store.layout import Layout


@pytest.fixture
def connection(layout: Layout) -> Iterator[sqlite3.Connection]:
    with index.opened(layout) as opened:
        yield opened


def job(connection: sqlite3.Connection, hit: str, begun: float, ended: float | None) -> None:
    """A job that restores, taking a second, and comes to its end."""
    gain.restored(connection, "r", "v", "p", "k", hit, 100, 1.0, begun + 1)
    if ended is not None:
        gain.ended(connection, "r", "v", "k", ended)


def family(connection: sqlite3.Connection) -> Family:
    (found,) = gain.families(connection, "r")
    return found


def test_a_hit_gains_what_the_job_takes_less(connection: sqlite3.Connection) -> None:
    job(connection, "none", 1000.0, 1060.0)
    job(connection, "exact", 2000.0, 2010.0)
    job(connection, "exact", 3000.0, 3012.0)
    found = family(connection)
    assert (found.hits, found.misses, found.bytes) == (2, 1, 300)
    assert (found.cold, found.warm, found.gain) == (60.0, 12.0, 2 * 48.0)
    assert found.warning == ""


def test_a_cache_that_costs_more_than_it_saves_is_warned_of(connection: sqlite3.Connection) -> None:
    job(connection, "none", 1000.0, 1005.0)
    job(connection, "exact", 2000.0, 2008.0)
    assert "cost 3.0 s more" in family(connection).warning


def test_a_cache_that_never_hits_is_warned_of(connection: sqlite3.Connection) -> None:
    for number in range(3):
        assert number == 0 or family(connection).warning == ""
        job(connection, "none", 1000.0 * number, None)
    assert "never hit, in 3 restores" in family(connection).warning


def test_without_the_end_of_a_job_the_restore_alone_counts(connection: sqlite3.Connection) -> None:
    job(connection, "none", 1000.0, 1030.0)
    job(connection, "exact", 2000.0, None)
    found = family(connection)
    assert found.warm is None
    assert found.gain == pytest.approx(30.0 - found.seconds / found.hits)


def test_a_prefix_hit_counts_as_neither(connection: sqlite3.Connection) -> None:
    job(connection, "prefix", 1000.0, 1030.0)
    found = family(connection)
    assert (found.hits, found.cold, found.warm, found.gain) == (1, None, None, None)


def test_a_clock_that_was_set_back_tells_no_time(connection: sqlite3.Connection) -> None:
    job(connection, "none", 1000.0, 900.0)
    assert family(connection).cold is None


def test_an_end_without_a_beginning_is_nothing(connection: sqlite3.Connection) -> None:
    gain.ended(connection, "r", "v", "k", 1.0)
    assert gain.families(connection, "r") == []
