"""The services of one run behind one address: who may call what. Implements ports/runtime.py.

Made by :mod:`agentmesh.app.machine`, started when a step first needs it. Every call but those for
public keys carries a token or a signed address; what it may reach follows from the job's pass that
it names (passes.py), which ends with the job.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import SetupError
from agentmesh.services import transfers, twirp
from agentmesh.services.artifact_v4 import SERVICE as ARTIFACTS
from agentmesh.services.artifact_v4 import ArtifactService
from agentmesh.services.cache_v2 import SERVICE as CACHES
from agentmesh.services.cache_v2 import CacheService
from agentmesh.services.http import HOST, STALL_SECONDS, Reply, Request, Server
from agentmesh.services.oidc import Issuer, KeyStore
from agentmesh.services.passes import IDENTITY, RESULTS, JobPass
from agentmesh.services.tokens import Signer
from agentmesh.services.transfers import Transfers
from agentmesh.services.twirp import Failure

if TYPE_CHECKING:
    from agentmesh.plan.model import JobSpec
    from agentmesh.ports.archives import ArtifactArchives, CacheArchives, Place
    from agentmesh.ports.cache import CacheScope


class RunServices:
    """Implements Runtime. ``scope`` says whose caches a job may use; ``clock`` gives seconds since
    the epoch."""

    def __init__(
        self,
        caches: CacheArchives,
        artifacts: ArtifactArchives,
        key: KeyStore,
        scope: Callable[[JobSpec], CacheScope],
        *,
        clock: Callable[[], float] = time.time,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._scope = scope
        self._now = clock
        self._signer = Signer(os.urandom(32))
        self._lock = threading.Lock()
        self._passes: dict[str, JobPass] = {}
        self._server = Server(self._handle, stall_seconds=stall_seconds)
        try:
            port = self._server.start()
        except OSError as error:
            raise SetupError(
                f"the services for actions cannot listen on {HOST}: {error.strerror}",
                remedy="see to it that loopback is there and files may still be opened",
            ) from error
        self.address = f"http://{HOST}:{port}"
        self._transfers = Transfers(self.address, self._signer, clock)
        self._issuer = Issuer(self.address, key, clock)
        self._services = {
            CACHES: CacheService(caches, self._transfers).calls,
            ARTIFACTS: ArtifactService(artifacts, self._transfers).calls,
        }

    def admit(
        self, spec: JobSpec, place: Place, *, identity: bool, warn: Callable[[str], None]
    ) -> JobPass:
        """See ports/runtime.py."""
        job = JobPass(
            spec,
            place,
            address=self.address,
            signer=self._signer,
            scope=self._scope(spec),
            identity=identity,
            now=self._now(),
            name=os.urandom(16).hex(),
            warn=warn,
            revoked=self._revoke,
        )
        with self._lock:
            self._passes[job.name] = job
        return job

    def close(self) -> None:
        """See ports/runtime.py."""
        with self._lock:
            self._passes.clear()
        self._server.close()
        self._transfers.end()

    def _revoke(self, job: JobPass) -> None:
        with self._lock:
            self._passes.pop(job.name, None)
        self._transfers.end(job)

    def _handle(self, request: Request) -> Reply:
        path = request.path
        try:
            if path.startswith(transfers.PREFIX):
                return self._transfers.handle(request)
            if path.startswith("/twirp/"):
                return self._call(request)
            if path.startswith(("/oidc/", "/.well-known/")):
                return self._identity(request)
        except Failure as failure:
            return failure.reply()
        return Failure("bad_route", f"there is nothing at {path}").reply()

    def _call(self, request: Request) -> Reply:
        owner = self._owner(request, RESULTS)
        _, _, service, method = (*request.path.split("/", 3), "", "", "")[:4]
        call = self._services.get(service, {}).get(method)
        if call is None:
            raise Failure("bad_route", f"no call is named {service}/{method}")
        return call(owner, twirp.read(request))

    def _identity(self, request: Request) -> Reply:
        if request.method != "GET":
            raise Failure("bad_route", "only GET is answered here")
        try:
            if request.path == "/.well-known/openid-configuration":
                return _json(self._issuer.discovery())
            if request.path == "/.well-known/jwks":
                return _json(self._issuer.keys())
            if request.path == "/oidc/token":
                owner = self._owner(request, IDENTITY)
                token = self._issuer.token(owner.spec, request.query.get("audience", ""))
                return _json({"count": len(token), "value": token})
        except SetupError as error:
            raise Failure("unavailable", f"{error.message}: {error.remedy}") from error
        raise Failure("bad_route", f"there is nothing at {request.path}")

    def _owner(self, request: Request, purpose: str) -> JobPass:
        """The job whose token a request carries. Raises Failure."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            claims = self._signer.claims(token.strip(), self._now())
            if claims is not None and claims.get("use") == purpose:
                with self._lock:
                    owner = self._passes.get(str(claims.get("jti")))
                if owner is not None:
                    return owner
        raise Failure("unauthenticated", "the token is not one of this run, or its job is over")


def _json(value: object) -> Reply:
    return Reply(body=msgspec.json.encode(value), headers=twirp.JSON)
