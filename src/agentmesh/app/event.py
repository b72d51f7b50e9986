"""The event of a run, as a github context: what the user names, and the rest from git.

Called by :mod:`agentmesh.app.plan`. Follows "Events that trigger workflows" (which ref and commit
an event is about) and "Contexts reference" of GitHub's documentation. Nothing here starts a process
on the way of a plain run: :mod:`agentmesh.app.git` reads the files of git.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from agentmesh.app.git import ZEROS, Commit, Repository, read_config, repository_of
from agentmesh.app.payload import (
    SERVER,
    Facts,
    Payload,
    completed,
    identity,
    inner,
    login,
    made_up,
)
from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span
from agentmesh.lang.events import LIKELY, PULL_REQUEST_EVENTS, TYPES, default_types
from agentmesh.lang.model import Workflow
from agentmesh.lang.triggers import decide
from agentmesh.plan.model import Json


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is for: the github context, without what differs by workflow and job, and
    sentences that a person should read about how it was found."""

    github: dict[str, Json]
    notices: tuple[str, ...] = ()

    @property
    def event(self) -> str:
        return str(self.github["event_name"])


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says about the event. ``payload_path`` names the payload's file;
    ``change`` makes another payload of the one that was found."""

    event: str | None = None
    payload_path: str | None = None
    inputs: Mapping[str, str] = {}
    change: Callable[[str, Payload], Payload] | None = None


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What a server would count. ``now`` is aware and in UTC."""

    now: datetime
    run_id: str = "1"
    run_number: int = 1
    run_attempt: int = 1


def derive(
    wish: Wish,
    root: str,
    repository: Repository | None,
    workflows: tuple[Workflow, ...],
    environ: Mapping[str, str],
    numbers: Numbers,
) -> Occasion:
    """The event of a run. Raises WorkflowError for a payload or event name that cannot be used."""
    given = read_payload(wish.payload_path) if wish.payload_path else None
    facts, notices = _facts(root, repository, given or {}, environ, numbers.now)
    if wish.event is not None:
        event = wish.event
        _known(event)
    elif given is not None:
        event = _event_of(given)
        notices += (f"no --event given: the payload is taken for one of {event}",)
    else:
        event, notice = _likely(wish, facts, workflows, numbers)
        notices += notice
    return Occasion(github=_context(event, given, wish, facts, workflows, numbers), notices=notices)


def read_payload(path: str) -> Payload:
    """The payload in a file. Raises WorkflowError with the place where it is not a JSON object."""
    import json

    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WorkflowError(
            f"the event payload cannot be read: {reason}",
            where=Span(path, 0, 0),
            remedy="name a JSON file with --event-path",
        ) from error
    try:
        payload = json.loads(text)
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise WorkflowError(
            f"the event payload is no JSON: {getattr(error, 'msg', error)}",
            where=Span(path, line, column),
            remedy="mend the file named with --event-path",
        ) from error
    if not isinstance(payload, dict):
        raise WorkflowError(
            "the event payload is no JSON object",
            where=Span(path, 1, 1),
            remedy="write the payload as {…}, as GitHub sends it",
        )
    return payload


