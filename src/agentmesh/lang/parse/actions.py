"""An ``action.yml`` file, from its root.

Called through :func:`agentmesh.lang.parse.action`. What the runner reads past (a missing
description, keys it does not know) is a warning, so that an action that runs on GitHub runs here.
"""

from __future__ import annotations

from agentmesh.lang.data.action import ACTION, ROOT
from agentmesh.lang.model import ActionFile, Input, Text
from agentmesh.lang.parse.check import check
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.steps import condition, steps
from agentmesh.lang.parse.values import entries, fields, plain, text_of, tree
from agentmesh.lang.yaml import Mapping, Node, Scalar


def read(root: Node, findings: Findings) -> ActionFile | None:
    """The action of a file's root, or None where that is no mapping."""
    check(root, ACTION, ROOT, findings)
    if not isinstance(root, Mapping):
        return None
    at = fields(root)
    runs = fields(at.get("runs"))
    return ActionFile(
        path=findings.path,
        name=plain(at.get("name")),
        using=plain(runs.get("using")),
        inputs=tuple(_input(key, value) for key, value in entries(at.get("inputs"))),
        outputs=tuple(
            (text_of(key.value), tree(fields(value).get("value")))
            for key, value in entries(at.get("outputs"))
        ),
        main=plain(runs.get("main")),
        pre=plain(runs.get("pre")),
        pre_if=_condition(runs.get("pre-if")),
        post=plain(runs.get("post")),
        post_if=_condition(runs.get("post-if")),
        steps=steps(runs.get("steps"), findings),
        image=plain(runs.get("image")),
        entrypoint=plain(runs.get("entrypoint")),
        pre_entrypoint=plain(runs.get("pre-entrypoint")),
        post_entrypoint=plain(runs.get("post-entrypoint")),
        args=tree(runs.get("args")),
        env=tree(runs.get("env")),
    )


def _condition(node: Node | None) -> Text | None:
    found = condition(node)
    if isinstance(found, bool) and node is not None:
        return Text("true" if found else "false", node.line, node.column)
    return found if isinstance(found, Text) else None


def _input(key: Scalar, node: Node) -> Input:
    at = fields(node)
    return Input(
        text_of(key.value),
        description=plain(at.get("description")),
        required=plain(at.get("required")) == "true",
        default=tree(at.get("default")),
        deprecation=plain(at.get("deprecationMessage")),
        line=key.line,
        column=key.column,
    )
