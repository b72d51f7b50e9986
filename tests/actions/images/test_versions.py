"""Semantic versions and those of PEP 440."""

from __future__ import annotations

import pytest

from agentmesh.actions.images import versions


@pytest.mark.parametrize(
    ("text", "version", "parts", "final"),
    [
        ("1.2.3", "1.2.3", "1 2 3", True),
        ("v1.2.3", "1.2.3", "1 2 3", True),
        ("v10.20.30", "10.20.30", "10 20 30", True),
        ("2.0.8-beta.67", "2.0.8-beta.67", "2 0 8", False),
        ("1.2.3-rc1", "1.2.3-rc1", "1 2 3", False),
        ("1.2.3+build.5", "1.2.3", "1 2 3", True),
        ("1.0.0-alpha-a.b-c", "1.0.0-alpha-a.b-c", "1 0 0", False),
    ],
)
def test_semantic_versions(text: str, version: str, parts: str, final: bool) -> None:
    found = versions.semver(text)
    assert found is not None
    assert (found.version, f"{found.major} {found.minor} {found.patch}") == (version, parts)
    assert (found.final, found.raw) == (final, text)


@pytest.mark.parametrize("text", ["1.2", "v1", "01.2.3", "1.2.3-", "1.2.3-01", "release-1.2.3", ""])
def test_others_are_no_semantic_versions(text: str) -> None:
    assert versions.semver(text) is None


@pytest.mark.parametrize(
    ("text", "version", "parts", "final"),
    [
        ("1.2.3", "1.2.3", "1 2 3", True),
        ("v1.2", "1.2", "1 2 0", True),
        ("1.2.3rc2", "1.2.3rc2", "1 2 3", False),
        ("1.2.3-RC.2", "1.2.3rc2", "1 2 3", False),
        ("1.0alpha", "1.0a0", "1 0 0", False),
        ("1.0.post4", "1.0.post4", "1 0 0", False),
        ("1.0-4", "1.0.post4", "1 0 0", False),
        ("1.0.dev5", "1.0.dev5", "1 0 0", False),
        ("2!1.0", "2!1.0", "1 0 0", True),
        ("1.0+local_1", "1.0+local.1", "1 0 0", True),
        ("1.2.3.4", "1.2.3.4", "1 2 3", True),
    ],
)
def test_versions_of_pep_440(text: str, version: str, parts: str, final: bool) -> None:
    found = versions.pep440(text)
    assert found is not None
    assert (found.version, f"{found.major} {found.minor} {found.patch}") == (version, parts)
    assert found.final is final


@pytest.mark.parametrize("text", ["", "x1", "1.2.3-foo", "1..2"])
def test_others_are_no_versions_of_pep_440(text: str) -> None:
    assert versions.pep440(text) is None
