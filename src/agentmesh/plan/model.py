"""What is to run: the request, the graph of jobs, and the complete specification of one job.

    Request ──build──▶ Plan of Nodes ──expand (when a node's needs are met)──▶ JobSpecs and Calls

A :class:`Node` is a job of a workflow before its matrix is expanded. Expanding needs the results
of what the node needs, so the run coordinator does it the moment they are there; ``agentmesh
plan`` does it beforehand, assuming success. Either way it is the same pure function.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agentmesh.core.problem import Problem
from agentmesh.core.result import Conclusion
from agentmesh.lang.model import Concurrency, Defaults, Job, Permissions, Tree, Workflow

Json = Any
"""None, bool, int, float, str, list of Json or dict of str to Json: a value of an expression."""

HOST = "host"
"""The platform that runs a job's steps as processes of this machine."""


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The repository a run is about: what ``actions/checkout`` of one's own repository gives.

    ``directory`` is the repository's root, absolute; ``committed`` asks for HEAD instead of the
    working tree. ``repository`` is ``owner/name``.
    """

    directory: str
    repository: str
    committed: bool = False


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the command line decides for all jobs of a run."""

    builtin_actions: bool = True
    skip_unavailable: bool = False
    shell_on_failure: bool = False
    env: dict[str, str] = {}
    """Extra environment of run steps (``--env``)."""
    action_sources: dict[str, str] = {}
    """``owner/repo`` or ``owner/repo@ref`` → directory (``--action-source``)."""
    platforms: dict[str, str] = {}
    """Runner label, lower case → ``host`` or ``docker://IMAGE``."""
    images: dict[str, str] = {}
    """Base image, as a Dockerfile names it → what is taken in its stead."""
    os: str = "linux"
    """The machine's system, as runner labels have it: linux, macos or windows."""
    arch: str = "x64"
    """The machine's processor, as runner labels have it: x64, arm64, x86 or arm."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a plan depends on.

    ``github`` is the complete github context of the run (event name, payload, ref, sha, …) except
    what differs by job. ``changed_files`` is None where it could not be found out. ``called`` holds
    each reusable workflow that can be reached, by what :func:`agentmesh.plan.reuse.address` makes
    of its ``uses``; a value that is a text is why it could not be had. ``jobs`` and ``cells``
    narrow the run down (``--job``, ``--matrix``).
    """

    run: str
    workflows: tuple[Workflow, ...]
    github: dict[str, Json]
    source: Source
    inputs: dict[str, str] = {}
    vars: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    """Names of the secrets there are; their values never enter a plan."""
    changed_files: tuple[str, ...] | None = None
    called: dict[str, Workflow | str] = {}
    jobs: tuple[str, ...] = ()
    cells: dict[str, tuple[str, ...]] = {}
    options: Options = Options()


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a node stands: the workflow it belongs to, called by whom and with what.

    ``prefix`` is ``""`` at the top, else the caller's display name with `` / ``; ``inputs`` are
    evaluated; ``secrets`` maps the callee's names to the run's names
    (:func:`agentmesh.plan.secrets.resolve` reads it). ``github`` holds what the github context has
    of the workflow that the run began with, for all that it calls.
    """

    workflow: Workflow
    key: str = ""
    """Key of the calling cell; empty at the top."""
    prefix: str = ""
    inputs: dict[str, Json] = {}
    secrets: dict[str, str] = {}
    permissions: Permissions | None = None
    depth: int = 0
    matrix: dict[str, Json] = {}
    github: dict[str, Json] = {}


class Node(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A job before its matrix is expanded. ``needs`` are keys of nodes of the same call."""

    key: str
    job: Job
    call: Call
    needs: tuple[str, ...] = ()


class Need(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a node that others need has ended: an entry of the ``needs`` context."""

    result: Conclusion
    outputs: dict[str, str] = {}


class StrategyValues(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ``strategy`` context of one cell."""

    fail_fast: bool = True
    job_index: int = 0
    job_total: int = 1
    max_parallel: int = 1


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One job, complete: a runner needs nothing else, wherever it is. Serialises with msgspec.

    Everything but steps, env, defaults, container, services, outputs and the environment's url is
    evaluated. Secrets travel apart (:class:`agentmesh.ports.secrets.Secrets`).
    """

    run: str
    key: str
    id: str
    name: str
    job: Job
    workflow_path: str
    workflow_env: Tree = None
    defaults: Defaults = Defaults()
    """The workflow's ``defaults``; the job's own stand in ``job.defaults`` and win."""
    github: dict[str, Json] = {}
    inputs: dict[str, Json] = {}
    vars: dict[str, str] = {}
    matrix: dict[str, Json] | None = None
    strategy: StrategyValues = StrategyValues()
    needs: dict[str, Need] = {}
    secrets: dict[str, str] = {}
    """Name in the ``secrets`` context → the run's name for it."""
    labels: tuple[str, ...] = ()
    platform: str = HOST
    timeout_minutes: float = 360.0
    cancel_timeout_minutes: float = 5.0
    continue_on_error: bool = False
    permissions: Permissions | None = None
    environment: str = ""
    concurrency: Concurrency | None = None
    """Evaluated: ``group`` is a plain text, ``cancel_in_progress`` a bool."""
    source: Source
    options: Options = Options()
    attempt: int = 1


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A calling job's one cell, to be opened into the nodes of the called workflow."""

    key: str
    id: str
    name: str
    call: Call
    """The call that the children stand in."""
    needs: dict[str, Need] = {}
    concurrency: Concurrency | None = None
    strategy: StrategyValues = StrategyValues()


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """The node does not run, and ``why``: the clause that decided, with the values in it."""

    key: str
    id: str
    name: str
    why: str
    kind: Literal["condition", "needs", "filter", "unavailable", "unselected", "untriggered"] = (
        "condition"
    )


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The node cannot run: its expressions fail or its machine does not exist; the job has
    failed."""

    key: str
    id: str
    name: str
    problem: Problem


class Expansion(msgspec.Struct, frozen=True, kw_only=True):
    """What a node becomes once its needs are known. ``why`` says why it runs."""

    why: str
    members: tuple[JobSpec | Cell | Skipped | Failed, ...]
    fail_fast: bool = True
    max_parallel: int | None = None
    problems: tuple[Problem, ...] = ()
    """What is unwise about it and stops nothing: GitHub would refuse a matrix of that size."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The graph of a run, ordered so that each node follows what it needs."""

    request: Request
    nodes: tuple[Node, ...]
    skipped: tuple[Skipped, ...] = ()
    """Jobs that do not run whatever happens: their workflow listens to the event, and a filter of
    its trigger says no."""
    left_out: tuple[Skipped, ...] = ()
    """Jobs that nobody asked for: their workflow does not listen to the event, or ``--job`` named
    others. A plan shows them; a run, as on GitHub, is not about them."""
    run_names: dict[str, str] = {}
    """Workflow path → evaluated ``run-name``."""
    concurrency: dict[str, Concurrency] = {}
    """Workflow path → evaluated ``concurrency`` of the workflow."""
