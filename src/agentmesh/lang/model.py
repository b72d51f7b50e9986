"""A workflow file as immutable typed values, every text with its position.

Made by :mod:`agentmesh.lang.parse`, read by the planner and, inside a job specification, by the
engine on whatever machine runs the job; so everything here serialises with msgspec.

What is evaluated later stays as it was written: a :data:`Tree` of :class:`Text`, :class:`Seq`,
:class:`Map` and plain scalars. Expressions are kept as text; parsing one is memoised by its text
(:func:`agentmesh.lang.expr.template.parse`), so it happens once in a process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from agentmesh.core.problem import Span


class Text(msgspec.Struct, frozen=True, tag="t", omit_defaults=True):
    """A string of the file, which may hold ``${{ }}``; line and column count from 1."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.source


class Seq(msgspec.Struct, frozen=True, tag="s", omit_defaults=True):
    """A sequence."""

    items: tuple[Tree, ...] = ()
    line: int = 0
    column: int = 0


class Map(msgspec.Struct, frozen=True, tag="m", omit_defaults=True):
    """A mapping, in the order of the file. Keys are texts, as they may hold expressions too."""

    items: tuple[tuple[Text, Tree], ...] = ()
    line: int = 0
    column: int = 0

    def get(self, key: str) -> Tree:
        """The value at ``key`` (exact case), or None."""
        for k, v in self.items:
            if k.source == key:
                return v
        return None

    def __iter__(self) -> Iterator[tuple[Text, Tree]]:
        return iter(self.items)


Tree = Text | Seq | Map | bool | int | float | None
"""What a value of a workflow may be before its expressions are evaluated."""


class Defaults(msgspec.Struct, frozen=True, omit_defaults=True):
    """``defaults.run``."""

    shell: Text | None = None
    working_directory: Text | None = None


class Concurrency(msgspec.Struct, frozen=True, omit_defaults=True):
    """``concurrency``: at most one of a group at a time; ``queue`` is single or max."""

    group: Text
    cancel_in_progress: Text | bool = False
    queue: str = "single"


class Permissions(msgspec.Struct, frozen=True, omit_defaults=True):
    """``permissions``: for all scopes (``read-all``, ``write-all``), or a level for each scope."""

    all: Literal["read", "write", ""] = ""
    scopes: dict[str, str] = {}


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of ``steps``; exactly one of run, uses, wait, wait_all, cancel, parallel is set."""

    line: int = 0
    column: int = 0
    id: str = ""
    name: Text | None = None
    if_: Text | bool | None = None
    run: Text | None = None
    uses: Text | None = None
    with_: Tree = None
    env: Tree = None
    shell: Text | None = None
    working_directory: Text | None = None
    continue_on_error: Text | bool = False
    timeout_minutes: Text | float | None = None
    background: bool = False
    wait: tuple[str, ...] = ()
    wait_all: bool = False
    cancel: str = ""
    parallel: tuple[Step, ...] = ()


class Strategy(msgspec.Struct, frozen=True, omit_defaults=True):
    """``strategy``; ``matrix`` is a mapping with literal or expression parts, or one expression."""

    matrix: Tree = None
    fail_fast: Text | bool = True
    max_parallel: Text | int | None = None
    line: int = 0
    column: int = 0


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of ``jobs``: a job with steps, or with ``uses`` a call of a workflow."""

    id: str
    line: int = 0
    column: int = 0
    name: Text | None = None
    needs: tuple[Text, ...] = ()
    if_: Text | bool | None = None
    strategy: Strategy | None = None
    permissions: Permissions | None = None
    concurrency: Concurrency | None = None
    # a job with steps
    runs_on: Tree = None
    environment: Tree = None
    env: Tree = None
    defaults: Defaults = Defaults()
    outputs: Tree = None
    timeout_minutes: Text | float | None = None
    cancel_timeout_minutes: Text | float | None = None
    continue_on_error: Text | bool = False
    container: Tree = None
    services: Tree = None
    snapshot: Tree = None
    steps: tuple[Step, ...] = ()
    # a call
    uses: Text | None = None
    with_: Tree = None
    secrets: Tree = None
    inherit_secrets: bool = False


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input that a workflow (dispatch, call) or an action declares."""

    name: str
    type: Literal["string", "boolean", "number", "choice", "environment"] = "string"
    description: str = ""
    required: bool = False
    default: Tree = None
    options: tuple[str, ...] = ()
    deprecation: str = ""
    line: int = 0
    column: int = 0


class Trigger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of ``on``. A filter that is not written is None; an empty one is empty."""

    event: str
    line: int = 0
    column: int = 0
    types: tuple[str, ...] | None = None
    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    paths_ignore: tuple[str, ...] | None = None
    cron: tuple[str, ...] = ()
    workflows: tuple[str, ...] | None = None
    inputs: tuple[Input, ...] = ()
    secrets: dict[str, bool] = {}
    """Secrets of workflow_call: name → required."""
    outputs: Tree = None
    """Outputs of workflow_call: name → mapping with ``value``."""


class Workflow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One workflow file. ``path`` is as the user would write it, relative where it can be."""

    path: str
    name: str = ""
    run_name: Text | None = None
    on: tuple[Trigger, ...] = ()
    env: Tree = None
    defaults: Defaults = Defaults()
    permissions: Permissions | None = None
    concurrency: Concurrency | None = None
    jobs: dict[str, Job] = {}

    def trigger(self, event: str) -> Trigger | None:
        """The trigger for an event, or None where the workflow does not listen to it."""
        return next((t for t in self.on if t.event == event), None)


class ActionFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An ``action.yml``. ``using`` is composite, docker, or nodeNN."""

    path: str
    name: str = ""
    using: str
    inputs: tuple[Input, ...] = ()
    outputs: tuple[tuple[str, Tree], ...] = ()
    """Name → ``value`` (composite actions; None elsewhere)."""
    main: str = ""
    pre: str = ""
    pre_if: Text | None = None
    post: str = ""
    post_if: Text | None = None
    steps: tuple[Step, ...] = ()
    image: str = ""
    entrypoint: str = ""
    pre_entrypoint: str = ""
    post_entrypoint: str = ""
    args: Tree = None
    env: Tree = None


def span(path: str, node: Text | Seq | Map | Step | Job) -> Span:
    """Where a value stands in its file."""
    return Span(path, node.line, node.column)
