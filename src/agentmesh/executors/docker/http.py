"""HTTP/1.1 over a unix socket: the little of it that the Docker API needs.

Called by :mod:`agentmesh.executors.docker.api`. One connection a request, as steps stream for
minutes and a request takes two milliseconds; docs/adr/0016 says why there is no library below.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType

import msgspec

from agentmesh.core.errors import SetupError

BUFFER = 1 << 20
"""Bytes that are read ahead; a reader that is slow slows the writer down."""
_PIECE = 1 << 16


class Failed(Exception):
    """The engine said no: its status and its words. Never reaches a user as it is."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} ({status})")
        self.status = status
        self.message = message


@contextmanager
def told(what: str, remedy: str) -> Iterator[None]:
    """Turn a no of the engine's into a SetupError: what could not be done, and why."""
    try:
        yield
    except Failed as error:
        raise SetupError(f"{what}: {error.message}", remedy=remedy) from error


class Response:
    """An answer whose body is still to come. Close it, or use it in ``async with``."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.status = status
        self.headers = headers
        self.reader = reader
        """What follows the head, as it comes: for connections that were upgraded."""
        self.writer = writer
        self._left = int(headers["content-length"]) if "content-length" in headers else -1
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._over = status in (204, 304)

    async def __aenter__(self) -> Response:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.writer.close()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises Failed where the engine breaks off."""
        while not self._over:
            piece = await (self._chunk() if self._chunked else self._plain())
            if piece:
                yield piece

    async def body(self) -> bytes:
        """The whole body."""
        whole = bytearray()
        async for piece in self.pieces():
            whole += piece
        return bytes(whole)

    async def lines(self) -> AsyncIterator[bytes]:
        """The body's lines, without their ends."""
        rest = b""
        async for piece in self.pieces():
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                if line.strip():
                    yield line
        if rest.strip():
            yield rest

    async def _plain(self) -> bytes:
        if self._left == 0:
            self._over = True
            return b""
        piece = await self.reader.read(_PIECE if self._left < 0 else min(_PIECE, self._left))
        if not piece:
            self._over = True
            if self._left > 0:
                raise Failed(0, "the container engine broke off its answer")
        self._left -= len(piece) if self._left > 0 else 0
        return piece

    async def _chunk(self) -> bytes:
        try:
            size = int((await self.reader.readline()).split(b";")[0], 16)
            piece = await self.reader.readexactly(size)
            await self.reader.readline()
        except (ValueError, asyncio.IncompleteReadError) as error:
            self._over = True
            raise Failed(0, "the container engine broke off its answer") from error
        self._over = size == 0
        return piece


class Http:
    """Requests to whoever listens on a socket."""

    def __init__(self, socket: str) -> None:
        self.socket = socket

    async def ask(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        upgrade: bool = False,
    ) -> Response:
        """Send a request, read the answer's head. ``body`` is JSON, or an iterator of bytes.

        Raises Failed where the status says no, and SetupError where nobody answers.
        """
        reader, writer = await self._connect()
        try:
            await self._send(writer, method, target, body, headers or {}, upgrade=upgrade)
            response = await self._head(reader, writer)
            if response.status >= 400:
                raise Failed(response.status, _message(await response.body()))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            writer.close()
            raise SetupError(
                f"the container engine at {self.socket} broke off: {str(error) or 'no answer'}",
                remedy="look at the engine's log; is it still running?",
            ) from error
        except BaseException:
            writer.close()
            raise
        return response

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Response]:
        """:meth:`ask`, closed at the end."""
        response = await self.ask(method, target, body, headers=headers)
        try:
            yield response
        finally:
            response.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(self.socket, limit=BUFFER)
        except OSError as error:
            raise SetupError(
                f"no container engine answers at {self.socket}: {error.strerror or error}",
                remedy="start it, or `agentmesh engine up` where you are root",
            ) from error

    async def _send(
        self,
        writer: asyncio.StreamWriter,
        method: str,
        target: str,
        body: object,
        headers: Mapping[str, str],
        *,
        upgrade: bool,
    ) -> None:
        stream = body if isinstance(body, Iterator) else None
        data = b"" if body is None or stream is not None else msgspec.json.encode(body)
        lines = [f"{method} {target} HTTP/1.1", "Host: engine", "User-Agent: agentmesh"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if stream is None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        else:
            lines += ["Content-Type: application/x-tar", "Transfer-Encoding: chunked"]
        lines += ["Connection: Upgrade", "Upgrade: tcp"] if upgrade else ["Connection: close"]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
        if stream is not None:
            for piece in stream:
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _head(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Response:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in head[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        return Response(int(head[0].split()[1]), headers, reader, writer)


def _message(body: bytes) -> str:
    """What an engine says is wrong: ``{"message": …}``, or plain text."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace").strip()
    if isinstance(found, dict):
        return str(found.get("message") or found.get("cause") or found)
    return str(found)
