"""Payloads of events, made up from what a repository shows, for runs that nobody sent one for.

Called by :mod:`agentmesh.app.event`. The keys are those of GitHub's webhook payloads ("Webhook
events and payloads") that workflows are known to read; numbers are stable, so that two runs of the
same commit see the same. A payload of the user's is completed from these, never changed.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from agentmesh.app.git import ZEROS, Commit, Person
from agentmesh.plan.model import Json

SERVER = "https://github.com"

Payload = dict[str, Json]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the repository and of who runs. ``branch`` is what is checked out (or stands
    for it), ``tag`` a tag of that commit; ``sha`` and ``before`` are zeros where there is none."""

    repository: str
    default_branch: str
    branch: str
    tag: str
    sha: str
    before: str
    base_sha: str
    actor: str
    user: str
    email: str
    commit: Commit | None
    now: datetime

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]


def identity(name: str) -> int:
    """A stable number for an id that only a server would know."""
    return crc32(name.encode())


def made_up(event: str, action: str, facts: Facts) -> Payload:
    """The payload of an event; ``action`` is its activity type, empty where it has none."""
    payload: Payload = {"action": action} if action else {}
    maker = _MAKERS.get(event)
    if maker is not None:
        payload |= maker(facts)
    payload["repository"] = _repository(facts)
    payload["sender"] = _user(facts.actor)
    return payload


def completed(given: Payload, made: Payload) -> Payload:
    """What the user gave, with what is missing in its mappings from a made-up payload."""
    result = dict(given)
    for key, value in made.items():
        if key not in result:
            result[key] = value
        elif isinstance(result[key], dict) and isinstance(value, dict):
            result[key] = completed(result[key], value)
    return result


def inner(payload: Json, *keys: str) -> Json:
    """What stands at a path in a payload; None where there is nothing."""
    for key in keys:
        payload = payload.get(key) if isinstance(payload, dict) else None
    return payload


def stamp(time: datetime) -> str:
    """A time as GitHub writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(person: Person) -> str:
    """A commit's time with its zone, as in ``2026-01-02T03:04:05+01:00``."""
    sign = -1 if person.zone.startswith("-") else 1
    digits = person.zone.lstrip("+-").rjust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:4]) if digits.isdigit() else 0
    zone = timezone(sign * timedelta(minutes=minutes))
    return datetime.fromtimestamp(person.time, zone).isoformat()


def _user(login: str) -> Payload:
    return {
        "login": login,
        "id": identity(login),
        "type": "User",
        "html_url": f"{SERVER}/{login}",
        "url": f"https://api.github.com/users/{login}",
        "site_admin": False,
    }


def _repository(facts: Facts) -> Payload:
    full = facts.repository
    return {
        "id": identity(full),
        "name": full.partition("/")[2],
        "full_name": full,
        "private": False,
        "visibility": "public",
        "owner": _user(facts.owner) | {"name": facts.owner},
        "html_url": f"{SERVER}/{full}",
        "url": f"{SERVER}/{full}",
        "clone_url": f"{SERVER}/{full}.git",
        "git_url": f"git://github.com/{full}.git",
        "ssh_url": f"git@github.com:{full}.git",
        "description": None,
        "fork": False,
        "archived": False,
        "disabled": False,
        "is_template": False,
        "topics": [],
        "license": None,
        "language": None,
        "default_branch": facts.default_branch,
        "master_branch": facts.default_branch,
    }


def _head_commit(facts: Facts) -> Payload | None:
    commit = facts.commit
    if commit is None:
        return None
    return {
        "id": commit.id,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": _time(commit.committer),
        "url": f"{SERVER}/{facts.repository}/commit/{commit.id}",
        "author": _signature(commit.author),
        "committer": _signature(commit.committer),
    }


def _signature(person: Person) -> Payload:
    return {
        "name": person.name,
        "email": person.email,
        "username": login(person.name),
        "date": _time(person),
    }


def login(name: str) -> str:
    """A user name out of a person's name: GitHub's have letters, digits and dashes."""
    return "-".join("".join(c if c.isalnum() else " " for c in name).split())


def _push(facts: Facts) -> Payload:
    head = _head_commit(facts)
    ref = f"refs/tags/{facts.tag}" if facts.tag and not facts.branch else _branch(facts)
    return {
        "ref": ref,
        "before": facts.before,
        "after": facts.sha,
        "base_ref": None,
        "created": facts.before == ZEROS,
        "deleted": False,
        "forced": False,
        "compare": f"{SERVER}/{facts.repository}/compare/{facts.before[:12]}...{facts.sha[:12]}",
        "commits": [head] if head else [],
        "head_commit": head,
        "pusher": {"name": facts.actor, "email": facts.email},
    }


def _branch(facts: Facts) -> str:
    return f"refs/heads/{facts.branch or facts.default_branch}"


def _side(facts: Facts, branch: str, sha: str) -> Payload:
    return {
        "label": f"{facts.owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": _user(facts.owner),
        "repo": _repository(facts),
    }


def _pull_request(facts: Facts) -> Payload:
    message = facts.commit.message if facts.commit else ""
    title, _, body = message.partition("\n")
    url = f"{SERVER}/{facts.repository}/pull/1"
    return {
        "number": 1,
        "pull_request": {
            "id": identity(url),
            "number": 1,
            "state": "open",
            "locked": False,
            "draft": False,
            "merged": False,
            "mergeable": True,
            "title": title,
            "body": body.strip() or None,
            "user": _user(facts.actor),
            "author_association": "OWNER",
            "labels": [],
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "milestone": None,
            "auto_merge": None,
            "html_url": url,
            "url": f"https://api.github.com/repos/{facts.repository}/pulls/1",
            "created_at": stamp(facts.now),
            "updated_at": stamp(facts.now),
            "merge_commit_sha": facts.sha,
            "head": _side(facts, facts.branch or facts.default_branch, facts.sha),
            "base": _side(facts, facts.default_branch, facts.base_sha),
            "commits": 1,
        },
    }


