"""``ArtifactService`` of GitHub's results service, version 4 of artifacts: five calls.

Called by run_services.py. Published client: @actions/artifact, which knows the run and the job from
its token; a call about another run is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agentmesh.core.errors import AgentmeshError, WorkflowError
from agentmesh.services import twirp
from agentmesh.services.twirp import Body, Failure

if TYPE_CHECKING:
    from agentmesh.ports.archives import ArtifactArchives
    from agentmesh.ports.artifacts import Artifact
    from agentmesh.services.http import Reply
    from agentmesh.services.passes import JobPass
    from agentmesh.services.transfers import Transfers

SERVICE = "github.actions.results.api.v1.ArtifactService"
ZIP = "application/zip"


class ArtifactService:
    """The calls, for any job of a run."""

    def __init__(self, archives: ArtifactArchives, transfers: Transfers) -> None:
        self._archives = archives
        self._transfers = transfers
        self.calls = {
            "CreateArtifact": self._create,
            "FinalizeArtifact": self._finalize,
            "ListArtifacts": self._list,
            "GetSignedArtifactURL": self._get,
            "DeleteArtifact": self._delete,
        }

    def _create(self, owner: JobPass, body: Body) -> Reply:
        _check(owner, body)
        name, media = body.text("name"), body.text("mime_type") or ZIP
        try:
            expires = _moment(body.text("expires_at"))
            upload = self._archives.reserve(owner.run, name, media, expires)
        except WorkflowError as error:
            raise Failure("invalid_argument", error.message) from error
        except AgentmeshError as error:
            raise Failure("unavailable", error.message) from error
        if isinstance(upload, str):
            raise Failure("already_exists", upload)
        address = self._transfers.receive(owner, upload, ("artifact", name))
        return twirp.reply({"ok": True, "signed_upload_url": address})

    def _finalize(self, owner: JobPass, body: Body) -> Reply:
        _check(owner, body)
        name = body.text("name")
        upload = self._transfers.take(owner, ("artifact", name))
        if upload is None:
            raise Failure("not_found", f"no upload of the artifact {name!r} has begun")
        try:
            done = self._archives.finish(upload, body.number("size"), body.text("hash"))
        except AgentmeshError as error:
            raise Failure("unavailable", error.message) from error
        if isinstance(done, str):
            raise Failure("invalid_argument", done)
        return twirp.reply({"ok": True, "artifact_id": str(done.id)})

    def _list(self, owner: JobPass, body: Body) -> Reply:
        _check(owner, body)
        name, number = body.text("name_filter"), body.number("id_filter")
        listed = [
            _shown(owner, artifact, exact)
            for artifact, exact in self._listed(owner)
            if name in ("", artifact.name) and number in (0, artifact.id)
        ]
        return twirp.reply({"artifacts": listed})

    def _get(self, owner: JobPass, body: Body) -> Reply:
        artifact = self._named(owner, body)
        try:
            content = self._archives.open(artifact)
        except AgentmeshError as error:
            owner.warn(f"the artifact {artifact.name!r} cannot be downloaded: {error.message}")
            raise Failure("not_found", error.message) from error
        filename = f"{artifact.name}.zip" if content.media == ZIP else artifact.name
        return twirp.reply({"signed_url": self._transfers.send(owner, content, filename)})

    def _delete(self, owner: JobPass, body: Body) -> Reply:
        artifact = self._named(owner, body)
        self._archives.delete(artifact)
        return twirp.reply({"ok": True, "artifact_id": str(artifact.id)})

    def _named(self, owner: JobPass, body: Body) -> Artifact:
        _check(owner, body)
        name = body.text("name")
        for artifact, _ in self._listed(owner):
            if artifact.name == name:
                return artifact
        raise Failure("not_found", f"this run has no artifact {name!r}")

    def _listed(self, owner: JobPass) -> tuple[tuple[Artifact, bool], ...]:
        try:
            return self._archives.listed(owner.run)
        except AgentmeshError as error:
            raise Failure("unavailable", error.message) from error


def _check(owner: JobPass, body: Body) -> None:
    """Artifacts belong to the run that the token is of."""
    if body.text("workflow_run_backend_id") != owner.run_id:
        raise Failure("permission_denied", "the token is of another run")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failure("malformed", "expires_at is no time of RFC 3339") from None
    if moment.tzinfo is None:
        raise Failure("malformed", "expires_at has no zone")
    return moment


def _shown(owner: JobPass, artifact: Artifact, exact: bool) -> dict[str, object]:
    fields: dict[str, object] = {
        "workflow_run_backend_id": owner.run_id,
        "workflow_job_run_backend_id": owner.job_id,
        "database_id": str(artifact.id),
        "name": artifact.name,
        "size": str(artifact.size),
        "created_at": artifact.created.isoformat().replace("+00:00", "Z"),
    }
    if exact:
        fields["digest"] = artifact.digest
    return fields
