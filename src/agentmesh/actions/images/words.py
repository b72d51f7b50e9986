"""The small languages of image builds: platforms, references, ``type=gha,scope=x``. Pure.

Called by the modules of this package and by the actions of ``docker/``. Follows "Multi-platform
builds", "Cache storage backends" and "Exporters overview" of Docker's documentation.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping

import msgspec

from agentmesh.core.errors import AgentmeshError

_ARCHES = {
    "amd64": "amd64",
    "x86_64": "amd64",
    "x86-64": "amd64",
    "arm64": "arm64",
    "aarch64": "arm64",
    "386": "386",
    "i386": "386",
    "i686": "386",
    "arm": "arm",
    "armhf": "arm",
    "armel": "arm",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "mips64le": "mips64le",
    "mips64": "mips64",
    "loong64": "loong64",
}


class Platform(msgspec.Struct, frozen=True, order=True):
    """What an image is for: ``linux/arm/v7`` in its parts."""

    os: str
    arch: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.arch, self.variant) if part)

    @property
    def folder(self) -> str:
        """As a part of a path, the way exporters name it."""
        return str(self).replace("/", "_")


def platform(text: str) -> Platform:
    """A platform as written. Raises AgentmeshError for what names none."""
    parts = text.strip().lower().split("/")
    if len(parts) == 1:
        parts = ["linux", *parts]
    arch = _ARCHES.get(parts[1]) if len(parts) in (2, 3) else None
    if parts[0] != "linux" or arch is None:
        raise AgentmeshError(
            f"'{text}' is no platform that can be built here",
            remedy=f"Name one like linux/amd64; known: {', '.join(sorted(set(_ARCHES.values())))}.",
        )
    variant = parts[2] if len(parts) == 3 else ""
    if arch == "arm64" and variant == "v8":
        variant = ""
    if arch == "arm" and not variant:
        variant = "v5" if parts[1] == "armel" else "v7"
    return Platform("linux", arch, variant)


def platforms(texts: Iterable[str]) -> tuple[Platform, ...]:
    """Platforms in the order given, each once."""
    return tuple(dict.fromkeys(platform(text) for text in texts if text.strip()))


def native(machine: str) -> Platform:
    """The platform of a processor, as ``uname -m`` calls it."""
    if machine.startswith("armv"):
        return Platform("linux", "arm", f"v{machine[4:5]}")
    return Platform("linux", _ARCHES.get(machine, machine))


class Reference(msgspec.Struct, frozen=True):
    """An image's full name: ``docker.io/library/python:3.11`` for ``python:3.11``."""

    registry: str
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.path}{tag}{digest}"

    @property
    def is_loopback(self) -> bool:
        """Whether its registry is on this machine, where plain HTTP is what registries speak."""
        return is_loopback(self.registry)


def is_loopback(registry: str) -> bool:
    """Whether a registry's name is this machine's own."""
    host = registry.rpartition(":")[0] if re.search(r":\d+$", registry) else registry
    return host in {"localhost", "[::1]"} or re.fullmatch(r"127(?:\.\d{1,3}){3}", host) is not None


_PATH = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")


def reference(text: str) -> Reference:
    """An image's name as written. Raises AgentmeshError, in Docker's words, for what is none."""
    rest, _, digest = text.strip().partition("@")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:  # no tag: at the most a registry's port
        name, colon, tag = rest, "", ""
    first, slash, path = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, path = "docker.io", name
    if first in {"docker.io", "index.docker.io"}:
        first, path = "docker.io", path if "/" in path else f"library/{path}"
    fits = _PATH.fullmatch(path) and (not colon or _TAG.fullmatch(tag))
    if not fits or (digest and not _DIGEST.fullmatch(digest)):
        lower = path != path.lower()
        raise AgentmeshError(
            f'invalid tag "{text}": '
            + ("repository name must be lowercase" if lower else "invalid reference format"),
            remedy="Write it as REGISTRY/NAME:TAG, the name in lower case.",
        )
    return Reference(first, path, tag or ("" if digest else "latest"), digest)


def fields(text: str, *, bare: str) -> dict[str, str]:
    """``type=gha,scope=x`` as a dict; a text without ``=`` is the value of ``bare``.

    Raises AgentmeshError for a part that is no ``key=value``.
    """
    parts = next(csv.reader([text]), [])
    if len(parts) == 1 and "=" not in parts[0]:
        kind = {"ref": "registry", "dest": "local"}.get(bare, "")
        return {"type": kind, bare: parts[0].strip()}
    found: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.strip().partition("=")
        if not equals:
            raise AgentmeshError(
                f"invalid value {text!r}: {part!r} is no key=value",
                remedy="Write it like `type=gha,scope=name`.",
            )
        found[key.strip().lower()] = value.strip()
    return found


def listed(text: str, *, commas: bool = False) -> tuple[str, ...]:
    """The items of a list input: one a line, or also separated by commas, quotes taken away.

    Lines that start with ``#`` are comments.
    """
    items: list[str] = []
    for row in csv.reader(text.splitlines(), skipinitialspace=True) if commas else ():
        items += [item.strip() for item in row if item.strip()]
    if not commas:
        items = [unquoted(line.strip()) for line in text.splitlines() if line.strip()]
    return tuple(item for item in items if not item.startswith("#"))


def unquoted(text: str) -> str:
    """A text without the quotes around all of it, as CSV has them."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def pairs(items: Iterable[str], what: str) -> tuple[tuple[str, str], ...]:
    """``name=value`` items. Raises AgentmeshError where the name is missing."""
    found = []
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise AgentmeshError(
                f"{item!r} is no {what}", remedy=f"Write each {what} as NAME=VALUE."
            )
        found.append((name.strip(), value))
    return tuple(found)


_FROM = re.compile(
    r"^\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?", re.I | re.M
)
_COPY_FROM = re.compile(
    r"^\s*(?:COPY|ADD|RUN)\s.*?--?(?:from|mount=\S*?from)=(?P<image>[^\s,]+)", re.I | re.M
)
_ARG = re.compile(r"^\s*ARG\s+(?P<name>\w+)=(?P<value>\S+)", re.I | re.M)


def base_images(dockerfile: str, build_args: Mapping[str, str]) -> tuple[str, ...]:
    """The images that a Dockerfile starts from or copies from, as written, arguments put in."""
    values = {m["name"]: m["value"].strip("\"'") for m in _ARG.finditer(dockerfile)}
    values.update({name: build_args[name] for name in values if name in build_args})
    joined = re.sub(r"\\\n", " ", dockerfile)
    stages = {m["stage"].lower() for m in _FROM.finditer(joined) if m["stage"]}
    images: dict[str, None] = {}
    for match in (*_FROM.finditer(joined), *_COPY_FROM.finditer(joined)):
        name = re.sub(
            r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))",
            lambda m: values.get(m[1] or m[3], m[2] or ""),
            match["image"],
        )
        if name and name.lower() not in stages | {"scratch"} and not name.isdigit():
            images[name] = None
    return tuple(images)
