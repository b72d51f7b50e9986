"""Writes docs/guide.md from a run of examples/guide: ``python tools/guide_table.py EVENTS``.

Called by ``make guide`` with the file that ``agentmesh run --json`` has written. For each piece of
each YAML block of the guide the page says whether a workflow of the example carries it as written,
how it went, how long it took, and what is different from GitHub. "As written" means: the parsed
piece of the guide stands in the workflow, key for key and value for value; a job may have more
steps before and between its own.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs/cicd-optimization-guide.md"
WORKFLOWS = ROOT / "examples/guide/.github/workflows"
PAGE = ROOT / "docs/guide.md"

Json = Any
Event = dict[str, Json]

DIFFERS = {
    "strategy": "Python versions are those found on this machine; legs for macOS and Windows are "
    "skipped, with the reason.",
    "Cache Dependencies": "The cache is a store on this machine.",
    "tests-light": "A label's cores and memory are not enforced yet.",
    "tests-heavy": "The label is a name for this machine; its cores and memory are not enforced.",
    "Cache Docker Layers": "A machine that has the layers restores nothing; an archive of them is "
    "saved for others.",
    "Set up Docker Buildx": "Without Docker, buildah builds, and `docker` in later steps calls it.",
    "Build and Push": "Pushed to a registry that a step starts and names in `REGISTRY`; layers "
    "stay in the store. `python:3.11-slim` is made of Debian's packages, as `agentmesh.toml` says.",
    "build-multiarch": "The command has no context argument, and Docker refuses it: on GitHub this "
    "job fails. Here the working directory is taken, with a warning.",
    "Multi-architecture Build": "Skipped on a push without the marker, as the guide wants. Its "
    "command has no context argument either: with the marker it fails on GitHub; here it builds "
    "the working directory, with a warning, and pushes.",
}
"""What a reader must know about a piece that runs; by its name."""


class Piece(msgspec.Struct, frozen=True):
    """A part of a block that can run: a step, a job, a strategy, or the block as a whole."""

    block: str
    kind: str
    name: str
    value: Json


class Place(msgspec.Struct, frozen=True):
    """Where a workflow carries a piece: the file, the job's id, the step's name if it is one."""

    workflow: str
    job: str
    step: str = ""


def pieces(guide: str) -> Iterator[Piece]:
    """All pieces of all YAML blocks, in the guide's order."""
    heading = ""
    for match in re.finditer(r"^#+ ([^\n]+)$|^```yaml\n(.*?)^```", guide, re.M | re.S):
        if match[1]:
            heading = match[1]
            continue
        value = yaml.safe_load(match[2])
        if isinstance(value, list):
            for step in value:
                yield Piece(heading, "step", step_name(step), step)
        elif "jobs" in value:
            yield Piece(heading, "block", ", ".join(value), value)
        else:
            for key, part in value.items():
                kind = "strategy" if key == "strategy" else "job"
                yield Piece(heading, kind, key, part)


def step_name(step: Json) -> str:
    """What a step is called, as the runner calls it."""
    if "name" in step:
        return str(step["name"])
    return "Run " + str(step.get("uses") or step["run"].strip().splitlines()[0])


def carries(wanted: Json, job: Json) -> bool:
    """Whether a job of a workflow is the guide's job, with more steps at the most."""
    if any(job.get(key) != value for key, value in wanted.items() if key != "steps"):
        return False
    rest = iter(job.get("steps", ()))
    return all(any(step == other for other in rest) for step in wanted["steps"])


def is_job(piece: Piece, job_id: str, job: Json) -> bool:
    """Whether a piece is this job, or its strategy."""
    if piece.kind == "strategy":
        return bool(job.get("strategy") == piece.value)
    return piece.kind == "job" and job_id == piece.name and carries(piece.value, job)


def places(piece: Piece, workflows: dict[str, Json]) -> list[Place]:
    """Everywhere that a piece stands as written."""
    found = []
    for file, workflow in workflows.items():
        for job_id, job in workflow["jobs"].items():
            if piece.kind == "step" and piece.value in job.get("steps", ()):
                found.append(Place(file, job_id, piece.name))
            elif is_job(piece, job_id, job):
                found.append(Place(file, job_id))
    if piece.kind == "block":
        found = [
            Place(file, next(iter(piece.value["jobs"])))
            for file, workflow in workflows.items()
            if workflow.get("defaults") == piece.value.get("defaults")
            and all(
                key in workflow["jobs"] and part.items() <= workflow["jobs"][key].items()
                for key, part in piece.value["jobs"].items()
            )
        ]
    return found


def read_workflows() -> dict[str, Json]:
    """The example's workflows by file name."""
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(WORKFLOWS.glob("*.yml"))}


def outcome(where: list[Place], events: list[Event]) -> tuple[str, str]:
    """How it went at these places, counted, and the seconds of the longest one."""
    ended = [
        event
        for event in events
        for place in where
        if event["type"] == ("step.completed" if place.step else "job.completed")
        and event["job_id"] == place.job
        and event.get("step", "") == place.step
    ]
    counts: dict[str, int] = {}
    for event in ended:
        counts[event["conclusion"]] = counts.get(event["conclusion"], 0) + 1
    said = ", ".join(f"{count} × {conclusion}" for conclusion, count in sorted(counts.items()))
    longest = max((event.get("seconds", 0.0) for event in ended), default=0.0)
    return said or "did not run", f"{longest:.1f}"


def page(events: list[Event]) -> str:
    """docs/guide.md."""
    workflows = read_workflows()
    rows = []
    running = total = 0
    for piece in pieces(GUIDE.read_text()):
        total += 1
        where = places(piece, workflows)
        running += bool(where)
        if where:
            files = ", ".join(dict.fromkeys(f"`{place.workflow}`" for place in where))
            said, seconds = outcome(where, events)
            rows.append(
                (piece.block, piece.name, files, said, seconds, DIFFERS.get(piece.name, ""))
            )
        else:
            rows.append((piece.block, piece.name, "not yet", "", "", ""))
    end = next(event for event in reversed(events) if event["type"] == "run.completed")
    lines = [
        "<!-- Written by `make guide` from a run; changes here are lost. -->",
        "",
        "# The guide, block by block",
        "",
        "[The guide](cicd-optimization-guide.md) in [`examples/guide`](../examples/guide): which",
        "of its YAML blocks the example's workflows carry as written, and how they went in a run",
        "of `make run`. What says *not yet* is in no workflow that runs.",
        "",
        f"{running} of {total} pieces run. The run: {end['conclusion']}, "
        f"{end['seconds']:.0f} s. Seconds are those of the longest job or step of a row.",
        "",
        "| block | piece | in | went | seconds | what is different |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"usage: {sys.argv[0]} EVENTS\n")
        return 2
    lines = Path(sys.argv[1]).read_text().splitlines()
    PAGE.write_text(page([json.loads(line) for line in lines]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
