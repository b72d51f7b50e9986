"""The ``docker`` command of a job on a machine without buildx: images by buildah.

Started by the program that :mod:`agentmesh.actions.images.shim` writes. Knows ``build``, ``buildx
build|bake…``, ``push``, ``pull``, ``tag``, ``images``, ``rmi``, ``save``, ``load``, ``login``; the
rest goes to the machine's own docker, or is refused by name. Follows Docker's command reference.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import TextIO, TypeVar

import msgspec

from agentmesh.actions.images import buildah, outputs, registries, shelf
from agentmesh.actions.images.order import Order, Secret, Shelf
from agentmesh.actions.images.storage import command
from agentmesh.actions.images.words import fields, pairs, platforms, reference
from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.ports.action import Completed

T = TypeVar("T")


class Usage(Exception):
    """A command line that docker would not take either."""


class Terminal:
    """The step's output, and its processes (:class:`agentmesh.actions.images.order.Place`).

    Progress goes to standard error, as BuildKit's does: ``id=$(docker build -q .)`` gets the id
    alone. Without a stream nothing is shown.
    """

    def __init__(self, env: Mapping[str, str], stream: TextIO | None) -> None:
        self.env = env
        self._stream = stream

    def say(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Completed:
        whole = {**self.env, **(env or {})}
        if shutil.which(argv[0], path=whole.get("PATH", "")) is None:
            raise SetupError(f"{argv[0]}: command not found", remedy=buildah.INSTALL)
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd or None,
            env=whole,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        seen = bytearray()
        while chunk := await process.stdout.read(1 << 16):
            seen += chunk
            if not quiet and self._stream is not None:
                self._stream.buffer.write(chunk)
                self._stream.flush()
        return Completed(code=await process.wait(), output=seen.decode("utf-8", "replace"))

    async def in_thread(self, function: Callable[..., T], /, *args: object) -> T:
        return await asyncio.to_thread(function, *args)


def main(arguments: list[str], env: Mapping[str, str], file: str, own: str) -> int:
    """Do a command line; the exit code. ``file`` holds the shelf, ``own`` is another docker."""
    with open(file, "rb") as opened:
        on = msgspec.json.decode(opened.read(), type=Shelf)
    try:
        return _perform(arguments, env, on, own)
    except Usage as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1
    except AgentmeshError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1


def _perform(arguments: list[str], env: Mapping[str, str], on: Shelf, own: str) -> int:
    words = list(arguments)
    if words[:1] == ["buildx"]:
        words = words[1:]
        if words[:1] and words[0] in _BUILDX:
            sys.stdout.write(_BUILDX[words[0]])
            return 0
        if words[:1] not in (["build"], ["b"]):
            raise Usage(f"docker buildx {' '.join(words[:1])} is not there without BuildKit")
        words[0] = "build"
    elif words[:1] in (["image"], ["builder"]) and words[1:2] and words[1] in _SHORT:
        words = [_SHORT[words[1]], *words[2:]]
    if words[:1] == ["build"]:
        order, options = parse(words[1:], os.getcwd(), env)
        place = Terminal(env, None if options.quiet else sys.stderr)
        return asyncio.run(_build(order, options, on, place))
    if words[:1] and words[0] in _PLAIN:
        registries.allow_plain([word for word in words[1:] if not word.startswith("-")], on.home)
        return _exec(_PLAIN[words[0]](words[1:], on), env)
    if own:
        return _exec((own, *arguments), env)
    raise Usage(
        f"docker {' '.join(arguments[:1])} needs a container engine, and there is none on this "
        "machine: images are built by buildah here"
    )


_BUILDX = {
    "ls": "NAME/NODE    DRIVER/ENDPOINT  STATUS\nagentmesh *  buildah          running\n",
    "version": "agentmesh, over buildah\n",
    "inspect": "Name:   agentmesh\nDriver: buildah\nStatus: running\n",
    "create": "agentmesh\n",
    "use": "",
    "rm": "",
    "prune": "",
    "install": "",
}
"""Commands about builders: there is one, and it is ready."""

_SHORT = {
    "build": "build",
    "push": "push",
    "pull": "pull",
    "tag": "tag",
    "ls": "images",
    "rm": "rmi",
}


def _exec(argv: tuple[str, ...], env: Mapping[str, str]) -> int:
    """Become another program."""
    try:
        os.execvpe(argv[0], argv, dict(env))
    except OSError as error:
        raise SetupError(f"{argv[0]}: {error.strerror}", remedy=buildah.INSTALL) from error


def _base(on: Shelf) -> tuple[str, ...]:
    root = shelf.storage(on, "default", on.machine)
    os.makedirs(root, mode=0o700, exist_ok=True)
    return command(root, on.temp)


def _push(words: list[str], on: Shelf) -> tuple[str, ...]:
    name = str(reference(_one(words, "push")))
    return (*_base(on), "push", name, f"docker://{name}")


def _pull(words: list[str], on: Shelf) -> tuple[str, ...]:
    return (*_base(on), "pull", f"docker://{reference(_one(words, 'pull'))}")


def _tag(words: list[str], on: Shelf) -> tuple[str, ...]:
    if len(words) != 2:
        raise Usage('"docker tag" requires exactly 2 arguments')
    source = words[0] if re.fullmatch(r"(?:sha256:)?[0-9a-f]{12,64}", words[0]) else ""
    source = source.removeprefix("sha256:") or str(reference(words[0]))
    return (*_base(on), "tag", source, str(reference(words[1])))


def _images(words: list[str], on: Shelf) -> tuple[str, ...]:
    return (*_base(on), "images", *words)


def _rmi(words: list[str], on: Shelf) -> tuple[str, ...]:
    names = [word if word.startswith("-") else str(reference(word)) for word in words]
    return (*_base(on), "rmi", *names)


def _login(words: list[str], on: Shelf) -> tuple[str, ...]:
    return ("buildah", "login", *words)


def _logout(words: list[str], on: Shelf) -> tuple[str, ...]:
    return ("buildah", "logout", *words)


def _one(words: list[str], what: str) -> str:
    names = [word for word in words if not word.startswith("-")]
    if len(names) != 1:
        raise Usage(f'"docker {what}" requires exactly 1 argument')
    return names[0]


_PLAIN: dict[str, Callable[[list[str], Shelf], tuple[str, ...]]] = {
    "push": _push,
    "pull": _pull,
    "tag": _tag,
    "images": _images,
    "rmi": _rmi,
    "login": _login,
    "logout": _logout,
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a build's command line asks for beside the build."""

    id_file: str = ""
    metadata_file: str = ""
    quiet: bool = False
    no_context: bool = False


