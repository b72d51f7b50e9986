"""The live view of a terminal: a tree of jobs and steps while they run, a summary at the end.

An event sink. Events are folded as they come; a thread of its own draws, at most ten times a second
and never more than a twentieth of the time, so that a run does not wait for the terminal. A run
that is over within the first tenth of a second shows its summary alone.

While a shell has the terminal (``--shell-on-failure``), :meth:`Tree.pause` takes the view away
until the step that failed has ended.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from agentmesh.cli.out import Out
from agentmesh.cli.render.frame import Frame
from agentmesh.cli.render.plain import heading
from agentmesh.cli.render.screen import Screen
from agentmesh.cli.render.style import Palette
from agentmesh.cli.render.summary import failure, plain, summary
from agentmesh.core.events import (
    Event,
    JobCompleted,
    Noticed,
    RunCompleted,
    RunStarted,
    StepCompleted,
)
from agentmesh.core.state import Fold

TICK = 0.1
"""Seconds between two frames, at least."""
SHARE = 20
"""A frame that took t is followed by a pause of at least this many times t."""


class Tree:
    """Shows a run on a terminal."""

    def __init__(self, out: Out, palette: Palette, descriptor: int = 1) -> None:
        self._screen = Screen(out, descriptor)
        self._palette = palette
        self._fold = Fold()
        self._lock = threading.Lock()
        self._above: list[str] = []
        self._failures: list[str] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._paused_for = ""
        self._first: tuple[datetime, float] | None = None

    def __call__(self, event: Event, /) -> None:
        with self._lock:
            self._fold.add(event)
            if self._first is None:
                self._first = (event.time, time.monotonic())
            if isinstance(event, RunStarted):
                self._above.append(self._palette.bold(plain(heading(event))))
            elif isinstance(event, Noticed):
                level = self._palette.level(event.level, event.level)
                self._above.append(f"{level}: {plain(event.message)}")
            elif isinstance(event, JobCompleted) and event.conclusion == "failure":
                self._failures += self._failure(event)
        if isinstance(event, StepCompleted) and self._paused_for == event.step:
            self._paused_for = ""
            self._start()
        elif isinstance(event, RunStarted):
            self._start()
        elif isinstance(event, RunCompleted):
            self._finish("\n".join(summary(self._fold.state, self._palette)) + "\n")

    def pause(self, step: str) -> None:
        """Take the live area away until a step of this name ends: somebody has the terminal."""
        self._paused_for = step
        self._rest()

    def close(self) -> None:
        """Leave the terminal in order when the run did not come to its end."""
        self._rest()

    def _rest(self) -> None:
        """End the thread and what it draws; show what was still to be shown."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None
        self._screen.close(self._take_above())

    def _start(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="live view", daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        """The thread: a frame, and a rest."""
        rest = TICK
        while not self._stop.wait(rest):
            begun = time.perf_counter()
            with self._lock:
                state = self._fold.state
                now = self._now()
            above = self._take_above()
            frame = Frame(state, now, self._screen.size(), self._palette)
            self._screen.draw(frame.lines(), above)
            rest = max(TICK, SHARE * (time.perf_counter() - begun))

    def _now(self) -> datetime:
        """The time of the run: of its first event, and what has passed since.

        So that a recorded run is shown with its own clock.
        """
        if self._first is None:
            raise ValueError("nothing has happened yet")
        event_time, monotonic = self._first
        return event_time + timedelta(seconds=time.monotonic() - monotonic)

    def _take_above(self) -> str:
        with self._lock:
            above = self._above + self._failures
            self._above, self._failures = [], []
        return "".join(line + "\n" for line in above)

    def _failure(self, event: JobCompleted) -> list[str]:
        job = self._fold.job(event.key or event.job)
        return [] if job is None else list(failure(job, self._fold.state, self._palette))

    def _finish(self, last: str) -> None:
        with self._lock:
            self._failures = []  # what has not been shown yet stands in the summary
        self._rest()
        self._screen.close(last)
