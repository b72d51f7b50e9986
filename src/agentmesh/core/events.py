"""What a run says: the engine's only output, in the order it happened.

The terminal, the JSON stream, history, metrics and the mesh are readers of these values and of
nothing else. Names are past tense. Text is masked before an event is made.

A job runner makes events without ``run`` and ``seq``; the run coordinator stamps both, so that
``seq`` counts the events of a run without a gap. A :class:`Logged` event carries a batch of whole
lines and takes as many numbers as it has lines: written out as JSON it is one ``log`` event a line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from agentmesh.core.result import Conclusion


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all events share. ``time`` is aware and in UTC; ``seq`` counts from 1."""

    time: datetime
    run: str = ""
    seq: int = 0


class JobEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An event of one job.

    ``job`` is the name shown (``test (3.12)``, ``caller / test``), ``job_id`` the key in the
    workflow file, shared by the cells of a matrix, and ``key`` what is unique in the run.
    """

    job: str
    job_id: str
    key: str = ""


class StepEvent(JobEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An event of one step. ``number`` counts from 1 through pre, main and post steps."""

    step: str
    number: int = 0


class JobInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a job when the run starts; ``seconds`` is its expected length, if known."""

    key: str
    job: str
    job_id: str
    needs: tuple[str, ...] = ()
    seconds: float | None = None


class RunStarted(Event, frozen=True, kw_only=True, tag="run.started", omit_defaults=True):
    """A run began: what it runs, for which event, and the jobs planned so far."""

    workflows: tuple[str, ...]
    event: str
    ref: str = ""
    sha: str = ""
    actor: str = ""
    directory: str = ""
    name: str = ""
    jobs: tuple[JobInfo, ...] = ()
    command: tuple[str, ...] = ()


class JobQueued(JobEvent, frozen=True, kw_only=True, tag="job.queued", omit_defaults=True):
    """A job's needs are met; it waits for a place to run. ``why`` says why it runs.

    ``matrix`` holds the values of its cell, so that a reader can ask for just this one again.
    """

    why: str = ""
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    matrix: dict[str, object] = {}
    seconds: float | None = None


class JobStarted(JobEvent, frozen=True, kw_only=True, tag="job.started", omit_defaults=True):
    """A runner took the job. ``steps`` names its main steps, as far as names are known."""

    runner: str = ""
    steps: tuple[str, ...] = ()


class StepStarted(StepEvent, frozen=True, kw_only=True, tag="step.started", omit_defaults=True):
    """A step began. ``phase`` tells pre, main and post steps of actions apart."""

    phase: Literal["pre", "main", "post"] = "main"


class Logged(StepEvent, frozen=True, kw_only=True, tag="log", omit_defaults=True):
    """Whole lines of a step's masked output, joined by newlines, without the last one.

    ``count`` is the number of lines, ``first`` the number of the first one in its step, from 1.
    """

    text: str
    count: int = 1
    first: int = 1


class Annotated(StepEvent, frozen=True, kw_only=True, tag="annotation", omit_defaults=True):
    """An error, warning or notice about a place, from a workflow command or a problem matcher."""

    level: Literal["error", "warning", "notice"]
    message: str
    title: str = ""
    file: str = ""
    line: int = 0
    end_line: int = 0
    column: int = 0
    end_column: int = 0


class Summarized(StepEvent, frozen=True, kw_only=True, tag="summary", omit_defaults=True):
    """What a step wrote to GITHUB_STEP_SUMMARY (Markdown, at most 1 MiB)."""

    text: str


class StepCompleted(StepEvent, frozen=True, kw_only=True, tag="step.completed", omit_defaults=True):
    """A step ended. ``error`` says in a sentence why it failed, where that is known.

    ``cpu_seconds`` and ``peak_memory`` (bytes) say what its processes took, where that is known: on
    the host the memory of the largest one, in a container of all together, files read included.
    """

    conclusion: Conclusion
    outcome: Conclusion
    seconds: float = 0.0
    exit_code: int | None = None
    error: str = ""
    why: str = ""
    phase: Literal["pre", "main", "post"] = "main"
    outputs: dict[str, str] = {}
    cpu_seconds: float | None = None
    peak_memory: int | None = None


class JobCompleted(JobEvent, frozen=True, kw_only=True, tag="job.completed", omit_defaults=True):
    """A job ended. ``why`` says why it was skipped or cancelled, or failed outside its steps."""

    conclusion: Conclusion
    seconds: float = 0.0
    outputs: dict[str, str] = {}
    why: str = ""
    needs: tuple[str, ...] = ()
    allowed_to_fail: bool = False
    environment: str = ""
    environment_url: str = ""


class Noticed(Event, frozen=True, kw_only=True, tag="notice", omit_defaults=True):
    """Something a person should know about the whole run, with the remedy."""

    level: Literal["error", "warning", "notice"]
    message: str
    remedy: str = ""


class RunCompleted(Event, frozen=True, kw_only=True, tag="run.completed", omit_defaults=True):
    """The run ended; always the last event."""

    conclusion: Conclusion
    seconds: float = 0.0


AnyEvent = (
    RunStarted
    | JobQueued
    | JobStarted
    | StepStarted
    | Logged
    | Annotated
    | Summarized
    | StepCompleted
    | JobCompleted
    | Noticed
    | RunCompleted
)
"""Every event there is, for decoding: ``msgspec.json.decode(line, type=AnyEvent)``."""
