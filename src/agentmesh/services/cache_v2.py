"""``CacheService`` of GitHub's results service, version 2 of the cache: three calls.

Called by run_services.py. Published clients: @actions/cache, and BuildKit's ``type=gha``. What goes
wrong here never fails a job: the client takes it for a miss, or for nothing saved, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.ports.archives import Missed
from agentmesh.services import twirp
from agentmesh.services.twirp import Body, Failure

if TYPE_CHECKING:
    from agentmesh.ports.archives import CacheArchives
    from agentmesh.services.http import Reply
    from agentmesh.services.passes import JobPass
    from agentmesh.services.transfers import Transfers

SERVICE = "github.actions.results.api.v1.CacheService"


class CacheService:
    """The calls, for any job of a run."""

    def __init__(self, archives: CacheArchives, transfers: Transfers) -> None:
        self._archives = archives
        self._transfers = transfers
        self.calls = {
            "CreateCacheEntry": self._create,
            "FinalizeCacheEntryUpload": self._finalize,
            "GetCacheEntryDownloadURL": self._find,
        }

    def _create(self, owner: JobPass, body: Body) -> Reply:
        key, version = body.text("key"), body.text("version")
        try:
            upload = self._archives.reserve(owner.scope, key, version)
            if isinstance(upload, str) and self._transfers.drop_broken(_name(owner, key, version)):
                upload = self._archives.reserve(owner.scope, key, version)
        except WorkflowError as error:
            raise Failure("invalid_argument", error.message) from error
        except SetupError as error:
            return twirp.reply({"ok": False, "message": error.message})
        if isinstance(upload, str):
            raise Failure("already_exists", upload)
        address = self._transfers.receive(owner, upload, _name(owner, key, version))
        return twirp.reply({"ok": True, "signed_upload_url": address})

    def _finalize(self, owner: JobPass, body: Body) -> Reply:
        key, version = body.text("key"), body.text("version")
        upload = self._transfers.take(owner, _name(owner, key, version))
        if upload is None:
            raise Failure("not_found", f"no upload for the key {key!r} has begun")
        try:
            done = self._archives.finish(upload, body.number("size_bytes"), owner.place)
        except SetupError as error:
            done = error.message
        if isinstance(done, str):
            return twirp.reply({"ok": False, "message": f"The cache was not saved: {done}"})
        return twirp.reply({"ok": True, "entry_id": str(done)})

    def _find(self, owner: JobPass, body: Body) -> Reply:
        keys = (body.text("key"), *body.texts("restore_keys"))
        try:
            found = self._archives.find(owner.scope, keys, body.text("version"), owner.place)
        except WorkflowError as error:
            raise Failure("invalid_argument", error.message) from error
        except SetupError as error:
            found = Missed(reason=error.message, damaged=True)
        if isinstance(found, Missed):
            if found.damaged:
                owner.warn(f"the cache was not restored: {found.reason}")
            return twirp.reply({"ok": False, "signed_download_url": "", "matched_key": ""})
        address = self._transfers.send(owner, found.content)
        return twirp.reply({"ok": True, "signed_download_url": address, "matched_key": found.key})


def _name(owner: JobPass, key: str, version: str) -> tuple[str, ...]:
    """What an upload is found by: within one store these are one entry."""
    return ("cache", owner.scope.repository, owner.scope.write, version, key)
