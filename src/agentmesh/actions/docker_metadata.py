"""``docker/metadata-action``: tags, labels and annotations of an image. Called by the handler.

What the tags are is decided by :mod:`agentmesh.actions.images.tags`. Outputs are set as
``DOCKER_METADATA_OUTPUT_…`` variables too, unless DOCKER_METADATA_SET_OUTPUT_ENV is ``false``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from agentmesh.actions import inputs as read
from agentmesh.actions.images.tags import Occasion, Tagged, flavor, tagged
from agentmesh.actions.images.words import fields, listed, pairs
from agentmesh.core.errors import AgentmeshError
from agentmesh.plan.model import JobSpec
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("docker/metadata-action",),
    summary="Name and describe an image by the event",
    inputs=(
        ActionInput("context", "workflow", description="`workflow`: the event; `git`: the clone."),
        ActionInput("images", description="Names of the image, without a tag."),
        ActionInput("tags", description="Entries like `type=semver,pattern={{version}}`."),
        ActionInput("flavor", description="What holds for all tags: latest, prefix, suffix."),
        ActionInput("labels", description="More labels."),
        ActionInput("annotations", description="More annotations."),
        ActionInput("sep-tags", "\n", description="What stands between tags of the output."),
        ActionInput("sep-labels", "\n", description="What stands between labels."),
        ActionInput("sep-annotations", "\n", description="What stands between annotations."),
        ActionInput(
            "bake-target", "docker-metadata-action", description="Target of the bake file."
        ),
        ActionInput(
            "github-token", "${{ github.token }}", description="Accepted; nobody is asked."
        ),
    ),
    outputs=(
        *("version", "tags", "tag-names", "labels", "annotations", "json", "bake-file"),
        *("bake-file-tags", "bake-file-labels", "bake-file-annotations"),
    ),
    differs="Facts about the repository come from the event, not from GitHub's API.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Decide, and say it in all the forms that other steps take."""
    when = await occasion(inputs, ctx)
    found = tagged(listed(read.text(inputs, "tags")), flavor(lines(inputs, "flavor")), when)
    for note in found.notes:
        ctx.annotate("warning", note)
    if not found.version:
        ctx.annotate("warning", "No Docker image version has been generated. Check tags input.")
    names = images(lines(inputs, "images"))
    tags = tuple(f"{name}:{tag}" for name in names for tag in found.names) or found.names
    facts = described(ctx.spec, when, found)
    labels = merged(facts, pairs(lines(inputs, "labels"), "label"))
    notes = merged(facts, pairs(lines(inputs, "annotations"), "annotation"))
    levels = (ctx.env.get("DOCKER_METADATA_ANNOTATIONS_LEVELS") or "manifest").split(",")
    annotations = tuple(
        f"{level.strip()}:{key}={value}" for level in levels for key, value in notes.items()
    )
    bake = await ctx.in_thread(
        write_bake, inputs, ctx.dirs.temp, names, tags, found, labels, annotations
    )
    outputs = {
        "version": found.version,
        "tags": separator(inputs, "sep-tags").join(tags),
        "tag-names": separator(inputs, "sep-tags").join(found.names),
        "labels": separator(inputs, "sep-labels").join(f"{k}={v}" for k, v in labels.items()),
        "annotations": separator(inputs, "sep-annotations").join(annotations),
        "json": json.dumps(
            {
                "tags": tags,
                "tag-names": found.names,
                "labels": labels,
                "annotations": annotations,
            },
            separators=(",", ":"),
            ensure_ascii=False,
        ),
        **bake,
    }
    for name, value in outputs.items():
        if ctx.env.get("DOCKER_METADATA_SET_OUTPUT_ENV") != "false":
            ctx.export(f"DOCKER_METADATA_OUTPUT_{name.upper().replace('-', '_')}", value)
        if name in {"version", "tags", "labels"}:
            ctx.say(f"::group::{name}\n{value}\n::endgroup::")
    return outputs


def lines(inputs: Mapping[str, str], name: str) -> tuple[str, ...]:
    """A list input, one item a line."""
    return listed(read.text(inputs, name))


def separator(inputs: Mapping[str, str], name: str) -> str:
    """What stands between items: not trimmed, as it may be a line break."""
    return inputs.get(name) or "\n"


