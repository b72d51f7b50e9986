"""A job's pass: who it is, what it may reach, and the tokens that say so. See ports/runtime.py.

Called by run_services.py. Everything a request is allowed rests on the pass that its token names:
repository, scope and run are taken from here and never from the request.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from agentmesh.ports.archives import Place
from agentmesh.ports.runtime import StepKind
from agentmesh.services.tokens import Signer

if TYPE_CHECKING:
    from agentmesh.plan.model import JobSpec
    from agentmesh.ports.cache import CacheScope

_SLACK_SECONDS = 3600.0
_WILDCARD = re.compile(r"[*?\[]")
RESULTS, IDENTITY = "results", "identity"
"""What a token is for."""


class JobPass:
    """Implements Pass. ``revoked`` is called once, when the job is over."""

    def __init__(
        self,
        spec: JobSpec,
        place: Place,
        *,
        address: str,
        signer: Signer,
        scope: CacheScope,
        identity: bool,
        now: float,
        name: str,
        warn: Callable[[str], None],
        revoked: Callable[[JobPass], None],
    ) -> None:
        self.name = name
        self.spec = spec
        self.run = spec.run
        self.scope = scope
        self.identity = identity
        self.warn = warn
        self.run_id = _backend_id(spec.run)
        self.job_id = _backend_id(f"{spec.run}\n{spec.key}")
        self._place = place
        self._named: dict[str, None] = {}
        self._address = address
        self._revoked: Callable[[JobPass], None] | None = revoked
        expires = now + spec.timeout_minutes * 60 + _SLACK_SECONDS
        self._token = signer.token(self._claims(RESULTS, now, expires))
        self._request = signer.token(self._claims(IDENTITY, now, expires)) if identity else ""
        self.secrets = tuple(filter(None, (self._token, self._request)))

    def variables(self, kind: StepKind) -> Mapping[str, str]:
        """See ports/runtime.py."""
        env = {}
        if kind != "script":
            env = {
                "ACTIONS_RUNTIME_URL": f"{self._address}/",
                "ACTIONS_RUNTIME_TOKEN": self._token,
                "ACTIONS_RESULTS_URL": f"{self._address}/",
                "ACTIONS_CACHE_URL": f"{self._address}/",
            }
        if kind == "node":
            env["ACTIONS_CACHE_SERVICE_V2"] = "True"
        if self.identity:
            # Clients add "&audience=" to it.
            env["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self._address}/oidc/token?api-version=2.0"
            env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = self._request
        return env

    def name_paths(self, paths: Iterable[str]) -> None:
        """See ports/runtime.py. Of a pattern, what comes before its first wildcard."""
        for line in (line.strip() for path in paths for line in path.splitlines()):
            if not line or line.startswith(("!", "#")):
                continue
            if line == "~" or line.startswith("~/"):
                line = self._place.home + line[1:]
            segments = posixpath.join(self._place.workspace, line).split("/")
            wild = next((i for i, s in enumerate(segments) if _WILDCARD.search(s)), len(segments))
            fixed = posixpath.normpath("/".join(segments[:wild]) or "/")
            if fixed.strip("/"):
                self._named[fixed] = None

    @property
    def place(self) -> Place:
        """Where the job's archives may lead to, as of now."""
        roots = (*self._place.roots, *self._named)
        return msgspec.structs.replace(self._place, roots=roots)

    def revoke(self) -> None:
        """See ports/runtime.py."""
        revoked, self._revoked = self._revoked, None
        if revoked is not None:
            revoked(self)

    def _claims(self, purpose: str, now: float, expires: float) -> dict[str, Any]:
        scopes = [
            {"Scope": ref, "Permission": 3 if ref == self.scope.write else 1}
            for ref in self.scope.read
        ]
        return {
            "jti": self.name,
            "use": purpose,
            "scp": f"Actions.Results:{self.run_id}:{self.job_id}",
            "ac": msgspec.json.encode(scopes).decode(),
            "iss": self._address,
            "aud": self._address,
            "nbf": int(now) - 60,
            "iat": int(now),
            "exp": int(expires),
        }


def _backend_id(text: str) -> str:
    """An identifier as GitHub's look, made of a text: the same each time."""
    digest = sha256(text.encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
