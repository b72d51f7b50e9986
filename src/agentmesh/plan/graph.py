"""The order of jobs, and what is wrong with their ``needs``.

Called by :mod:`agentmesh.plan.build` and :mod:`agentmesh.plan.reuse`. The parser reports the same
problems; they are refused here once more, because a plan may be built from a workflow that was not
parsed from a file. Job names ignore case. Follows "jobs.<job_id>.needs" of GitHub's documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Problem, Span, ordered
from agentmesh.lang.model import Job, Workflow


def needs_of(workflow: Workflow) -> dict[str, tuple[str, ...]]:
    """Job id → ids of the jobs it needs, in the spelling of their definitions.

    The result is ordered so that each job follows what it needs, and otherwise as in the file.
    Raises WorkflowError where a needed job does not exist or jobs wait for each other.
    """
    spelling = {name.lower(): name for name in workflow.jobs}
    needs: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for job in workflow.jobs.values():
        found: dict[str, None] = {}
        for need in job.needs:
            name = spelling.get(need.source.lower())
            if name is None:
                problems.append(_unknown(workflow, job, need.source, need.line, need.column))
            else:
                found[name] = None
        needs[job.id] = tuple(found)
    sequence = _sorted(needs)
    stuck = needs.keys() - set(sequence)
    problems += [p for name in stuck for p in _cycle(workflow, name, needs, stuck)]
    if problems:
        raise WorkflowError(
            f"{workflow.path} is not a valid workflow: its needs cannot be met",
            where=ordered(problems)[0].span,
            remedy="mend the needs named above",
            problems=ordered(problems),
        )
    return {name: needs[name] for name in sequence}


def with_ancestors(wanted: Iterable[str], needs: dict[str, tuple[str, ...]]) -> set[str]:
    """The wanted jobs and all that they need, directly or not."""
    chosen: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name not in chosen:
            chosen.add(name)
            todo.extend(needs[name])
    return chosen


def _sorted(needs: dict[str, tuple[str, ...]]) -> list[str]:
    """Names so that each follows its needs; what stands in a cycle, or behind one, is left out.

    Of the jobs that could come next, the first in the file does.
    """
    place = {name: index for index, name in enumerate(needs)}
    names = list(needs)
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, required in needs.items():
        for need in required:
            dependents[need].append(name)
    left = {name: len(required) for name, required in needs.items()}
    ready = [place[name] for name, count in left.items() if not count]
    heapify(ready)
    order: list[str] = []
    while ready:
        name = names[heappop(ready)]
        order.append(name)
        for dependent in dependents[name]:
            left[dependent] -= 1
            if not left[dependent]:
                heappush(ready, place[dependent])
    return order


def _unknown(workflow: Workflow, job: Job, need: str, line: int, column: int) -> Problem:
    return Problem(
        rule="needs",
        span=Span(workflow.path, line or job.line, column or job.column),
        message=f"Job '{job.id}' depends on unknown job '{need}'.",
        help=f"its workflow has the jobs {', '.join(workflow.jobs)}",
    )


def _cycle(
    workflow: Workflow, name: str, needs: dict[str, tuple[str, ...]], stuck: set[str]
) -> list[Problem]:
    job = workflow.jobs[name]
    texts = {text.source.lower(): text for text in job.needs}
    return [
        Problem(
            rule="needs",
            span=Span(
                workflow.path,
                texts[need.lower()].line or job.line,
                texts[need.lower()].column or job.column,
            ),
            message=f"Job '{name}' depends on job '{need}' which creates a cycle in the "
            "dependency graph.",
            help="take one of the needs of the cycle away",
        )
        for need in needs[name]
        if need in stuck
    ]
