"""``actions/github-script``: JavaScript against the event and the workspace.

Called by the engine's built-in handler. The script runs on this machine's node inside a small
harness of ours (``scripts/harness.js``), which gives it ``github``, ``context``, ``core``,
``exec``, ``glob``, ``io`` and ``require``. What it sets comes back in a file. GitHub's API is asked
only where there is a token; without one a call is refused, and the message says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from agentmesh.actions import inputs as read
from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("actions/github-script",),
    summary="Run JavaScript with the event, the workspace and GitHub's API",
    inputs=(
        ActionInput("script", required=True, description="The script: the body of a function."),
        ActionInput("github-token", "${{ github.token }}", description="Token for GitHub's API."),
        ActionInput("debug", "${{ runner.debug == '1' }}", description="Log requests."),
        ActionInput("user-agent", "actions/github-script", description="Sent with requests."),
        ActionInput("previews", description="Accepted."),
        ActionInput("result-encoding", "json", description="`json` or `string`."),
        ActionInput("retries", "0", description="How often a request is tried again."),
        ActionInput(
            "retry-exempt-status-codes", "400,401,403,404,422", description="Not for these."
        ),
        ActionInput("base-url", description="Address of the API."),
    ),
    outputs=("result",),
    differs=(
        "The commonest methods of `github.rest`, `request`, `graphql` and `paginate` are there. "
        "Without a token each call fails with the reason."
    ),
)
post = no_post


class Outcome(msgspec.Struct, frozen=True):
    """What the harness wrote down."""

    result: str = ""
    outputs: dict[str, str] = {}
    env: dict[str, str] = {}
    paths: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    summary: str = ""
    failed: str | None = None


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Run the script; its result, and what it set, are the outputs."""
    read.required(inputs, "script")
    encoding = read.one_of(inputs, "result-encoding", ("json", "string"), "json")
    order: dict[str, Any] = {
        "script": inputs.get("script", ""),
        "encoding": encoding,
        "token": read.text(inputs, "github-token"),
        "baseUrl": read.text(inputs, "base-url"),
        "userAgent": read.text(inputs, "user-agent") or "actions/github-script",
        "retries": read.whole(inputs, "retries", default=0),
        "exempt": read.text(inputs, "retry-exempt-status-codes"),
        "github": ctx.spec.github,
        "job": ctx.spec.id,
        "workspace": ctx.dirs.workspace,
    }
    order_file, outcome_file = await ctx.in_thread(_write, order, ctx.dirs.temp)
    env = {f"INPUT_{name.upper().replace(' ', '_')}": value for name, value in inputs.items()}
    node = await ctx.in_thread(_node, ctx.env)
    harness = os.path.join(os.path.dirname(__file__), "scripts", "harness.js")
    done = await ctx.run((node, harness, order_file, outcome_file), env=env)
    outcome = await ctx.in_thread(_read, outcome_file)
    if outcome is None:
        raise AgentmeshError(
            f"node ended with exit code {done.code} before the script could run",
            remedy="See its output above.",
        )
    for value in outcome.masks:
        ctx.mask(value)
    for name, value in outcome.env.items():
        ctx.export(name, value)
    for folder in outcome.paths:
        ctx.add_path(folder)
    if outcome.summary:
        ctx.summarize(outcome.summary)
    if outcome.failed is not None or done.code != 0:
        message = outcome.failed or f"The script ended with exit code {done.code}"
        raise AgentmeshError(message, remedy="See the script's output above.")
    return {**outcome.outputs, "result": outcome.outputs.get("result", outcome.result)}


def _write(order: Mapping[str, Any], temp: str) -> tuple[str, str]:
    """The harness's order, for this user's eyes alone; both files' paths."""
    import tempfile

    folder = tempfile.mkdtemp(dir=temp, prefix="github-script-")
    path = os.path.join(folder, "order.json")
    with open(path, "wb") as file:
        file.write(msgspec.json.encode(order))
    return path, os.path.join(folder, "outcome.json")


def _read(path: str) -> Outcome | None:
    """What came of it, and away with the files, which held the token."""
    import shutil

    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=Outcome)
    except (FileNotFoundError, ValueError):
        return None
    finally:
        shutil.rmtree(os.path.dirname(path), ignore_errors=True)


def _node(env: Mapping[str, str]) -> str:
    """The node on the job's PATH, else one of this machine."""
    from shutil import which

    if found := which("node", path=env.get("PATH", "")):
        return found
    from agentmesh.actions.toolchain import nodes
    from agentmesh.actions.toolchain.pythons import user_home

    there = nodes.find(env, user_home())
    if not there:
        raise SetupError(
            "actions/github-script needs Node.js, which is not on this machine",
            remedy="Install it (`pip install 'agentmesh-runtime[node]'`, or Debian: nodejs).",
        )
    return there[0].executable
