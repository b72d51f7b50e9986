"""Which files ``agentmesh lint`` checks, and the repository around each.

Called by :mod:`agentmesh.app.lint`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from agentmesh.core.errors import WorkflowError

ACTION_FILES = ("action.yml", "action.yaml")
WORKFLOWS = os.path.join(".github", "workflows")
_ENDINGS = (".yml", ".yaml")
_NOT_ENTERED = frozenset((".git", "node_modules", ".venv", "venv", ".tox", ".nox", "__pycache__"))


def repository_root(path: str) -> str | None:
    """The repository around an absolute path, or None: the nearest folder with ``.github``'s
    workflows above the path, else the nearest with ``.git`` or ``.github``."""
    head, found, _ = path.partition(os.sep + WORKFLOWS + os.sep)
    if found:
        return head
    folder = os.path.dirname(path)
    while True:
        if any(os.path.exists(os.path.join(folder, name)) for name in (".git", ".github")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def unreadable(file: str, error: OSError) -> WorkflowError:
    """The error for a file or a folder that is there and cannot be read."""
    return WorkflowError(
        f"{file}: {error.strerror or 'cannot be read'}", remedy="name a file that can be read"
    )


def is_action(file: str) -> bool:
    """Whether a file is an action by its name; below ``.github/workflows`` none is."""
    folder, name = os.path.split(file)
    return name in ACTION_FILES and not os.path.join(os.sep, folder).endswith(WORKFLOWS)


def files_of(paths: Sequence[str], directory: str) -> list[str]:
    """The files to check, each once, in the order of the paths."""
    if not paths:
        root = repository_root(os.path.join(directory, "x")) or directory
        relative = os.path.relpath(root, directory)
        return list(dict.fromkeys(_in_folder("" if relative == "." else relative, directory)))
    found: list[str] = []
    for path in paths:
        absolute = os.path.join(directory, path)
        if os.path.isdir(absolute):
            found += _in_folder("" if path in {".", "./"} else path, directory)
        elif os.path.exists(absolute):
            found.append(path)
        else:
            raise WorkflowError(
                f"there is no file {path!r}", remedy="name a workflow file or a folder"
            )
    return list(dict.fromkeys(found))


def _in_folder(folder: str, directory: str) -> list[str]:
    """A folder's workflows and actions; where it is no repository, its own YAML files too."""
    base = os.path.join(directory, folder)
    found = _yaml_files(os.path.join(folder, WORKFLOWS), directory)
    if not found:
        found = _yaml_files(folder, directory)
    for parent, names, files in os.walk(base, onerror=_stop):
        names[:] = sorted(name for name in names if name not in _NOT_ENTERED)
        relative = os.path.relpath(parent, base)
        place = folder if relative == "." else os.path.join(folder, relative)
        if place.endswith(WORKFLOWS):
            found += _yaml_files(place, directory)
            continue
        found += [os.path.join(place, name) for name in ACTION_FILES if name in files]
    return found


def _yaml_files(folder: str, directory: str) -> list[str]:
    try:
        names = sorted(os.listdir(os.path.join(directory, folder)))
    except OSError:
        return []
    return [
        os.path.join(folder, name)
        for name in names
        if name.endswith(_ENDINGS) and os.path.isfile(os.path.join(directory, folder, name))
    ]


def _stop(error: OSError) -> None:
    raise unreadable(str(error.filename), error)