def _known(event: str) -> None:
    if event not in TYPES:
        from difflib import get_close_matches

        close = get_close_matches(event, TYPES, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise WorkflowError(
            f"there is no event '{event}'", remedy=f"{hint}Events are {', '.join(sorted(TYPES))}"
        )


_MARKS = (
    ("review", "pull_request_review"),
    ("pull_request", "pull_request"),
    ("release", "release"),
    ("client_payload", "repository_dispatch"),
    ("workflow_run", "workflow_run"),
    ("merge_group", "merge_group"),
    ("comment", "issue_comment"),
    ("issue", "issues"),
    ("schedule", "schedule"),
    ("deployment_status", "deployment_status"),
    ("deployment", "deployment"),
    ("discussion", "discussion"),
    ("before", "push"),
    ("head_commit", "push"),
    ("inputs", "workflow_dispatch"),
)


def _event_of(payload: Payload) -> str:
    """The event that a payload looks like."""
    return next((event for key, event in _MARKS if key in payload), "push")


def _likely(
    wish: Wish, facts: Facts, workflows: tuple[Workflow, ...], numbers: Numbers
) -> tuple[str, tuple[str, ...]]:
    """The event to take where nobody named one: the first likely one that would run something.

    Where none would, the first that anybody listens to, so that the reasons can be read.
    """
    heard = [t.event for w in workflows for t in w.on]
    order = [*(e for e in LIKELY if e in heard), *dict.fromkeys(e for e in heard if e in TYPES)]
    for event in order:
        context = _context(event, None, wish, facts, workflows, numbers)
        if any(decide(workflow, context, None).runs for workflow in workflows):
            if event == "push":
                return event, ()
            why = "would run nothing" if "push" in heard else "is not what they listen to"
            return event, (f"no --event given: taken as {event}, since push {why}",)
    return (order[0] if order else "push"), ()


def _context(
    event: str,
    given: Payload | None,
    wish: Wish,
    facts: Facts,
    workflows: tuple[Workflow, ...],
    numbers: Numbers,
) -> dict[str, Json]:
    made = made_up(event, _action(event, workflows), facts)
    if event == "schedule":
        crons = [c for w in workflows if (t := w.trigger(event)) for c in t.cron]
        made["schedule"] = crons[0] if crons else ""
    payload = completed(given, made) if given is not None else made
    if wish.inputs:
        inputs = payload.get("inputs")
        payload["inputs"] = {**(inputs if isinstance(inputs, dict) else {}), **wish.inputs}
    if wish.change is not None:
        payload = wish.change(event, payload)
    ref, sha = _subject(event, payload, facts)
    head, base = _sides(event, payload)
    name, kind = _named(ref)
    owner = facts.owner
    return {
        "actor": facts.actor,
        "actor_id": str(identity(facts.actor)),
        "api_url": "https://api.github.com",
        "base_ref": base,
        "event": payload,
        "event_name": event,
        "graphql_url": "https://api.github.com/graphql",
        "head_ref": head,
        "ref": ref,
        "ref_name": name,
        "ref_protected": False,
        "ref_type": kind,
        "repository": facts.repository,
        "repository_id": str(identity(facts.repository)),
        "repository_owner": owner,
        "repository_owner_id": str(identity(owner)),
        "repositoryUrl": f"git://github.com/{facts.repository}.git",
        "retention_days": "90",
        "run_attempt": str(numbers.run_attempt),
        "run_id": numbers.run_id,
        "run_number": str(numbers.run_number),
        "secret_source": "Actions",
        "server_url": SERVER,
        "sha": sha,
        "triggering_actor": facts.actor,
    }


def _action(event: str, workflows: tuple[Workflow, ...]) -> str:
    """The activity type of a made-up event: the usual one, unless all listeners want others."""
    usual = default_types(event) or TYPES.get(event, ())
    triggers = [t for w in workflows if (t := w.trigger(event)) is not None]
    wanted = [t.types for t in triggers if t.types is not None]
    if event == "repository_dispatch":
        return wanted[0][0] if wanted and wanted[0] else ""
    if not usual or len(wanted) < len(triggers) or not wanted:
        return usual[0] if usual else ""
    asked = [action for types in wanted for action in types]
    return next((action for action in usual if action in asked), asked[0] if asked else usual[0])


def _subject(event: str, payload: Payload, facts: Facts) -> tuple[str, str]:
    """The ref and the commit that an event is about."""
    default = f"refs/heads/{facts.default_branch}"
    if event in ("push", "workflow_call"):
        after = str(payload.get("after") or "")
        return _full(payload.get("ref")), after if after.strip("0") else facts.sha
    if event == "pull_request_target":
        base = inner(payload, "pull_request", "base", "ref")
        return _full(base) or default, str(inner(payload, "pull_request", "base", "sha") or "")
    if event in PULL_REQUEST_EVENTS:
        number = payload.get("number") or inner(payload, "pull_request", "number") or 1
        return f"refs/pull/{number}/merge", facts.sha
    if event == "release":
        return f"refs/tags/{inner(payload, 'release', 'tag_name')}", facts.sha
    if event == "create":
        kind = "tags" if payload.get("ref_type") == "tag" else "heads"
        return _full(payload.get("ref"), kind), facts.sha
    if event == "merge_group":
        group = payload.get("merge_group")
        return _full(inner(group, "head_ref")), str(inner(group, "head_sha") or facts.sha)
    if event in ("deployment", "deployment_status"):
        deployment = payload.get("deployment")
        sha = str(inner(deployment, "sha") or facts.sha)
        return _full(inner(deployment, "ref")) or default, sha
    if event == "workflow_dispatch":
        return _full(payload.get("ref")) or default, facts.sha
    return default, facts.sha


def _full(ref: Json, kind: str = "heads") -> str:
    if not isinstance(ref, str) or not ref or ref.startswith("refs/"):
        return ref if isinstance(ref, str) else ""
    return f"refs/{kind}/{ref}"


def _sides(event: str, payload: Payload) -> tuple[str, str]:
    """``head_ref`` and ``base_ref``, which only pull requests have."""
    if event not in ("pull_request", "pull_request_target") and event not in PULL_REQUEST_EVENTS:
        return "", ""
    head = inner(payload, "pull_request", "head", "ref")
    base = inner(payload, "pull_request", "base", "ref")
    return str(head or ""), str(base or "")


def _named(ref: str) -> tuple[str, str]:
    """``ref_name`` and ``ref_type``."""
    if ref.startswith("refs/tags/"):
        return ref.removeprefix("refs/tags/"), "tag"
    return ref.removeprefix("refs/heads/").removeprefix("refs/pull/"), "branch"


def _slug(name: str) -> str:
    """``owner/name`` as GitHub would have it: other characters than it allows become dashes."""
    return re.sub(r"[^A-Za-z0-9._/-]+", "-", name)


def _facts(
    root: str,
    repository: Repository | None,
    given: Payload,
    environ: Mapping[str, str],
    now: datetime,
) -> tuple[Facts, tuple[str, ...]]:
    """What the repository shows, what the payload says over it, and what was missing."""
    config = repository.config() if repository else {}
    user, email = _who(config, environ)
    sender = inner(given, "sender", "login")
    actor = sender if isinstance(sender, str) and sender else login(user)
    origin = repository_of(config.get("remote.origin.url", ""))
    named = inner(given, "repository", "full_name")
    full = named if isinstance(named, str) and "/" in named else origin
    full = _slug(full or f"{login(user)}/{os.path.basename(root) or 'repository'}")
    if repository is None:
        notice = "this folder is no git repository: github.sha is zeros, and no file has changed"
        facts = Facts(
            repository=full,
            default_branch="main",
            branch="main",
            tag="",
            sha=ZEROS,
            before=ZEROS,
            base_sha=ZEROS,
            actor=actor,
            user=user,
            email=email,
            commit=None,
            now=now,
        )
        return facts, (notice,)
    return _git_facts(repository, given, full, actor, user, email, now)


def _git_facts(
    repository: Repository,
    given: Payload,
    full: str,
    actor: str,
    user: str,
    email: str,
    now: datetime,
) -> tuple[Facts, tuple[str, ...]]:
    head = repository.head()
    branch = head.ref.removeprefix("refs/heads/")
    default = inner(given, "repository", "default_branch")
    if not isinstance(default, str) or not default:
        default = default_branch(repository, branch)
    tag = ""
    notices: tuple[str, ...] = ()
    if head.sha:
        tags = repository.refs_at(head.sha, "refs/tags/")
        tag = tags[-1] if tags else ""
    if not branch and not tag:
        branches = repository.refs_at(head.sha, "refs/heads/")
        branch = default if default in branches or not branches else branches[0]
        if not branches:
            notices = (f"HEAD is detached: github.ref is taken as refs/heads/{branch}",)
    commit = repository.commit(head.sha) if head.sha else None
    base = inner(given, "pull_request", "base", "ref")
    facts = Facts(
        repository=full,
        default_branch=default,
        branch=branch,
        tag=tag,
        sha=head.sha or ZEROS,
        before=_before(repository, branch, head.sha, commit),
        base_sha=_branch_sha(repository, base if isinstance(base, str) else default) or head.sha,
        actor=actor,
        user=user,
        email=email,
        commit=commit,
        now=now,
    )
    return facts, notices


def default_branch(repository: Repository, current: str) -> str:
    """The repository's default branch: origin's, else main or master, else what is checked out."""
    head = os.path.join(repository.shared, "refs/remotes/origin/HEAD")
    try:
        with open(head, encoding="utf-8") as file:
            name = file.read().strip().removeprefix("ref: refs/remotes/origin/")
            if name:
                return name
    except (OSError, UnicodeDecodeError):
        pass
    for name in ("main", "master"):
        if name == current or _branch_sha(repository, name):
            return name
    return current or "main"


def _branch_sha(repository: Repository, branch: str) -> str:
    """The commit of a branch, as the origin has it, else as it is here."""
    remote = repository.sha(f"refs/remotes/origin/{branch}")
    return remote or repository.sha(f"refs/heads/{branch}")


def _before(repository: Repository, branch: str, sha: str, commit: Commit | None) -> str:
    """What a push of HEAD would find at the origin; else HEAD's parent."""
    pushed = repository.sha(f"refs/remotes/origin/{branch}") if branch else ""
    if pushed and pushed != sha:
        return pushed
    return commit.parents[0] if commit and commit.parents else ZEROS


def _who(config: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, str]:
    """Name and address of the person, as git would sign with."""
    name, email = config.get("user.name", ""), config.get("user.email", "")
    if not name or not email:
        home = environ.get("HOME", "")
        xdg = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        for path in (os.path.join(home, ".gitconfig"), os.path.join(xdg, "git", "config")):
            theirs = read_config(path) if home else {}
            name = name or theirs.get("user.name", "")
            email = email or theirs.get("user.email", "")
    name = name if login(name) else environ.get("USER") or environ.get("LOGNAME") or "user"
    return name, email
