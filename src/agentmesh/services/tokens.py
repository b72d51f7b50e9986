"""Tokens and signed addresses, under a key that lives as long as the run. Pure.

Called by the other modules here. A token is a JWT (HS256), as clients read ``scp`` and ``ac`` out
of it; the server believes it only where the signature is its own, it has not expired, and the job
it names still has its pass.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import msgspec

_HEADER = b'{"alg":"HS256","typ":"JWT"}'


class Signer:
    """Signs and checks with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, claims: dict[str, Any]) -> str:
        """A JWT; ``exp`` is in seconds since the epoch."""
        head = f"{encoded(_HEADER)}.{encoded(msgspec.json.encode(claims))}"
        return f"{head}.{encoded(self._mac(head))}"

    def claims(self, token: str, now: float) -> dict[str, Any] | None:
        """What a token of ours says; None for any other, and for one that has expired."""
        head, dot, signature = token.rpartition(".")
        if not dot or not _same(signature, encoded(self._mac(head))):
            return None
        try:
            claims = msgspec.json.decode(decoded(head.partition(".")[2]), type=dict[str, Any])
        except (ValueError, msgspec.DecodeError):
            return None
        expires = claims.get("exp")
        return claims if isinstance(expires, int | float) and expires > now else None

    def seal(self, *parts: str) -> str:
        """A signature over some texts, for an address."""
        return encoded(self._mac("\n".join(parts)))

    def sealed(self, seal: str, *parts: str) -> bool:
        """Whether :meth:`seal` made it of these texts."""
        return _same(seal, self.seal(*parts))

    def _mac(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode(), sha256).digest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def encoded(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The reverse of :func:`encoded`. Raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
