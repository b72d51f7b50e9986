"""What ``uses`` may look like, at a step and at a job.

Called by the modules of :mod:`agentmesh.lang.parse`. Follows "Workflow syntax": ``jobs.<id>.uses``
and ``jobs.<id>.steps[*].uses``.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"[\w.-]+", re.ASCII)
_NOT_IN_REF = re.compile(r"[\x00-\x20\x7f?*\[\]\\~^:]|@\{|\.\.|//")
_SHORT_COMMIT = re.compile(r"(?=.*[0-9])[0-9a-fA-F]{7,8}")
_LOCAL = ("./", "$/", ".\\")
_FOLDERS = (".github/workflows/", ".github/workflows-lab/")


def wrong_step(uses: str) -> str:
    """What is wrong with the ``uses`` of a step, in GitHub's words; empty where nothing is."""
    if uses.startswith((*_LOCAL, "docker://")) or uses in {".", "./"}:
        return ""
    path, at, ref = uses.partition("@")
    owner_and_name = [part for part in re.split(r"[\\/]", path) if part]
    if not at or not ref or "@" in ref or len(owner_and_name) < 2:
        return f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{uses}'"
    return ""


def short_commit(uses: str) -> str:
    """The version of a ``uses`` that looks like an abbreviated commit; else nothing."""
    ref = uses.partition("@")[2]
    return ref if _SHORT_COMMIT.fullmatch(ref) else ""


def wrong_call(uses: str) -> tuple[str, bool]:
    """What is wrong with the ``uses`` of a job, and whether it is only unwise.

    A workflow of this repository outside of ``.github/workflows`` runs here, while GitHub refuses
    it, so that is merely unwise.
    """
    if uses.startswith(_LOCAL):
        reason = _wrong_file(uses[2:])
        if "@" in uses:
            reason = "cannot specify version when calling local workflows"
        elif not reason and not _rooted(uses[2:]):
            return _message(uses, "local workflows must be rooted in '.github/workflows'"), True
    else:
        reason = _wrong_remote(uses)
    return (_message(uses, reason), False) if reason else ("", False)


def _message(uses: str, reason: str) -> str:
    return f"Invalid workflow reference '{uses}': {reason}"


def _rooted(path: str) -> bool:
    return any(path.startswith(folder) and "/" not in path[len(folder) :] for folder in _FOLDERS)


def _wrong_file(path: str) -> str:
    name = path.rpartition("/")[2]
    if not name.endswith((".yml", ".yaml")):
        return "workflow file should have either a '.yml' or '.yaml' file extension"
    return "invalid workflow file name" if name in {".yml", ".yaml"} else ""


def _wrong_remote(uses: str) -> str:
    path, _, ref = uses.partition("@")
    if not ref:
        return "no version specified"
    if "@" in ref:
        return "too many '@' in workflow reference"
    owner, _, rest = path.partition("/")
    name, _, file = rest.partition("/")
    if not file.startswith(_FOLDERS):
        return "references to workflows must be rooted in '.github/workflows'"
    if not (_NAME.fullmatch(owner) and _NAME.fullmatch(name)):
        return "references to workflows must be prefixed with format 'owner/repository/'"
    if not _rooted(file):
        return "workflows must be defined at the top level of the .github/workflows/ directory"
    return _wrong_ref(ref) or _wrong_file(file)


def _wrong_ref(ref: str) -> str:
    parts = ref.split("/")
    if _NOT_IN_REF.search(ref) or any(
        part.startswith(".") or part.endswith((".", ".lock")) for part in parts
    ):
        return f"invalid version: {ref}"
    return "version cannot begin or end with a slash '/'" if not all(parts) else ""
