"""agentmesh.toml: what a repository, or a user in it, decides once and for all.

Read by :mod:`agentmesh.app.settings`. The file lies at the root of the folder that is worked in, or
beside the workflows (``.github/workflows/agentmesh.toml``), or is the table ``[tool.agentmesh]`` of
``pyproject.toml``; two of them at once are an error. An unknown key is one too::

    [platforms]                       # runner label → what its jobs run on
    "my-label" = "host"

    [action-sources]                  # repository (with @ref, if only for that) → folder
    "acme/lint@v2" = "../acme-lint"

    [images]                          # base image → what builds take in its stead
    "python:3.11-slim" = "packages:python3,python3-pip"
    "node:20" = "mirror.example.com/library/node:20"

    [env]
    pass = ["PIP_INDEX_URL"]          # variables of yours that jobs get, whatever they hold

    [sizes.ubuntu-latest-4-cores]     # what a runner label stands for
    cpus = 4
    memory-gb = 16
    price-per-minute = 0.016

    [retention]                       # what `agentmesh history --prune` and the store keep
    runs = 200
    days = 90
    cache-gb = 10.0
"""

from __future__ import annotations

import os
from typing import Literal

import msgspec

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span

FILES = ("agentmesh.toml", ".github/workflows/agentmesh.toml")


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table with known keys, written with dashes."""


class Env(Table, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """``[env]``: names of variables that jobs get from the user's environment."""

    pass_: tuple[str, ...] = ()


class Size(Table, frozen=True, kw_only=True):
    """``[sizes.LABEL]``: what a runner of this label has, and costs."""

    cpus: float | None = None
    memory_gb: float | None = None
    price_per_minute: float | None = None


class Retention(Table, frozen=True, kw_only=True):
    """``[retention]``: how much is kept; None stands for the store's own default."""

    runs: int | None = None
    days: float | None = None
    cache_gb: float | None = None


class Mesh(Table, frozen=True, kw_only=True):
    """``[mesh]``."""

    url: str = ""
    retry_on_loss: bool | tuple[str, ...] | None = None


class Deploy(Table, frozen=True, kw_only=True):
    """``[deploy.NAME]``; durations in seconds."""

    target: Literal["local", "haproxy", "kubernetes", "command"]
    listen: str = ""
    command: tuple[str, ...] = ()
    health: str = ""
    health_timeout: float | None = None
    scale_down_delay: float | None = None


class Config(Table, frozen=True, kw_only=True):
    """The whole file. Relative folders have been made absolute, labels lower case."""

    platforms: dict[str, str] = {}
    action_sources: dict[str, str] = {}
    images: dict[str, str] = {}
    sizes: dict[str, Size] = {}
    env: Env = Env()
    retention: Retention = Retention()
    mesh: Mesh = Mesh()
    deploy: dict[str, Deploy] = {}
    reuse: dict[str, object] = {}
    egress: dict[str, object] = {}

    @property
    def without_effect(self) -> tuple[str, ...]:
        """Tables that are set, and that nothing in this version reads yet."""
        tables = {
            "mesh": self.mesh != Mesh(),
            "deploy": self.deploy,
            "reuse": self.reuse,
            "egress": self.egress,
        }
        return tuple(name for name, value in tables.items() if value)


def load(directory: str) -> Config:
    """The configuration of a folder; an empty one where it has no file.

    Raises WorkflowError, with the place, for a file that cannot be used.
    """
    found = [os.path.join(directory, name) for name in FILES]
    found = [path for path in found if os.path.lexists(path)]
    project = os.path.join(directory, "pyproject.toml")
    if b"tool.agentmesh" in _bytes(project):
        from agentmesh.app.toml import read

        if "agentmesh" in _sub(read(project, shown=_shown(project, directory)).values, "tool"):
            found.append(project)
    if not found:
        return Config()
    if len(found) > 1:
        first, second = (_shown(path, directory) for path in found[:2])
        raise WorkflowError(
            f"there are two configurations, {first} and {second}",
            where=Span(second, 1, 1),
            remedy="keep one of them",
        )
    return _read(found[0], directory)


def _read(path: str, directory: str) -> Config:
    from agentmesh.app.toml import read

    shown = _shown(path, directory)
    document = read(path, shown=shown)
    within = ("tool", "agentmesh") if os.path.basename(path) == "pyproject.toml" else ()
    config = document.convert(Config, within)
    for label, platform in config.platforms.items():
        if platform != "host" and not platform.startswith("docker://"):
            raise WorkflowError(
                f"Unexpected value {platform!r}",
                where=document.place((*within, "platforms", label)),
                remedy="a platform is host or docker://IMAGE",
            )
    root = os.path.dirname(path)
    sources = {
        name: os.path.abspath(os.path.join(root, os.path.expanduser(folder)))
        for name, folder in config.action_sources.items()
    }
    for name, folder in sources.items():
        if not os.path.isdir(folder):
            raise WorkflowError(
                f"there is no folder {config.action_sources[name]!r}",
                where=document.place((*within, "action-sources", name)),
                remedy=f"name the folder that holds {name}",
            )
    images = {name: _image(text, root) for name, text in config.images.items()}
    for name, text in images.items():
        if not name or not text or text == "packages:":
            raise WorkflowError(
                f"Unexpected value {config.images[name]!r}",
                where=document.place((*within, "images", name)),
                remedy="name an image, an archive (oci:DIR, docker-archive:FILE) or packages:NAMES",
            )
    return msgspec.structs.replace(
        config,
        action_sources=sources,
        images=images,
        platforms={label.lower(): platform for label, platform in config.platforms.items()},
    )


def _image(text: str, root: str) -> str:
    """What stands in for an image; an archive's path made absolute."""
    kind, colon, path = text.partition(":")
    if colon and kind in {"oci", "oci-archive", "docker-archive", "dir"}:
        return f"{kind}:{os.path.abspath(os.path.join(root, os.path.expanduser(path)))}"
    return text.strip()


def _sub(table: dict[str, object], key: str) -> dict[str, object]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _shown(path: str, directory: str) -> str:
    """A path as the user would write it."""
    return os.path.relpath(path) if directory == os.getcwd() else path
