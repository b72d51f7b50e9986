"""The end of a run, for people: what failed and its last lines, annotations, jobs, where time went.

Pure: a :class:`~agentmesh.core.state.RunState` in, lines out. Printed by the live view and by the
plain one, so that both end alike.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from agentmesh.cli.render.style import Palette, count, duration, tally
from agentmesh.core.events import Annotated
from agentmesh.core.result import Conclusion
from agentmesh.core.state import JobState, RunState, StepState, critical_path, totals

MANY = 24
"""With more jobs than this, those that succeeded are counted and not listed."""
ANNOTATIONS = 50
"""At most so many annotations are printed; errors come first."""


def summary(state: RunState, palette: Palette) -> list[str]:
    """All there is to say when a run has ended. Ends with the conclusion."""
    lines: list[str] = []
    for job in state.of("failure"):
        lines += ["", *failure(job, state, palette)]
    for part in (annotated, notices, jobs, where_time_went, step_summaries):
        found = list(part(state, palette))
        lines += ["", *found] if found else []
    return [*lines, "", _last_line(state, palette)]


def failure(job: JobState, state: RunState, palette: Palette) -> Iterator[str]:
    """What failed in a job, the last lines of it, and how to run just that again."""
    step = job.failed
    place = f" at {step.name!r}" if step else ""
    allowed = " (it may fail)" if job.allowed_to_fail else ""
    yield palette.ended("failure", f"✗ {job.name}{place}{allowed}")
    for line in step.tail if step else ():
        yield f"  {palette.dim('│')} {plain(line)}"
    reason = _reason(job, step)
    if reason:
        yield f"  {reason}"
    yield f"  {palette.dim('again:')} {again(job, state)}"


def _reason(job: JobState, step: StepState | None) -> str:
    if step is None:
        return job.why
    if step.error:
        return step.error
    return f"exit code {step.exit_code}" if step.exit_code is not None else ""


def again(job: JobState, state: RunState) -> str:
    """The command that runs just this job, with what it needs, in the shell's quoting."""
    if not state.command:
        return f"agentmesh rerun {state.run} --failed"
    words = _without(state.command, "--job", "--matrix")
    words += ["--job", job.name if " / " in job.name else job.id]
    for key, value in job.matrix.items():
        text = _scalar(value)
        if text is not None:
            words += ["--matrix", f"{key}:{text}"]
    return shlex.join(words)


def _without(words: tuple[str, ...], *options: str) -> list[str]:
    """A command line without some options and their values."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word in options:
            skip = word in options and not skip
            continue
        if not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
    return kept


def _scalar(value: object) -> str | None:
    """A value of a matrix as ``--matrix`` takes it; None for lists and mappings."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, (str, int, float)) else None


def annotated(state: RunState, palette: Palette) -> Iterator[str]:
    """Errors, warnings and notices about places."""
    if not state.annotations:
        return
    order = {"error": 0, "warning": 1, "notice": 2}
    found = sorted(state.annotations, key=lambda a: order[a.level])
    yield palette.bold(count(len(found), "annotation"))
    for annotation in found[:ANNOTATIONS]:
        yield from _annotation(annotation, palette)
    if len(found) > ANNOTATIONS:
        yield palette.dim(f"  … and {len(found) - ANNOTATIONS} more: agentmesh logs {state.run}")


def _annotation(annotation: Annotated, palette: Palette) -> Iterator[str]:
    place = annotation.file
    if place and annotation.line:
        place += f":{annotation.line}"
        place += f":{annotation.column}" if annotation.column else ""
    message = annotation.message.split("\n")
    title = f"{annotation.title}: " if annotation.title else ""
    head = f"{place}: " if place else ""
    origin = palette.dim(f"({annotation.job} · {annotation.step})")
    level = palette.level(annotation.level, annotation.level)
    yield f"  {level} {head}{title}{plain(message[0])} {origin}"
    for line in message[1:]:
        yield f"      {plain(line)}"


def notices(state: RunState, palette: Palette) -> Iterator[str]:
    """What a person should know about the whole run."""
    for notice in state.notices:
        yield f"{palette.level(notice.level, notice.level)}: {plain(notice.message)}"
        if notice.remedy:
            yield f"  remedy: {plain(notice.remedy)}"


