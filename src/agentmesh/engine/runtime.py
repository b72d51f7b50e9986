"""What a job has of the services that actions call: asked for by the first step that needs them.

Called by the handlers, with the step that is about to run, and by job.py at the end. A run step
gets identity tokens alone, and only where ``permissions`` says ``id-token: write``; so a job of
plain steps starts nothing. Follows "OpenID Connect reference" of GitHub's documentation, and the
published runner's handlers for the names of variables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from agentmesh.core.errors import AgentmeshError
from agentmesh.plan.permissions import level
from agentmesh.ports.archives import Place

if TYPE_CHECKING:
    from agentmesh.engine.step import JobState, StepRun
    from agentmesh.plan.model import JobSpec
    from agentmesh.ports.runtime import Pass, StepKind


LOOPBACK = "127.0.0.1"
_PROXIES = frozenset(("http_proxy", "https_proxy", "all_proxy"))


def environment(run: StepRun, kind: StepKind) -> dict[str, str]:
    """The complete environment of a step's process: with what the services add to it. Where they
    cannot be started the step goes without, with a warning."""
    env = run.environment()
    if run.job.session.contained:
        return env  # the services listen on this machine's loopback, which no container reaches
    identity = may_say_who_it_is(run.job.spec)
    if run.job.machine.runtime is not None and (kind != "script" or identity):
        env.update(_variables(run, kind, identity=identity))
        env.update(past_proxies(env))
    return env


def _variables(run: StepRun, kind: StepKind, *, identity: bool) -> Mapping[str, str]:
    job = run.job
    try:
        admitted = job.admitted or _admit(run, identity=identity)
    except AgentmeshError as error:
        run.annotate("warning", f"{error.message}; caches and artifacts cannot be used", {})
        return {}
    admitted.name_paths(value for name, value in run.inputs.items() if name.lower() == "path")
    return admitted.variables(kind)


def past_proxies(env: Mapping[str, str]) -> dict[str, str]:
    """What keeps requests to this machine from going to a proxy, where one is set. Pure."""
    if not any(name.lower() in _PROXIES and value for name, value in env.items()):
        return {}
    known = env.get("no_proxy") or env.get("NO_PROXY") or ""
    hosts = [host for host in known.split(",") if host.strip()]
    if "*" in hosts or LOOPBACK in hosts:
        return {}
    value = ",".join((*hosts, LOOPBACK))
    return {"no_proxy": value, "NO_PROXY": value}


def close(job: JobState) -> None:
    """The job is over: its tokens are good for nothing."""
    admitted, job.admitted = job.admitted, None
    if admitted is not None:
        admitted.revoke()


def may_say_who_it_is(spec: JobSpec) -> bool:
    """Whether a job may have identity tokens: it asks for ``id-token: write``, and the code is not
    that of somebody else's pull request."""
    permissions = spec.permissions
    if permissions is None or level(permissions, "id-token") != "write":
        return False
    event = spec.github.get("event")
    pull = event.get("pull_request") if isinstance(event, dict) else None
    if spec.github.get("event_name") != "pull_request" or not isinstance(pull, dict):
        return True
    head = pull.get("head")
    source = head.get("repo") if isinstance(head, dict) else None
    name = source.get("full_name") if isinstance(source, dict) else None
    return bool(name == spec.github.get("repository"))


def _admit(run: StepRun, *, identity: bool) -> Pass:
    job = run.job
    assert job.machine.runtime is not None
    loop = asyncio.get_running_loop()
    inside, dirs = job.session.inside, job.dirs
    place = Place(
        workspace=inside(dirs.workspace),
        home=inside(dirs.home),
        roots=tuple(
            inside(folder) for folder in (dirs.workspace, dirs.home, dirs.temp, dirs.tools)
        ),
    )

    def warn(message: str) -> None:
        if job.admitted is not None:  # nothing is said after a job's last word
            run.annotate("warning", job.masker.mask_text(message), {})

    def in_loop(message: str) -> None:
        with suppress(RuntimeError):  # the run is over
            loop.call_soon_threadsafe(warn, message)

    job.admitted = job.machine.runtime().admit(
        job.spec,
        place,
        identity=identity,
        warn=in_loop,
    )
    for secret in job.admitted.secrets:
        job.masker.add(secret)
    return job.admitted
