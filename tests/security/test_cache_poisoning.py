"""Cache poisoning: who may read what another run has saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions.caching import scope
from agentmesh.ports.cache import CacheScope
from agentmesh.store.cache import FileCache
from agentmesh.store.layout import Layout


class Spec:
    """As much of a job as its scope depends on."""

    def __init__(self, event: str, ref: str, base: str = "", repository: str = "acme/app") -> None:
        self.github: dict[str, Any] = {
            "repository": repository,
            "event_name": event,
            "ref": ref,
            "base_ref": base,
            "event": {"repository": {"default_branch": "main"}},
        }


PUSH = Spec("push", "refs/heads/main")
TOPIC = Spec("push", "refs/heads/topic")
FORK = Spec("pull_request", "refs/pull/17/merge", "main")
OTHER_FORK = Spec("pull_request", "refs/pull/18/merge", "main")
TARGET = Spec("pull_request_target", "refs/heads/main", "main")
COMMENT = Spec("issue_comment", "refs/heads/main")
AFTER = Spec("workflow_run", "refs/heads/main")
RELEASE = Spec("release", "refs/tags/v1", "topic")
TAG = Spec("push", "refs/tags/v1")
ELSEWHERE = Spec("push", "refs/heads/main", repository="evil/app")
SPECS = {
    "push": PUSH,
    "topic": TOPIC,
    "fork": FORK,
    "other fork": OTHER_FORK,
    "target": TARGET,
    "comment": COMMENT,
    "after": AFTER,
    "release": RELEASE,
    "tag": TAG,
    "elsewhere": ELSEWHERE,
}
READS = {
    "push": {"push"},
    "topic": {"topic", "push"},
    "fork": {"fork", "push"},
    "other fork": {"other fork", "push"},
    "target": {"target", "push"},
    "comment": {"comment", "push"},
    "after": {"after", "push"},
    "release": {"release", "tag", "push"},
    "tag": {"tag", "release", "push"},
    "elsewhere": {"elsewhere"},
}
"""Who reads what whom has saved."""


def scope_of(spec: Spec) -> CacheScope:
    return scope(spec)  # type: ignore[arg-type]


@pytest.mark.parametrize("writer", SPECS)
def test_what_a_run_saves_is_read_by_those_alone_who_may(writer: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "x").write_text("x")
    cache = FileCache(Layout(str(tmp_path / "store")))
    where = str(tmp_path / "work"), "/nowhere"
    assert cache.save_now(scope_of(SPECS[writer]), "k", ("x",), *where).saved
    readers = {
        reader
        for reader, spec in SPECS.items()
        if cache.restore_now(scope_of(spec), ("k",), ("x",), *where).hit == "exact"
    }
    assert readers == {reader for reader, writers in READS.items() if writer in writers}


def test_a_release_reads_no_branch_but_the_default_one() -> None:
    assert scope_of(RELEASE).read == ("refs/tags/v1", "refs/heads/main")
    unknown = Spec("release", "refs/tags/v1")
    unknown.github["event"] = {}
    assert scope_of(unknown).read == ("refs/tags/v1",)
