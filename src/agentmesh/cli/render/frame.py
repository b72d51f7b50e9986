"""One frame of the live view: a run's state as lines that fit a terminal.

Pure; drawn by :mod:`agentmesh.cli.render.tree`. There are three levels of detail, and the first one
that fits is taken: every step of the jobs that run; their current step with its last line; one line
a job. Jobs that have succeeded are counted instead of listed before one that runs is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from agentmesh.cli.render.style import MARKS, Palette, count, duration, tally
from agentmesh.cli.render.summary import plain
from agentmesh.cli.render.width import cut, width
from agentmesh.core.result import Conclusion
from agentmesh.core.state import JobState, RunState, StepState, pending, remaining

RUNNING, WAITING = "●", "◌"
BAR = 12
NARROW = 50
"""Below so many columns there are no bars, and no log lines."""


class Frame:
    """What all lines of one frame have in common."""

    def __init__(self, state: RunState, now: datetime, size: tuple[int, int], palette: Palette):
        self.state = state
        self.now = now
        self.columns, self.rows = size
        self.palette = palette
        jobs = state.jobs.values()
        self.running = [job for job in jobs if job.status == "running"]
        self.queued = [job for job in jobs if job.status == "queued"]
        self.failed = [job for job in jobs if job.conclusion in ("failure", "cancelled")]
        self.quiet = [job for job in jobs if job.conclusion in ("success", "skipped")]
        self.pending = pending(state)
        names = [job.name for job in (*self.running, *self.queued, *self.failed)]
        longest = max((width(plain(name)) for name in names), default=0)
        self.name_width = max(8, min(longest, self.columns // 2 - 4))

    def lines(self) -> list[str]:
        """As much as fits; the progress of the whole run is the last line."""
        budget = max(1, self.rows - 2)
        for build in (self._all_steps, self._current_steps, self._one_line_each):
            found = list(build())
            if len(found) <= budget:
                return [*found, self._progress()]
        return [*found[: budget - 1], self._left_out(found[budget - 1 :]), self._progress()]

    # levels of detail

    def _all_steps(self) -> Iterator[str]:
        for job in (*self.quiet, *self.failed):
            yield self._ended(job)
        for job in self.running:
            yield self._run(job)
            yield from self._steps(job)
        yield from self._waiting()

    def _current_steps(self) -> Iterator[str]:
        yield from self._counted()
        for job in self.failed:
            yield self._ended(job)
        for job in self.running:
            yield self._run(job)
            if job.current is not None:
                yield self._step_now(job.current)
        yield from self._waiting(limit=3)

    def _one_line_each(self) -> Iterator[str]:
        yield from self._counted()
        for job in self.running:
            yield self._run(job, with_step=True)
        for job in self.failed:
            yield self._ended(job)
        yield from self._waiting(limit=1)

    def _left_out(self, lines: list[str]) -> str:
        return self.palette.dim(f"… and {count(len(lines), 'more line')} than fit here")

    # lines

    def _ended(self, job: JobState) -> str:
        conclusion: Conclusion = job.conclusion or "cancelled"
        if conclusion == "skipped":
            return f"{self.palette.mark('skipped')} {self._name(job)} {self._note(job.why)}"
        step = f"at {job.failed.name!r}" if job.failed and conclusion == "failure" else ""
        return (
            f"{self.palette.mark(conclusion)} {self._name(job)} "
            f"{duration(job.seconds):>10}  {self._note(step)}"
        )

    def _run(self, job: JobState, *, with_step: bool = False) -> str:
        gone = self._since(job.started)
        text = f"{self.palette.paint('36', RUNNING)} {self._name(job)} {duration(gone):>10}"
        if self.columns >= NARROW and job.expected:
            text += f"  {self._bar(gone / job.expected)} of about {duration(job.expected)}"
        if with_step and job.current is not None:
            text += f"  {self._note('▸ ' + job.current.name)}"
        return text

    def _steps(self, job: JobState) -> Iterator[str]:
        for step in job.steps:
            if step.conclusion is None:
                yield self._step_now(step)
            elif step.conclusion == "skipped":
                yield "  " + self._note(f"{MARKS['skipped']} {step.name}")
            else:
                mark = self.palette.mark(step.outcome or step.conclusion)
                yield f"  {mark} {plain(step.name)} {self._note(duration(step.seconds))}"
        main = sum(step.phase == "main" for step in job.steps)
        for name in job.planned[main:]:
            yield f"  {self._note(f'{WAITING} {name}')}"

    def _step_now(self, step: StepState) -> str:
        head = f"▸ {plain(step.name)} {duration(self._since(step.started))}"
        last = _last(step)
        room = self.columns - width(head) - 6
        if not last or self.columns < NARROW or room < 8:
            return f"  {head}"
        return f"  {head}  {self.palette.dim('│ ' + cut(last, room))}"

    def _waiting(self, limit: int = 6) -> Iterator[str]:
        """Jobs that wait for a place, and those that wait for others."""
        waiting = [(job.name, "waits for a place") for job in self.queued]
        names = {info.key: info.job for info in self.state.planned}
        for info in self.pending:
            needs = ", ".join(names.get(need, need) for need in info.needs)
            waiting.append((info.job, f"needs {needs}" if needs else ""))
        shown = waiting if len(waiting) <= limit else waiting[: limit - 1]
        for name, why in shown:
            yield f"{self.palette.dim(WAITING)} {self._fit(name)} {self._note(why)}"
        if len(shown) < len(waiting):
            more = count(len(waiting) - len(shown), "more job" if shown else "job")
            yield self._note(f"{WAITING} {more} waiting")

    def _counted(self) -> Iterator[str]:
        for conclusion in ("success", "skipped"):
            number = sum(job.conclusion == conclusion for job in self.quiet)
            if number:
                text = "succeeded" if conclusion == "success" else "skipped"
                yield f"{self.palette.mark(conclusion)} {count(number, 'job')} {text}"

    def _progress(self) -> str:
        jobs = self.state.jobs.values()
        done = sum(job.status == "completed" for job in jobs)
        total = len(self.state.jobs) + len(self.pending)
        share = sum(self._share(job) for job in jobs) / total if total else 0.0
        counts: Counter[Conclusion] = Counter(j.conclusion for j in jobs if j.conclusion)
        parts = [f"{done} of {count(total, 'job')}", duration(self._since(self.state.started))]
        left = remaining(self.state, self.now)
        if left:
            parts.append(f"about {duration(left)} left")
        if done and self.columns >= NARROW:
            parts.append(tally(counts))
        bar = f"{self._bar(share, 20)} " if self.columns >= NARROW else ""
        return bar + " · ".join(parts)

    # parts of lines

    def _share(self, job: JobState) -> float:
        """How much of a job is done, from 0 to 1."""
        if job.status != "running":
            return float(job.status == "completed")
        if job.expected:
            return min(0.95, self._since(job.started) / job.expected)
        ended = sum(step.conclusion is not None for step in job.steps)
        return ended / (max(len(job.planned), len(job.steps)) + 1)

    def _since(self, started: datetime | None) -> float:
        return max(0.0, (self.now - started).total_seconds()) if started else 0.0

    def _name(self, job: JobState) -> str:
        return self._fit(job.name)

    def _fit(self, name: str) -> str:
        shown = cut(plain(name), self.name_width)
        return shown + " " * (self.name_width - width(shown))

    def _note(self, text: str) -> str:
        return self.palette.dim(plain(text))

    def _bar(self, share: float, columns: int = BAR) -> str:
        full = round(min(1.0, max(0.0, share)) * columns)
        return self.palette.paint("36", "━" * full) + self.palette.dim("─" * (columns - full))


def _last(step: StepState) -> str:
    """The last line with something in it, without the mark of a group or an error."""
    for line in reversed(step.tail):
        text = plain(line).strip()
        if text.startswith("##["):
            text = text.partition("]")[2]
        if text:
            return text
    return ""
