"""Signed addresses: blocks in any order, ranges, what is forged, late or broken off."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentmesh.services.transfers import ADDRESS_SECONDS, span
from services.conftest import Clock, Job, request

LIST = b"<?xml version='1.0'?><BlockList><Latest>%s</Latest><Latest>%s</Latest></BlockList>"


def begin(job: Job, key: str = "k") -> str:
    return str(job.cache("CreateCacheEntry", key=key, version="v").json["signed_upload_url"])


def finish(job: Job, size: int, key: str = "k") -> Any:
    return job.cache("FinalizeCacheEntryUpload", key=key, version="v", size_bytes=size).json


def test_blocks_are_joined_in_the_order_of_the_list(job: Job) -> None:
    address = begin(job)
    for block, data in (("Yg==", b"second"), ("YQ==", b"wrong"), ("YQ==", b"first")):
        assert request(f"{address}&comp=block&blockid={block}", "PUT", data).status == 201
    assert request(f"{address}&comp=blocklist", "PUT", LIST % (b"YQ==", b"Yg==")).status == 201
    assert finish(job, 11)["ok"]
    assert job.read("k") == b"firstsecond"


def test_a_block_that_never_came_is_refused(job: Job) -> None:
    address = begin(job)
    answer = request(f"{address}&comp=blocklist", "PUT", LIST % (b"YQ==", b"Yg=="))
    assert answer.status == 400
    assert answer.headers["x-ms-error-code"] == "InvalidBlockList"


@pytest.mark.parametrize("query", ["comp=block", "comp=block&blockid=" + "x" * 300, "comp=page"])
def test_what_is_not_asked_for_rightly_is_refused(job: Job, query: str) -> None:
    assert request(f"{begin(job)}&{query}", "PUT", b"x").status == 400


def test_an_upload_of_another_size_than_announced_is_not_saved(job: Job) -> None:
    request(begin(job), "PUT", b"some")
    done = finish(job, 5)
    assert not done["ok"]
    assert "5 bytes were announced, and 4 have come" in done["message"]
    assert job.read("k") is None
    assert job.save("k", b"again").json["ok"]


def test_nothing_uploaded_is_nothing_saved(job: Job) -> None:
    begin(job)
    assert not finish(job, 0)["ok"]


def test_an_empty_upload_is_saved(job: Job) -> None:
    assert job.save("k", b"").json["ok"]
    assert job.read("k") == b""


@pytest.mark.parametrize(
    ("asked", "status", "body", "where"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=5-4", 416, None, "bytes */10"),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_a_part_is_given_where_one_is_asked_for(
    job: Job, asked: str, status: int, body: bytes | None, where: str | None
) -> None:
    job.save("k", b"0123456789")
    address = job.find("k")["signed_download_url"]
    for header in ("range", "x-ms-range"):
        answer = request(address, headers={header: asked})
        assert answer.status == status
        assert answer.headers.get("content-range") == where
        assert body is None or answer.body == body


def test_head_tells_the_size(job: Job) -> None:
    job.save("k", b"0123456789")
    answer = request(job.find("k")["signed_download_url"], "HEAD")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "10", b"")


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("", (0, 9)),
        ("bytes=-", (0, 9)),
        ("bytes=-0", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=-20", (0, 9)),
    ],
)
def test_spans(asked: str, part: tuple[int, int] | None) -> None:
    assert span(asked, 9) == part


def test_an_address_that_was_changed_is_refused(job: Job) -> None:
    job.save("k", b"data")
    address = job.find("k")["signed_download_url"]
    name = urlsplit(address).path.rpartition("/")[2]
    for forged in (
        address.replace("&sig=", "&sig=x"),
        address.replace("se=1", "se=2"),
        address.replace("/out/", "/in/"),
        address.replace(name, "0" * 32),
        address.replace(name, "../" + name),
        address.partition("?")[0],
    ):
        assert request(forged).status == 403, forged


def test_an_upload_address_reads_nothing_and_a_download_address_writes_nothing(job: Job) -> None:
    assert request(begin(job, "up")).status == 404
    job.save("k", b"data")
    assert request(job.find("k")["signed_download_url"], "PUT", b"other").status == 404
    assert job.read("k") == b"data"


def test_an_address_is_good_for_a_while(job: Job, clock: Clock) -> None:
    job.save("k", b"data")
    address = job.find("k")["signed_download_url"]
    clock.now += ADDRESS_SECONDS - 1
    assert request(address).status == 200
    clock.now += 2
    assert request(address).status == 403


def test_an_address_ends_with_the_job_and_with_the_upload(admit: Callable[..., Job]) -> None:
    job = admit()
    job.save("k", b"data")
    upload, download = begin(job, "other"), job.find("k")["signed_download_url"]
    finished = begin(job, "third")
    request(finished, "PUT", b"x")
    finish(job, 1, "third")
    assert request(finished, "PUT", b"x").status == 404
    job.owner.revoke()
    job.owner.revoke()
    assert request(upload, "PUT", b"x").status == 404
    assert request(download).status == 404


def test_a_key_is_free_again_when_the_job_that_began_it_is_over(admit: Callable[..., Job]) -> None:
    first, second = admit(key="a"), admit(key="b")
    begin(first)
    assert second.cache("CreateCacheEntry", key="k", version="v").status == 409
    first.owner.revoke()
    assert second.save("k", b"mine").json["ok"]


def test_a_client_that_dies_in_an_upload_leaves_nothing_and_the_key_free(job: Job) -> None:
    address = begin(job)
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        head = (
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"
        )
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert job.find("k")["ok"] is False
    assert job.save("k", b"whole").json["ok"]
    assert job.read("k") == b"whole"
    assert request(address, "PUT", b"late").status == 404
