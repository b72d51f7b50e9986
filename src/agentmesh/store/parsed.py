"""Workflow files that were read before: their values, without reading them again.

Called by :mod:`agentmesh.app.plan`. Reading a small workflow costs some 15 ms of a run that takes
80, nearly all of it for importing the parser; a value kept from the last time takes one. A digest
of the text, its path and the parser's own files finds an entry, so that it is as good as new.
What cannot be used is taken for absent: this is a cache, and nothing but time is lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
from blake3 import blake3

import agentmesh
from agentmesh.core.problem import Problem
from agentmesh.lang.model import Workflow

if TYPE_CHECKING:
    from agentmesh.store.layout import Layout

Parse = Callable[[str, str], tuple[Workflow | None, tuple[Problem, ...]]]

LANGUAGE = os.path.join(os.path.dirname(agentmesh.__file__), "lang")
KEPT = 512
"""Entries; beyond that the older half goes."""


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    workflow: Workflow
    problems: tuple[Problem, ...]


class ParsedFiles:
    """What ``parse`` makes of texts, kept below a store. Used like ``parse`` itself."""

    def __init__(self, layout: Layout, parse: Parse) -> None:
        self._folder = f"{layout.root}/parsed"
        self._parse = parse
        self._parser = ""

    def __call__(self, text: str, path: str) -> tuple[Workflow | None, tuple[Problem, ...]]:
        """The workflow in a text, and what is wrong with it; only what has no error is kept."""
        self._parser = self._parser or _fingerprint()
        key = blake3("\0".join((self._parser, path, text)).encode("utf-8", "surrogatepass"))
        place = f"{self._folder}/{key.hexdigest(length=20)}"
        try:
            with open(place, "rb") as file:
                entry = msgspec.msgpack.decode(file.read(), type=_Entry)
        except (OSError, ValueError, msgspec.MsgspecError):
            workflow, problems = self._parse(text, path)
            if workflow is not None and all(p.severity != "error" for p in problems):
                self._keep(place, msgspec.msgpack.encode(_Entry(workflow, problems)))
            return workflow, problems
        return entry.workflow, entry.problems

    def _keep(self, place: str, data: bytes) -> None:
        fresh = f"{place}.{os.getpid()}"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with open(fresh, "wb") as file:
                file.write(data)
            os.replace(fresh, place)
            self._limit()
        except OSError:  # a full or read-only disk is reported where something is lost by it
            return

    def _limit(self) -> None:
        names = os.listdir(self._folder)
        if len(names) <= KEPT:
            return
        places = [f"{self._folder}/{name}" for name in names]
        for place in sorted(places, key=lambda p: os.stat(p).st_mtime_ns)[: len(places) // 2]:
            os.unlink(place)


def _fingerprint() -> str:
    """What the parser is: its version, and names, sizes and times of its files."""
    return "\n".join((agentmesh.__version__, *sorted(_files(LANGUAGE))))


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _files(entry.path)
                continue
            found = entry.stat()
            yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"
