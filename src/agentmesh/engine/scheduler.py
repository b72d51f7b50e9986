"""Which job may start, which must stop, and what a job's end means for the others.

Pure: the run coordinator (:mod:`agentmesh.engine.run`) tells what happened and does what it is
told. A job is ready the moment its own needs are met, never stage by stage.

    node ──needs met──▶ expanded into members ──place, max-parallel, concurrency──▶ running ──▶ done

A *member* is what a node becomes once its matrix is expanded: job specifications, or calls of
workflows, which open into nodes of their own. Sources: "Using jobs in a workflow", "Control the
concurrency of workflows and jobs" and "Running variations of jobs" of GitHub's documentation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from agentmesh.core.result import Conclusion
from agentmesh.plan.model import Cell, Expansion, JobSpec, Need, Node

_WORST_FIRST: tuple[Conclusion, ...] = ("failure", "cancelled", "success", "skipped")


def worst(results: Iterable[Conclusion]) -> Conclusion:
    """What a node has come to whose members ended so; skipped if it has none."""
    found = set(results)
    for result in _WORST_FIRST:
        if result in found:
            return result
    return "skipped"


class Stop(msgspec.Struct, frozen=True):
    """A job that is to end: cancel it if it runs, or let it go if it waits."""

    key: str
    reason: str


class _Group:
    """A node that has been expanded, and what is left of it."""

    __slots__ = (
        "fail_fast",
        "failed",
        "left",
        "max_parallel",
        "node",
        "outputs",
        "results",
        "running",
    )

    def __init__(self, node: Node, expansion: Expansion) -> None:
        self.node = node
        self.fail_fast = expansion.fail_fast
        self.max_parallel = expansion.max_parallel
        self.left = 0
        self.running = 0
        self.failed = False
        self.results: list[Conclusion] = []
        self.outputs: dict[str, str] = {}


class Schedule:
    """The state of a run's jobs. ``capacity`` is how many may run at once."""

    def __init__(self, nodes: Iterable[Node], capacity: int) -> None:
        self.capacity = capacity
        self.running: dict[str, JobSpec] = {}
        self.results: dict[str, Need] = {}
        """Ended nodes, by key."""
        self._waiting: dict[str, int] = {}
        """Nodes that are not expanded yet → how many of their needs are open."""
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, list[str]] = {}
        self._ready: deque[str] = deque()
        self._groups: dict[str, _Group] = {}
        self._node_of: dict[str, str] = {}
        """Member → its node."""
        self._queue: dict[str, JobSpec] = {}
        self._holders: dict[str, str] = {}
        """Concurrency group → the job that holds it."""
        self._pending: dict[str, deque[str]] = {}
        self._calls: dict[str, tuple[Cell, set[str]]] = {}
        """Open call → its cell and the nodes of it that have not ended."""
        self._call_of: dict[str, str] = {}
        self.add(nodes)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return not (self._waiting or self._groups)

    def is_over(self, workflow: str) -> bool:
        """Whether all nodes of a workflow at the top have been added, and have ended."""
        keys = [
            k for k, n in self._nodes.items() if not n.call.key and n.call.workflow.path == workflow
        ]
        return bool(keys) and all(key in self.results for key in keys)

    def add(self, nodes: Iterable[Node]) -> None:
        """Take in nodes whose needs are among them, or known already."""
        added = list(nodes)
        for node in added:
            self._nodes[node.key] = node
            open_needs = 0
            for need in node.needs:
                if need not in self.results:
                    open_needs += 1
                    self._dependents.setdefault(need, []).append(node.key)
            self._waiting[node.key] = open_needs
            if not open_needs:
                self._ready.append(node.key)

    def ready(self) -> Node | None:
        """The next node whose needs are all met; to be expanded and given to :meth:`expanded`."""
        return self._nodes[self._ready.popleft()] if self._ready else None

    def ancestors(self, node: Node) -> dict[str, Need]:
        """Results of all that a node needs, directly or not, by job id within its call."""
        seen: dict[str, Need] = {}
        todo = list(node.needs)
        while todo:
            key = todo.pop()
            other = self._nodes[key]
            if other.job.id not in seen:
                seen[other.job.id] = self.results[key]
                todo.extend(other.needs)
        return seen

    def expanded(self, node: Node, expansion: Expansion) -> list[Stop]:
        """A node has become its members. Returns jobs that concurrency ends for their sake."""
        del self._waiting[node.key]
        group = self._groups[node.key] = _Group(node, expansion)
        stops: list[Stop] = []
        for member in expansion.members:
            group.left += 1
            self._node_of[member.key] = node.key
            if isinstance(member, JobSpec):
                self._queue[member.key] = member
                stops += self._enter(member)
        if not group.left:  # a matrix without a cell
            group.results.append("skipped")
            self._close(group)
        return stops

    def open(self, cell: Cell, nodes: tuple[Node, ...]) -> None:
        """A calling job has opened into the nodes of the called workflow."""
        self._calls[cell.key] = (cell, {node.key for node in nodes})
        for node in nodes:
            self._call_of[node.key] = cell.key
        self._groups[self._node_of[cell.key]].running += 1
        self.add(nodes)

    def startable(self) -> list[JobSpec]:
        """Jobs to start now; they count as running from here on."""
        chosen: list[JobSpec] = []
        for key, spec in self._queue.items():
            if len(self.running) >= self.capacity:
                break
            group = self._groups[self._node_of[key]]
            if group.max_parallel is not None and group.running >= group.max_parallel:
                continue
            name = _group_name(spec)
            if name is not None and self._holders.get(name, key) != key:
                continue
            if name is not None:
                self._holders[name] = key
            group.running += 1
            self.running[key] = spec
            chosen.append(spec)
        for spec in chosen:
            del self._queue[spec.key]
        return chosen

    def ended(
        self,
        key: str,
        conclusion: Conclusion,
        outputs: dict[str, str],
        *,
        allowed: bool = False,
        spare: bool = False,
    ) -> list[Stop]:
        """A member has ended. ``allowed`` tells that its failure does not count, ``spare`` that it
        counts but says nothing about its siblings: it never ran, as there is no machine for it.

        Returns the siblings that ``fail-fast`` ends.
        """
        group = self._groups[self._node_of[key]]
        spec = self.running.pop(key, None) or self._queue.pop(key, None)
        if key in self._calls or (spec is not None and group.running):
            group.running -= 1
        self._calls.pop(key, None)
        if spec is not None:
            self._leave(spec)
        counted: Conclusion = "success" if allowed and conclusion == "failure" else conclusion
        group.results.append(counted)
        group.outputs.update({k: v for k, v in outputs.items() if v or k not in group.outputs})
        group.left -= 1
        stops: list[Stop] = []
        if counted == "failure" and group.fail_fast and not (group.failed or spare):
            group.failed = True
            stops = [Stop(k, "fail-fast") for k in self._members(group.node.key)]
        if not group.left:
            self._close(group)
        return stops

    def waiting_members(self) -> list[JobSpec]:
        """Jobs that are queued and not running."""
        return list(self._queue.values())

    def finished_calls(self) -> list[tuple[Cell, dict[str, Need]]]:
        """Calls all of whose nodes have ended, with the results by job id; each to be ended."""
        return [
            (cell, {self._nodes[k].job.id: self.results[k] for k in self._keys_of(key)})
            for key, (cell, left) in self._calls.items()
            if not left
        ]

    def callers(self, key: str) -> list[str]:
        """The calls that a job or node stands in, from the inside out."""
        found: list[str] = []
        node: str | None = self._node_of.get(key, key)
        while node is not None and (call := self._call_of.get(node)) is not None:
            found.append(call)
            node = self._node_of.get(call)
        return found

    def _keys_of(self, call: str) -> list[str]:
        return [k for k, owner in self._call_of.items() if owner == call]

    def _members(self, node: str) -> list[str]:
        """Live members of a node; for a call, all that lives below it."""
        found: list[str] = []
        for key, owner in self._node_of.items():
            if owner != node:
                continue
            if key in self._calls:
                for child in self._keys_of(key):
                    found += self._members(child)
            elif key in self.running or key in self._queue:
                found.append(key)
        return found

    def _close(self, group: _Group) -> None:
        key = group.node.key
        del self._groups[key]
        self.results[key] = Need(worst(group.results), group.outputs)
        call = self._call_of.get(key)
        if call is not None and call in self._calls:
            self._calls[call][1].discard(key)
        for dependent in self._dependents.pop(key, ()):
            self._waiting[dependent] -= 1
            if not self._waiting[dependent]:
                self._ready.append(dependent)

    def _enter(self, spec: JobSpec) -> list[Stop]:
        """Join a concurrency group: one holds it, and of those that wait only the newest stays."""
        name = _group_name(spec)
        if name is None or spec.concurrency is None:
            return []
        holder = self._holders.setdefault(name, spec.key)
        if holder == spec.key:
            return []
        line = self._pending.setdefault(name, deque())
        stops: list[Stop] = []
        if spec.concurrency.queue != "max":
            stops = [Stop(key, f"superseded in concurrency group {name!r}") for key in line]
            line.clear()
        line.append(spec.key)
        if spec.concurrency.cancel_in_progress is True:
            stops.append(Stop(holder, f"superseded in concurrency group {name!r}"))
        return stops

    def _leave(self, spec: JobSpec) -> None:
        name = _group_name(spec)
        if name is None:
            return
        line = self._pending.get(name, deque())
        if spec.key in line:
            line.remove(spec.key)
        if self._holders.get(name) == spec.key:
            del self._holders[name]
            if line:
                self._holders[name] = line.popleft()


def _group_name(spec: JobSpec) -> str | None:
    """The concurrency group of a job; names ignore case."""
    return spec.concurrency.group.source.lower() if spec.concurrency else None
