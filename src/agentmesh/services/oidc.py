"""Identity tokens of jobs (OpenID Connect): a token, the keys, and where to find them.

Called by run_services.py. Claims follow "OpenID Connect reference" of GitHub's documentation.
Tokens are signed (RS256) with a key of the store, made when the first one is asked for; the library
for it is an extra, imported then. The issuer is this server: who verifies reads its discovery
document while the run lasts, or knows the key.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from agentmesh.core.errors import SetupError
from agentmesh.services.tokens import encoded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from agentmesh.plan.model import JobSpec

TOKEN_SECONDS = 600
_MOST_AUDIENCE = 1024
KeyStore = Callable[[Callable[[], bytes]], bytes]
"""Gives the key's file; where there is none yet, keeps what the argument makes."""

CLAIMS = (
    "actor",
    "actor_id",
    "base_ref",
    "event_name",
    "head_ref",
    "ref",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "run_attempt",
    "run_id",
    "run_number",
    "sha",
    "workflow",
    "workflow_ref",
    "workflow_sha",
)
"""Claims that the github context has under the same name."""
MADE = (
    "aud",
    "environment",
    "exp",
    "iat",
    "iss",
    "job_workflow_ref",
    "job_workflow_sha",
    "jti",
    "nbf",
    "ref_protected",
    "repository_visibility",
    "runner_environment",
    "sub",
)
"""The others."""


def subject(spec: JobSpec) -> str:
    """``sub``: the repository, and what the job is about. Pure."""
    github = spec.github
    repository = f"repo:{github.get('repository', '')}"
    if spec.environment:
        return f"{repository}:environment:{spec.environment.replace(':', '%3A')}"
    if github.get("event_name") in ("pull_request", "pull_request_target"):
        return f"{repository}:pull_request"
    return f"{repository}:ref:{github.get('ref', '')}"


def claims(spec: JobSpec, issuer: str, audience: str, now: float) -> dict[str, Any]:
    """All claims of a job's token. Pure but for its number."""
    github = spec.github
    found: dict[str, Any] = {name: str(github.get(name) or "") for name in CLAIMS}
    event = github.get("event")
    repository = event.get("repository") if isinstance(event, dict) else None
    visibility = repository.get("visibility") if isinstance(repository, dict) else None
    called = f"{found['repository']}/{spec.workflow_path}@{found['ref']}"
    found.update(
        jti=os.urandom(16).hex(),
        iss=issuer,
        sub=subject(spec),
        aud=audience or f"https://github.com/{found['repository_owner']}",
        nbf=int(now) - 60,
        iat=int(now),
        exp=int(now) + TOKEN_SECONDS,
        job_workflow_ref=called,
        job_workflow_sha=found["workflow_sha"] or found["sha"],
        ref_protected=str(bool(github.get("ref_protected"))).lower(),
        repository_visibility=str(visibility or "private"),
        runner_environment="self-hosted",
    )
    if spec.environment:
        found["environment"] = spec.environment
    return found


class Issuer:
    """Makes tokens under one address. Threads may share it."""

    def __init__(self, address: str, key: KeyStore, clock: Callable[[], float]) -> None:
        self._address = address
        self._kept = key
        self._now = clock
        self._lock = threading.Lock()
        self._key: RSAPrivateKey | None = None

    def token(self, spec: JobSpec, audience: str) -> str:
        """A signed token for a job. Raises SetupError where the library is missing."""
        key = self._private()
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        head = json.dumps({"alg": "RS256", "typ": "JWT", "kid": self._jwk(key)["kid"]})
        said = json.dumps(claims(spec, self._address, audience[:_MOST_AUDIENCE], self._now()))
        text = f"{encoded(head.encode())}.{encoded(said.encode())}"
        return f"{text}.{encoded(key.sign(text.encode(), PKCS1v15(), SHA256()))}"

    def keys(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set. Raises SetupError."""
        return {"keys": [self._jwk(self._private())]}

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self._address,
            "jwks_uri": f"{self._address}/.well-known/jwks",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "claims_supported": sorted((*CLAIMS, *MADE)),
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
        }

    def _private(self) -> RSAPrivateKey:
        try:
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
        except ImportError as error:
            raise SetupError(
                "identity tokens need the library cryptography, which is not installed",
                remedy="pip install 'agentmesh-runtime[oidc]'",
            ) from error
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        with self._lock:
            if self._key is None:
                try:
                    key = load_pem_private_key(self._kept(_new_key), None)
                except ValueError as error:
                    raise SetupError(
                        f"the key for identity tokens cannot be read: {error}",
                        remedy="remove oidc.pem from the store; a new key is made then",
                    ) from error
                assert isinstance(key, RSAPrivateKey)
                self._key = key
            return self._key

    def _jwk(self, key: RSAPrivateKey) -> dict[str, str]:
        numbers = key.public_key().public_numbers()
        n, e = _number(numbers.n), _number(numbers.e)
        # RFC 7638: the digest of the required members in the order of their names.
        canonical = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":"))
        thumb = sha256(canonical.encode()).digest()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": encoded(thumb),
            "n": n,
            "e": e,
        }


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _new_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
