"""The HTTP server: what a client may say, and what becomes of one that does not speak."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmesh.services.http import HOST, Reply, Request, Sending, Server

Talk = Callable[[bytes], bytes]


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Start a server with a handler; its port."""
    started: list[Server] = []

    def begin(handler: Callable[[Request], Reply], **options: float) -> int:
        server = Server(handler, **options)  # type: ignore[arg-type]
        started.append(server)
        return server.start()

    yield begin
    for server in started:
        server.close()


def talk(port: int, said: bytes, *, shut: bool = True) -> bytes:
    """Say something and hear all until the server closes."""
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(said)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        heard = b""
        while chunk := connection.recv(1 << 16):
            heard += chunk
        return heard


def echo(request: Request) -> Reply:
    return Reply(body=f"{request.method} {request.path} ".encode() + request.read(1 << 20))


def get(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: here", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_requests_follow_each_other_on_one_connection(serve: Callable[..., int]) -> None:
    heard = talk(
        serve(echo), get("/a") + get("/b", "Content-Length: 3", method="POST", body=b"xyz")
    )
    assert heard.count(b"HTTP/1.1 200") == 2
    assert b"GET /a " in heard
    assert heard.endswith(b"POST /b xyz")


def test_a_body_may_come_in_chunks(serve: Callable[..., int]) -> None:
    body = b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    heard = talk(serve(echo), get("/", "Transfer-Encoding: chunked", method="PUT", body=body))
    assert heard.endswith(b"PUT / abc")


def test_a_client_that_asks_first_is_told_to_go_on(serve: Callable[..., int]) -> None:
    port = serve(echo)
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(get("/", "Content-Length: 1", "Expect: 100-continue", method="PUT"))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 100")
        connection.sendall(b"z")
        assert connection.recv(1 << 16).endswith(b"PUT / z")


def test_a_part_of_a_file_is_sent_and_the_file_closed(
    serve: Callable[..., int], tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(bytes(range(256)) * 100_000)
    opened: list[int] = []

    def send(request: Request) -> Reply:
        opened.append(os.open(tmp_path / "f", os.O_RDONLY))
        return Reply(body=Sending(opened[-1], 256, 25_000_000))

    port = serve(send)
    heard = talk(port, get("/", method="HEAD") + get("/", "Connection: close"))
    first, _, rest = heard.partition(b"\r\n\r\n")
    assert b"content-length: 25000000" in first
    assert rest.startswith(b"HTTP/1.1 200")
    assert rest.endswith(bytes(range(256))[: 25_000_000 % 256] or bytes(range(256)))
    assert len(rest.partition(b"\r\n\r\n")[2]) == 25_000_000
    for descriptor in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_what_is_no_http_is_refused(serve: Callable[..., int]) -> None:
    assert talk(serve(echo), b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_an_endless_head_is_refused(serve: Callable[..., int]) -> None:
    heard = talk(serve(echo), get("/", "X: " + "y" * (1 << 20)), shut=False)
    assert heard.startswith(b"HTTP/1.1 431")


def test_a_body_beyond_the_limit_is_refused_and_the_connection_ends(
    serve: Callable[..., int],
) -> None:
    size = (1 << 20) + 1
    said = get("/", f"Content-Length: {size}", method="PUT", body=b"x" * size)
    assert b"HTTP/1.1 413" in talk(serve(echo), said)


def test_a_client_that_says_nothing_is_let_go(serve: Callable[..., int]) -> None:
    assert talk(serve(echo, stall_seconds=0.1), b"GET / HT", shut=False) == b""


def test_a_client_that_stops_in_a_body_is_let_go(serve: Callable[..., int]) -> None:
    said = get("/", "Content-Length: 10", method="PUT", body=b"half")
    assert talk(serve(echo, stall_seconds=0.1), said, shut=False) == b""


def test_a_client_that_reads_nothing_is_let_go(serve: Callable[..., int], tmp_path: Path) -> None:
    place = tmp_path / "large"
    with place.open("wb") as file:
        file.truncate(1 << 30)
    ended = []

    def send(request: Request) -> Reply:
        descriptor = os.open(place, os.O_RDONLY)
        ended.append(descriptor)
        return Reply(body=Sending(descriptor, 0, 1 << 30))

    port = serve(send, stall_seconds=0.1)
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(get("/"))
        heard = 0
        connection.recv(1)
        # The server gives up while nothing is read: what is left in the buffers, then the end.
        _wait_until_closed(ended[0])
        while chunk := connection.recv(1 << 20):
            heard += len(chunk)
    assert heard < 1 << 30


def _wait_until_closed(descriptor: int) -> None:
    import threading

    tick = threading.Event()
    for _ in range(6000):
        try:
            os.fstat(descriptor)
        except OSError:
            return
        tick.wait(0.01)
    pytest.fail("the file is still open")


def test_closing_ends_what_is_going_on_and_stops_listening() -> None:
    server = Server(echo)
    port = server.start()
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(get("/"))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        server.close()
        server.close()
        assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=60)


def test_it_listens_on_loopback_alone(serve: Callable[..., int]) -> None:
    port = serve(echo)
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    local = [line.split()[1] for line in listening.splitlines() if f":{port:04X} " in line]
    assert {place for place in local if place.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}
