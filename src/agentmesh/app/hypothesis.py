"""What if: a ref and changed files given by hand, in place of what the repository shows.

Read by :func:`agentmesh.app.plan.prepare` for ``agentmesh plan`` and ``agentmesh graph``. A ref is
put where the payload of the event has the one that filters look at ("Events that trigger workflows"
of GitHub's documentation): what was pushed, the base of a pull request, the branch of a workflow
run.
"""

from __future__ import annotations

import posixpath
import re

import msgspec

from agentmesh.app.git import Repository
from agentmesh.app.payload import Payload
from agentmesh.core.errors import WorkflowError
from agentmesh.lang.events import PULL_REQUEST_EVENTS
from agentmesh.plan.model import Json

_HEADS, _TAGS = "refs/heads/", "refs/tags/"

# Event → where its payload names a ref, and whether it does so in full.
_PLACES: dict[str, tuple[tuple[str, ...], bool]] = {
    "push": (("ref",), True),
    "workflow_call": (("ref",), True),
    "workflow_dispatch": (("ref",), True),
    "create": (("ref",), False),
    "delete": (("ref",), False),
    "release": (("release", "tag_name"), False),
    "workflow_run": (("workflow_run", "head_branch"), False),
    "merge_group": (("merge_group", "base_ref"), True),
    "deployment": (("deployment", "ref"), False),
    "deployment_status": (("deployment", "ref"), False),
}
_PLACES |= dict.fromkeys(
    (*PULL_REQUEST_EVENTS, "pull_request_target"), (("pull_request", "base", "ref"), False)
)

# What git allows, but for a few odd ones it does not.
_REF = re.compile(r"(?![/.-])(?!.*(?:\.\.|//|@\{|\.lock$|[/.]$))[^\x00-\x20\x7f~^:?*\[\\]+")


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to be taken for given. ``ref`` is a full one or a name; ``changed`` are
    files below the project's root, None where git is to tell."""

    ref: str | None = None
    changed: tuple[str, ...] | None = None

    def check(self, event: str) -> None:
        """Raises WorkflowError where the ref can be no name of one, or where the event is about no
        ref that could be another."""
        if self.ref is not None and not _REF.fullmatch(self.ref):
            raise WorkflowError(
                f"{self.ref!r} is no name of a branch or a tag",
                remedy="name it like main, v1.2 or refs/heads/main with --ref",
            )
        if self.ref is not None and event not in _PLACES:
            raise WorkflowError(
                f"an event of {event} is always about the default branch",
                remedy="leave --ref away, or name another event with --event",
            )

    def applied(self, event: str, payload: Payload, repository: Repository | None) -> Payload:
        """The payload, about the ref that was given."""
        if self.ref is None or event not in _PLACES or not _REF.fullmatch(self.ref):
            return payload
        ref = full(self.ref, event, repository)
        name = ref.removeprefix(_HEADS).removeprefix(_TAGS)
        path, whole = _PLACES[event]
        payload = _set(payload, path, ref if whole else name)
        if event in ("create", "delete"):
            payload = {**payload, "ref_type": "tag" if ref.startswith(_TAGS) else "branch"}
        sha = _commit(ref, repository) if repository else ""
        if not repository or not sha:
            return payload
        if path[0] == "pull_request":
            return _set(payload, ("pull_request", "base", "sha"), sha)
        if event == "push":
            return {**payload, "before": _before(ref, sha, repository), "after": sha}
        return payload


def full(name: str, event: str, repository: Repository | None) -> str:
    """A full ref. A short name is a tag where the event is about tags, or where there is a tag of
    this name and no branch; else a branch."""
    if name.startswith("refs/"):
        return name
    if event == "release":
        return _TAGS + name
    if repository and not repository.sha(_HEADS + name) and repository.sha(_TAGS + name):
        return _TAGS + name
    return _HEADS + name


def _commit(ref: str, repository: Repository) -> str:
    """The commit of a ref, here or at the origin; empty where there is none. Tags are peeled."""
    places = [ref]
    if ref.startswith(_HEADS):
        places.append("refs/remotes/origin/" + ref.removeprefix(_HEADS))
    found = (repository.ask("rev-parse", "-q", "--verify", f"{p}^{{commit}}") for p in places)
    return next((sha.strip() for sha in found if sha.strip()), "")


def _before(ref: str, sha: str, repository: Repository) -> str:
    """What a push of a commit to a ref would find at the origin; else the commit's parent."""
    if ref.startswith(_HEADS):
        pushed = repository.sha("refs/remotes/origin/" + ref.removeprefix(_HEADS))
        if pushed and pushed != sha:
            return pushed
    commit = repository.commit(sha)
    return commit.parents[0] if commit and commit.parents else "0" * len(sha)


def paths(given: tuple[str, ...], root: str, directory: str) -> tuple[str, ...]:
    """Files as filters see them: from the root, with slashes. An empty text stands for no file.

    A relative path is taken from the root, where workflows take it from. Raises WorkflowError for
    one outside of it.
    """
    found: dict[str, None] = {}
    for path in given:
        if not path:
            continue
        plain = posixpath.normpath(path)
        for place in (root, directory):
            if plain.startswith(place + "/"):
                plain = posixpath.relpath(plain, root)
        if plain.startswith(("/", "../")) or plain in ("..", "."):
            raise WorkflowError(
                f"{path!r} is no file of {root}",
                remedy="name files with --changed as they lie below the project's root",
            )
        found[plain] = None
    return tuple(found)


def _set(payload: Payload, path: tuple[str, ...], value: Json) -> Payload:
    """A payload with another value at a path; the one that is given stays as it is."""
    head, *rest = path
    if rest:
        inner = payload.get(head)
        value = _set(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    return {**payload, head: value}
