"""HTTP over a unix socket, against a server that answers byte by byte as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.executors.docker.http import Failed, Http, told


def ask(
    tmp_path: Path, answer: bytes, work: Callable[[Http], Awaitable[Any]], *, slow: bool = False
) -> tuple[Any, bytes]:
    """What ``work`` returns when each request is answered so, and what was sent."""
    sent = bytearray()
    place = str(tmp_path / "engine.sock")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        sent.extend(head)
        if b"chunked" in head:
            sent.extend(await reader.readuntil(b"0\r\n\r\n"))
        for at in range(0, len(answer), 1 if slow else len(answer)):
            writer.write(answer[at : at + 1] if slow else answer)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    async def whole() -> Any:
        server = await asyncio.start_unix_server(serve, place)
        async with server:
            return await work(Http(place))

    return asyncio.run(whole()), bytes(sent)


async def body(http: Http) -> bytes:
    async with http.asked("GET", "/x") as response:
        return await response.body()


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
    ],
    ids=["length", "chunks", "to the end"],
)
def test_a_body_is_read_however_it_is_sent(tmp_path: Path, answer: bytes, slow: bool):
    found, sent = ask(tmp_path, answer, body, slow=slow)
    assert found == b"hello"
    assert sent.startswith(b"GET /x HTTP/1.1\r\nHost: engine\r\n")


def test_no_content_has_no_body(tmp_path: Path):
    assert ask(tmp_path, b"HTTP/1.1 204 No Content\r\n\r\n", body)[0] == b""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"message":"no such image"}', "no such image"),
        (b'{"cause":"podman says"}', "podman says"),
        (b"page not found\n", "page not found"),
        (b'"text"', "text"),
    ],
)
def test_a_no_carries_the_engines_words(tmp_path: Path, text: bytes, message: str):
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)
    with pytest.raises(Failed) as raised:
        ask(tmp_path, answer, body)
    assert (raised.value.status, raised.value.message) == (404, message)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_no_whole_one(tmp_path: Path, answer: bytes):
    with pytest.raises(Failed, match="broke off"):
        ask(tmp_path, answer, body)


def test_an_engine_that_says_nothing_is_told(tmp_path: Path):
    with pytest.raises(SetupError, match="broke off"):
        ask(tmp_path, b"", body)


def test_nobody_there_is_a_missing_thing_with_its_remedy(tmp_path: Path):
    with pytest.raises(SetupError) as raised:
        asyncio.run(body(Http(str(tmp_path / "none.sock"))))
    assert "no container engine answers" in raised.value.message
    assert "agentmesh engine up" in raised.value.remedy


def test_lines_are_whole_however_they_are_cut(tmp_path: Path):
    async def lines(http: Http) -> list[bytes]:
        async with http.asked("POST", "/x", {"a": 1}) as response:
            return [line async for line in response.lines()]

    answer = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n8\r\n:1}\r\n\n{}\r\n0\r\n\r\n'
    assert ask(tmp_path, answer, lines)[0] == [b'{"a":1}\r', b"{}"]


def test_an_archive_is_sent_in_chunks(tmp_path: Path):
    async def send(http: Http) -> bytes:
        async with http.asked("POST", "/build", iter([b"one", b"two"])) as response:
            return await response.body()

    found, sent = ask(tmp_path, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", send)
    assert found == b"ok"
    assert sent.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_an_upgraded_connection_is_a_stream(tmp_path: Path):
    async def stream(http: Http) -> bytes:
        async with await http.ask("POST", "/x", {}, upgrade=True) as response:
            assert response.status == 101
            return await response.reader.read()

    answer = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\nraw\0bytes"
    assert ask(tmp_path, answer, stream)[0] == b"raw\0bytes"


def test_a_no_becomes_a_missing_thing_where_a_person_is_to_read_it():
    with pytest.raises(SetupError) as raised, told("it could not be made", "look"):
        raise Failed(500, "disk full")
    assert str(raised.value) == "it could not be made: disk full\n  remedy: look"
