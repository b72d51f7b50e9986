"""A file as rules see it: its text, its nodes, its values, and what is known around it.

Made by :mod:`agentmesh.app.lint`, read by the rules of this package. Rules walk the values of the
model, whose texts and steps know their line and column; ``span_of`` and ``node_of`` lead from them
to exact places in the file. Whatever several rules need is found once and kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from agentmesh.core.problem import Span
from agentmesh.lang import yaml
from agentmesh.lang.axes import Matrix, matrix_of
from agentmesh.lang.expr.ast import Node as ExprNode
from agentmesh.lang.expr.chains import Chain, chains, locate
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.values import strip
from agentmesh.lang.model import ActionFile, Job, Map, Seq, Step, Text, Tree, Workflow
from agentmesh.lang.parse.expressions import OPEN, split
from agentmesh.lang.places import Places, places

Kind = Literal["workflow", "action"]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller could find out about the files around one; nothing of it need be known.

    ``actions`` maps a step's ``uses`` as it is written to the action: local ones, those that were
    fetched before, built-in ones. ``called`` maps a job's ``uses`` to the workflow, or to why it
    cannot be had. ``repository`` is ``owner/name``, empty where it is not known.
    """

    actions: Mapping[str, ActionFile] = {}
    called: Mapping[str, Workflow | str] = {}
    repository: str = ""


class Value(msgspec.Struct, frozen=True):
    """A text of the file and what it belongs to.

    ``key`` leads from the step, else from the job, else from the file to the text: ``run``,
    ``with.script``, ``env.NAME``, ``runs-on``, ``strategy.matrix.include``. Items of sequences
    have the key of their sequence. Names are as they are written.
    """

    key: str
    text: Text
    job: Job | None = None
    step: Step | None = None

    @property
    def condition(self) -> bool:
        """Whether the text is an ``if``, which is an expression even without ``${{ }}``."""
        return self.key == "if" or self.key.endswith("-if") or self.key == "snapshot.if"


class Expression(msgspec.Struct, frozen=True):
    """An expression that can be read. ``source`` is its text without braces and blanks around it,
    which stands at ``start`` of the text of ``value``."""

    source: str
    start: int
    root: ExprNode
    value: Value

    @property
    def job(self) -> Job | None:
        """The job around it, if any."""
        return self.value.job

    @property
    def step(self) -> Step | None:
        """The step around it, if any."""
        return self.value.step


