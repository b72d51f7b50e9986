"""The forms in which a secret shows up in a log. Called by :mod:`agentmesh.engine.masking` alone.

Pure. Follows the encoders of the official runner's ``SecretMasker`` (base64, command line,
expression, JSON, URI, XML, PowerShell) and adds base64 inside a longer text, base64url, base64 in
lines, hexadecimal, form encoding and the quoting of shells.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import msgspec

MIN_ENCODED = 4
"""Shorter values, and shorter pieces of base64, are looked for as they are only: ``61``, the
hexadecimal form of ``a``, is in every log."""
_WRAPS = (76, 64)
"""Columns at which ``base64`` and PEM break lines."""
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SHELL_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@%+,-")


def forms(value: str) -> set[bytes]:
    """The value itself and what encoders make of it, as UTF-8. Never holds an empty one."""
    data = as_bytes(value)
    found = {data}
    found.update(_text_forms(value))
    if len(data) >= MIN_ENCODED:
        found.update(_uri(data))
        found.add(data.hex().encode())
        found.add(data.hex().upper().encode())
    found.update(_base64(data))
    found.discard(b"")
    return found


def _text_forms(value: str) -> Iterator[bytes]:
    """Escapes that touch special characters only; a plain value gives nothing."""
    if value.isascii() and value.isalnum():
        return
    written = {
        *_json(value),
        *_xml(value),
        *_shell(value),
        *_powershell(value),
        repr(value)[1:-1],
    }
    for text in written:
        yield as_bytes(text)


def as_bytes(text: str) -> bytes:
    """UTF-8; bytes that were none when the text was read come back as they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _json(value: str) -> Iterator[str]:
    try:
        text = msgspec.json.encode(value)[1:-1].decode()
    except UnicodeEncodeError:  # bytes that are no UTF-8 have no JSON form
        return
    yield text
    ascii_only = "".join(c if c.isascii() else _units(c) for c in text)
    yield ascii_only
    yield text.replace("/", "\\/")
    for plain in (text, ascii_only):  # Go and GitHub escape what could end an HTML script
        yield plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        yield plain.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")


def _units(character: str) -> str:
    raw = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[i]:02x}{raw[i + 1]:02x}" for i in range(0, len(raw), 2))


def _xml(value: str) -> Iterator[str]:
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield text
    attribute = text.replace('"', "&quot;")
    yield attribute
    for apostrophe in ("&apos;", "&#39;", "&#x27;"):
        yield attribute.replace("'", apostrophe)
    yield text.replace('"', "&#34;").replace("'", "&#39;")


def _shell(value: str) -> Iterator[str]:
    yield value.replace('"', '\\"')
    yield value.replace("'", "''")
    yield value.replace("'", "'\\''")
    yield value.replace("'", "'\"'\"'")
    yield "".join("\\" + c if c in '"$`\\' else c for c in value)
    yield "".join(c if c in _SHELL_PLAIN or not c.isascii() else "\\" + c for c in value)
    yield value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")


def _powershell(value: str) -> Iterator[str]:
    """What PowerShell shows, in colours, of a value that it took for a command with ``&``."""
    if "&" in value:
        cut = value.find("&+") + 2 if "&+" in value else value.rfind("&") + 1
        for part in (value[:cut], value[cut + 1 :]):
            if len(part) >= 6:
                yield part
    yield "".join("`" + c if c in '"$`' else c for c in value)


def _uri(data: bytes) -> Iterator[bytes]:
    if _UNRESERVED.issuperset(data):
        return
    for extra in (b"", b"/", b"!'()*", b"!'()*;/?:@&=+$,#"):
        plain = _UNRESERVED | frozenset(extra)
        upper = b"".join(bytes((b,)) if b in plain else b"%%%02X" % b for b in data)
        lower = b"".join(bytes((b,)) if b in plain else b"%%%02x" % b for b in data)
        yield from (upper, lower, upper.replace(b"%20", b"+"), lower.replace(b"%20", b"+"))


def _base64(data: bytes) -> Iterator[bytes]:
    """The characters that depend on the value alone, wherever it stands in the encoded text."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + data)
        first, last = (8 * before + 5) // 6, 8 * (before + len(data)) // 6
        if last - first >= MIN_ENCODED:
            piece = text[first:last]
            yield piece
            yield piece.translate(_TO_URL)
        if before == 0:
            yield from _wrapped(text[:last])


def _wrapped(text: bytes) -> Iterator[bytes]:
    """A value that is encoded alone and long enough to be broken into lines."""
    for width in _WRAPS:
        if len(text) > width:
            for at in range(0, len(text), width):
                if len(line := text[at : at + width]) >= 8:
                    yield line


_TO_URL = bytes.maketrans(b"+/", b"-_")
