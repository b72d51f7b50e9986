"""What a step does: from its ``run`` or ``uses`` to the handler that does it.

A remote action is fetched when the job starts, as its ``pre`` step comes before all main steps;
an error is kept until the step runs, so that one whose condition is false fails nothing. A local
action is looked up when its step runs, since an earlier step may have made it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentmesh.core.errors import AgentmeshError, SetupError, WorkflowError
from agentmesh.engine.contexts import ActionPlace
from agentmesh.engine.handlers import builtin, composite, docker, javascript, script
from agentmesh.engine.step import Entry, Frame, JobState, Resolved, Result
from agentmesh.lang.model import Step, Text

if TYPE_CHECKING:
    from agentmesh.engine.step import StepRun

DEEPEST = 9
"""How many composite actions may stand in one another."""

ALWAYS = Text("always()")


def entry_of(job: JobState, frame: Frame, step: Step, position: tuple[int, ...]) -> Entry:
    """The main part of a step, ready to be run."""
    if step.run is not None:
        return Entry(step, frame, script.work, condition=step.if_, name=display_name(step))
    state = job.states.setdefault(position, {})

    async def work(run: StepRun) -> Result:
        resolved = await _find(job, frame, step)
        if resolved.file is not None and resolved.file.using == "composite":
            if frame.depth >= DEEPEST:
                raise WorkflowError(
                    f"composite actions stand in one another more than {DEEPEST} deep"
                )
            return await composite.work(run, resolved, position)
        _register_post(job, frame, step, resolved, position)
        return await _main(run, resolved)

    return Entry(step, frame, work, condition=step.if_, name=display_name(step), state=state)


async def _main(run: StepRun, resolved: Resolved) -> Result:
    if resolved.builtin is not None:
        return await builtin.work(run, resolved)
    if resolved.file is not None and resolved.file.using.startswith("node"):
        return await javascript.work(run, resolved, resolved.file.main)
    entrypoint = resolved.file.entrypoint if resolved.file is not None else ""
    return await docker.work(run, resolved, entrypoint)


def _register_post(
    job: JobState, frame: Frame, step: Step, resolved: Resolved, position: tuple[int, ...]
) -> None:
    state = job.states.setdefault(position, {})
    if any(entry.state is state for entry in job.posts):
        return  # registered when its pre part ran
    file = resolved.file
    if resolved.builtin is not None and resolved.builtin.META.has_post:

        async def work(run: StepRun) -> Result:
            return await builtin.work(run, resolved, post=True)

        condition = ALWAYS
    elif file is not None and file.post and file.using.startswith("node"):
        script_path = file.post

        async def work(run: StepRun) -> Result:
            return await javascript.work(run, resolved, script_path)

        condition = file.post_if or ALWAYS
    elif file is not None and file.post_entrypoint and file.using == "docker":
        entrypoint = file.post_entrypoint

        async def work(run: StepRun) -> Result:
            return await docker.work(run, resolved, entrypoint, main=False)

        condition = file.post_if or ALWAYS
    else:
        return
    name = "Post " + display_name(step)
    job.posts.append(
        Entry(step, frame, work, phase="post", condition=condition, name=name, state=state)
    )


def display_name(step: Step) -> str:
    """The name of a step as written, or made up as the official runner does."""
    if step.name is not None and step.name.source:
        return step.name.source
    if step.run is not None:
        lines = step.run.source.strip().splitlines()
        return f"Run {lines[0].strip()}" if lines else "Run"
    return f"Run {step.uses.source}" if step.uses is not None else "Run"


# -- remote actions, when the job starts --


async def fetch_all(
    job: JobState, frame: Frame, steps: Sequence[Step], position: tuple[int, ...] = ()
) -> list[Entry]:
    """Fetch the remote actions that steps name, and those that they name; their pre steps."""
    pres: list[Entry] = []
    for index, step in enumerate(steps):
        here = (*position, index)
        if step.parallel:
            pres += await fetch_all(job, frame, step.parallel, here)
        elif step.uses is not None and _is_remote(job, step.uses.source):
            pres += await _fetch_one(job, frame, step, here)
    return pres


async def _fetch_one(
    job: JobState, frame: Frame, step: Step, position: tuple[int, ...]
) -> list[Entry]:
    uses = step.uses.source if step.uses is not None else ""
    if uses not in job.resolved:
        try:
            job.resolved[uses] = await _fetch(job, uses)
        except AgentmeshError as error:
            job.resolved[uses] = error
    resolved = job.resolved[uses]
    if isinstance(resolved, AgentmeshError) or resolved.file is None:
        return []
    file = resolved.file
    if file.using == "composite" and len(position) <= DEEPEST:
        return await fetch_all(job, frame, file.steps, position)
    found = resolved
    if file.using.startswith("node") and file.pre:

        async def work(run: StepRun) -> Result:
            _register_post(job, frame, step, found, position)
            return await javascript.work(run, found, file.pre)

    elif file.using == "docker" and file.pre_entrypoint:

        async def work(run: StepRun) -> Result:
            _register_post(job, frame, step, found, position)
            return await docker.work(run, found, file.pre_entrypoint, main=False)

    else:
        return []

    state = job.states.setdefault(position, {})
    name = "Pre " + display_name(step)
    condition = file.pre_if or ALWAYS
    return [Entry(step, frame, work, phase="pre", condition=condition, name=name, state=state)]


def _is_remote(job: JobState, uses: str) -> bool:
    return not uses.startswith(("./", "$/", "docker://")) and _builtin(job, uses) is None


def _builtin(job: JobState, uses: str) -> Resolved | None:
    """The built-in action that stands in for a published one, unless told otherwise."""
    options = job.spec.options
    name, _, ref = uses.partition("@")
    repository = "/".join(name.split("/")[:2])
    given = {source.lower() for source in options.action_sources}
    if not options.builtin_actions or {repository.lower(), f"{repository}@{ref}".lower()} & given:
        return None
    action = job.machine.find_action(name.lower())
    if action is None:
        return None
    return Resolved(place=ActionPlace(ref=ref, repository=repository), builtin=action)


async def _fetch(job: JobState, uses: str) -> Resolved:
    name, at, ref = uses.partition("@")
    parts = name.split("/")
    if not at or not ref or len(parts) < 2:
        raise WorkflowError(
            f"Expected format {{owner}}/{{repo}}[/path]@ref. Actual {uses!r}",
            remedy="name the action as owner/repo@ref",
        )
    repository, path = "/".join(parts[:2]), "/".join(parts[2:])
    fetched = await job.machine.services().source.fetch(repository, ref)
    target = os.path.join(job.dirs.actions, *parts[:2], ref.replace("/", "_"))
    if target not in job.copied:
        # A copy, so that a job can't change what other jobs get.
        job.copied.add(target)
        await asyncio.to_thread(shutil.copytree, fetched.directory, target, symlinks=True)
    directory = _below(target, path)
    return _read(directory, job, uses, ActionPlace(path="", ref=ref, repository=repository))


def _below(root: str, path: str) -> str:
    """A path below a folder. Raises WorkflowError for one that leads out of it."""
    directory = os.path.normpath(os.path.join(root, path))
    if not (directory + "/").startswith(root.rstrip("/") + "/"):
        raise WorkflowError(f"the action path {path!r} points outside its repository")
    return directory


# -- any action, when its step runs --


async def _find(job: JobState, frame: Frame, step: Step) -> Resolved:
    uses = step.uses.source if step.uses is not None else ""
    if uses.startswith("docker://"):
        return Resolved(place=ActionPlace())
    if uses.startswith(("./", "$/")):
        return _local(job, uses)
    resolved: Resolved | AgentmeshError | None = _builtin(job, uses) or job.resolved.get(uses)
    if resolved is None:
        try:
            resolved = job.resolved[uses] = await _fetch(job, uses)
        except AgentmeshError as error:
            resolved = job.resolved[uses] = error
        if isinstance(resolved, Resolved) and resolved.file is not None:
            await fetch_all(job, frame, resolved.file.steps, (-1,))
    if isinstance(resolved, AgentmeshError):
        raise resolved
    return resolved


def _local(job: JobState, uses: str) -> Resolved:
    """An action of the workspace; of the repository itself where nothing was checked out."""
    relative = uses[2:].strip("/")
    roots = [job.dirs.workspace, job.spec.source.directory]
    if uses.startswith("$/"):
        roots.reverse()
    for root in roots:
        directory = _below(root, relative)
        if _action_file(directory):
            return _read(directory, job, uses, ActionPlace())
    wanted = os.path.join(job.dirs.workspace, relative)
    raise SetupError(
        f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '{wanted}'.",
        remedy="did you forget to run actions/checkout before running your local action?",
    )


def _action_file(directory: str) -> str:
    for name in ("action.yml", "action.yaml", "Dockerfile", "dockerfile"):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            return path
    return ""


def _read(directory: str, job: JobState, uses: str, place: ActionPlace) -> Resolved:
    from agentmesh.lang.parse import action

    path = _action_file(directory)
    if not path:
        raise SetupError(
            f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' for action '{uses}'.",
            remedy="check the path and the ref of the action",
        )
    inside = job.session.inside(directory)
    place = ActionPlace(path=inside, ref=place.ref, repository=place.repository)
    if not path.endswith((".yml", ".yaml")):
        return Resolved(place=place, directory=directory)
    with open(path, encoding="utf-8", errors="replace") as file:
        parsed, problems = action(file.read(), os.path.join(uses, os.path.basename(path)))
    errors = [p for p in problems if p.severity == "error"]
    if parsed is None or errors:
        first = errors[0] if errors else None
        message = first.message if first else "the action file is empty"
        raise WorkflowError(message, where=first.span if first else None, problems=tuple(errors))
    return Resolved(place=place, file=parsed, directory=directory)