def _review(facts: Facts) -> Payload:
    return _pull_request(facts) | {
        "review": {"id": 1, "user": _user(facts.actor), "body": None, "state": "approved"}
    }


def _review_comment(facts: Facts) -> Payload:
    return _pull_request(facts) | {"comment": _comment(facts, "pull")}


def _comment(facts: Facts, what: str) -> Payload:
    return {
        "id": 1,
        "body": "",
        "user": _user(facts.actor),
        "author_association": "OWNER",
        "html_url": f"{SERVER}/{facts.repository}/{what}/1#issuecomment-1",
        "created_at": stamp(facts.now),
    }


def _issue(facts: Facts) -> Payload:
    return {
        "issue": {
            "id": identity(f"{facts.repository}#1"),
            "number": 1,
            "state": "open",
            "locked": False,
            "title": "",
            "body": None,
            "user": _user(facts.actor),
            "author_association": "OWNER",
            "labels": [],
            "assignees": [],
            "milestone": None,
            "html_url": f"{SERVER}/{facts.repository}/issues/1",
            "created_at": stamp(facts.now),
        }
    }


def _release(facts: Facts) -> Payload:
    tag = facts.tag or "v0.0.0"
    return {
        "release": {
            "id": identity(f"{facts.repository}@{tag}"),
            "tag_name": tag,
            "name": tag,
            "target_commitish": facts.default_branch,
            "draft": False,
            "prerelease": False,
            "body": "",
            "author": _user(facts.actor),
            "assets": [],
            "html_url": f"{SERVER}/{facts.repository}/releases/tag/{tag}",
            "created_at": stamp(facts.now),
            "published_at": stamp(facts.now),
        }
    }


def _created(facts: Facts) -> Payload:
    tagged = bool(facts.tag and not facts.branch)
    return {
        "ref": facts.tag if tagged else facts.branch or facts.default_branch,
        "ref_type": "tag" if tagged else "branch",
        "master_branch": facts.default_branch,
        "description": None,
        "pusher_type": "user",
    }


def _workflow_run(facts: Facts) -> Payload:
    return {
        "workflow_run": {
            "id": 1,
            "run_number": 1,
            "run_attempt": 1,
            "event": "push",
            "status": "completed",
            "conclusion": "success",
            "head_branch": facts.branch or facts.default_branch,
            "head_sha": facts.sha,
            "head_commit": _head_commit(facts),
            "head_repository": _repository(facts),
            "repository": _repository(facts),
            "actor": _user(facts.actor),
            "triggering_actor": _user(facts.actor),
            "pull_requests": [],
            "html_url": f"{SERVER}/{facts.repository}/actions/runs/1",
        },
        "workflow": {"id": 1},
    }


def _merge_group(facts: Facts) -> Payload:
    base = facts.default_branch
    return {
        "merge_group": {
            "head_sha": facts.sha,
            "head_ref": f"refs/heads/gh-readonly-queue/{base}/pr-1-{facts.sha}",
            "base_sha": facts.base_sha,
            "base_ref": f"refs/heads/{base}",
            "head_commit": _head_commit(facts),
        }
    }


def _deployment(facts: Facts) -> Payload:
    return {
        "deployment": {
            "id": 1,
            "sha": facts.sha,
            "ref": facts.branch or facts.default_branch,
            "task": "deploy",
            "environment": "production",
            "payload": {},
            "creator": _user(facts.actor),
        }
    }


def _deployment_status(facts: Facts) -> Payload:
    status = {"id": 1, "state": "success", "environment": "production", "target_url": ""}
    return _deployment(facts) | {"deployment_status": status}


_MAKERS: dict[str, Callable[[Facts], Payload]] = {
    "push": _push,
    "pull_request": _pull_request,
    "pull_request_target": _pull_request,
    "pull_request_review": _review,
    "pull_request_review_comment": _review_comment,
    "issues": _issue,
    "issue_comment": lambda facts: _issue(facts) | {"comment": _comment(facts, "issues")},
    "release": _release,
    "create": _created,
    "delete": _created,
    "workflow_dispatch": lambda facts: {"inputs": None, "ref": _branch(facts)},
    "workflow_call": _push,
    "workflow_run": _workflow_run,
    "merge_group": _merge_group,
    "deployment": _deployment,
    "deployment_status": _deployment_status,
    "repository_dispatch": lambda facts: {"branch": facts.default_branch, "client_payload": {}},
    "label": lambda facts: {"label": {"id": 1, "name": "", "color": "ededed"}},
    "milestone": lambda facts: {"milestone": {"number": 1, "title": "", "state": "open"}},
    "discussion": lambda facts: {"discussion": {"number": 1, "title": "", "body": ""}},
    "check_run": lambda facts: {"check_run": {"name": "", "head_sha": facts.sha}},
    "check_suite": lambda facts: {
        "check_suite": {"head_sha": facts.sha, "head_branch": facts.branch}
    },
    "status": lambda facts: {"sha": facts.sha, "state": "success", "context": "default"},
    "registry_package": lambda facts: {"registry_package": {"name": "", "ecosystem": ""}},
    "fork": lambda facts: {"forkee": _repository(facts)},
}
"""Event → what its payload holds besides action, repository and sender."""
