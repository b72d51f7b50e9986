"""Does a workflow run for an event, and which clause of ``on`` decided?

Called by :mod:`agentmesh.plan.build`; pure. Follows "Workflow syntax: on" of GitHub's
documentation:

- ``types`` compares the payload's ``action``;
- ``branches`` and ``tags`` look at the pushed ref, at the base branch of a pull request or merge
  group, and at the head branch of the workflow that a ``workflow_run`` is about. A push of a branch
  does not run a workflow that filters tags only, and the other way round;
- ``paths`` looks at the changed files, together with ``branches``, and not at all for tags. Where
  nobody knows what changed, the workflow runs. GitHub looks at the first 300 files; here all count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from agentmesh.lang.events import PULL_REQUEST_EVENTS, default_types
from agentmesh.lang.expr.values import Value
from agentmesh.lang.globs import selected
from agentmesh.lang.model import Trigger, Workflow


class Decision(msgspec.Struct, frozen=True):
    """Whether a workflow runs; ``why`` is the clause that decided, with the values in it.

    ``heard`` is false where the workflow does not listen to the event at all.
    """

    runs: bool
    why: str
    heard: bool = True


def decide(
    workflow: Workflow, github: Mapping[str, Value], changed_files: tuple[str, ...] | None
) -> Decision:
    """What an event, given as a github context, means for a workflow."""
    event = str(github.get("event_name", ""))
    trigger = workflow.trigger(event)
    if trigger is None:
        heard = ", ".join(t.event for t in workflow.on) or "nothing"
        return Decision(False, f"not triggered by {event}: on has {heard}", heard=False)
    reasons: list[str] = []
    for decision in _clauses(trigger, github, changed_files):
        if not decision.runs:
            return decision
        reasons.append(decision.why)
    return Decision(True, "; ".join(reasons) or f"on {event}")


def filters_paths(workflows: Iterable[Workflow], event: str) -> bool:
    """Whether anybody has to find out which files changed, to decide about an event."""
    triggers = (workflow.trigger(event) for workflow in workflows)
    return any(t is not None and (t.paths, t.paths_ignore) != (None, None) for t in triggers)


def _clauses(
    trigger: Trigger, github: Mapping[str, Value], changed_files: tuple[str, ...] | None
) -> Iterable[Decision]:
    """One decision for each filter that is written, in GitHub's order."""
    payload = github.get("event")
    event = payload if isinstance(payload, dict) else {}
    yield from _types(trigger, event)
    if trigger.event == "schedule":
        yield from _schedule(trigger, event)
    if trigger.event == "workflow_run":
        yield from _workflows(trigger, event)
    ref = str(github.get("ref", ""))
    if trigger.event == "push":
        yield from _pushed(trigger, ref)
    else:
        branch = _branch(trigger.event, github, event)
        yield from _named(trigger, "branches", trigger.branches, trigger.branches_ignore, branch)
    if not (trigger.event == "push" and ref.startswith("refs/tags/")):
        yield from _paths(trigger, changed_files)


def _types(trigger: Trigger, event: Mapping[str, Value]) -> Iterable[Decision]:
    action = event.get("action")
    wanted = trigger.types if trigger.types is not None else default_types(trigger.event)
    if not wanted or not isinstance(action, str):
        return
    clause = f"on.{trigger.event}.types"
    if trigger.types is None:
        clause += " (by default)"
    if action in wanted:
        yield Decision(True, f"{clause} has '{action}'")
    else:
        yield Decision(False, f"{clause} is {', '.join(wanted)}, not '{action}'")


def _schedule(trigger: Trigger, event: Mapping[str, Value]) -> Iterable[Decision]:
    due = event.get("schedule")
    if isinstance(due, str) and due and trigger.cron:
        runs = due in trigger.cron
        yield Decision(runs, f"on.schedule {'has' if runs else 'has no'} cron '{due}'")


