"""Whose cache a folder has."""

from __future__ import annotations

import subprocess

import pytest

from agentmesh.app import caching
from agentmesh.app.config import Config, Retention
from agentmesh.app.settings import Settings


def settings(folder, **more):
    return Settings(store=str(folder / "store"), directory=str(folder), **more)


def git(folder, *argv):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(("git", *identity, *argv), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "app"
    place.mkdir()
    return place


def test_a_plain_folder_is_called_by_its_name(folder):
    scope = caching.scope(settings(folder))
    assert (scope.repository, scope.write, scope.read) == (
        "app",
        "refs/heads/main",
        ("refs/heads/main",),
    )


def test_a_repository_is_called_as_its_origin_and_reads_the_default_branch(folder):
    git(folder, "init", "-b", "main")
    assert caching.scope(settings(folder)).repository == "app"
    git(folder, "remote", "add", "origin", "git@github.com:acme/thing.git")
    git(folder, "commit", "--allow-empty", "-m", "x")
    git(folder, "checkout", "-b", "topic")
    (folder / "sub").mkdir()
    scope = caching.scope(settings(folder / "sub"))
    assert scope.repository == "acme/thing"
    assert (scope.write, scope.read) == (
        "refs/heads/topic",
        ("refs/heads/topic", "refs/heads/main"),
    )


def test_a_detached_head_has_a_scope_of_its_own(folder):
    git(folder, "init", "-b", "main")
    git(folder, "commit", "--allow-empty", "-m", "x")
    git(folder, "checkout", "--detach")
    scope = caching.scope(settings(folder))
    assert scope.write == "HEAD"
    assert "refs/heads/main" in scope.read


def test_the_size_limit_is_the_settings(folder):
    config = Config(retention=Retention(cache_gb=0.5))
    assert caching.limits(settings(folder, config=config)).bytes == 1 << 29
    assert caching.limits(settings(folder)).bytes == 10 << 30
