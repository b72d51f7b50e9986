"""Signed addresses for bytes on their way in and out, in the manner of Azure's block blobs.

Called by cache_v2.py and artifact_v4.py, which make the addresses, and by run_services.py, which
sends requests for them here. An address is good for one upload or one download, for a while, and no
longer than the job that asked for it. Follows "Put Blob", "Put Block", "Put Block List" and "Get
Blob" of Azure's documentation as far as the published clients use them.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import quote

from agentmesh.core.errors import AgentmeshError, SetupError, WorkflowError
from agentmesh.services.http import Reply, Request, Sending

if TYPE_CHECKING:
    from agentmesh.ports.archives import Content, Upload
    from agentmesh.services.passes import JobPass
    from agentmesh.services.tokens import Signer

PREFIX = "/blobs/"
ADDRESS_SECONDS = 6 * 3600.0
_BLOCK_LIST = 16 << 20
_BLOCK_NAME = 256
_LISTED = re.compile(r"<(?:Latest|Uncommitted|Committed)>([^<]*)</")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")
_LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"
_ONE = "\0whole"
"""The block that a blob sent in one piece becomes."""


class Incoming:
    """An upload, whose it is, and what it will be."""

    def __init__(self, owner: JobPass, upload: Upload, key: tuple[str, ...]) -> None:
        self.name = os.urandom(16).hex()
        self.owner = owner
        self.upload = upload
        self.key = key
        self.writing = 0
        self.broken = False
        """A client went away in the middle, and none has come back since."""


class Outgoing:
    """A download and whose it is."""

    def __init__(self, owner: JobPass, content: Content, filename: str) -> None:
        self.name = os.urandom(16).hex()
        self.owner = owner
        self.content = content
        self.filename = filename


class Transfers:
    """All that is on its way in one run."""

    def __init__(self, address: str, signer: Signer, clock: Callable[[], float]) -> None:
        self._address = address
        self._signer = signer
        self._now = clock
        self._lock = threading.Lock()
        self._incoming: dict[str, Incoming] = {}
        self._outgoing: dict[str, Outgoing] = {}

    # -- for those who make addresses ---------------------------------------------------------

    def receive(self, owner: JobPass, upload: Upload, key: tuple[str, ...]) -> str:
        """An address to upload to; ``key`` is what :meth:`take` asks for."""
        incoming = Incoming(owner, upload, key)
        while (earlier := self.take(owner, key)) is not None:
            earlier.discard()  # begun again: what came before is of no use
        with self._lock:
            self._incoming[incoming.name] = incoming
        return self._signed("in", incoming.name)

    def send(self, owner: JobPass, content: Content, filename: str = "") -> str:
        """An address to download from."""
        outgoing = Outgoing(owner, content, filename)
        with self._lock:
            self._outgoing[outgoing.name] = outgoing
        return self._signed("out", outgoing.name)

    def take(self, owner: JobPass, key: tuple[str, ...]) -> Upload | None:
        """A job's upload, to be finished by the caller; its address is good no more."""
        with self._lock:
            for incoming in self._incoming.values():
                if incoming.owner is owner and incoming.key == key:
                    return self._incoming.pop(incoming.name).upload
        return None

    def drop_broken(self, key: tuple[str, ...]) -> bool:
        """Drop an upload whose client has gone in the middle; whether there was one."""
        with self._lock:
            dead = [
                incoming
                for incoming in self._incoming.values()
                if incoming.key == key and incoming.broken and not incoming.writing
            ]
            for incoming in dead:
                del self._incoming[incoming.name]
        for incoming in dead:
            incoming.upload.discard()
        return bool(dead)

    def end(self, owner: JobPass | None = None) -> None:
        """Drop everything of a job's, or all."""
        with self._lock:
            gone = [i for i in self._incoming.values() if owner in (None, i.owner)]
            sent = [o for o in self._outgoing.values() if owner in (None, o.owner)]
            for incoming in gone:
                del self._incoming[incoming.name]
            for outgoing in sent:
                del self._outgoing[outgoing.name]
        for incoming in gone:
            incoming.upload.discard()
        for outgoing in sent:
            os.close(outgoing.content.file)

    def _signed(self, way: str, name: str) -> str:
        expires = str(int(self._now() + ADDRESS_SECONDS))
        seal = self._signer.seal(way, name, expires)
        return f"{self._address}{PREFIX}{way}/{name}?se={expires}&sig={seal}"

    # -- for clients ----------------------------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """Answer a request for a signed address."""
        way, _, name = request.path.removeprefix(PREFIX).partition("/")
        expires, seal = request.query.get("se", ""), request.query.get("sig", "")
        if not self._signer.sealed(seal, way, name, expires) or float(expires) < self._now():
            return refusal(403, "AuthenticationFailed", "the address is not signed, or too old")
        if way == "in" and request.method == "PUT":
            with self._lock:
                incoming = self._incoming.get(name)
            if incoming is not None:
                return self._put(incoming, request)
        if way == "out" and request.method in ("GET", "HEAD"):
            with self._lock:
                outgoing = self._outgoing.get(name)
                # One of its own, as the job may end while it is sent.
                file = os.dup(outgoing.content.file) if outgoing is not None else -1
            if outgoing is not None:
                return _get(outgoing, file, request)
        return refusal(404, "BlobNotFound", "there is nothing at this address any more")

    def _put(self, incoming: Incoming, request: Request) -> Reply:
        part = request.query.get("comp", "")
        try:
            if part == "blocklist":
                text = request.read(_BLOCK_LIST).decode("utf-8", "replace")
                incoming.upload.arrange(tuple(unescape(b.strip()) for b in _LISTED.findall(text)))
            elif part == "block":
                block = request.query.get("blockid", "")
                if not 0 < len(block) <= _BLOCK_NAME:
                    return refusal(400, "InvalidQueryParameterValue", "blockid is needed")
                self._write(incoming, block, request.body)
            elif part == "":
                self._write(incoming, _ONE, request.body)
                incoming.upload.arrange((_ONE,))
            else:
                return refusal(400, "InvalidQueryParameterValue", f"comp={part} is not known")
        except WorkflowError as error:
            return refusal(400, "InvalidBlockList", error.message)
        except SetupError as error:
            incoming.owner.warn(f"an upload failed: {error.message}")
            return refusal(507, "InsufficientStorage", error.message)
        except AgentmeshError as error:
            return refusal(413, "RequestBodyTooLarge", error.message)
        return Reply(status=201, headers=_stamps(incoming.name))

    def _write(self, incoming: Incoming, block: str, body: Iterable[bytes]) -> None:
        with self._lock:
            incoming.writing += 1
        try:
            incoming.upload.write(block, body)
            incoming.broken = False
        except OSError:
            incoming.broken = True
            raise
        finally:
            with self._lock:
                incoming.writing -= 1