def _workflows(trigger: Trigger, event: Mapping[str, Value]) -> Iterable[Decision]:
    run = event.get("workflow_run")
    name = run.get("name") if isinstance(run, dict) else None
    if trigger.workflows is None or not isinstance(name, str):
        return
    runs, pattern = selected(trigger.workflows, name)
    decided = f"'{pattern}' for '{name}'" if pattern else f"nothing for '{name}'"
    yield Decision(runs, f"on.workflow_run.workflows has {decided}")


def _branch(event: str, github: Mapping[str, Value], payload: Mapping[str, Value]) -> str:
    """The branch that ``branches`` looks at, for all events but push."""
    if event in PULL_REQUEST_EVENTS:
        return str(github.get("base_ref") or "")
    if event == "workflow_run":
        run = payload.get("workflow_run")
        return str(run.get("head_branch") or "") if isinstance(run, dict) else ""
    if event == "merge_group":
        group = payload.get("merge_group")
        base = group.get("base_ref") if isinstance(group, dict) else None
        return str(base or github.get("base_ref") or "").removeprefix("refs/heads/")
    return str(github.get("ref_name") or "")


def _pushed(trigger: Trigger, ref: str) -> Iterable[Decision]:
    heads = (trigger.branches, trigger.branches_ignore)
    tags = (trigger.tags, trigger.tags_ignore)
    if ref.startswith("refs/tags/"):
        mine, others, what, kind = tags, heads, "tags", "tag"
    else:
        mine, others, what, kind = heads, tags, "branches", "branch"
    name = ref.removeprefix("refs/tags/").removeprefix("refs/heads/")
    if mine == (None, None):
        if others != (None, None):
            other = "branches" if kind == "tag" else "tags"
            yield Decision(False, f"on.push has {other} alone, and {kind} '{name}' was pushed")
        return
    yield from _named(trigger, what, *mine, name)


def _named(
    trigger: Trigger,
    what: str,
    wanted: tuple[str, ...] | None,
    ignored: tuple[str, ...] | None,
    name: str,
) -> Iterable[Decision]:
    """``branches`` or ``tags``, or their ``-ignore`` form, against one name."""
    clause = f"on.{trigger.event}.{what}"
    if wanted is not None:
        runs, pattern = selected(wanted, name)
        yield Decision(runs, f"{clause} {_decided(pattern, name)}")
    if ignored is not None:
        ignores, pattern = selected(ignored, name)
        yield Decision(not ignores, f"{clause}-ignore {_decided(pattern, name)}")


def _decided(pattern: str, name: str) -> str:
    return f"has '{pattern}' for '{name}'" if pattern else f"has nothing for '{name}'"


def _paths(trigger: Trigger, changed: tuple[str, ...] | None) -> Iterable[Decision]:
    clause = f"on.{trigger.event}.paths"
    if (trigger.paths, trigger.paths_ignore) == (None, None):
        return
    if changed is None:
        yield Decision(True, f"{clause} not applied: what changed is not known")
        return
    if trigger.paths is not None:
        yield _any_wanted(clause, trigger.paths, changed)
    if trigger.paths_ignore is not None:
        yield _any_left(f"{clause}-ignore", trigger.paths_ignore, changed)


def _any_wanted(clause: str, patterns: tuple[str, ...], changed: tuple[str, ...]) -> Decision:
    for path in changed:
        chosen, pattern = selected(patterns, path)
        if chosen:
            return Decision(True, f"{clause} has '{pattern}' for '{path}'")
    return Decision(False, f"{clause} has nothing for {_counted(changed)}")


def _any_left(clause: str, patterns: tuple[str, ...], changed: tuple[str, ...]) -> Decision:
    for path in changed:
        if not selected(patterns, path)[0]:
            return Decision(True, f"{clause} leaves '{path}'")
    return Decision(False, f"{clause} leaves nothing of {_counted(changed)}")


def _counted(changed: tuple[str, ...]) -> str:
    if not changed:
        return "no changed file"
    others = len(changed) - 1
    more = f" and {others} more" if others else ""
    return f"'{changed[0]}'{more}"
