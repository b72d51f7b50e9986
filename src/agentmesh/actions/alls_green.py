"""``re-actors/alls-green``: one verdict over the jobs a job needs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.core.errors import AgentmeshError
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("re-actors/alls-green",),
    summary="Decide whether all needed jobs have succeeded",
    inputs=(
        ActionInput("jobs", required=True, description="`${{ toJSON(needs) }}`."),
        ActionInput("allowed-failures", "[]", description="Jobs that may fail."),
        ActionInput("allowed-skips", "[]", description="Jobs that may be skipped."),
    ),
    outputs=("failure", "result", "success"),
    differs="The step fails with the names of the jobs that did not succeed.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Outputs say the verdict; a negative one fails the step."""
    results = parse(read.text(inputs, "jobs"))
    may_fail = frozenset(names(read.text(inputs, "allowed-failures")))
    may_skip = frozenset(names(read.text(inputs, "allowed-skips")))
    bad = blocking(results, may_fail, may_skip)
    rows = ["| Job | Result | |", "| --- | --- | --- |"]
    for name, result in results.items():
        note = "allowed to fail" if name in may_fail else "required to succeed"
        note = "required to succeed or be skipped" if name in may_skip - may_fail else note
        ctx.say(f"{'✓' if name not in bad else '✗'} {name}: {result} ({note})")
        rows.append(f"| {name} | {result} | {note} |")
    ctx.summarize("\n".join(rows) + "\n")
    if bad:
        # outputs that are returned would not be seen of a step that fails
        for output, value in (("failure", "true"), ("result", "failure"), ("success", "false")):
            ctx.say(f"::set-output name={output}::{value}")
        raise AgentmeshError(
            f"Some of the required to succeed jobs failed: {', '.join(bad)}",
            remedy="See those jobs, or allow them in `allowed-failures` or `allowed-skips`.",
        )
    return {"failure": "false", "result": "success", "success": "true"}


def parse(text: str) -> dict[str, str]:
    """Results by job. Raises AgentmeshError where the text is no ``needs`` context."""
    try:
        jobs = json.loads(text)
        results = {str(name): str(job["result"]) for name, job in jobs.items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        results = {}
    if not results:
        raise AgentmeshError(
            "Invalid input jobs matrix, please provide a non-empty `needs` context",
            remedy="Write `jobs: ${{ toJSON(needs) }}` in a job that has `needs`.",
        )
    return results


def names(text: str) -> tuple[str, ...]:
    """Names in a JSON list, or between commas."""
    try:
        parsed = json.loads(text or "[]")
    except ValueError:
        parsed = text.split(",")
    parsed = parsed if isinstance(parsed, list) else [parsed]
    return tuple(name for item in parsed if (name := str(item).strip()))


def blocking(
    results: Mapping[str, str], may_fail: frozenset[str], may_skip: frozenset[str]
) -> tuple[str, ...]:
    """The jobs that stand in the way, in order."""
    return tuple(
        name
        for name, result in results.items()
        if result != "success"
        and name not in may_fail
        and not (result == "skipped" and name in may_skip)
    )