class Source:
    """One file. ``workflow`` and ``action`` may lack what the parser has refused; they are None
    where the file is of the other kind, or no mapping at all."""

    def __init__(
        self,
        text: str,
        path: str,
        kind: Kind,
        root: yaml.Node | None,
        value: Workflow | ActionFile | None,
        around: Surroundings | None = None,
    ) -> None:
        self.text = text.removeprefix("\ufeff")
        self.path = path
        self.kind: Kind = kind
        self.root = root
        self.workflow = value if isinstance(value, Workflow) else None
        self.action = value if isinstance(value, ActionFile) else None
        around = around or Surroundings()
        self.actions = around.actions
        self.called = around.called
        self.repository = around.repository
        self._found: dict[int, Places | None] = {}
        self._matrices: dict[str, Matrix] = {}

    # -- what is in the file ------------------------------------------------------------------

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of a workflow, in the order of the file; an action has none."""
        return tuple(self.workflow.jobs.values()) if self.workflow else ()

    @cached_property
    def steps(self) -> tuple[tuple[Job | None, Step], ...]:
        """All steps in the order of the file, those of ``parallel`` too, each with its job; the
        steps of a composite action have none."""
        if self.action is not None:
            return tuple((None, step) for step in _flat(self.action.steps))
        return tuple((job, step) for job in self.jobs for step in _flat(job.steps))

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """Every text that is evaluated, in the order of the file as far as the model keeps it."""
        values = _Values()
        if self.workflow is not None:
            values.workflow(self.workflow)
        elif self.action is not None:
            values.action(self.action)
        return tuple(values.found)

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression that can be read, conditions without braces included."""
        found: list[Expression] = []
        for value in self.values:
            source = value.text.source
            if OPEN in source:
                found += _expressions(value)
            elif value.condition:
                start = len(source) - len(source.lstrip())
                found += _expression(source, start, value)
        return tuple(found)

    def chains(self, context: str) -> tuple[tuple[Expression, Chain], ...]:
        """Every chain of the file that starts at a context, with the expression that holds it."""
        return self._chains.get(context, ())

    @cached_property
    def _chains(self) -> dict[str, tuple[tuple[Expression, Chain], ...]]:
        found: dict[str, list[tuple[Expression, Chain]]] = {}
        for expression in self.expressions:
            for chain in chains(expression.source):
                found.setdefault(chain.context, []).append((expression, chain))
        return {context: tuple(each) for context, each in found.items()}

    def matrix(self, job: Job) -> Matrix:
        """The matrix of a job, as far as it can be told."""
        if job.id not in self._matrices:
            self._matrices[job.id] = matrix_of(job)
        return self._matrices[job.id]

    # -- places -------------------------------------------------------------------------------

    def span_of(self, text: Text, start: int = 0, end: int | None = None) -> Span:
        """Where characters ``start`` to ``end`` of a text stand; without an end, the whole text
        where it is on one line, else its beginning."""
        scalar = self.scalar_of(text)
        if scalar is None:
            return Span(self.path, text.line, text.column)
        there = self._places(scalar) if start or end is not None else None
        if there is not None:
            first = there.offset(start)
            return self.span(first, None if end is None else max(first, there.end(end)))
        if scalar.line != scalar.end_line:
            return Span(self.path, scalar.line, scalar.column)
        return Span(self.path, scalar.line, scalar.column, scalar.end_line, scalar.end_column)

    def span_of_expression(self, expression: Expression, start: int = 0, end: int = -1) -> Span:
        """Where an expression stands, or characters ``start`` to ``end`` of its source."""
        end = len(expression.source) if end < 0 else end
        base = expression.start
        return self.span_of(expression.value.text, base + start, base + end)

    def span_of_chain(self, expression: Expression, chain: Chain, length: int = 0) -> Span:
        """Where a chain of an expression stands, or its context with ``length`` properties."""
        return self.span_of_expression(expression, *locate(expression.source, chain, length))

    def span(self, start: int, end: int | None = None) -> Span:
        """The place of characters ``start`` to ``end`` (exclusive) of the file."""
        line, column = self._place(start)
        if end is None:
            return Span(self.path, line, column)
        return Span(self.path, line, column, *self._place(end))

    def span_at(self, place: Text | Seq | Map | Step | Job | yaml.Node) -> Span:
        """The place of a value of the model, or of a node; a scalar of one line is marked whole."""
        if isinstance(place, Text):
            return self.span_of(place)
        if isinstance(place, yaml.Scalar) and place.line == place.end_line:
            return Span(self.path, place.line, place.column, place.end_line, place.end_column)
        if isinstance(place, Job):
            return self.span_of(Text(place.id, place.line, place.column))
        return Span(self.path, place.line, place.column)

    def offset(self, line: int, column: int) -> int:
        """The offset in the text of a line and a column, which count from 1."""
        return self._starts[line - 1] + column - 1

    def offset_in(self, text: Text, index: int) -> int:
        """The offset in the file of a character of a text, or of the text where its characters
        cannot be told apart."""
        scalar = self.scalar_of(text)
        there = self._places(scalar) if scalar is not None else None
        if there is None:
            return self.offset(text.line, text.column)
        return there.offset(index)

    def scalar_of(self, text: Text) -> yaml.Scalar | None:
        """The node of a text."""
        return self._nodes[0].get((text.line, text.column))

    def node_of(self, value: Step | Map | Seq) -> yaml.Node | None:
        """The mapping or the sequence that a value of the model was made of."""
        return self._nodes[1].get((value.line, value.column))

    def _places(self, scalar: yaml.Scalar) -> Places | None:
        if scalar.start not in self._found:
            self._found[scalar.start] = places(self.text, scalar)
        return self._found[scalar.start]

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        text = self.text
        if "\r" in text:
            text = text.replace("\r\n", " \n").replace("\r", "\n")
        at = text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = text.find("\n", at + 1)
        return starts

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    @cached_property
    def _nodes(
        self,
    ) -> tuple[dict[tuple[int, int], yaml.Scalar], dict[tuple[int, int], yaml.Node]]:
        """Scalars, and collections, by their places."""
        scalars: dict[tuple[int, int], yaml.Scalar] = {}
        others: dict[tuple[int, int], yaml.Node] = {}
        waiting = [self.root] if self.root is not None else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.Scalar):
                if node.text:
                    scalars[node.line, node.column] = node
                continue
            place = node.line, node.column
            known = others.get(place)
            if known is node:
                continue  # an alias: seen at its anchor
            if known is None:
                others[place] = node  # a key that is a mapping begins where its mapping does
            if isinstance(node, yaml.Sequence):
                waiting.extend(node.items)
            else:
                for pair in node.items:
                    waiting.extend(pair)
        return scalars, others


