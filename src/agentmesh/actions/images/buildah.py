"""Builds with buildah, which needs no daemon: one storage root a platform, all at the same time.

Called by ``docker/build-push-action`` and the ``docker`` command of a job. A root keeps every layer
it has made, so a second build of the same steps costs next to nothing; images of several platforms
are read from their roots by a third one, which joins them into a list without copying a layer.
"""

from __future__ import annotations

import asyncio
import json
import os
import re

import msgspec

from agentmesh.actions.images import binfmt, outputs, registries, shelf, standins, upkeep
from agentmesh.actions.images.order import Built, Order, Place, Shelf
from agentmesh.actions.images.storage import Image, List, checked, command
from agentmesh.actions.images.words import Platform, base_images, reference
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable

INSTALL = "Install buildah, and qemu-user-static for other platforms (Debian: apt-get install)."


async def build(order: Order, on: Shelf, place: Place) -> Built:
    """Build, tag, push and write out. Raises AgentmeshError where any of it fails."""
    platforms = order.platforms or (on.machine,)
    foreign = any(not binfmt.runs(on.machine, platform, ()) for platform in platforms)
    emulated = await binfmt.emulated(place) if foreign else ()
    for platform in platforms:
        if not binfmt.runs(on.machine, platform, emulated):
            raise Unavailable(
                f"programs for {platform} do not run on this machine",
                remedy="Use docker/setup-qemu-action before (it needs root), or install "
                "qemu-user-static.",
            )
    await place.in_thread(os.makedirs, on.temp, 0o700, True)
    order = await _prepared(order, on, place)
    for note in await place.in_thread(upkeep.tidy, on.shared):
        place.say(note)
    many = len(platforms) > 1
    done = await asyncio.gather(
        *(_one(order, platform, on, place, alone=not many) for platform in platforms),
        return_exceptions=True,
    )
    images = []
    for each in done:
        if isinstance(each, BaseException):
            raise each
        images.append(each)
    return await _finish(order, tuple(images), on, place)


async def _prepared(order: Order, on: Shelf, place: Place) -> Order:
    """Say what will not be done, and have registries of this machine spoken to without TLS."""
    for note in notes(order):
        place.say(note)
    text = await place.in_thread(_dockerfile, order)
    arguments = dict(order.build_args)
    bases = base_images(text, arguments)
    named = [*order.tags, *bases, *(value for _, value in order.build_contexts)]
    await place.in_thread(registries.allow_plain, named, on.home)
    kept = tuple(pair for pair in order.build_args if not pair[0].startswith("BUILDKIT_"))
    given = {name for name, _ in order.build_contexts}
    wanted = tuple(name for name in bases if name in on.stand_ins and name not in given)
    for name in wanted:
        place.say(f"{name} is taken from {on.stand_ins[name]}, as [images] of agentmesh.toml says")
    contexts = (*order.build_contexts, *((name, f"stand-in:{name}") for name in wanted))
    return msgspec.structs.replace(order, build_args=kept, build_contexts=contexts)


def notes(order: Order) -> tuple[str, ...]:
    """What an order asks for that is not done here."""
    said = []
    if order.attests:
        said.append(f"Not made: {', '.join(order.attests)} (attestations need BuildKit).")
    left = [name for name, _ in order.build_args if name.startswith("BUILDKIT_")]
    if left:
        said.append(f"Left out: the build argument {', '.join(left)}, which is BuildKit's own.")
    if order.extra:
        said.append(f"Without effect: {' '.join(order.extra)}.")
    for cache in order.cache_to:
        if cache.get("type") in {"registry", "local", "inline"}:
            to = cache.get("ref") or cache.get("dest") or "the image"
            said.append(f"Layers stay in the store of this machine; none are written to {to}.")
    return tuple(said)


def _dockerfile(order: Order) -> str:
    """The Dockerfile's text; empty where it lies elsewhere, in a git repository or an archive."""
    for name in (order.file,) if order.file else ("Dockerfile", "Containerfile"):
        path = os.path.join(order.folder, name if order.file else f"{order.context}/{name}")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            continue
    return ""


