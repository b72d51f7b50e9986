"""Finds the workflow files that a person means, reads them, and what they call.

Called by :mod:`agentmesh.app.plan`. Every problem of every file is reported at once.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from agentmesh.core.errors import AgentmeshError, WorkflowError
from agentmesh.core.problem import Problem, ordered
from agentmesh.lang.model import Workflow
from agentmesh.plan.reuse import LEVELS, address, is_remote

if TYPE_CHECKING:
    from agentmesh.ports.source import ActionSource

FOLDER = os.path.join(".github", "workflows")

Parse = Callable[[str, str], tuple[Workflow | None, tuple[Problem, ...]]]


def parse_now(text: str, path: str) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """Read a workflow; the parser is imported when there is something to read."""
    from agentmesh.lang.parse import workflow

    return workflow(text, path)


def project_root(directory: str) -> str:
    """The folder that ``./`` means in workflows: the nearest one, upwards, that has workflows of
    its own or is the top of a git repository; else the folder itself."""
    folder = directory
    while True:
        if os.path.isdir(os.path.join(folder, FOLDER)):
            return folder
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return directory
        folder = parent


def load(
    names: tuple[str, ...],
    root: str,
    directories: tuple[str, ...] = (),
    parse: Parse = parse_now,
) -> tuple[tuple[Workflow, ...], tuple[Problem, ...]]:
    """The workflows of these names, or all of the project's, and what is unwise in them.

    A name is a path (from one of ``directories`` or the root), the name of a file of
    ``.github/workflows``, or a folder. Raises WorkflowError with all problems where a file is
    missing or cannot be used.
    """
    paths = _named(names, root, directories) if names else _listed(os.path.join(root, FOLDER))
    if not paths:
        raise WorkflowError(
            f"there are no workflows in {os.path.join(root, FOLDER)}",
            remedy="name a workflow file, or the folder of a project with --directory",
        )
    workflows: list[Workflow] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(paths):
        workflow, found = _read(path, shown(path, root), parse)
        problems += found
        if workflow is not None:
            workflows.append(workflow)
    _refuse(problems)
    return tuple(workflows), tuple(p for p in problems if p.severity != "error")


def load_called(
    workflows: Iterable[Workflow],
    root: str,
    fetch: Callable[[list[str]], dict[str, Workflow | str]],
    parse: Parse = parse_now,
) -> dict[str, Workflow | str]:
    """Every reusable workflow that can be reached, by address, or why it could not be had.

    ``fetch`` gets those of other repositories (:func:`fetch_all`). Raises WorkflowError with all
    problems where one of this repository cannot be used.
    """
    called: dict[str, Workflow | str] = {}
    problems: list[Problem] = []
    level = list(workflows)
    known = {f"./{workflow.path}": workflow for workflow in level}
    for _ in range(LEVELS):
        targets = dict.fromkeys(target for workflow in level for target in _targets(workflow))
        wanted = [target for target in targets if target not in called]
        remote = [target for target in wanted if is_remote(target)]
        found: dict[str, Workflow | str] = {
            target: structs.replace(known[target], path=target)
            if target in known
            else _local(target, root, problems, parse)
            for target in wanted
            if target not in remote
        }
        if remote:
            found |= fetch(remote)
        called |= found
        level = [workflow for workflow in found.values() if isinstance(workflow, Workflow)]
    _refuse(problems)
    return called


async def fetch_all(targets: Iterable[str], source: ActionSource) -> dict[str, Workflow | str]:
    """Workflows of other repositories, by address, or why they could not be had."""
    return {target: await _fetch(target, source) for target in targets}


def shown(path: str, root: str) -> str:
    """A file as workflows and messages name it: from the root, where it is below it."""
    relative = os.path.relpath(path, root)
    return path if relative.startswith("..") else relative


def _targets(workflow: Workflow) -> Iterator[str]:
    for job in workflow.jobs.values():
        if job.uses is not None:
            yield address(job.uses.source, workflow.path)


def _named(names: tuple[str, ...], root: str, directories: tuple[str, ...]) -> list[str]:
    paths: list[str] = []
    for name in names:
        places = [os.path.join(base, name) for base in (*directories, root)]
        places += [os.path.join(root, FOLDER, name + end) for end in ("", ".yml", ".yaml")]
        place = next((p for p in map(os.path.abspath, places) if os.path.exists(p)), None)
        if place is None:
            raise _missing(name, root)
        if os.path.isdir(place):
            inner = os.path.join(place, FOLDER)
            paths += _listed(inner if os.path.isdir(inner) else place)
        else:
            paths.append(place)
    return paths


def _missing(name: str, root: str) -> WorkflowError:
    from difflib import get_close_matches

    known = [os.path.basename(path) for path in _listed(os.path.join(root, FOLDER))]
    close = get_close_matches(os.path.basename(name), known, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    there = ", ".join(known) or "none"
    return WorkflowError(
        f"there is no workflow '{name}'", remedy=f"{hint}The workflows of {FOLDER} are {there}"
    )


def _listed(folder: str) -> list[str]:
    """The workflow files of a folder, sorted."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith((".yml", ".yaml"))]


def _read(path: str, name: str, parse: Parse) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """A workflow file. Raises WorkflowError where it cannot be read at all."""
    try:
        if stat.S_ISFIFO(os.lstat(path).st_mode):  # waits for a writer, which may never come
            raise OSError(errno.EINVAL, "it is a named pipe")
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError as error:
        raise WorkflowError(
            f"the workflow {name} cannot be read: {error.strerror}", remedy="name a readable file"
        ) from error
    return parse(text, name)


def _local(target: str, root: str, problems: list[Problem], parse: Parse) -> Workflow | str:
    path = os.path.join(root, target)
    if not os.path.isfile(path):
        return "workflow was not found"
    workflow, found = _read(path, target, parse)
    problems += found
    return workflow if workflow is not None else "the workflow is not valid"


async def _fetch(target: str, source: ActionSource) -> Workflow | str:
    """A workflow of another repository; whatever goes wrong is the job's to report."""
    name, _, ref = target.rpartition("@")
    owner, repository, path = name.split("/", 2)
    try:
        fetched = await source.fetch(f"{owner}/{repository}", ref)
    except AgentmeshError as error:
        return f"{error.message}. {error.remedy}".rstrip(". ") + "."
    file = os.path.join(fetched.directory, path)
    if not os.path.isfile(file):
        return f"{owner}/{repository}@{ref} has no {path}"
    workflow, found = _read(file, target, parse_now)
    if workflow is not None:
        return workflow
    return str(next((p for p in found if p.severity == "error"), "the workflow is not valid"))


def _refuse(problems: Iterable[Problem]) -> None:
    """Raise what makes the files unusable, all at once."""
    errors = ordered(p for p in problems if p.severity == "error")
    if errors:
        others = len(errors) - 1
        count = f" (and {others} more)" if others else ""
        raise WorkflowError(
            errors[0].message + count,
            where=errors[0].span,
            remedy=errors[0].help,
            problems=errors,
        )
