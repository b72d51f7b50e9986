"""Plain lines, each with its job's name in front: what a run says where there is no terminal.

An event sink. A batch of log lines is written as one block, so that jobs that run side by side mix
by lines and never within one. Groups (``##[group]`` … ``##[endgroup]``) are shown by indenting.
"""

from __future__ import annotations

import re

from agentmesh.cli.out import Out
from agentmesh.cli.render.style import MARKS, Palette, duration
from agentmesh.cli.render.summary import plain, summary
from agentmesh.core.events import (
    Event,
    JobCompleted,
    JobEvent,
    JobStarted,
    Logged,
    Noticed,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepStarted,
)
from agentmesh.core.state import Fold

_SPECIAL = r"##\[(group|endgroup|error|warning|notice|debug|command)\]"


class Plain:
    """Writes a run as plain lines, and a summary at its end."""

    def __init__(self, out: Out, palette: Palette) -> None:
        self._out = out
        self._palette = palette
        self._fold = Fold()
        self._in_group: set[tuple[str, int]] = set()

    def __call__(self, event: Event, /) -> None:
        self._fold.add(event)
        if isinstance(event, Logged):
            text = self._log(event)
        elif isinstance(event, RunCompleted):
            text = "\n".join(summary(self._fold.state, self._palette)) + "\n"
        else:
            text = _line(event, self._palette)
        if text:
            self._out.write(text.encode("utf-8", "replace"))

    def pause(self, step: str) -> None:
        """Nothing is drawn that would have to go away."""

    def close(self) -> None:
        """Nothing is held back."""

    def _log(self, event: Logged) -> str:
        prefix = _job(event, self._palette) + " "
        step = (event.key, event.number)
        if "##[" not in event.text and step not in self._in_group:
            return prefix + event.text.replace("\n", "\n" + prefix) + "\n"
        lines = (self._shown(line, step) for line in event.text.split("\n"))
        return "".join(f"{prefix}{line}\n" for line in lines if line is not None)

    def _shown(self, line: str, step: tuple[str, int]) -> str | None:
        """A line as it is shown; None for one that is not."""
        special = re.match(_SPECIAL, line)
        indent = "  " if step in self._in_group else ""
        if special is None:
            return indent + line
        kind, text = special[1], line[special.end() :]
        if kind == "endgroup":
            self._in_group.discard(step)
            return None
        if kind == "group":
            self._in_group.add(step)
            return self._palette.bold(f"▾ {text}")
        if kind == "command":
            return indent + self._palette.dim(f"$ {text}")
        return f"{indent}{self._palette.level(kind, kind)}: {text}"


def heading(event: RunStarted) -> str:
    """What is run, and for what: ``run 12: ci.yml for push (main, 1a2b3c4)``."""
    names = [path.rpartition("/")[2] for path in event.workflows]
    what = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    ref = event.ref.removeprefix("refs/heads/").removeprefix("refs/")
    at = ", ".join(part for part in (ref, event.sha[:7]) if part)
    name = f" · {plain(event.name)}" if event.name else ""
    return f"run {event.run}: {what} for {event.event}" + (f" ({at})" if at else "") + name


def _line(event: Event, palette: Palette) -> str:
    """One line about an event that is no log; empty for those that go without saying."""
    if isinstance(event, RunStarted):
        return palette.bold(heading(event)) + "\n"
    if isinstance(event, Noticed):
        remedy = f"\n  remedy: {event.remedy}" if event.remedy else ""
        return f"{palette.level(event.level, event.level)}: {event.message}{remedy}\n"
    if isinstance(event, JobStarted):
        where = f" on {event.runner}" if event.runner else ""
        return f"{_job(event, palette)} started{where}\n"
    if isinstance(event, StepStarted):
        return f"{_job(event, palette)} {palette.bold(f'▸ {plain(event.step)}')}\n"
    if isinstance(event, StepCompleted):
        return f"{_job(event, palette)} {_step_ended(event, palette)}\n"
    if isinstance(event, JobCompleted):
        ran = event.conclusion != "skipped"
        took = f" in {duration(event.seconds)}" if ran else ""
        why = f": {event.why}" if event.why and event.conclusion != "success" else ""
        head = palette.ended(event.conclusion, event.conclusion + took)
        return f"{_job(event, palette)} {head}{why}\n"
    return ""


def _job(event: JobEvent, palette: Palette) -> str:
    return palette.dim(f"[{plain(event.job)}]")


def _step_ended(event: StepCompleted, palette: Palette) -> str:
    mark = palette.ended(event.outcome, MARKS[event.outcome])
    if event.conclusion == "skipped":
        why = f": {event.why}" if event.why else ""
        return palette.dim(f"{MARKS['skipped']} {plain(event.step)} skipped{why}")
    reason = event.error
    if not reason and event.outcome == "failure" and event.exit_code is not None:
        reason = f"exit code {event.exit_code}"
    may = " (goes on: continue-on-error)" if event.outcome != event.conclusion else ""
    return f"{mark} {plain(event.step)} {palette.dim(f'({duration(event.seconds)})')}" + (
        f" {reason}{may}" if reason or may else ""
    )