def _flat(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        if step.parallel:
            yield from _flat(step.parallel)


def _expressions(value: Value) -> Iterator[Expression]:
    source = value.text.source
    at = 0
    for body in split(source)[0]:
        start = source.find(OPEN + body, at) + len(OPEN)
        at = start + len(body)
        yield from _expression(body, start + len(body) - len(body.lstrip()), value)


def _expression(body: str, start: int, value: Value) -> Iterator[Expression]:
    text = strip(body)
    if not text:
        return
    try:
        yield Expression(text, start, parse(text).root, value)
    except ExpressionError:
        return  # the parser has reported it


class _Values:
    """Collects the texts of a file. Plain appends: this is done for every file that is checked."""

    def __init__(self) -> None:
        self.found: list[Value] = []

    def workflow(self, workflow: Workflow) -> None:
        self.tree("run-name", workflow.run_name)
        for trigger in workflow.on:
            for each in trigger.inputs:
                self.tree(f"on.{trigger.event}.inputs.{each.name}.default", each.default)
            self.tree(f"on.{trigger.event}.outputs", trigger.outputs)
        self.tree("env", workflow.env)
        self._shared(workflow, None)
        for job in workflow.jobs.values():
            self._job(job)

    def action(self, action: ActionFile) -> None:
        for each in action.inputs:
            self.tree(f"inputs.{each.name}.default", each.default)
        for name, value in action.outputs:
            self.tree(f"outputs.{name}.value", value)
        self.tree("runs.pre-if", action.pre_if)
        self.tree("runs.post-if", action.post_if)
        self.tree("runs.args", action.args)
        self.tree("runs.env", action.env)
        for step in _flat(action.steps):
            self._step(step, None)

    def _shared(self, of: Workflow | Job, job: Job | None) -> None:
        """What workflows and jobs both have."""
        self.tree("defaults.run.shell", of.defaults.shell, job)
        self.tree("defaults.run.working-directory", of.defaults.working_directory, job)
        if of.concurrency is not None:
            self.tree("concurrency.group", of.concurrency.group, job)
            self.tree("concurrency.cancel-in-progress", of.concurrency.cancel_in_progress, job)

    def _job(self, job: Job) -> None:
        self.tree("name", job.name, job)
        self.tree("if", job.if_, job)
        if job.strategy is not None:
            self.tree("strategy.matrix", job.strategy.matrix, job)
            self.tree("strategy.fail-fast", job.strategy.fail_fast, job)
            self.tree("strategy.max-parallel", job.strategy.max_parallel, job)
        self._shared(job, job)
        for key, tree in (
            ("runs-on", job.runs_on),
            ("environment", job.environment),
            ("env", job.env),
            ("outputs", job.outputs),
            ("timeout-minutes", job.timeout_minutes),
            ("cancel-timeout-minutes", job.cancel_timeout_minutes),
            ("continue-on-error", job.continue_on_error),
            ("container", job.container),
            ("services", job.services),
            ("snapshot", job.snapshot),
            ("uses", job.uses),
            ("with", job.with_),
            ("secrets", job.secrets),
        ):
            if tree is not None:
                self.tree(key, tree, job)
        for step in _flat(job.steps):
            self._step(step, job)

    def _step(self, step: Step, job: Job | None) -> None:
        for key, tree in (
            ("name", step.name),
            ("if", step.if_),
            ("run", step.run),
            ("uses", step.uses),
            ("shell", step.shell),
            ("working-directory", step.working_directory),
            ("continue-on-error", step.continue_on_error),
            ("timeout-minutes", step.timeout_minutes),
            ("with", step.with_),
            ("env", step.env),
        ):
            if tree is not None:
                self.tree(key, tree, job, step)

    def tree(self, key: str, tree: Tree, job: Job | None = None, step: Step | None = None) -> None:
        """The texts of a value."""
        if isinstance(tree, Text):
            self.found.append(Value(key, tree, job, step))
        elif isinstance(tree, Map):
            for name, value in tree.items:
                if OPEN in name.source:
                    self.found.append(Value(key, name, job, step))
                self.tree(f"{key}.{name.source}", value, job, step)
        elif isinstance(tree, Seq):
            for item in tree.items:
                self.tree(key, item, job, step)
