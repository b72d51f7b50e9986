"""Which containers a job asks for: ``container`` and ``services``, evaluated. Pure.

Called by :mod:`agentmesh.engine.job` before the job's place is made. Follows "Running jobs in a
container" and ``jobs.<job_id>.services`` of GitHub's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span
from agentmesh.engine import contexts
from agentmesh.lang.expr import template
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.model import Map, Seq, Text, Tree
from agentmesh.plan.model import HOST, JobSpec
from agentmesh.ports.executor import Container, Surroundings

_IMAGE = "docker://"


def wanted(spec: JobSpec, secrets: Mapping[str, str], workspace: str) -> Surroundings | None:
    """The containers that a job asks for; None for a job that needs none.

    Raises ExpressionError, and WorkflowError for a service without an image.
    """
    job = spec.job
    if job.container is None and job.services is None and spec.platform == HOST:
        return None
    scope = Scope(contexts=_contexts(spec, secrets, workspace), functions={})
    container = _one(spec, job.container, scope)
    if container is None and spec.platform != HOST:
        container = Container(image=spec.platform.removeprefix(_IMAGE))
    services = _services(spec, scope)
    if container is None and not services:
        return None
    return Surroundings(container=container, services=services, trusted=trusted(spec))


def trusted(spec: JobSpec) -> bool:
    """Whether the workflow is from this repository, not from the fork of a pull request."""
    github = spec.github
    event = github.get("event")
    if github.get("event_name") != "pull_request" or not isinstance(event, dict):
        return True
    request = event.get("pull_request")
    head = request.get("head") if isinstance(request, dict) else None
    origin = head.get("repo") if isinstance(head, dict) else None
    if not isinstance(origin, dict):
        return not isinstance(head, dict)  # the fork has been deleted
    name = origin.get("full_name")
    return not origin.get("fork") and name in (None, github.get("repository"))


def _contexts(spec: JobSpec, secrets: Mapping[str, str], workspace: str) -> dict[str, Value]:
    env: dict[str, Value] = {}
    values: dict[str, Value] = {
        "github": contexts.github(spec, workspace, "", secrets.get("GITHUB_TOKEN", "")),
        "needs": contexts.needs(spec),
        "strategy": contexts.strategy(spec),
        "matrix": spec.matrix,
        "vars": dict(spec.vars),
        "inputs": spec.inputs,
        "env": env,
        "secrets": dict(secrets),
    }
    for tree in (spec.workflow_env, spec.job.env):
        if isinstance(tree, Map) and tree.items:
            found = template.render(tree, Scope(contexts=values, functions={}))
            if isinstance(found, dict):
                env.update(found)
    return values


def _services(spec: JobSpec, scope: Scope) -> dict[str, Container]:
    tree = spec.job.services
    if isinstance(tree, Map):
        pairs = {name.source: _one(spec, value, scope) for name, value in tree}
        return {name: found for name, found in pairs.items() if found is not None}
    found = template.render(tree, scope)
    if not isinstance(found, dict):
        return {}
    services = {to_string(name): _read(value, _span(spec, tree)) for name, value in found.items()}
    return {name: service for name, service in services.items() if service is not None}


def _one(spec: JobSpec, tree: Tree, scope: Scope) -> Container | None:
    """A container as it is written; None where its image is empty, which GitHub allows."""
    return _read(template.render(tree, scope), _span(spec, tree))


def _read(value: Value, where: Span | None) -> Container | None:
    if not isinstance(value, dict):
        image = to_string(value).strip()
        return Container(image=_image(image), where=where) if image else None
    fields = {to_string(key): field for key, field in value.items()}
    image = to_string(fields.get("image")).strip()
    if not image:
        if "image" not in fields:
            raise WorkflowError("the container has no image", where=where, remedy="name one")
        return None
    credentials = fields.get("credentials")
    known = credentials if isinstance(credentials, dict) else {}
    return Container(
        image=_image(image),
        env=_texts(fields.get("env")),
        ports=_list(fields.get("ports")),
        volumes=_list(fields.get("volumes")),
        options=to_string(fields.get("options")),
        username=to_string(known.get("username")),
        password=to_string(known.get("password")),
        entrypoint=to_string(fields.get("entrypoint")),
        command=to_string(fields.get("command")),
        where=where,
    )


def _image(text: str) -> str:
    return text.removeprefix(_IMAGE)


def _texts(value: Value) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {to_string(name): to_string(item) for name, item in value.items()}


def _list(value: Value) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)):
        return tuple(text for item in value if (text := to_string(item)))
    return tuple(to_string(value).split())


def _span(spec: JobSpec, tree: Tree) -> Span | None:
    if isinstance(tree, (Text, Map, Seq)) and tree.line:
        return Span(spec.workflow_path, tree.line, tree.column)
    return None
