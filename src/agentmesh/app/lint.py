"""``agentmesh lint``: from paths to problems.

Called by :mod:`agentmesh.cli.commands.lint`. Finds the files, reads them, and holds calls of
workflows against the called files of the same repository, which each file's place tells.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Problem, Span, ordered
from agentmesh.lang.calls import check_calls
from agentmesh.lang.model import Workflow
from agentmesh.lang.parse import action, workflow

ACTION_FILES = ("action.yml", "action.yaml")
_WORKFLOWS = os.path.join(".github", "workflows")
_ENDINGS = (".yml", ".yaml")
_NOT_ENTERED = frozenset((".git", "node_modules", ".venv", "venv", ".tox", ".nox", "__pycache__"))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What lint found. ``sources`` holds the text of each file that has a problem."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]
    sources: dict[str, str]

    @property
    def failed(self) -> bool:
        """Whether GitHub would refuse one of the files."""
        return any(problem.severity == "error" for problem in self.problems)


def lint(paths: Sequence[str], directory: str) -> Report:
    """Check files, and the files that folders hold; relative paths start at ``directory``.

    Without paths: the workflows and actions of the repository around ``directory``. Files are
    named as the paths name them. Raises WorkflowError for a path that is not there or cannot be
    read, and where there is nothing to check.
    """
    files = _files(paths, directory)
    if not files:
        raise WorkflowError(
            "there are no workflow or action files to check",
            remedy="name files, or a folder that holds .github/workflows or an action.yml",
        )
    reading = _Reading(directory)
    problems: list[Problem] = []
    for file in files:
        problems += reading.problems(file)
    return Report(
        files=tuple(files),
        problems=ordered(problems),
        sources={name: reading.texts.get(name, "") for name in {p.span.file for p in problems}},
    )


class _Reading:
    """Reads each file once, be it checked or called."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.texts: dict[str, str] = {}
        self.workflows: dict[str, Workflow | None] = {}

    def problems(self, file: str) -> tuple[Problem, ...]:
        """All that is wrong with one file, its calls included."""
        text = self._text(file)
        if isinstance(text, Problem):
            return (text,)
        if _is_action(file):
            return action(text, file)[1]
        found, problems = workflow(text, file)
        self.workflows[self._absolute(file)] = found
        if found is None or all(job.uses is None for job in found.jobs.values()):
            return problems
        return problems + check_calls(found, self._called)

    def _called(self, uses: str, caller: str) -> Workflow | str | None:
        """A workflow of the caller's repository; those of others are not looked for."""
        if not uses.startswith(("./", "$/")) or "@" in uses:
            return None
        root = repository_root(self._absolute(caller)) or self.directory
        path = os.path.normpath(os.path.join(root, uses[2:]))
        if path not in self.workflows:
            if not os.path.isfile(path):
                inside = self._absolute(caller).startswith(os.path.join(root, _WORKFLOWS) + os.sep)
                return f"Unable to find reusable workflow '{uses}'" if inside else None
            text = self._text(os.path.relpath(path, self.directory))
            # What is wrong with a called file is told when it is checked itself.
            found = None if isinstance(text, Problem) else workflow(text, path)[0]
            self.workflows[path] = found
        return self.workflows[path]

    def _absolute(self, file: str) -> str:
        return os.path.normpath(os.path.join(self.directory, file))

    def _text(self, file: str) -> str | Problem:
        try:
            with open(self._absolute(file), "rb") as opened:
                data = opened.read()
        except OSError as error:
            raise _unreadable(file, error) from error
        try:
            self.texts[file] = data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(errors="ignore")
            line = before.count("\n") + 1
            column = len(before) - (before.rfind("\n") + 1) + 1
            self.texts[file] = data.decode(errors="replace")
            return Problem(
                rule="yaml-character",
                span=Span(file, line, column),
                message="The file is not encoded in UTF-8",
                help="Save it as UTF-8.",
            )
        return self.texts[file]


def repository_root(path: str) -> str | None:
    """The repository around an absolute path, or None: the nearest folder with ``.github``'s
    workflows above the path, else the nearest with ``.git`` or ``.github``."""
    head, found, _ = path.partition(os.sep + _WORKFLOWS + os.sep)
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


def _unreadable(file: str, error: OSError) -> WorkflowError:
    return WorkflowError(
        f"{file}: {error.strerror or 'cannot be read'}", remedy="name a file that can be read"
    )


def _is_action(file: str) -> bool:
    folder, name = os.path.split(file)
    return name in ACTION_FILES and not os.path.join(os.sep, folder).endswith(_WORKFLOWS)


def _files(paths: Sequence[str], directory: str) -> list[str]:
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
    found = _yaml_files(os.path.join(folder, _WORKFLOWS), directory)
    if not found:
        found = _yaml_files(folder, directory)
    for parent, names, files in os.walk(base, onerror=_stop):
        names[:] = sorted(name for name in names if name not in _NOT_ENTERED)
        relative = os.path.relpath(parent, base)
        place = folder if relative == "." else os.path.join(folder, relative)
        if place.endswith(_WORKFLOWS):
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
    raise _unreadable(str(error.filename), error)
