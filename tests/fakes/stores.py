"""Directory-backed stand-ins for what a machine lends to actions: cache, artifacts, source.

Each keeps its port's promises on plain folders, slowly and simply, so that tests of actions need
no real store.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agentmesh.core.errors import AgentmeshError, SetupError, WorkflowError
from agentmesh.ports.artifacts import Artifact
from agentmesh.ports.cache import CacheScope, Restored, Saved
from agentmesh.ports.source import Fetched

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def place(path: str, workspace: str, home: str) -> str:
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    if ".." in path.split("/"):
        raise WorkflowError(f"the path {path} leads outside", remedy="Leave out the `..`.")
    return os.path.join(workspace, path)


def copy_tree(source: str, target: str) -> tuple[int, int]:
    """Copy a file or a folder; how many files and bytes."""
    if os.path.isdir(source) and not os.path.islink(source):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        files = [p for p in Path(target).rglob("*") if p.is_file()]
        return len(files), sum(p.stat().st_size for p in files)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)
    return 1, os.lstat(target).st_size


class FolderCache:
    """ports.cache.Cache below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entries: list[tuple[CacheScope, str, tuple[str, ...], Path]] = []

    async def restore(
        self,
        scope: CacheScope,
        keys: tuple[str, ...],
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
        lookup_only: bool = False,
    ) -> Restored:
        for path in paths:
            place(path, workspace, home)
        for number, key in enumerate((keys[0], *keys)):
            for ref in scope.read:
                for written, name, of, folder in reversed(self.entries):
                    if (
                        of == paths
                        and (written.repository, written.write) == (scope.repository, ref)
                        and (name == key if number == 0 else name.startswith(key))
                    ):
                        files = size = 0
                        if not lookup_only:
                            files, size = self._bring(folder, paths, workspace, home)
                        return Restored(
                            hit="exact" if name == keys[0] else "prefix",
                            key=name,
                            files_written=files,
                            bytes_written=size,
                        )
        return Restored(hit="none", reason="no entry")

    def _bring(
        self, folder: Path, paths: tuple[str, ...], workspace: str, home: str
    ) -> tuple[int, int]:
        files = size = 0
        for number, path in enumerate(paths):
            stored = folder / str(number)
            if stored.exists():
                more = copy_tree(str(stored), place(path, workspace, home).rstrip("/*"))
                files, size = files + more[0], size + more[1]
        return files, size

    async def done(
        self,
        scope: CacheScope,
        key: str,
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
    ) -> None:
        """Nothing is counted here."""

    async def save(
        self,
        scope: CacheScope,
        key: str,
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
    ) -> Saved:
        if not key or len(key) > 512 or "," in key:
            raise WorkflowError(f"the key {key!r} is not allowed", remedy="Use another key.")
        if any((s.write, n, p) == (scope.write, key, paths) for s, n, p, _ in self.entries):
            return Saved(saved=False, reason="an entry with this key exists")
        folder = self.root / str(len(self.entries))
        files = size = 0
        for number, path in enumerate(paths):
            for found in glob.glob(place(path, workspace, home).rstrip("/*")):
                more = copy_tree(found, str(folder / str(number)))
                files, size = files + more[0], size + more[1]
        if not files:
            return Saved(saved=False, reason="the paths match no files")
        self.entries.append((scope, key, paths, folder))
        return Saved(saved=True, files=files, bytes_stored=size)


class FolderArtifacts:
    """ports.artifacts.Artifacts below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kept: dict[int, Artifact] = {}
        self.last = 0

    async def upload(
        self,
        run: str,
        name: str,
        files: tuple[tuple[str, str], ...],
        *,
        overwrite: bool = False,
        retention_days: int | None = None,
    ) -> Artifact:
        if any(c in name for c in '":<>|*?\r\n\\/') or not name:
            raise WorkflowError(f"the artifact name {name!r} is not allowed", remedy="Rename it.")
        same = [a for a in self.kept.values() if (a.run, a.name) == (run, name)]
        if same and not overwrite:
            raise AgentmeshError(
                f"an artifact with the name {name} exists already", remedy="Use overwrite."
            )
        for old in same:
            await self.delete(old)
        self.last += 1
        total = hashlib.sha256()
        size = 0
        for inside, path in sorted(files):
            size += copy_tree(os.path.realpath(path), str(self.root / str(self.last) / inside))[1]
            total.update(inside.encode() + b"\0" + Path(path).read_bytes())
        artifact = Artifact(
            id=self.last,
            run=run,
            name=name,
            size=size,
            files=len(files),
            digest="sha256:" + total.hexdigest(),
            created=NOON,
            expires=NOON + timedelta(days=retention_days or 90),
        )
        self.kept[artifact.id] = artifact
        return artifact

    async def list(self, run: str) -> tuple[Artifact, ...]:
        return tuple(sorted((a for a in self.kept.values() if a.run == run), key=lambda a: a.name))

    async def download(self, artifact: Artifact, directory: str) -> int:
        return copy_tree(str(self.root / str(artifact.id)), directory)[0]

    async def delete(self, artifact: Artifact) -> None:
        del self.kept[artifact.id]


class FolderSource:
    """ports.source.ActionSource that knows the repositories it was given."""

    def __init__(self) -> None:
        self.known: dict[str, Fetched] = {}

    async def fetch(self, repository: str, ref: str) -> Fetched:
        try:
            return self.known[repository.lower()]
        except KeyError:
            raise SetupError(
                f"{repository}@{ref} cannot be had", remedy="Use --action-source."
            ) from None
