"""Builds with ``docker buildx``, where the machine has it: flags in, nothing decided here.

Called by ``docker/build-push-action``. BuildKit keeps its own layers; ``type=gha`` finds the cache
service in the step's environment.
"""

from __future__ import annotations

import json
import os

from agentmesh.actions.images.order import Built, Order, Place, Shelf
from agentmesh.core.errors import AgentmeshError


def arguments(order: Order, id_file: str, metadata_file: str) -> tuple[str, ...]:
    """``docker buildx build`` for an order. Secrets are named, not shown."""
    flags = ["docker", "buildx", "build"]
    for name, values in (
        ("--platform", (",".join(map(str, order.platforms)),) if order.platforms else ()),
        ("--tag", order.tags),
        ("--label", tuple(f"{name}={value}" for name, value in order.labels)),
        ("--annotation", order.annotations),
        ("--build-arg", tuple(f"{name}={value}" for name, value in order.build_args)),
        ("--build-context", tuple(f"{name}={value}" for name, value in order.build_contexts)),
        ("--cache-from", tuple(map(_csv, order.cache_from))),
        ("--cache-to", tuple(map(_csv, order.cache_to))),
        ("--output", tuple(map(_csv, order.outputs))),
        ("--attest", order.attests),
        ("--add-host", order.add_hosts),
        ("--ulimit", order.ulimits),
        ("--target", (order.target,)),
        ("--network", (order.network,)),
        ("--shm-size", (order.shm_size,)),
        ("--cgroup-parent", (order.cgroup_parent,)),
        ("--file", (order.file,)),
        ("--iidfile", (id_file,)),
        ("--metadata-file", (metadata_file,)),
    ):
        for value in values:
            flags += [name, value] if value else []
    for number, secret in enumerate(order.secrets):
        source = f"src={secret.file}" if secret.file else f"env={variable(number)}"
        flags += ["--secret", f"id={secret.id},{source}"]
    for name, on in (
        ("--push", order.push),
        ("--load", order.load),
        ("--pull", order.pull),
        ("--no-cache", order.no_cache),
    ):
        flags += [name] if on else []
    return (*flags, *order.extra, order.context)


def variable(number: int) -> str:
    """The variable that holds a secret for the one process that builds."""
    return f"AGENTMESH_BUILD_SECRET_{number}"


def _csv(values: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in values.items() if value)


async def build(order: Order, on: Shelf, place: Place) -> Built:
    """Build. Raises AgentmeshError where it fails."""
    from agentmesh.actions.images.buildah import secret_env

    await place.in_thread(os.makedirs, on.temp, 0o700, True)
    mark = os.urandom(4).hex()
    id_file, metadata_file = (os.path.join(on.temp, f"{mark}.{kind}") for kind in ("id", "json"))
    done = await place.run(
        arguments(order, id_file, metadata_file),
        cwd=order.folder,
        env={**order.variables, **secret_env(order, place)},
    )
    if done.code != 0:
        lines = [line for line in done.output.splitlines() if line.startswith("ERROR:")]
        said = lines[-1][6:].strip() if lines else f"exit code {done.code}"
        raise AgentmeshError(f"buildx failed with: {said}", remedy="Mend the step named above.")
    return await place.in_thread(_result, id_file, metadata_file)


def _result(id_file: str, metadata_file: str) -> Built:
    try:
        with open(metadata_file, encoding="utf-8") as file:
            metadata = json.load(file)
    except (OSError, ValueError):  # older versions write none where nothing is exported
        metadata = {}
    image_id = ""
    if os.path.exists(id_file):
        with open(id_file, encoding="utf-8") as file:
            image_id = file.read().strip()
    return Built(
        image_id=image_id,
        digest=str(metadata.get("containerimage.digest", "")),
        metadata=metadata,
    )
