"""Which rules there are: id → module, imported when rules run.

Read by :mod:`agentmesh.app.lint` and by the generator of the reference. A test holds the table to
the ``META.id`` of the modules. Rules that :mod:`agentmesh.lang.parse` follows while it reads a file
stand in :mod:`agentmesh.lang.rules.structure`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentmesh.lang.rules.rule import RuleModule

_IDS: tuple[str, ...] = (
    "action-input",
    "bot-condition",
    "cache-poisoning",
    "constant-condition",
    "container-credentials",
    "contains-text",
    "dangerous-checkout",
    "deprecated-command",
    "deprecated-input",
    "deprecated-runtime",
    "duplicate-step",
    "environment-name",
    "excess-permissions",
    "filter-pattern",
    "format-placeholder",
    "impossible-comparison",
    "impostor-reference",
    "insecure-commands",
    "json-literal",
    "missing-input",
    "mutable-download",
    "persisted-credentials",
    "pin-comment",
    "runner-label",
    "schedule",
    "secrets-in-job-env",
    "secrets-inherit",
    "self-hosted-runner",
    "shell-name",
    "tool-failed",
    "unknown-input",
    "unknown-matrix-key",
    "unknown-need",
    "unknown-output",
    "unknown-property",
    "unknown-secret",
    "unknown-service",
    "unknown-step",
    "unpinned-action",
    "unsound-contains",
    "untrusted-environment-write",
    "untrusted-input",
    "unused-input",
)

RULES: dict[str, str] = {
    name: f"agentmesh.lang.rules.{name.replace('-', '_')}" for name in sorted(_IDS)
}


def find(rule: str) -> RuleModule | None:
    """The rule with an id, or None where there is none."""
    module = RULES.get(rule)
    if module is None:
        return None
    from importlib import import_module
    from typing import cast

    return cast("RuleModule", import_module(module))
