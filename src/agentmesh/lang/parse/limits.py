"""What the table cannot say about parts of a job: matrices, runners' groups, images.

Called by :mod:`agentmesh.lang.parse.jobs`. Follows the early checks of
``Conversion/WorkflowTemplateConverter.cs`` of the runner: as soon as an expression is involved,
they wait until it is evaluated.
"""

from __future__ import annotations

from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.values import entries, fields, plain, text_of
from agentmesh.lang.yaml import Mapping, Node, Scalar, Sequence

_GROUP_OWNERS = ("org", "organization", "ent", "enterprise")
_DOCKER = "docker://"


def computed(node: Node) -> bool:
    """Whether there is an expression anywhere in a node."""
    if isinstance(node, Scalar):
        return isinstance(node.value, str) and OPEN in node.value
    if isinstance(node, Sequence):
        return any(computed(item) for item in node.items)
    return any(computed(key) or computed(value) for key, value in node.items)


def check_matrix(node: Node | None, findings: Findings) -> None:
    """A matrix needs an axis or cells to include, and each axis a value."""
    if not isinstance(node, Mapping):
        return
    cells = False
    for key, value in entries(node):
        name = text_of(key.value)
        if name == "exclude":
            continue
        if name != "include":
            cells = True
            if isinstance(value, Sequence):
                _check_axis(name, value, findings)
        elif computed(value) or (isinstance(value, Sequence) and value.items):
            cells = True
    if not cells and not computed(node):
        message = "Matrix must define at least one vector"
        findings.add(node, "matrix", message, "Add an axis with values, or entries in include.")


def _check_axis(name: str, node: Sequence, findings: Findings) -> None:
    if not node.items:
        message = f"Matrix vector '{name}' does not contain any values"
        findings.add(node, "matrix", message, "Add a value, or remove the key.")
    seen: set[str] = set()
    for item in node.items:
        if not isinstance(item, Scalar):
            continue
        value = text_of(item.value).lower()
        if value in seen:
            message = f"The value '{text_of(item.value)}' of the matrix key '{name}' is repeated"
            findings.add(item, "matrix-duplicate", message, "Remove it.", severity="warning")
        seen.add(value)


def check_runs_on(node: Node | None, findings: Findings) -> None:
    """The name of a group may name its owner."""
    group = fields(node).get("group")
    name = plain(group)
    if group is None or not name or OPEN in name:
        return
    owner, slash, rest = name.partition("/")
    if slash and (owner not in _GROUP_OWNERS or "/" in rest):
        message = (
            f"Invalid runs-on group name '{name}. Please use 'organization/' or 'enterprise/' "
            "prefix to target a single runner group.'"
        )
        findings.add(group, "runs-on", message)
    elif slash and not rest:
        findings.add(group, "runs-on", f"Invalid runs-on group name '{name}'.")


def check_container(node: Node | None, findings: Findings, *, service: bool) -> None:
    """An image must not be empty; a job's container may be, and is none then."""
    if node is None or isinstance(node, Sequence) or computed(node):
        return
    if isinstance(node, Scalar) and node.value is None:
        return
    image = plain(node) if isinstance(node, Scalar) else plain(fields(node).get("image"))
    named = isinstance(node, Mapping) and "image" in fields(node)
    prefixed = image.startswith(_DOCKER)
    if image.removeprefix(_DOCKER) or not (
        service or prefixed or not (named or isinstance(node, Scalar))
    ):
        return
    findings.add(node, "container", "Container image cannot be empty", "Name an image.")
