"""Container actions and ``docker://`` steps. Follows ``ContainerActionHandler``.

"Metadata syntax for GitHub Actions" (runs for Docker container actions) and "Workflow syntax"
(``with.args``, ``with.entrypoint``) of GitHub's documentation.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentmesh.core.errors import WorkflowError
from agentmesh.engine.handlers.inputs import evaluate
from agentmesh.engine.step import Frame, Result
from agentmesh.lang.expr import template
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.ports.executor import ActionContainer

if TYPE_CHECKING:
    from agentmesh.engine.step import Resolved, StepRun
    from agentmesh.lang.model import Tree

_PREFIX = "docker://"


async def work(run: StepRun, resolved: Resolved, entrypoint: str, *, main: bool = True) -> Result:
    """Run one of an action's entry points (the image's own, if empty) in a container of its own."""
    inputs = evaluate(run, resolved)
    run.inputs = inputs
    file = resolved.file
    args: tuple[str, ...] = ()
    if main and file is not None and file.args is not None:
        args = _arguments(run, file.args, inputs)
    elif main:
        args = _split(_input(inputs, "args"))
    action = ActionContainer(
        image=_image(run, resolved),
        entrypoint=entrypoint or (_input(inputs, "entrypoint") if main else ""),
        args=args,
        env=_environment(run, resolved, inputs),
    )
    run.share_files()
    job = run.job
    places = job.machine.containers()
    async with places.running(job.spec, job.dirs, job.session, action, run.say) as process:
        code = await run.attend(process)
    if code == 0:
        return Result(conclusion="success", exit_code=0)
    message = f"Docker run failed with exit code {code}"
    if run.stopped is None:
        run.error(message)
    return Result(conclusion="failure", exit_code=code, error=run.annotated_error or message)


def _image(run: StepRun, resolved: Resolved) -> str:
    """A name, or a Dockerfile (an absolute path)."""
    file = resolved.file
    asked = run.step.uses.source if file is None and run.step.uses is not None else ""
    if file is not None:
        asked = file.image
    if asked.startswith(_PREFIX):
        return asked.removeprefix(_PREFIX)
    if asked and file is None and resolved.directory:  # a folder with a Dockerfile and no action
        names = [name for name in ("Dockerfile", "dockerfile") if _is_file(resolved, name)]
        return os.path.join(resolved.directory, names[0])
    path = os.path.normpath(os.path.join(resolved.directory, asked))
    if not os.path.isfile(path):
        raise WorkflowError(
            f"the action's image {asked!r} is no file in {resolved.directory}",
            remedy=f"name a Dockerfile beside the action, or {_PREFIX}IMAGE",
        )
    return path


def _is_file(resolved: Resolved, name: str) -> bool:
    return os.path.isfile(os.path.join(resolved.directory, name))


def _environment(run: StepRun, resolved: Resolved, inputs: Mapping[str, str]) -> dict[str, str]:
    """The step's environment without what this machine lends: PATH is the image's."""
    env = run.environment(base={})
    env = {name: run.job.session.outside(value) for name, value in env.items() if name != "PATH"}
    if own := run.env.get("PATH"):
        env["PATH"] = own
    if resolved.file is not None:
        for name, value in _map(run, resolved.file.env, inputs).items():
            env.setdefault(name, value)
    return env


def _arguments(run: StepRun, tree: Tree, inputs: Mapping[str, str]) -> tuple[str, ...]:
    found = _render(run, tree, inputs)
    if isinstance(found, (list, tuple)):
        return tuple(to_string(item) for item in found)
    return _split(to_string(found))


def _map(run: StepRun, tree: Tree, inputs: Mapping[str, str]) -> dict[str, str]:
    found = _render(run, tree, inputs) if tree is not None else None
    if not isinstance(found, dict):
        return {}
    return {to_string(name): to_string(value) for name, value in found.items()}


def _render(run: StepRun, tree: Tree, inputs: Mapping[str, str]) -> Value:
    frame = Frame(inputs=dict(inputs))
    return template.render(tree, run.job.scope(frame, run.env, run.github()))


def _input(inputs: Mapping[str, str], name: str) -> str:
    return next((value for key, value in inputs.items() if key.lower() == name), "")


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise WorkflowError(f"the arguments {text!r} cannot be read: {error}") from error