def _get(outgoing: Outgoing, file: int, request: Request) -> Reply:
    """The whole, or the part that is asked for. ``file`` goes with the reply."""
    content = outgoing.content
    headers = [
        *_stamps(outgoing.name),
        ("content-type", content.media),
        ("accept-ranges", "bytes"),
        ("x-ms-blob-type", "BlockBlob"),
    ]
    if outgoing.filename:
        headers.append(
            ("content-disposition", f"attachment; filename*=UTF-8''{quote(outgoing.filename)}")
        )
    asked = request.headers.get("x-ms-range") or request.headers.get("range") or ""
    part = span(asked, content.size)
    if part is None:
        os.close(file)
        unsatisfied = ("content-range", f"bytes */{content.size}")
        return refusal(416, "InvalidRange", "there are not so many bytes", (unsatisfied,))
    first, size = part
    partial = _RANGE.match(asked) is not None
    if partial:
        headers.append(("content-range", f"bytes {first}-{first + size - 1}/{content.size}"))
    body = Sending(file, first, size)
    return Reply(status=206 if partial else 200, body=body, headers=tuple(headers))


def span(asked: str, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes that a range header asks for; all where it is none, None
    where there is nothing to give."""
    match = _RANGE.match(asked)
    if match is None or match[1] == match[2] == "":
        return 0, size
    if match[1] == "":
        wanted = min(int(match[2]), size)
        return (size - wanted, wanted) if wanted else None
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    return (first, last - first + 1) if first <= last else None


def refusal(
    status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """An error as Azure's clients read it."""
    said = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    body = f"<?xml version='1.0'?><Error>{said}</Error>"
    kind = (("content-type", "application/xml"), ("x-ms-error-code", code))
    return Reply(status=status, body=body.encode(), headers=(*kind, *headers))


def _stamps(name: str) -> tuple[tuple[str, str], ...]:
    return (
        ("etag", f'"{name}"'),
        ("last-modified", _LONG_AGO),
        ("x-ms-request-id", os.urandom(8).hex()),
        ("x-ms-version", "2024-11-04"),
    )
