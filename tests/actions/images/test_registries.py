"""Registries of this machine are spoken to without TLS, by the job alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

from agentmesh.actions.images import registries


def entries(home: Path) -> list[str]:
    path = home / registries.FILE
    if not path.exists():
        return []
    found = tomllib.loads(path.read_text())["registry"]
    assert all(entry["insecure"] for entry in found)
    return [entry["location"] for entry in found]


def test_loopback_registries_are_told_and_added_to(tmp_path: Path) -> None:
    registries.allow_plain(["localhost:5000/a:1", "ghcr.io/b", "python:3"], str(tmp_path))
    assert entries(tmp_path) == ["localhost:5000"]
    registries.allow_plain(["127.0.0.1:80/x", "docker-image://localhost:7000/y"], str(tmp_path))
    assert entries(tmp_path) == ["127.0.0.1:80", "localhost:5000", "localhost:7000"]


def test_a_registry_by_itself_counts(tmp_path: Path) -> None:
    registries.allow_plain(["localhost:5000", "ghcr.io"], str(tmp_path))
    assert entries(tmp_path) == ["localhost:5000"]


def test_nothing_is_written_for_others_or_for_what_is_no_name(tmp_path: Path) -> None:
    registries.allow_plain(["ghcr.io/b", "a b", ""], str(tmp_path))
    assert entries(tmp_path) == []
