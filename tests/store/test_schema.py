"""The schemas: made from nothing in one go, and known to those who delete."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentmesh.store import database, schema


@pytest.mark.parametrize("migrations", [schema.HISTORY, schema.INDEX])
def test_a_schema_is_made_and_whole(tmp_path: Path, migrations: tuple[str, ...]) -> None:
    connection = database.connect(str(tmp_path / "d.db"), migrations)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations),)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    statements = sum(text.count("CREATE ") for text in migrations)
    made = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    )
    assert made.fetchone() == (statements,)
    connection.close()


def test_every_table_with_rows_of_a_run_is_emptied_when_one_is_deleted(tmp_path: Path) -> None:
    connection = database.connect(str(tmp_path / "d.db"), schema.HISTORY)
    tables = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    of_runs = {
        table
        for table in tables
        if any(column[1] == "run" for column in connection.execute(f"PRAGMA table_info({table})"))
    }
    assert of_runs == set(schema.HISTORY_TABLES)
    connection.close()
