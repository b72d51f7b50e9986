"""A small HTTP/1.1 server on loopback: a thread for each connection, h11 for the protocol.

Called by run_services.py, which gives it one function from request to reply. Blocking sockets in
threads suit what is done here, sending files with sendfile and writing bodies to disk, and leave
the engine's loop alone. Each wait for a client has a time-out; heads, bodies and the number of
connections are bounded.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import parse_qsl, unquote

import h11
import msgspec

HOST = "127.0.0.1"
STALL_SECONDS = 60.0
"""How long a client may let the server wait for bytes, or for room to send."""
CONNECTIONS = 512
_CHUNK = 1 << 20
_SENT_AT_ONCE = 8 << 20
_HEAD = 64 << 10
_DRAINED = 1 << 20
_LINGERED = 256 << 20
_BREATH = 0.05
_LAST_WORDS = 10.0
"""Seconds that what is going on may take to notice the end."""


class TooLarge(Exception):
    """A body has more bytes than are taken."""


class Sending(msgspec.Struct, frozen=True):
    """A part of an open file as the body of a reply. The descriptor is closed with it."""

    file: int
    offset: int
    size: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. Its length is filled in, also for HEAD, where the body is not sent."""

    status: int = 200
    body: bytes | Sending = b""
    headers: tuple[tuple[str, str], ...] = ()


class Request:
    """A request whose body is still to be read. Header names are in lower case."""

    def __init__(
        self, method: str, target: str, headers: Mapping[str, str], body: Iterator[bytes]
    ) -> None:
        path, _, query = target.partition("?")
        self.method = method
        self.path = unquote(path)
        self.query = dict(parse_qsl(query, keep_blank_values=True))
        self.headers = headers
        self.body = body

    def read(self, limit: int) -> bytes:
        """The whole body. Raises TooLarge beyond ``limit`` bytes."""
        data = bytearray()
        for chunk in self.body:
            data += chunk
            if len(data) > limit:
                raise TooLarge
        return bytes(data)


Handler = Callable[[Request], Reply]


class Server:
    """Listens from :meth:`start` to :meth:`close`."""

    def __init__(
        self,
        handler: Handler,
        *,
        stall_seconds: float = STALL_SECONDS,
        connections: int = CONNECTIONS,
    ) -> None:
        self._handler = handler
        self._stall = stall_seconds
        self._free = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._closed = False
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def start(self) -> int:
        """Listen on a free port of loopback; the port. Raises OSError."""
        listener = socket.create_server((HOST, 0), backlog=128)
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._acceptor.start()
        return int(listener.getsockname()[1])

    def close(self) -> None:
        """Stop listening, end what is going on, and wait for it. May be called twice."""
        with self._lock:
            self._closed = True
            going = dict(self._open)
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in going:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (self._acceptor, *going.values()):
            if thread is not None:
                thread.join(_LAST_WORDS)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                if self._closed:
                    return
                time.sleep(_BREATH)  # no descriptor is free just now
                continue
            self._free.acquire()
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                if self._closed:
                    connection.close()
                    self._free.release()
                    return
                self._open[connection] = thread
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(self._stall)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Conversation(connection, self._handler, self._stall).hold()
        except (OSError, h11.ProtocolError):
            return  # the client has gone, stalled, or does not speak HTTP
        finally:
            with self._lock:
                self._open.pop(connection, None)
            self._free.release()


class Conversation:
    """One connection, request after request."""

    def __init__(self, connection: socket.socket, handler: Handler, stall: float) -> None:
        self._socket = connection
        self._handler = handler
        self._stall = stall
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD)

    def hold(self) -> None:
        """Until either side closes. Raises OSError and h11.ProtocolError."""
        while True:
            deadline = time.monotonic() + self._stall
            try:
                head = self._event(deadline)
            except h11.RemoteProtocolError as error:
                if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                    self._send(Reply(status=error.error_status_hint), bare=False)
                    self._linger()
                raise
            if not isinstance(head, h11.Request):
                return
            self._answer(head)
            if not self._rest_is_short():
                self._linger()
                return
            self._http.start_next_cycle()

    def _answer(self, head: h11.Request) -> None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers
        }
        method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
        try:
            reply = self._handler(Request(method, target, headers, self._body()))
        except TooLarge:
            reply = Reply(status=413)
        try:
            self._send(reply, bare=method == "HEAD")
        finally:
            if isinstance(reply.body, Sending):
                os.close(reply.body.file)

    def _body(self) -> Iterator[bytes]:
        while True:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self._socket.sendall(self._http.send(go_on) or b"")
            try:
                event = self._event(None)
            except h11.RemoteProtocolError as error:
                raise ConnectionResetError("the client has gone in the middle of a body") from error
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    def _event(self, deadline: float | None) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError
            self._http.receive_data(self._socket.recv(_CHUNK))

    def _send(self, reply: Reply, *, bare: bool) -> None:
        body = reply.body
        size = body.size if isinstance(body, Sending) else len(body)
        headers = [*reply.headers, ("content-length", str(size))]
        response = h11.Response(status_code=reply.status, headers=headers)
        parts = [self._http.send(response) or b""]
        if not bare and isinstance(body, bytes):
            parts.append(self._http.send(h11.Data(data=body)) or b"")
        self._socket.sendall(b"".join(parts))
        if not bare and isinstance(body, Sending):
            self._http.send_with_data_passthrough(h11.Data(data=_Elsewhere(size)))  # type: ignore[arg-type]
            self._send_file(body)
        self._http.send(h11.EndOfMessage())

    def _send_file(self, body: Sending) -> None:
        offset, end = body.offset, body.offset + body.size
        ready = select.poll()
        ready.register(self._socket, select.POLLOUT)
        while offset < end:
            try:
                sent = os.sendfile(
                    self._socket.fileno(), body.file, offset, min(_SENT_AT_ONCE, end - offset)
                )
            except BlockingIOError:
                if not ready.poll(self._stall * 1000):
                    raise TimeoutError from None
                continue
            if not sent:
                raise ConnectionResetError("the file has become shorter")
            offset += sent

    def _linger(self) -> None:
        """Let the client read the reply: closing at once would reset what it is still sending."""
        self._socket.shutdown(socket.SHUT_WR)
        left = _LINGERED
        while left > 0 and (data := self._socket.recv(_CHUNK)):
            left -= len(data)

    def _rest_is_short(self) -> bool:
        """Skip what nobody has read of the body; False where the connection must end."""
        skipped = 0
        while self._http.their_state is h11.SEND_BODY and skipped <= _DRAINED:
            event = self._event(None)
            if isinstance(event, h11.Data):
                skipped += len(event.data)
            elif not isinstance(event, h11.EndOfMessage):
                return False
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE


class _Elsewhere:
    """Stands for bytes that are sent past the protocol."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size