def arguments(order: Order, platform: Platform, id_file: str) -> tuple[str, ...]:
    """``buildah build`` for one platform, but for stand-ins. Secrets are named, not shown."""
    flags = ["build", "--isolation", "chroot", "--layers", "--platform", str(platform)]
    flags += ["--format", "oci" if order.annotations else "docker", "--iidfile", id_file]
    flags += ["--pull-always"] if order.pull else []
    flags += ["--no-cache"] if order.no_cache else []
    flags += ["--target", order.target] if order.target else []
    flags += ["--file", order.file] if order.file else []
    for name, value in order.build_args:
        flags += ["--build-arg", f"{name}={value}"]
    for name, value in order.labels:
        flags += ["--label", f"{name}={value}"]
    for annotation in order.annotations:
        level, _, plain = annotation.partition(":")
        flags += ["--annotation", plain if level == "manifest" else annotation]
    for number, secret in enumerate(order.secrets):
        source = f"src={secret.file}" if secret.file else f"env={_variable(number)}"
        flags += ["--secret", f"id={secret.id},{source}"]
    for name, values in (("--add-host", order.add_hosts), ("--ulimit", order.ulimits)):
        for value in values:
            flags += [name, value.replace("host-gateway", "127.0.0.1")]
    flags += ["--network", order.network] if order.network else []
    flags += ["--shm-size", order.shm_size] if order.shm_size else []
    for output in order.outputs:
        if output.get("type") in {"local", "tar"}:
            flags += ["--output", outputs.flag(output, order, platform)]
    return (*flags, order.context)


def _variable(number: int) -> str:
    return f"AGENTMESH_BUILD_SECRET_{number}"


def secret_env(order: Order, env: Place) -> dict[str, str]:
    """The secrets of a build as variables of its one process."""
    found = {}
    for number, secret in enumerate(order.secrets):
        if not secret.file:
            value = secret.value if secret.value is not None else env.env.get(secret.variable)
            if value is None:
                raise AgentmeshError(
                    f"the secret {secret.id} is to be in {secret.variable}, which is not set",
                    remedy="Set it under `env`, or leave the secret out.",
                )
            found[_variable(number)] = value
    return found


async def _one(order: Order, platform: Platform, on: Shelf, place: Place, *, alone: bool) -> Image:
    """Build for one platform; the output comes as it is made, or in one piece beside others'."""
    storage = shelf.storage(on, shelf.scope(order), platform)
    lock = await place.in_thread(upkeep.hold, storage)
    try:
        if await place.in_thread(upkeep.abandoned, storage, lock):
            await checked(place, (*command(storage, on.temp), "rm", "--all"))
        return await _built(order, platform, storage, on, place, alone=alone)
    finally:
        os.close(lock)


async def _built(
    order: Order, platform: Platform, storage: str, on: Shelf, place: Place, *, alone: bool
) -> Image:
    """Build in a storage root."""
    id_file = os.path.join(on.temp, f"{platform.folder}-{os.urandom(4).hex()}.id")
    base = command(storage, on.temp)
    contexts: list[str] = []
    for name, value in order.build_contexts:
        if value == f"stand-in:{name}":
            value = await standins.ready(on.stand_ins[name], platform, base, on, place)
        contexts += ["--build-context", f"{name}={value}"]
    action, *flags = arguments(order, platform, id_file)
    argv = (*base, action, *contexts, *flags)
    env = secret_env(order, place)
    done = await place.run(argv, cwd=order.folder, env=env, quiet=not alone)
    if not alone:
        place.say(f"::group::{platform}\n{done.output.rstrip()}\n::endgroup::")
    if done.code != 0:
        raise failure(done.output, platform)
    return Image(platform=platform, storage=storage, id=await place.in_thread(_take, id_file))


