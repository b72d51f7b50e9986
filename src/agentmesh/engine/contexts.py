"""The contexts and the environment that a step sees. Pure; called by the engine's step code.

Sources: "Contexts reference" and "Variables reference" of GitHub's documentation. Variables that
start with GITHUB_ or RUNNER_ cannot be overridden by a workflow, so they are laid over all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from agentmesh.plan.model import JobSpec, Json
from agentmesh.ports.executor import JobDirs

EXPORTED = (
    "action",
    "action_path",
    "action_ref",
    "action_repository",
    "actor",
    "actor_id",
    "api_url",
    "base_ref",
    "env",
    "event_name",
    "event_path",
    "graphql_url",
    "head_ref",
    "job",
    "output",
    "path",
    "ref",
    "ref_name",
    "ref_protected",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "retention_days",
    "run_attempt",
    "run_id",
    "run_number",
    "server_url",
    "sha",
    "state",
    "step_summary",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "workspace",
)
"""Keys of the github context that steps get as GITHUB_<KEY>."""


class StepFiles(msgspec.Struct, frozen=True):
    """The command files of one step, as paths inside the job's place."""

    env: str
    output: str
    path: str
    state: str
    step_summary: str


class ActionPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The action a step belongs to, for the ``github.action*`` keys."""

    path: str = ""
    ref: str = ""
    repository: str = ""


def github(
    spec: JobSpec,
    workspace: str,
    event_path: str,
    token: str,
) -> dict[str, Json]:
    """The github context of a job, without what differs by step."""
    context = dict(spec.github)
    context["workspace"] = workspace
    context["event_path"] = event_path
    context["job"] = spec.id
    if token:
        context["token"] = token
    return context


def github_of_step(
    job: Mapping[str, Json], action: str, place: ActionPlace, files: StepFiles
) -> dict[str, Json]:
    """The github context of a step."""
    context = dict(job)
    context["action"] = action
    context["action_path"] = place.path
    context["action_ref"] = place.ref
    context["action_repository"] = place.repository
    context["env"] = files.env
    context["output"] = files.output
    context["path"] = files.path
    context["state"] = files.state
    context["step_summary"] = files.step_summary
    return context


def runner(dirs: Mapping[str, str], name: str, arch: str, *, debug: bool) -> dict[str, Json]:
    """The runner context; ``dirs`` holds temp, tool_cache and workspace as seen inside."""
    context: dict[str, Json] = {
        "os": "Linux",
        "arch": arch,
        "name": name,
        "environment": "self-hosted",
        **dirs,
    }
    if debug:
        context["debug"] = "1"
    return context


def architecture(machine: str) -> str:
    """``runner.arch`` for what ``uname -m`` says."""
    names = {"x86_64": "X64", "aarch64": "ARM64", "arm64": "ARM64", "i686": "X86"}
    if machine.startswith("armv"):
        return "ARM"
    return names.get(machine, machine.upper())


def exported(
    github_context: Mapping[str, Json], runner_context: Mapping[str, Json]
) -> dict[str, str]:
    """GITHUB_* and RUNNER_* for a step's environment; empty values are left out."""
    env = {}
    for key in EXPORTED:
        value = github_context.get(key)
        if value is not None and (value != "" or key in {"head_ref", "base_ref"}):
            env["GITHUB_" + key.upper()] = text(value)
    for key, value in runner_context.items():
        env["RUNNER_" + key.upper()] = text(value)
    return env


def text(value: Json) -> str:
    """A scalar as environment variables show it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return ""
    return str(value)


def search_path(added: Iterable[str], base: str) -> str:
    """PATH with the folders that steps added, the last one first, each once."""
    seen = dict.fromkeys(added)
    parts = [*reversed(seen), *(base.split(":") if base else [])]
    return ":".join(dict.fromkeys(parts))


def strategy(spec: JobSpec) -> dict[str, Json]:
    """The strategy context."""
    values = spec.strategy
    return {
        "fail-fast": values.fail_fast,
        "job-index": values.job_index,
        "job-total": values.job_total,
        "max-parallel": values.max_parallel,
    }


def needs(spec: JobSpec) -> dict[str, Json]:
    """The needs context."""
    return {
        name: {"result": need.result, "outputs": dict(need.outputs)}
        for name, need in spec.needs.items()
    }


def inside_dirs(dirs: JobDirs) -> dict[str, str]:
    """The folders of the runner context."""
    return {"temp": dirs.temp, "tool_cache": dirs.tools, "workspace": dirs.root}
