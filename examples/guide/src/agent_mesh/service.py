"""A node as an HTTP service.

GET    /health          {"status":"ok","node","version","agents"}
GET    /agents          {name: address}
GET    /agents/NAME     {"name","address"} or 404
PUT    /agents/NAME     body {"address"}
DELETE /agents/NAME     204 or 404
POST   /gossip          body {"digest","entries"} → {"entries","digest"}
GET    /metrics         Prometheus' text format
GET    /                the web page
"""

from __future__ import annotations

import json
import threading
import urllib.request
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Dict, List, Optional, Tuple, cast
from urllib.parse import unquote

from agent_mesh import __version__
from agent_mesh.gossip import peer_for_round
from agent_mesh.registry import Registry, digest_of, from_json, to_json

LARGEST_BODY = 1 << 20
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PAGES = {"/": "index.html", "/mesh.js": "mesh.js"}
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Node(ThreadingHTTPServer):
    """One node: its registry behind HTTP, and rounds of gossip with its peers."""

    daemon_threads = True

    def __init__(
        self, name: str, port: int = 0, pages: Optional[Path] = None, host: str = "127.0.0.1"
    ) -> None:
        super().__init__((host, port), Handler)
        self.registry = Registry(name)
        self.lock = threading.Lock()
        self.pages = pages
        self.requests: Dict[Tuple[str, int], int] = {}
        self.rounds = 0

    @property
    def url(self) -> str:
        host, port = cast(Tuple[str, int], self.server_address[:2])
        return f"http://{host}:{port}"

    def gossip(self, peers: List[str], timeout: float = 5.0) -> int:
        """One round with one of ``peers`` (their URLs); the number of entries that came in.

        Raises PeerFailed; the next round asks another one.
        """
        peer = peer_for_round(peers, self.url, self.rounds)
        self.rounds += 1
        with self.lock:
            # The first half tells what is known here, the second sends what the peer lacks.
            digest = self.registry.digest()
        answer = post(peer + "/gossip", {"digest": digest, "entries": []}, timeout)
        try:
            entries, known = from_json(answer["entries"]), digest_of(answer["digest"])
        except (KeyError, ValueError) as error:
            raise PeerFailed(f"{peer}: {error}") from error
        with self.lock:
            changed = self.registry.merge(entries)
            missing = self.registry.newer_than(known)
        if missing:
            post(
                peer + "/gossip", {"digest": answer["digest"], "entries": to_json(missing)}, timeout
            )
        return changed


class PeerFailed(Exception):
    """A peer does not answer, died while it did, or says something that is no answer."""


def post(url: str, body: object, timeout: float) -> Dict[str, object]:
    """Send JSON, and give the JSON that comes back. Raises PeerFailed."""
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
    try:
        with DIRECT.open(request, timeout=timeout) as answer:
            said = json.load(answer)
    except (OSError, HTTPException, ValueError) as error:
        raise PeerFailed(f"{url}: {error}") from error
    if not isinstance(said, dict):
        raise PeerFailed(f"{url}: answered with something else than an object")
    return said


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Node

    def do_GET(self) -> None:
        registry = self.server.registry
        if self.path in PAGES and self.server.pages:
            page = self.server.pages / PAGES[self.path]
            self.answer_bytes(200, page.read_bytes(), TYPES[page.suffix])
        elif self.path == "/health":
            health = {"status": "ok", "node": registry.node, "version": __version__}
            self.answer(200, {**health, "agents": len(registry.agents())})
        elif self.path == "/metrics":
            self.answer_bytes(200, self.metrics().encode(), "text/plain; version=0.0.4")
        elif self.path == "/agents":
            with self.server.lock:
                self.answer(200, registry.agents())
        elif self.path.startswith("/agents/"):
            address = registry.find(self.agent())
            found = {"name": self.agent(), "address": address}
            self.answer(*((200, found) if address else (404, {"error": "no such agent"})))
        else:
            self.answer(404, {"error": "no such page"})

    def do_PUT(self) -> None:
        body = self.body()
        address = body.get("address") if isinstance(body, dict) else None
        if not self.path.startswith("/agents/") or not isinstance(address, str) or not address:
            self.answer(400, {"error": 'PUT /agents/NAME with {"address": "…"}'})
            return
        try:
            with self.server.lock:
                entry = self.server.registry.register(self.agent(), address)
        except ValueError as error:
            self.answer(400, {"error": str(error)})
        else:
            self.answer(200, to_json([entry])[0])

    def do_DELETE(self) -> None:
        with self.server.lock:
            removed = self.server.registry.remove(self.agent())
        if removed:
            self.answer_bytes(204, b"", "application/json")
        else:
            self.answer(404, {"error": "no such agent"})

    def do_POST(self) -> None:
        body = self.body()
        if self.path != "/gossip" or not isinstance(body, dict):
            self.answer(404, {"error": "POST is for /gossip"})
            return
        try:
            entries = from_json(body.get("entries"))
            digest = digest_of(body.get("digest"))
        except ValueError as error:
            self.answer(400, {"error": str(error)})
            return
        with self.server.lock:
            self.server.registry.merge(entries)
            reply = to_json(self.server.registry.newer_than(digest))
            self.answer(200, {"entries": reply, "digest": self.server.registry.digest()})

    def agent(self) -> str:
        return unquote(self.path[len("/agents/") :])

    def body(self) -> object:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return None
        try:
            return json.loads(self.rfile.read(length) or b"null")
        except ValueError:
            return None

    def metrics(self) -> str:
        lines = ["# TYPE http_requests_total counter"]
        for (method, status), count in sorted(self.server.requests.items()):
            lines.append(f'http_requests_total{{method="{method}",status="{status}"}} {count}')
        lines += ["# TYPE agents gauge", f"agents {len(self.server.registry.agents())}"]
        return "\n".join(lines) + "\n"

    def answer(self, status: int, body: object) -> None:
        self.answer_bytes(status, json.dumps(body).encode(), "application/json")

    def answer_bytes(self, status: int, body: bytes, kind: str) -> None:
        key = (self.command, status)
        self.server.requests[key] = self.server.requests.get(key, 0) + 1
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: /metrics counts requests."""
