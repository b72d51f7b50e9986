"""What a ``uses`` refers to."""

from __future__ import annotations

import pytest

from agentmesh.lang.references import foreign, reference

COMMIT = "8ade135a41bc03ea155e62e844d188df1ea18608"


def test_a_reference_has_an_owner_a_name_a_path_and_a_version() -> None:
    found = reference(f"GitHub/CodeQL-action/init@{COMMIT}")
    assert found is not None
    assert found.action == "github/codeql-action/init"
    assert found.repository == "github/codeql-action"
    assert found.pinned
    assert found.official


@pytest.mark.parametrize(
    "uses", ["./a", "$/a", "docker://a/b@c", "a/b", "a@v1", "a/b@", "${{ x }}/b@v1"]
)
def test_what_names_no_repository_is_no_reference(uses: str) -> None:
    assert reference(uses) is None


@pytest.mark.parametrize(
    ("ref", "version"),
    [("v4", True), ("1.2.3", True), ("v1.0.0-rc.1", True), ("main", False), ("release/v1", False)],
)
def test_a_version_is_told_from_a_branch(ref: str, version: bool) -> None:
    found = reference(f"a/b@{ref}")
    assert found is not None
    assert found.is_version is version
    assert not found.pinned


def test_foreign_is_what_belongs_to_somebody_else() -> None:
    assert foreign("a/b@v1", "own/repo") is not None
    assert foreign("a/b@v1", "") is not None
    assert foreign("Own/b@v1", "own/repo") is None
    assert foreign("actions/checkout@v4", "own/repo") is None
