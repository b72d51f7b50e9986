"""The expression scope of a step: its contexts and the functions that depend on the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentmesh.engine import contexts
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.values import CaseSensitive, Value, to_string

if TYPE_CHECKING:
    from agentmesh.engine.frame import Frame, JobState
    from agentmesh.plan.model import Json


def job_context(job: JobState) -> dict[str, Json]:
    """The job context."""
    return {"status": job.status, "container": {}, "services": {}}


def of_step(
    job: JobState, frame: Frame, env: dict[str, str], github: dict[str, Json], *, main: bool = True
) -> Scope:
    """The scope of a step; ``main`` steps of a composite action look at the action's status."""
    spec = job.spec
    values: dict[str, Value] = {
        "github": github,
        "env": CaseSensitive(env),
        "vars": dict(spec.vars),
        "inputs": frame.inputs,
        "steps": frame.steps,
        "job": job_context(job),
        "runner": job.runner,
        "strategy": contexts.strategy(spec),
        "matrix": spec.matrix,
        "needs": contexts.needs(spec),
        "secrets": dict(job.secrets),
    }
    own = frame if frame.composite and main else job

    def success(_: list[Value]) -> Value:
        return own.status == "success" and job.status != "cancelled"

    def failure(_: list[Value]) -> Value:
        return own.status == "failure"

    def cancelled(_: list[Value]) -> Value:
        return job.status == "cancelled"

    def always(_: list[Value]) -> Value:
        return True

    def hash_files(arguments: list[Value]) -> Value:
        patterns = [to_string(a) for a in arguments]
        return job.machine.hash_files(patterns, job.dirs.workspace)

    return Scope(
        contexts=values,
        functions={
            "success": success,
            "failure": failure,
            "cancelled": cancelled,
            "always": always,
            "hashfiles": hash_files,
        },
    )
