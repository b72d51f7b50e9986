"""What lint can find out about the files around one: actions, called workflows, the repository.

Called by :mod:`agentmesh.app.lint`. Nothing is fetched: an action or a workflow of another
repository is known where the user named a folder for it, where it was fetched before, or where a
built-in action stands in for it. Everything is looked up when a rule asks for it, once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import msgspec

from agentmesh.app.lint_files import ACTION_FILES
from agentmesh.lang.model import ActionFile, Input, Text, Workflow
from agentmesh.lang.rules.source import Surroundings

V = TypeVar("V")

MAX_FILE_SIZE = 1024 * 1024
"""Bytes of a file that is read to know about another; GitHub reads no larger workflow."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where files of other repositories may lie. ``mirrors`` maps ``owner/repo``, or with ``@ref``,
    to folders that the user named; ``store`` is the folder of the store, empty for none."""

    mirrors: Mapping[str, str] = {}
    store: str = ""


class Lazy(Mapping[str, V], Generic[V]):
    """A mapping whose values are looked up when they are asked for, and then kept."""

    def __init__(self, look_up: Callable[[str], V | None]) -> None:
        self._look_up = look_up
        self._known: dict[str, V | None] = {}

    def __getitem__(self, key: str) -> V:
        if key not in self._known:
            self._known[key] = self._look_up(key)
        found = self._known[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key, value in self._known.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


Read = Callable[[str], str | None]
"""From an absolute path to the text of a file, None where there is none that can be read."""


class Around:
    """What is known around the files of one call; shared by all of them."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._mirrors = {name.lower(): path for name, path in places.mirrors.items()}
        self._actions: dict[str, ActionFile | None] = {}
        self._of: dict[str, Surroundings] = {}

    def surroundings(
        self, root: str, called: Callable[[str], Workflow | str | None]
    ) -> Surroundings:
        """For the files of the repository at an absolute path; ``called`` looks up what a job's
        ``uses`` names."""
        if root not in self._of:
            self._of[root] = Surroundings(
                actions=Lazy(lambda uses: self._action(uses, root)),
                called=Lazy(called),
                repository=_repository(root),
            )
        return self._of[root]

    def folder(self, repository: str, ref: str) -> str:
        """The folder of ``owner/repo`` at a ref, where it is known; else nothing."""
        name = repository.lower()
        mirror = self._mirrors.get(f"{name}@{ref}".lower()) or self._mirrors.get(name)
        if mirror:
            return mirror if os.path.isdir(mirror) else ""
        if not self.places.store:
            return ""
        from agentmesh.store.action_source import fetched_before
        from agentmesh.store.layout import Layout

        return fetched_before(Layout(self.places.store), repository, ref)

    def _action(self, uses: str, root: str) -> ActionFile | None:
        if "${{" in uses or uses.startswith("docker://"):
            return None
        if uses.startswith(("./", "$/")):
            return self._in_folder(os.path.normpath(os.path.join(root, uses[2:])))
        name, _, ref = uses.partition("@")
        parts = name.split("/", 2)
        if len(parts) < 2 or not all(parts[:2]):
            return None
        folder = self.folder("/".join(parts[:2]), ref)
        inside = parts[2] if len(parts) > 2 else ""
        found = self._in_folder(os.path.normpath(os.path.join(folder, inside))) if folder else None
        return found or _built_in(name)

    def _in_folder(self, folder: str) -> ActionFile | None:
        if folder not in self._actions:
            self._actions[folder] = next(
                (found for name in ACTION_FILES if (found := _read(os.path.join(folder, name)))),
                None,
            )
        return self._actions[folder]


def _read(path: str) -> ActionFile | None:
    from agentmesh.lang.parse import action

    text = text_of(path)
    return None if text is None else action(text, path)[0]


def text_of(path: str) -> str | None:
    """The text of a file that is there, not too large, and UTF-8."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE_SIZE + 1)
        return data.decode() if len(data) <= MAX_FILE_SIZE else None
    except (OSError, UnicodeDecodeError):
        return None


def _built_in(name: str) -> ActionFile | None:
    """A built-in action as the file that the published one has, as far as it is known."""
    from agentmesh.actions.registry import find

    action = find(name)
    if action is None:
        return None
    meta = action.META
    # The first name is that of the action whose inputs it has; those of its likes differ somewhat.
    known = meta.inputs if name.lower() == meta.names[0] else ()
    return ActionFile(
        path="",
        name=meta.summary,
        using="builtin",
        inputs=tuple(
            Input(
                each.name,
                description=each.description,
                required=each.required,
                default=Text(each.default) if each.default else None,
            )
            for each in known
        ),
        outputs=tuple((output, None) for output in meta.outputs),
    )


def _repository(root: str) -> str:
    """``owner/name`` of the repository at a path, as its origin is called; empty for unknown."""
    from agentmesh.app import git

    found = git.find(root)
    if found is None:
        return ""
    return git.repository_of(found.config().get("remote.origin.url", ""))
