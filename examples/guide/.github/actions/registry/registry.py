"""A container registry in a folder: ``python registry.py FOLDER``; prints where it listens.

As much of the OCI distribution specification as pushing, pulling and looking take; no accounts, no
TLS: for one job on one machine.
"""

import hashlib
import json
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROUTE = re.compile(r"/v2/(?P<name>[a-z0-9][a-z0-9._/-]*)/(?P<kind>blobs|manifests|tags)/(?P<rest>.*)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class Registry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = Path()

    def log_message(self, *words):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def missing(self, code="NAME_UNKNOWN"):
        body = json.dumps({"errors": [{"code": code, "message": "not found"}]}).encode()
        self.answer(404, body, Content_Type="application/json")

    def route(self):
        """The parts of the path, None where it is none of ours, and the query."""
        address = urlsplit(self.path)
        found = ROUTE.fullmatch(address.path)
        if found and ".." in found["name"]:
            found = None
        return found, {key: values[0] for key, values in parse_qs(address.query).items()}

    def body(self):
        """What was sent, however it was sent."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def do_GET(self):
        found, _ = self.route()
        if urlsplit(self.path).path in ("/v2", "/v2/"):
            return self.answer(200, b"{}", Content_Type="application/json")
        if not found:
            return self.missing()
        if found["kind"] == "tags":
            tags = sorted(path.name for path in (self.folder / "tags" / found["name"]).glob("*"))
            body = json.dumps({"name": found["name"], "tags": tags}).encode()
            return self.answer(200, body, Content_Type="application/json")
        digest = found["rest"]
        if found["kind"] == "manifests" and TAG.fullmatch(digest):
            tag = self.folder / "tags" / found["name"] / digest
            digest = tag.read_text() if tag.is_file() else ""
        path = self.folder / "blobs" / digest
        if not DIGEST.fullmatch(digest) or not path.is_file():
            return self.missing("MANIFEST_UNKNOWN" if found["kind"] == "manifests" else "BLOB_UNKNOWN")
        data = path.read_bytes()
        kind = "application/octet-stream"
        if found["kind"] == "manifests":
            kind = json.loads(data).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
        return self.answer(200, data, Content_Type=kind, Docker_Content_Digest=digest)

    do_HEAD = do_GET

    def do_POST(self):
        found, query = self.route()
        if not found or found["rest"] != "uploads/":
            return self.missing()
        wanted = query.get("mount", "")
        if DIGEST.fullmatch(wanted) and (self.folder / "blobs" / wanted).is_file():
            self.body()
            return self.stored(found["name"], "blobs", wanted)
        upload = str(uuid.uuid4())
        (self.folder / "uploads" / upload).write_bytes(self.body())
        if "digest" in query:
            return self.finish(found["name"], upload, query["digest"])
        return self.uploading(found["name"], upload)

    def uploading(self, name, upload):
        size = (self.folder / "uploads" / upload).stat().st_size
        place = f"/v2/{name}/blobs/uploads/{upload}"
        return self.answer(202, Location=place, Range=f"0-{max(size - 1, 0)}", Docker_Upload_UUID=upload)

    def upload(self, found):
        """The file of an upload; None where there is none."""
        name = found["rest"].removeprefix("uploads/") if found else ""
        path = self.folder / "uploads" / name
        return path if re.fullmatch(r"[0-9a-f-]{36}", name) and path.is_file() else None

    def do_PATCH(self):
        found, _ = self.route()
        path = self.upload(found)
        if path is None:
            return self.missing("BLOB_UPLOAD_UNKNOWN")
        with path.open("ab") as file:
            file.write(self.body())
        return self.uploading(found["name"], path.name)

    def do_PUT(self):
        found, query = self.route()
        if found and found["kind"] == "manifests":
            return self.put_manifest(found)
        path = self.upload(found)
        if path is None:
            return self.missing("BLOB_UPLOAD_UNKNOWN")
        with path.open("ab") as file:
            file.write(self.body())
        return self.finish(found["name"], path.name, query.get("digest", ""))

    def put_manifest(self, found):
        data = self.body()
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / digest).write_bytes(data)
        if TAG.fullmatch(found["rest"]):
            tag = self.folder / "tags" / found["name"] / found["rest"]
            tag.parent.mkdir(parents=True, exist_ok=True)
            tag.write_text(digest)
        return self.stored(found["name"], "manifests", digest)

    def finish(self, name, upload, digest):
        path = self.folder / "uploads" / upload
        if digest != "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest():
            path.unlink()
            body = b'{"errors": [{"code": "DIGEST_INVALID", "message": "not what was sent"}]}'
            return self.answer(400, body, Content_Type="application/json")
        path.replace(self.folder / "blobs" / digest)
        return self.stored(name, "blobs", digest)

    def stored(self, name, kind, digest):
        return self.answer(201, Location=f"/v2/{name}/{kind}/{digest}", Docker_Content_Digest=digest)


def main():
    Registry.folder = Path(sys.argv[1])
    for name in ("blobs", "tags", "uploads"):
        (Registry.folder / name).mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    print(f"localhost:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