def images(entries: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the image; ``name=…,enable=false`` leaves one out."""
    found = []
    for entry in entries:
        parts = fields(entry, bare="name")
        if "name" not in parts or parts.get("enable", "true") not in {"true", "false"}:
            raise AgentmeshError(
                f"Invalid images entry: {entry}", remedy="Write a name, or name=…,enable=true."
            )
        if parts.get("enable", "true") == "true":
            found.append(parts["name"].lower())
    return tuple(dict.fromkeys(found))


async def occasion(inputs: Mapping[str, str], ctx: StepContext) -> Occasion:
    """What the tags depend on. The time is the machine's, as the job's own programs see it."""
    github, event = ctx.spec.github, _mapping(ctx.spec.github.get("event"))
    ref, sha, name = (str(github.get(key) or "") for key in ("ref", "sha", "event_name"))
    request = _mapping(event.get("pull_request"))
    if name == "pull_request_target" and event.get("number"):
        ref = f"refs/pull/{event['number']}/merge"
    if request and ctx.env.get("DOCKER_METADATA_PR_HEAD_SHA") == "true":
        sha = str(_mapping(request.get("head")).get("sha") or sha)
    if read.one_of(inputs, "context", ("workflow", "git"), "workflow") == "git":
        ref, sha = await _of_clone(ctx)
    base = str(_mapping(request.get("base")).get("ref") or event.get("base_ref") or "")
    length = ctx.env.get("DOCKER_METADATA_SHORT_SHA_LENGTH", "7")
    return Occasion(
        event=name,
        ref=ref,
        sha=sha,
        now=await now(ctx),
        default_branch=str(_mapping(event.get("repository")).get("default_branch") or "main"),
        base_ref=base.removeprefix("refs/heads/"),
        commit_date=await _committed(sha, inputs, ctx),
        short=int(length) if length.isascii() and length.isdigit() else 7,
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


async def now(ctx: StepContext) -> datetime:
    """The time; SOURCE_DATE_EPOCH stands in for it, so that a build can be repeated."""
    given = ctx.env.get("SOURCE_DATE_EPOCH", "")
    if not given:
        given = (await ctx.run(("date", "+%s.%3N"), quiet=True)).output.strip()
    try:
        return datetime.fromtimestamp(float(given), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise AgentmeshError(
            f"SOURCE_DATE_EPOCH is {given!r}", remedy="Set it to seconds since 1970, or unset it."
        ) from error


async def _of_clone(ctx: StepContext) -> tuple[str, str]:
    """The ref and the commit of the clone in the workspace."""
    head = await ctx.run(("git", "rev-parse", "HEAD"), quiet=True)
    if head.code != 0:
        raise AgentmeshError(
            "context: git needs a clone in the workspace", remedy="Use actions/checkout before."
        )
    branch = await ctx.run(("git", "symbolic-ref", "-q", "HEAD"), quiet=True)
    if branch.code == 0:
        return branch.output.strip(), head.output.strip()
    tag = await ctx.run(("git", "describe", "--exact-match", "--tags", "HEAD"), quiet=True)
    ref = f"refs/tags/{tag.output.strip()}" if tag.code == 0 else ""
    return ref or str(ctx.spec.github.get("ref") or ""), head.output.strip()


async def _committed(sha: str, inputs: Mapping[str, str], ctx: StepContext) -> datetime | None:
    """When a commit was made; asked only where an entry wants to know."""
    if "commit_date" not in read.text(inputs, "tags") + read.text(inputs, "flavor"):
        return None
    done = await ctx.run(("git", "show", "-s", "--format=%ct", sha), quiet=True)
    text = done.output.strip()
    if done.code != 0 or not text.isdigit():
        raise AgentmeshError(
            f"the date of the commit {sha} is not known here",
            remedy="Use actions/checkout before, or {{date}}.",
        )
    return datetime.fromtimestamp(int(text), UTC)


def described(spec: JobSpec, when: Occasion, found: Tagged) -> dict[str, str]:
    """The labels of the OCI image specification."""
    name = str(spec.github.get("repository") or spec.source.repository)
    repository = _mapping(_mapping(spec.github.get("event")).get("repository"))
    server = str(spec.github.get("server_url") or "https://github.com")
    url = str(repository.get("html_url") or f"{server}/{name}")
    licence = _mapping(repository.get("license")).get("spdx_id")
    moment = when.now.strftime("%Y-%m-%dT%H:%M:%S") + f".{when.now.microsecond // 1000:03d}Z"
    start = "org.opencontainers.image."
    return {
        f"{start}created": moment,
        f"{start}description": str(repository.get("description") or ""),
        f"{start}licenses": str(licence or ""),
        f"{start}revision": when.sha,
        f"{start}source": url,
        f"{start}title": str(repository.get("name") or name.rpartition("/")[2]),
        f"{start}url": url,
        f"{start}version": found.version,
    }


def merged(facts: dict[str, str], more: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Labels with those of the user's, which win, sorted by name."""
    return dict(sorted({**facts, **dict(more)}.items()))


def write_bake(
    inputs: Mapping[str, str],
    temp: str,
    names: tuple[str, ...],
    tags: tuple[str, ...],
    found: Tagged,
    labels: dict[str, str],
    annotations: tuple[str, ...],
) -> dict[str, str]:
    """Definitions for ``docker buildx bake``; output → file. Blocks."""
    target = read.text(inputs, "bake-target") or "docker-metadata-action"
    arguments = {"DOCKER_META_IMAGES": ",".join(names), "DOCKER_META_VERSION": found.version}
    parts: dict[str, dict[str, object]] = {
        "bake-file": {"tags": tags, "labels": labels, "args": arguments},
        "bake-file-tags": {"tags": tags, "args": arguments},
        "bake-file-labels": {"labels": labels},
        "bake-file-annotations": {"annotations": annotations},
    }
    folder = os.path.join(temp, f"docker-metadata-{os.urandom(4).hex()}")
    os.makedirs(folder)
    files = {}
    for output, part in parts.items():
        path = os.path.join(folder, f"docker-metadata-action-{output}.json")
        with open(path, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode({"target": {target: part}})))
        files[output] = path
    return files
