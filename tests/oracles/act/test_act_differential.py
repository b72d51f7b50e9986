"""agentmesh against act: conclusions of jobs, and what steps saw, of random workflows.

Twenty workflows in each run of the tests; `make soak` takes some hundreds from a seed that it
prints. act is no judge of what is right: where it is known to do something else than GitHub, the
workflow is spelled so for act that it does what GitHub documents, and all the rest is compared.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

Json = dict[str, Any]
Make = Callable[[int], Json]
Judge = Callable[[Json], Any]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something act does in its own way, and how it is told to do it GitHub's way."""

    why: str
    example: Json
    """Jobs that come out differently, as long as the difference is there."""
    spell: Callable[[Json], None] = lambda workflow: None
    """Changes a workflow for act."""
    avoided: bool = False
    """Nothing makes act do it: no workflow is made that has it."""
    read: Callable[[str], str] = lambda mark: mark
    """Changes a mark that act has left."""


def plain_shell(workflow: Json) -> None:
    """Name the shell that GitHub takes where none is named."""
    if workflow.get("defaults", {}).get("run", {}).get("shell"):
        return
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                step.setdefault("shell", "bash -e {0}")


CELL = ("github.job", "matrix.k", "matrix.n", "matrix.extra")


def job_of(*steps: Json, **more: Any) -> Json:
    env = {"CELL": "-".join(f"${{{{ {name} }}}}" for name in CELL)}
    return {"runs-on": "ubuntu-latest", "env": env, "steps": list(steps), **more}


def mark(text: str, **more: str) -> Json:
    return {"run": f'echo "M:"\'{text}\' | tee -a "$MARKS/$CELL"', **more}


DIFFERENCES = [
    Difference(
        why="GitHub runs a step that names no shell with `bash -e`, without pipefail; act does in "
        "one job of a matrix, and in the others with pipefail, as if it said `shell: bash`",
        example={
            "a": job_of(
                {"run": "false | true"},
                mark("on"),
                strategy={"fail-fast": False, "max-parallel": 1, "matrix": {"k": [1, 2]}},
            )
        },
        spell=plain_shell,
    ),
    Difference(
        why="the outputs of a job that was skipped are empty; act gives out their expressions as "
        "they stand in the file",
        example={
            "a": job_of(mark("a"), outputs={"x": "${{ steps.s.outputs.value }}"}, **{"if": False}),
            "b": job_of(mark("x=${{ needs.a.outputs.x }}"), **{"needs": "a", "if": "always()"}),
        },
        read=lambda text: re.sub(r"\$\{\{.*?\}\}", "", text),
    ),
    Difference(
        why="a job that fails cancels the others of its matrix, unless fail-fast is false; act "
        "runs them all",
        example={
            "a": job_of(
                mark("ran"),
                {"run": "exit 1"},
                strategy={"max-parallel": 1, "matrix": {"k": [1, 2]}},
            )
        },
        avoided=True,
    ),
    Difference(
        why="a job that may fail counts as a success for the jobs that need it; act skips them",
        example={
            "a": job_of({"run": "exit 1"}, **{"continue-on-error": True}),
            "b": job_of(mark("b"), needs="a"),
        },
        avoided=True,
    ),
]


def unlike(workflow: Json, act: Judge, agentmesh: Judge, known: list[Difference]) -> str:
    """What act and agentmesh do differently beside what is known; empty where nothing."""
    spelled = copy.deepcopy(workflow)
    for difference in known:
        difference.spell(spelled)
    own, other = agentmesh(workflow), act(spelled)
    found = []
    for key in sorted(own.conclusions.keys() | other.conclusions.keys()):
        ended = (own.conclusions.get(key), other.conclusions.get(key))
        if ended[0] != ended[1]:
            found.append(f"{key}: {ended[0]}, by act {ended[1]}")
        ours, theirs = own.marks.get(key, []), other.marks.get(key, [])
        for difference in known:
            theirs = [difference.read(text) for text in theirs]
        if ours != theirs:
            found.append(f"{key}: {ours}, by act {theirs}")
    return "\n".join(found)


@pytest.mark.parametrize("seed", range(20))
def test_both_do_the_same(seed: int, make: Make, act: Judge, agentmesh: Judge) -> None:
    workflow = make(seed)
    assert unlike(workflow, act, agentmesh, DIFFERENCES) == "", json.dumps(workflow, indent=1)


@pytest.mark.soak
def test_both_do_the_same_with_hundreds(make: Make, act: Judge, agentmesh: Judge) -> None:
    first = int(os.environ.get("AGENTMESH_TEST_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seeds from {first} (AGENTMESH_TEST_SEED repeats them)")
    for seed in range(first, first + 400):
        assert unlike(make(seed), act, agentmesh, DIFFERENCES) == "", f"seed {seed}"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda known: known.why[:40])
def test_each_difference_is_still_there(
    difference: Difference, act: Judge, agentmesh: Judge
) -> None:
    workflow = {"name": "ci", "on": "push", "jobs": difference.example}
    assert unlike(workflow, act, agentmesh, []) != ""
    assert (unlike(workflow, act, agentmesh, [difference]) == "") != difference.avoided


def test_what_is_not_known_is_told(make: Make, agentmesh: Judge) -> None:
    workflow = {"on": "push", "jobs": {"a": job_of(mark("one"))}}
    other = {"on": "push", "jobs": {"a": job_of(mark("two"), {"run": "exit 1"})}}
    told = unlike(workflow, lambda _: agentmesh(other), agentmesh, DIFFERENCES)
    assert "success, by act failure" in told
    assert "['M:one'], by act ['M:two']" in told
