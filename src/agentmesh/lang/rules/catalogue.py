"""Every rule with its page: those of the registry, those of the grammar, those of the comments.

Called by :mod:`agentmesh.app.lint` for ``agentmesh explain`` and SARIF, and by the generator of the
reference.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentmesh.lang.rules import ignore, structure
from agentmesh.lang.rules.registry import RULES, find
from agentmesh.lang.rules.rule import Rule

_COMMENTS = {
    ignore.UNUSED.id: (ignore.UNUSED, structure.UNUSED_IGNORE),
    ignore.UNREASONED.id: (ignore.UNREASONED, structure.IGNORE_REASON),
}


def ids() -> list[str]:
    """The ids of all rules, sorted."""
    return sorted({*RULES, *structure.PAGES, *_COMMENTS})


def rules(wanted: Iterable[str] | None = None) -> list[tuple[Rule, str]]:
    """Rules with their pages in Markdown, sorted by id; ids that are not known are left out."""
    names = ids() if wanted is None else sorted(set(wanted))
    return [found for name in names if (found := _rule(name)) is not None]


def _rule(name: str) -> tuple[Rule, str] | None:
    if name in _COMMENTS:
        return _COMMENTS[name]
    module = find(name)
    if module is not None:
        return module.META, (module.__doc__ or "").strip() + "\n"
    if name in structure.PAGES:
        page = structure.PAGES[name]
        summary = page.partition("\n")[0]
        return Rule(id=name, severity=structure.severity(name), summary=summary), page
    return None
