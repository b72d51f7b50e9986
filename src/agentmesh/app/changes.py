"""Which files an event changed, for triggers that filter by paths.

Called by :mod:`agentmesh.app.plan` where a trigger asks for it, since it takes a git process or
two. Follows "Workflow syntax: on.<push|pull_request>.paths" of GitHub's documentation: two dots for
a push, three for a pull request.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.app.git import Repository
from agentmesh.app.payload import Payload, inner
from agentmesh.plan.model import Json


def changed_files(
    repository: Repository | None,
    root: str,
    github: Mapping[str, Json],
    *,
    committed: bool,
    head: str | None = None,
) -> tuple[str, ...] | None:
    """The files that an event changed, below ``root``; None where that cannot be found out.

    A push changed what is between its two commits, a pull request what is between the base and it
    ("three dots"), and both, unless only what is committed counts, what the working tree holds
    beyond that. ``head`` is the commit that was pushed, where it is not the one that is checked
    out; then only what is committed counts.
    """
    committed = committed or head is not None
    payload = github.get("event")
    event = payload if isinstance(payload, dict) else {}
    listed = _listed(event)
    if repository is None:
        return listed
    if "pull_request" in event:
        since = str(inner(event, "pull_request", "base", "sha") or "")
        upto = "--merge-base"
    else:
        since, upto = str(event.get("before") or ""), ""
    if not since.strip("0"):
        since, upto = _EMPTY_TREE, ""
    options = ["diff", "--name-only", "--no-renames", "--relative", "-z", *([upto] if upto else [])]
    ends = [since, head or "HEAD"] if committed else [since]
    found = repository.try_git(*options, *ends, "--", cwd=root)
    if found is None:
        return listed
    new = b""
    if not committed:
        new = repository.try_git("ls-files", "-o", "--exclude-standard", "-z", cwd=root) or b""
    names = (found + new).decode("utf-8", "surrogateescape").split("\0")
    return tuple(dict.fromkeys(name for name in names if name))


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree without a file, which every repository knows."""


def _listed(event: Payload) -> tuple[str, ...] | None:
    """The files that the commits of a payload name, if they name any."""
    commits = event.get("commits")
    names = (
        str(file)
        for commit in (commits if isinstance(commits, list) else ())
        for kind in ("added", "modified", "removed")
        for file in _files(inner(commit, kind))
    )
    return tuple(dict.fromkeys(names)) or None


def _files(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
