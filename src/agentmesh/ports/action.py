"""A built-in action: one module, one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, TypeVar

import msgspec

from agentmesh.plan.model import JobSpec
from agentmesh.ports.artifacts import Artifacts
from agentmesh.ports.cache import Cache
from agentmesh.ports.executor import JobDirs
from agentmesh.ports.source import ActionSource

T = TypeVar("T")


class ActionInput(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input with its default, which may hold ``${{ }}``."""

    name: str
    default: str = ""
    required: bool = False
    description: str = ""


class Meta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an action is called and takes. ``names`` are ``owner/repo`` or ``owner/repo/path``,
    lower case; it stands in for each of them at any ref."""

    names: tuple[str, ...]
    summary: str
    inputs: tuple[ActionInput, ...] = ()
    outputs: tuple[str, ...] = ()
    has_post: bool = False
    differs: str = ""
    """What is different from the published action, for the reference page."""


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How a command that an action ran has ended, with its output (both streams) if asked for."""

    code: int
    output: str = ""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine that runs the job lends to actions."""

    cache: Cache
    artifacts: Artifacts
    source: ActionSource
    shared: str = ""
    """A folder that outlasts jobs, for what several of them need ready; empty where there is none.
    """


class StepContext(Protocol):
    """What a built-in action may touch: the only way from an action to the outside.

    An action that fails raises AgentmeshError with a message and a remedy; the step then fails
    with an error annotation. It raises Unavailable where this machine cannot provide something.
    """

    spec: JobSpec
    dirs: JobDirs
    services: Services
    env: Mapping[str, str]
    """The step's environment, PATH included."""
    state: dict[str, str]
    """Kept from run to post."""
    job_status: Literal["success", "failure", "cancelled"]
    uses: str
    """The step's ``uses`` as written (``owner/repo/path@ref``)."""

    def say(self, text: str) -> None:
        """A line, or several, into the step's log; workflow commands work in it."""
        ...

    def annotate(
        self,
        level: Literal["error", "warning", "notice"],
        message: str,
        *,
        file: str = "",
        line: int = 0,
        title: str = "",
    ) -> None: ...

    def export(self, name: str, value: str) -> None:
        """Set an environment variable for the steps that follow."""
        ...

    def add_path(self, directory: str) -> None:
        """Put a folder in front of PATH for the steps that follow."""
        ...

    def mask(self, value: str) -> None:
        """Treat a value as a secret from now on."""
        ...

    def summarize(self, markdown: str) -> None:
        """Add to the step's summary."""
        ...

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Completed:
        """Run a command in the job's place, in the workspace unless told otherwise; ``env`` adds to
        the step's. Its output goes to the log unless ``quiet``; it is returned either way."""
        ...

    def service_variables(self) -> Mapping[str, str]:
        """What a program of the action's own needs in its environment to reach the services of
        caches and artifacts; empty where there are none. Starts them."""
        ...

    async def in_thread(self, function: Callable[..., T], /, *args: object) -> T:
        """Do blocking work on files without holding up other jobs."""
        ...


class Action(Protocol):
    """The shape of a module in ``agentmesh.actions``.

    ``run`` returns the outputs. ``post`` runs after all main steps, last in first out, when the
    main part ran and ``META.has_post``; modules without one borrow :func:`no_post`.
    """

    META: Meta

    async def run(self, inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]: ...

    async def post(self, inputs: Mapping[str, str], ctx: StepContext) -> None: ...


async def no_post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Nothing to do after the job."""