def _take(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        text = file.read().strip()
    os.unlink(path)
    return text if text.startswith("sha256:") else f"sha256:{text}"


_ABSENT = re.compile(
    r"initializing source docker://(\S+?): .*(no such host|refused|unreachable|i/o)"
)


def failure(output: str, platform: Platform) -> AgentmeshError:
    """Why a build failed, with what helps where a base image cannot be had."""
    absent = _ABSENT.search(output)
    if absent:
        return SetupError(
            f"the base image {absent[1]} is not here, and its registry cannot be reached",
            remedy="Connect to a network, or say under [images] of agentmesh.toml what to take in "
            "its stead.",
        )
    lines = [line for line in output.splitlines() if line.lower().startswith("error:")]
    said = lines[-1][6:].strip() if lines else "see the output above"
    return AgentmeshError(
        f"buildx failed with: {said} ({platform})", remedy="Mend the step named above."
    )


async def _finish(order: Order, images: tuple[Image, ...], on: Shelf, place: Place) -> Built:
    """Name, push and write out what was built."""
    own = next((image for image in images if image.platform == on.machine), images[0])
    await _tag(order, images, on, place)
    pushed = tuple(dict.fromkeys(outputs.pushed(order)))
    digest = ""
    joined = await _join(images, on, place) if len(images) > 1 else None
    for name in pushed:
        digest = await _push(name, joined, own, on, place)
    await outputs.write(order, own, joined, on, place)
    await outputs.load(order, own, on, place)
    if not digest:
        digest = await _digest(own, on, place) if joined is None else ""
    names = ",".join(order.tags or pushed)
    metadata: dict[str, object] = {"containerimage.config.digest": own.id}
    metadata |= {"containerimage.digest": digest} if digest else {}
    metadata |= {"image.name": names} if names else {}
    image_id = digest if joined and digest else own.id
    return Built(image_id=image_id, digest=digest, metadata=metadata)


async def _tag(order: Order, images: tuple[Image, ...], on: Shelf, place: Place) -> None:
    """Give the images their names, where later steps of the job look for them."""
    names = tuple(str(reference(tag)) for tag in order.tags)
    for image in images if names else ():
        await checked(place, (*command(image.storage, on.temp), "tag", image.bare, *names))
    shown = shelf.storage(on, "default", on.machine)
    for image in images if names else ():
        if image.platform == on.machine and image.storage != shown:
            await _copy(image, shown, names, on, place)


async def _copy(
    image: Image, storage: str, names: tuple[str, ...], on: Shelf, place: Place
) -> None:
    """Put an image into another storage root, for the `docker` command of later steps."""
    await place.in_thread(os.makedirs, storage, 0o700, True)
    archive = os.path.join(on.temp, f"copy-{os.urandom(4).hex()}.tar")
    through = f"docker-archive:{archive}"
    source, target = command(image.storage, on.temp), command(storage, on.temp)
    await checked(place, (*source, "push", "-q", image.bare, f"{through}:{names[0]}"))
    await checked(place, (*target, "pull", "-q", through))
    await place.in_thread(os.unlink, archive)
    if names[1:]:
        await checked(place, (*target, "tag", *names))


async def _join(images: tuple[Image, ...], on: Shelf, place: Place) -> List:
    """A list of the images of several platforms: the command that reads it, and its name."""
    stores: list[str] = []
    for image in images:
        stores += ["--storage-opt", f"overlay.imagestore={image.storage}"]
    name = f"localhost/agentmesh-list:{os.urandom(6).hex()}"
    base = command(os.path.join(on.temp, "lists"), on.temp, *stores)
    await checked(place, (*base, "manifest", "create", name))
    for image in images:
        variant = ("--variant", image.platform.variant) if image.platform.variant else ()
        source = f"containers-storage:{image.bare}"
        arch = ("--os", "linux", "--arch", image.platform.arch, *variant)
        await checked(place, (*base, "manifest", "add", *arch, name, source))
    return List(base, name)


async def _push(
    name: str,
    joined: List | None,
    own: Image,
    on: Shelf,
    place: Place,
) -> str:
    """Push an image or a list under a name; the digest it has there."""
    digest_file = os.path.join(on.temp, f"digest-{os.urandom(4).hex()}")
    flags = ("--quiet", "--digestfile", digest_file)
    where = f"docker://{reference(name)}"
    if joined is None:
        argv = (*command(own.storage, on.temp), "push", *flags, own.bare, where)
    else:
        argv = (*joined.command, "manifest", "push", "--all", *flags, joined.name, where)
    done = await place.run(argv, quiet=True)
    if done.code != 0:
        raise push_failure(name, done.output)
    digest = await place.in_thread(_take, digest_file)
    place.say(f"pushed {reference(name)} ({digest})")
    return digest


def push_failure(name: str, output: str) -> AgentmeshError:
    """Why a push failed, with its remedy."""
    said = [line for line in output.splitlines() if line.strip()]
    text = said[-1].removeprefix("Error: ") if said else "no reason given"
    text = re.sub(r"^trying to reuse blob \S+ at destination: ", "", text)
    if re.search(r"unauthorized|denied|authentication required", text):
        remedy = "Log in before with docker/login-action; give its password with --secret."
    elif re.search(r"no such host|refused|unreachable|i/o timeout", text):
        remedy = "Start the registry, or connect to its network."
    else:
        remedy = "See what the registry says."
    return AgentmeshError(f"failed to push {name}: {text}", remedy=remedy)


async def _digest(image: Image, on: Shelf, place: Place) -> str:
    """The digest of the manifest that an image has in storage."""
    argv = (*command(image.storage, on.temp), "inspect", "--type", "image")
    said = await checked(place, (*argv, "--format", "{{.FromImageDigest}}", image.bare))
    return said.strip()


def metadata_text(built: Built) -> str:
    """The ``metadata`` output: JSON, indented as buildx writes it."""
    return json.dumps(built.metadata, indent=2) if built.metadata else ""
