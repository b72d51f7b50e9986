"""What a workflow of a stranger's may not ask of a container engine. Pure.

Called by :mod:`agentmesh.executors.container` before anything is made. A pull request from a fork
may change the workflow file; who may give a container a folder of this machine, its rights or the
engine's socket owns the machine.
"""

from __future__ import annotations

from agentmesh.core.errors import Refused
from agentmesh.executors.docker.request import Request
from agentmesh.ports.executor import Container


def check(request: Request, wanted: Container, *, trusted: bool) -> None:
    """Raise Refused, with the reason, for what only a trusted workflow may ask for."""
    if trusted or not request.risks:
        return
    raise Refused(
        f"the container of {wanted.image} asks for {', '.join(request.risks)}, and this workflow "
        "comes from a fork",
        where=wanted.where,
        remedy="look at the change, and run it from a branch of this repository if it is right",
    )
