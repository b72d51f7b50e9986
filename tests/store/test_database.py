"""Databases: made once by whoever comes first, brought up to date, clear about what is wrong."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.store import database

ONE = ("CREATE TABLE a (x INTEGER);\nINSERT INTO a VALUES (1);\n",)
TWO = (*ONE, "ALTER TABLE a ADD COLUMN y TEXT DEFAULT 'z';\n")


def test_migrations_are_applied_once_and_in_order(tmp_path: Path) -> None:
    path = str(tmp_path / "s" / "d.db")
    database.connect(path, ONE).close()
    database.connect(path, ONE).close()
    with database.connect(path, TWO) as connection:
        assert connection.execute("SELECT * FROM a").fetchall() == [(1, "z")]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_nobody_else_can_read_it_whatever_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    connection = database.connect(str(tmp_path / "d.db"), ONE)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("d.db", "d.db-wal", "d.db-shm"), 0o600)
    connection.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "d.db")
    database.connect(path, TWO).close()
    with pytest.raises(SetupError, match="newer agentmesh"):
        database.connect(path, ONE)


def test_a_failed_migration_leaves_the_old_schema(tmp_path: Path) -> None:
    path = str(tmp_path / "d.db")
    database.connect(path, ONE).close()
    with pytest.raises(SetupError):
        database.connect(path, (*ONE, "CREATE TABLE b (x);\nNONSENSE;\n"))
    with database.connect(path, ONE) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
    connection.close()


def test_readers_make_no_files(tmp_path: Path) -> None:
    path = str(tmp_path / "s" / "d.db")
    connection = database.connect(path, ONE, create=False)
    assert connection.execute("SELECT x FROM a").fetchall() == [(1,)]
    connection.close()
    assert not os.path.exists(tmp_path / "s")


@pytest.mark.parametrize(
    "content", [b"this is no database at all, but long enough to be read" * 40]
)
def test_a_damaged_database_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d.db"
    path.write_bytes(content)
    with pytest.raises(AgentmeshError, match="damaged") as caught:
        database.connect(str(path), ONE)
    assert caught.value.exit_code == 3
    assert "move it away" in caught.value.remedy
    assert path.read_bytes() == content


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    connection = database.connect(str(tmp_path / "d.db"), ONE)
    with pytest.raises(ZeroDivisionError):
        _insert_and_fail(connection)
    assert connection.execute("SELECT x FROM a").fetchall() == [(1,)]
    assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sqlite3.OperationalError("database is locked"), "another process"),
        (sqlite3.OperationalError("database or disk is full"), "no space left"),
        (sqlite3.OperationalError("unable to open database file"), "cannot use"),
        (sqlite3.DatabaseError("database disk image is malformed"), "damaged"),
    ],
)
def test_each_failure_has_its_own_words_and_a_remedy(error: sqlite3.Error, words: str) -> None:
    explained = database.explain("/s/history.db", error)
    assert words in explained.message
    assert explained.remedy


def test_processes_that_start_at_once_make_one_schema(tmp_path: Path) -> None:
    path = str(tmp_path / "d.db")
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_rows, [path] * 8)) == [1] * 8


def _insert_and_fail(connection: sqlite3.Connection) -> None:
    with database.transaction(connection, durable=True):
        connection.execute("INSERT INTO a VALUES (2)")
        raise ZeroDivisionError


def _rows(path: str) -> int:
    connection = database.connect(path, ONE)
    try:
        return len(connection.execute("SELECT x FROM a").fetchall())
    finally:
        connection.close()
