"""Functions of expressions whose result depends on the job.

Called by :mod:`agentmesh.engine.step`. "Status check functions" of GitHub's documentation: the main
steps of a composite action look at the action's status, all others at the job's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from agentmesh.lang.expr.values import Value, to_string

Status = Literal["success", "failure", "cancelled"]
Function = Callable[[list[Value]], Value]


def functions(
    own: Callable[[], Status], job: Callable[[], Status], hash_files: Callable[[list[str]], str]
) -> Mapping[str, Function]:
    """``own`` is the status of the list of steps, ``job`` that of the whole job."""

    def success(_: list[Value]) -> Value:
        return own() == "success" and job() != "cancelled"

    def failure(_: list[Value]) -> Value:
        return own() == "failure"

    def cancelled(_: list[Value]) -> Value:
        return job() == "cancelled"

    def always(_: list[Value]) -> Value:
        return True

    def hashed(arguments: list[Value]) -> Value:
        return hash_files([to_string(argument) for argument in arguments])

    return {
        "success": success,
        "failure": failure,
        "cancelled": cancelled,
        "always": always,
        "hashfiles": hashed,
    }
