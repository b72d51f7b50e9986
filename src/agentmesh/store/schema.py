"""The databases' schemas: migrations, applied in order, never edited once released.

A statement ends with a semicolon at the end of a line. Called by history.py and index.py.
"""

from __future__ import annotations

HISTORY: tuple[str, ...] = (
    """
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counter VALUES ('run', 0);
    CREATE TABLE run (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      repository TEXT NOT NULL,
      workflows TEXT NOT NULL,
      event TEXT NOT NULL, ref TEXT NOT NULL, sha TEXT NOT NULL, actor TEXT NOT NULL,
      directory TEXT NOT NULL, name TEXT NOT NULL, command TEXT NOT NULL,
      started REAL NOT NULL, seconds REAL, conclusion TEXT,
      pid INTEGER NOT NULL, born TEXT NOT NULL
    );
    CREATE INDEX run_repository ON run (repository, number);
    CREATE TABLE job (
      run INTEGER NOT NULL, number INTEGER NOT NULL,
      key TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
      queued REAL, started REAL, seconds REAL,
      conclusion TEXT, why TEXT NOT NULL DEFAULT '', runner TEXT NOT NULL DEFAULT '',
      PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    CREATE INDEX job_name ON job (name, run);
    CREATE TABLE step (
      run INTEGER NOT NULL, job INTEGER NOT NULL, number INTEGER NOT NULL,
      name TEXT NOT NULL, phase TEXT NOT NULL,
      started REAL, seconds REAL, conclusion TEXT, outcome TEXT, exit_code INTEGER,
      error TEXT NOT NULL DEFAULT '',
      PRIMARY KEY (run, job, number)
    ) WITHOUT ROWID;
    CREATE TABLE output (
      run INTEGER NOT NULL, job INTEGER NOT NULL, step INTEGER NOT NULL,
      name TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (run, job, step, name)
    ) WITHOUT ROWID;
    CREATE TABLE annotation (
      run INTEGER NOT NULL, job INTEGER NOT NULL, step INTEGER NOT NULL,
      level TEXT NOT NULL, message TEXT NOT NULL, title TEXT NOT NULL,
      file TEXT NOT NULL, line INTEGER NOT NULL
    );
    CREATE INDEX annotation_run ON annotation (run);
    CREATE TABLE event (
      run INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
      PRIMARY KEY (run, seq)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE step ADD COLUMN cpu_seconds REAL;
    ALTER TABLE step ADD COLUMN peak_memory INTEGER;
    """,
)

HISTORY_TABLES = ("job", "step", "output", "annotation", "event")
"""Tables that hold rows of a run, besides ``run`` itself."""

INDEX: tuple[str, ...] = (
    """
    CREATE TABLE pack (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, size INTEGER NOT NULL
    );
    CREATE TABLE blob (
      id INTEGER PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE,
      size INTEGER NOT NULL,
      pack INTEGER NOT NULL,
      frame INTEGER NOT NULL, length INTEGER NOT NULL,
      inner INTEGER NOT NULL
    );
    CREATE INDEX blob_pack ON blob (pack);
    CREATE TABLE entry (
      id INTEGER PRIMARY KEY,
      repository TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL,
      paths TEXT NOT NULL,
      state TEXT NOT NULL,
      manifest BLOB,
      files INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0,
      created REAL NOT NULL, used REAL NOT NULL,
      owner TEXT NOT NULL DEFAULT '', lease REAL NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX entry_key ON entry (repository, scope, version, key);
    CREATE INDEX entry_created ON entry (repository, scope, version, created);
    CREATE TABLE gone (
      repository TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL,
      at REAL NOT NULL, why TEXT NOT NULL
    );
    CREATE INDEX gone_key ON gone (repository, key);
    CREATE TABLE use (
      repository TEXT NOT NULL, hit TEXT NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
      seconds REAL NOT NULL,
      PRIMARY KEY (repository, hit)
    ) WITHOUT ROWID;
    CREATE TABLE artifact (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
      manifest BLOB NOT NULL, files INTEGER NOT NULL, size INTEGER NOT NULL,
      created REAL NOT NULL, expires REAL,
      UNIQUE (run, name)
    );
    CREATE TABLE ref (
      holder TEXT NOT NULL, id INTEGER NOT NULL, blob INTEGER NOT NULL,
      PRIMARY KEY (holder, id, blob)
    ) WITHOUT ROWID;
    CREATE INDEX ref_blob ON ref (blob);
    CREATE TABLE pin (
      entry INTEGER NOT NULL, owner TEXT NOT NULL, until REAL NOT NULL,
      PRIMARY KEY (entry, owner)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE entry ADD COLUMN form TEXT NOT NULL DEFAULT 'tree';
    ALTER TABLE entry ADD COLUMN origin TEXT NOT NULL DEFAULT '';
    ALTER TABLE artifact ADD COLUMN form TEXT NOT NULL DEFAULT 'tree';
    ALTER TABLE artifact ADD COLUMN media TEXT NOT NULL DEFAULT '';
    CREATE TABLE dialect (
      version TEXT PRIMARY KEY, native TEXT NOT NULL, form TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE family (
      repository TEXT NOT NULL, version TEXT NOT NULL, paths TEXT NOT NULL,
      hits INTEGER NOT NULL, misses INTEGER NOT NULL, bytes INTEGER NOT NULL,
      seconds REAL NOT NULL, cold REAL, warm REAL,
      PRIMARY KEY (repository, version)
    ) WITHOUT ROWID;
    CREATE TABLE pending (
      repository TEXT NOT NULL, version TEXT NOT NULL, key TEXT NOT NULL,
      at REAL NOT NULL, hit TEXT NOT NULL,
      PRIMARY KEY (repository, version, key)
    ) WITHOUT ROWID;
    """,
)
