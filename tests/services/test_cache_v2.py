"""The cache's three calls: entries never change, and who may see what follows from the token."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentmesh.store.layout import Layout
from services.conftest import Job


def test_what_was_saved_is_found_by_its_key_and_by_a_prefix(job: Job) -> None:
    assert job.save("deps-1", b"one").json["entry_id"].isdigit()
    job.save("deps-2", b"two")
    assert job.find("deps-1")["matched_key"] == "deps-1"
    assert job.find("deps-9", restore_keys=("other-", "deps-"))["matched_key"] == "deps-2"
    assert job.read("deps-1") == b"one"


def test_a_miss_is_an_answer_and_no_error(job: Job) -> None:
    assert job.find("none") == {"ok": False, "signed_download_url": "", "matched_key": ""}
    assert not job.warnings


def test_an_entry_of_another_version_is_a_miss(job: Job) -> None:
    job.save("k", b"data", version="one")
    assert job.read("k", version="two") is None


def test_an_entry_never_changes(job: Job) -> None:
    job.save("k", b"first")
    again = job.save("k", b"second")
    assert (again.status, again.json["code"]) == (409, "already_exists")
    assert job.read("k") == b"first"


def test_of_many_who_save_a_key_at_once_one_wins(admit: Callable[..., Job]) -> None:
    jobs = [admit(key=f"job {n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda job: job.save("k", job.owner.job_id.encode()), jobs))
    won = [job for job, answer in zip(jobs, answers, strict=True) if answer.status == 200]
    assert len(won) == 1
    assert jobs[0].read("k") == won[0].owner.job_id.encode()


@pytest.mark.parametrize("key", ["", "a,b", "x" * 513, " "])
def test_a_key_that_is_not_allowed_is_an_invalid_argument(job: Job, key: str) -> None:
    for method in ("CreateCacheEntry", "GetCacheEntryDownloadURL"):
        answer = job.cache(method, key=key, version="v")
        assert (answer.status, answer.json["code"]) == (400, "invalid_argument")


def test_more_than_ten_keys_are_an_invalid_argument(job: Job) -> None:
    keys = [f"k{n}" for n in range(10)]
    answer = job.cache("GetCacheEntryDownloadURL", key="k", version="v", restore_keys=keys)
    assert answer.status == 400


def test_a_version_of_no_client_is_refused(job: Job) -> None:
    assert job.cache("CreateCacheEntry", key="k", version="").status == 409
    assert job.cache("CreateCacheEntry", key="k", version="v" * 200).status == 409


def test_an_upload_that_never_began_cannot_be_finished(job: Job) -> None:
    answer = job.cache("FinalizeCacheEntryUpload", key="k", version="v", size_bytes="1")
    assert answer.status == 404


def test_another_repository_sees_nothing_whatever_it_asks_for(admit: Callable[..., Job]) -> None:
    admit().save("k", b"secret")
    other = admit(github={"repository": "evil/app"})
    metadata = {"repository_id": "1", "scope": [{"scope": "refs/heads/main", "permission": "3"}]}
    answer = other.cache(
        "GetCacheEntryDownloadURL", key="k", version="v", metadata=metadata, repository="octo/app"
    )
    assert answer.json["ok"] is False


PULL = {"ref": "refs/pull/7/merge", "event_name": "pull_request", "base_ref": "main"}


def test_a_pull_request_reads_its_base_and_writes_only_for_itself(
    admit: Callable[..., Job],
) -> None:
    main, pull = admit(), admit(github=PULL)
    other = admit(github={**PULL, "ref": "refs/pull/8/merge"})
    main.save("base", b"trusted")
    assert pull.read("base") == b"trusted"
    assert pull.save("poison", b"evil").json["ok"]
    assert pull.read("poison") == b"evil"
    assert main.read("poison") is None
    assert other.read("poison") is None
    assert pull.save("base", b"evil").json["ok"]
    assert main.read("base") == b"trusted"


@pytest.mark.parametrize("event", ["pull_request_target", "issue_comment", "workflow_run"])
def test_what_a_stranger_can_cause_does_not_write_for_the_branch(
    admit: Callable[..., Job], event: str
) -> None:
    main, caused = admit(), admit(github={"event_name": event})
    main.save("base", b"trusted")
    assert caused.read("base") == b"trusted"
    caused.save("poison", b"evil")
    assert caused.read("poison") == b"evil"
    assert main.read("poison") is None


def test_damaged_content_is_a_miss_with_a_warning_and_can_be_saved_anew(
    job: Job, layout: Layout
) -> None:
    job.save("k", b"data" * 1000)
    (stored,) = Path(layout.objects).rglob("*.*")
    os.truncate(stored, 100)
    assert job.read("k") is None
    assert "damaged" in job.warnings[0]
    assert job.save("k", b"data" * 1000).json["ok"]
    assert job.read("k") == b"data" * 1000


def test_a_download_goes_on_when_the_entry_is_pruned(job: Job, layout: Layout) -> None:
    from agentmesh.store.care import CacheCare
    from services.conftest import request

    job.save("k", b"data")
    address = job.find("k")["signed_download_url"]
    assert CacheCare(layout).prune(everything=True).entries == 1
    assert request(address).body == b"data"
    assert job.read("k") is None


def test_a_store_that_cannot_be_used_saves_and_finds_nothing_and_says_why(
    job: Job, layout: Layout
) -> None:
    job.save("k", b"data")
    Path(layout.index).write_bytes(b"this is no database" * 100)
    Path(layout.index + "-wal").unlink(missing_ok=True)
    created = job.cache("CreateCacheEntry", key="n", version="v").json
    assert created["ok"] is False
    assert "damaged" in created["message"]
    assert job.find("k")["ok"] is False
    assert "damaged" in job.warnings[0]