_FLAGS = {"--push", "--load", "--pull", "--no-cache", "-q", "--quiet", "--rm", "--force-rm"}
_IGNORED = {"--progress", "--builder", "--isolation", "--policy", "-m", "--memory", "--cpu-shares"}
_SHORT_FLAGS = {"-t": "--tag", "-f": "--file", "-o": "--output"}
_VALUES = {
    *("--platform", "--tag", "--file", "--label", "--annotation", "--build-arg", "--target"),
    *("--build-context", "--cache-from", "--cache-to", "--output", "--secret", "--add-host"),
    *("--network", "--shm-size", "--ulimit", "--cgroup-parent", "--iidfile", "--metadata-file"),
    *("--attest", "--provenance", "--sbom", "--no-cache-filter", "--allow", "--ssh"),
}


def split(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The flags of a build with their values, and the other arguments. Raises Usage."""
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return found, rest + waiting
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        name, equals, value = word.partition("=")
        if name[:2] in _SHORT_FLAGS and not name.startswith("--"):
            name, value = _SHORT_FLAGS[word[:2]], word[2:].removeprefix("=")
            equals = value
        if name in _FLAGS:
            found.setdefault(name, []).append(value if equals else "true")
        elif name in _VALUES or name in _IGNORED:
            if not equals and not waiting:
                raise Usage(f"flag needs an argument: {name}")
            found.setdefault(name, []).append(value if equals else waiting.pop(0))
        else:
            raise Usage(f"unknown flag: {name}")
    return found, rest


def parse(words: list[str], folder: str, env: Mapping[str, str]) -> tuple[Order, Options]:
    """A build's command line. Raises Usage or AgentmeshError for what docker would refuse."""
    found, rest = split(words)

    def last(name: str) -> str:
        return found.get(name, [""])[-1]

    def all_(name: str) -> tuple[str, ...]:
        return tuple(found.get(name, ()))

    if len(rest) > 1:
        raise Usage(f'"docker buildx build" requires 1 argument, and there are {len(rest)}')
    if "--ssh" in found:
        raise Usage("--ssh is not there: agentmesh hands no keys to builds")
    if rest == ["-"]:
        raise Usage("a Dockerfile from standard input is not read; write it to a file")
    arguments = tuple(
        each if "=" in each else f"{each}={env.get(each, '')}" for each in all_("--build-arg")
    )
    attests = [f"{kind[2:]}={last(kind)}" for kind in ("--provenance", "--sbom") if last(kind)]
    order = Order(
        folder=folder,
        context=rest[0] if rest else ".",
        file=last("--file"),
        platforms=platforms(p for each in all_("--platform") for p in each.split(",")),
        tags=all_("--tag"),
        labels=pairs(all_("--label"), "label"),
        annotations=all_("--annotation"),
        build_args=pairs(arguments, "build argument"),
        build_contexts=pairs(all_("--build-context"), "build context"),
        target=last("--target"),
        secrets=tuple(_secret(each) for each in all_("--secret")),
        cache_from=tuple(fields(each, bare="ref") for each in all_("--cache-from")),
        cache_to=tuple(fields(each, bare="ref") for each in all_("--cache-to")),
        outputs=tuple(fields(each, bare="dest") for each in all_("--output")),
        push=last("--push") == "true",
        load=last("--load") == "true" or not ("--push" in found or "--output" in found),
        pull=last("--pull") == "true",
        no_cache=last("--no-cache") == "true",
        attests=(*all_("--attest"), *(each for each in attests if not each.endswith("=false"))),
        add_hosts=all_("--add-host"),
        network=last("--network"),
        shm_size=last("--shm-size"),
        ulimits=all_("--ulimit"),
    )
    options = Options(
        id_file=last("--iidfile"),
        metadata_file=last("--metadata-file"),
        quiet="true" in (last("-q"), last("--quiet")),
        no_context=not rest,
    )
    return order, options


def _secret(text: str) -> Secret:
    parts = fields(text, bare="id")
    if parts.get("env"):
        return Secret(id=parts["id"], variable=parts["env"])
    return Secret(id=parts["id"], file=parts.get("src") or parts.get("source") or parts["id"])


async def _build(order: Order, options: Options, on: Shelf, place: Terminal) -> int:
    if options.no_context:
        place.say(
            "::warning::docker buildx build has no context argument. Docker refuses this command; "
            "here the working directory is the context. Write a dot at its end."
        )
    outputs.check(order)
    built = await buildah.build(order, on, place)
    for path, text in (
        (options.id_file, built.image_id),
        (options.metadata_file, buildah.metadata_text(built)),
    ):
        if path:
            await place.in_thread(_write, path, text)
    if options.quiet:
        sys.stdout.write(f"{built.image_id}\n")
    place.say(built.image_id)
    return 0


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
