"""All rules on one file, and the edits that mend what they find.

Called by :mod:`agentmesh.app.lint`. Which rule has something to say about a file is asked first of
the words it looks for: most rules look for something that most files do not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import msgspec

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.edit import Edit, compatible
from agentmesh.lang.rules.registry import RULES, find
from agentmesh.lang.rules.source import Kind, Source

if TYPE_CHECKING:
    from agentmesh.lang.rules.rule import FixingModule, RuleModule


class Mended(msgspec.Struct, frozen=True):
    """Findings with the edits that mend them, all of which go together."""

    problems: tuple[Problem, ...]
    edits: tuple[Edit, ...]


@lru_cache(maxsize=1)
def modules() -> tuple[RuleModule, ...]:
    """Every rule, imported once."""
    return tuple(cast("RuleModule", find(name)) for name in RULES)


def check(file: Source) -> list[Problem]:
    """Everything that the rules find in a file."""
    found: list[Problem] = []
    if file.workflow is None and file.action is None:
        return found
    text = file.text
    for words, check_file in _of_kind(file.kind):
        for word in words:
            if word in text:
                found += check_file(file)
                break
    return found


@lru_cache(maxsize=2)
def _of_kind(
    kind: Kind,
) -> tuple[tuple[tuple[str, ...], Callable[[Source], Iterator[Problem]]], ...]:
    """The rules about files of a kind: the words they look for, and their checks."""
    return tuple(
        (module.META.words or ("",), module.check)
        for module in modules()
        if module.META.kind in {"", kind}
    )


def mend(file: Source, problems: Iterable[Problem]) -> Mended:
    """The edits for as many of a file's findings as can be mended together."""
    fixes: list[Sequence[Edit]] = []
    mendable: list[Problem] = []
    for problem in problems:
        module = find(problem.rule)
        if module is None or not hasattr(module, "fix"):
            continue
        edits = cast("FixingModule", module).fix(file, problem)
        if edits:
            fixes.append(edits)
            mendable.append(problem)
    chosen = compatible(fixes)
    return Mended(
        tuple(mendable[number] for number, _ in chosen),
        tuple(dict.fromkeys(edit for _, fix in chosen for edit in fix)),
    )