def jobs(state: RunState, palette: Palette) -> Iterator[str]:
    """Every job with its time; those that did not run with the reason."""
    ran = [job for job in state.jobs.values() if job.conclusion not in (None, "skipped")]
    listed = [job for job in ran if len(ran) <= MANY or job.conclusion != "success"]
    width = min(40, max((len(job.name) for job in listed), default=0))
    for job in listed:
        conclusion: Conclusion = job.conclusion or "cancelled"
        note = "" if conclusion == "success" or not job.why else f"  {job.why}"
        if conclusion == "failure" and job.failed:
            note = f"  at {job.failed.name!r}"
        if job.environment:
            note += f"  → {job.environment}"
            note += f" {job.environment_url}" if job.environment_url else ""
        name = plain(job.name).ljust(width)
        yield f"{palette.mark(conclusion)} {name} {duration(job.seconds):>10}{palette.dim(note)}"
    if len(listed) < len(ran):
        more = len(ran) - len(listed)
        yield f"{palette.mark('success')} {count(more, 'job')} that succeeded"
    yield from _skipped(state, palette)


def _skipped(state: RunState, palette: Palette) -> Iterator[str]:
    """Jobs that did not run, together where the reason is the same."""
    reasons: dict[str, list[str]] = {}
    for job in state.of("skipped"):
        reasons.setdefault(job.why, []).append(plain(job.name))
    for why, names in reasons.items():
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        yield f"{palette.mark('skipped')} {shown}{palette.dim(f'  skipped: {why}' if why else '')}"


def where_time_went(state: RunState, palette: Palette) -> Iterator[str]:
    """The critical path, and the time of all jobs by what it was spent on."""
    path = critical_path(state)
    if not path or (len(state.jobs) == 1 and state.seconds < 1):
        return
    total = totals(state, slowest=3)
    if len(path) > 1 or len(state.jobs) > 1:
        chain = " → ".join(f"{plain(link.job.name)} {duration(link.ran)}" for link in path)
        waited = sum(link.waited for link in path)
        note = f" (and {duration(waited)} waiting for a place)" if waited >= 0.05 else ""
        yield f"{palette.bold('critical path')}  {chain}{note}"
    parts = [f"steps {duration(total.steps)}", f"around them {duration(total.around)}"]
    if total.waiting >= 0.05:
        parts.append(f"waiting for a place {duration(total.waiting)}")
    yield f"{palette.bold('time of all jobs')}  {' · '.join(parts)}"
    slow = [f"{plain(s.name)} {duration(s.seconds)} ({plain(j.name)})" for j, s in total.slowest]
    if slow and total.slowest[0][1].seconds >= 1:
        yield f"{palette.bold('slowest steps')}  {' · '.join(slow)}"


def step_summaries(state: RunState, palette: Palette) -> Iterator[str]:
    """That steps have written summaries, and where they can be read."""
    wrote = [(job, step) for job in state.jobs.values() for step in job.steps if step.summary]
    if wrote:
        names = ", ".join(f"{plain(job.name)} · {plain(step.name)}" for job, step in wrote[:4])
        more = f" and {len(wrote) - 4} more" if len(wrote) > 4 else ""
        yield f"{palette.bold(count(len(wrote), 'step summary', 'step summaries'))}  {names}{more}"


def _last_line(state: RunState, palette: Palette) -> str:
    conclusion: Conclusion = state.conclusion or "cancelled"
    counts = Counter(job.conclusion for job in state.jobs.values() if job.conclusion)
    text = tally(dict(counts)) or "no job has run"
    allowed = sum(job.allowed_to_fail for job in state.of("failure"))
    note = f" ({allowed} may)" if allowed else ""
    head = palette.ended(conclusion, f"{conclusion} in {duration(state.seconds)}")
    return f"{palette.mark(conclusion)} {head}: {text}{note}  {palette.dim('run ' + state.run)}"


def plain(text: str) -> str:
    """A line without what would move a terminal's cursor or colour what follows."""
    if text.isprintable():
        return text
    from agentmesh.cli.render.width import printable

    return printable(text)
