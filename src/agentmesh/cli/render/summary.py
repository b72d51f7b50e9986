"""The end of a run, for people: what failed and its last lines, annotations, jobs, where time went.

Pure: a :class:`~agentmesh.core.state.RunState` in, lines out. Printed by the live view and by the
plain one, so that both end alike.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from agentmesh.cli.render.style import Palette, count, duration, tally
from agentmesh.core.cells import leaves
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
        yield f"  {palette.dim('│')} {plain(unmarked(line))}"
    reason = _reason(job, step)
    if reason and not (step and any(line.endswith(reason) for line in step.tail[-1:])):
        yield f"  {reason}"
    yield f"  {palette.dim('again:')} {again(job, state)}"


def unmarked(line: str) -> str:
    """A line of a log without the runner's own mark: ``##[error]x`` is ``error: x``."""
    if not line.startswith("##["):
        return line
    kind, _, text = line[3:].partition("]")
    return {"group": f"▾ {text}", "endgroup": "", "command": f"$ {text}"}.get(
        kind, f"{kind}: {text}"
    )


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
    from agentmesh.plan.reuse import job_path

    first = next((i for i, w in enumerate(state.command) if w.startswith("--")), None)
    words = [*state.command[:2], *_workflow_of(job, state, state.command[2:first])]
    words += _without(state.command[first:] if first is not None else (), "--job", "--matrix")
    words += ["--job", " / ".join(job_path(job.key))]
    for key, value in leaves(job.matrix):
        words += ["--matrix", f"{key}:{value}"]
    return shlex.join(words)


def _workflow_of(job: JobState, state: RunState, given: Sequence[str]) -> Sequence[str]:
    """Of several workflows, the one that a job's key names (``stem:id``)."""
    stem, found, _ = job.key.partition(":")
    paths = [path for path in state.workflows if path.rpartition("/")[2].startswith(f"{stem}.")]
    return paths if found and len(paths) == 1 else given


def _without(words: Sequence[str], *options: str) -> list[str]:
    """Options with their values (``--x``, ``v``) but for some of them."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word in options:
            skip = not skip
            continue
        kept.append(word)
    return kept


def annotated(state: RunState, palette: Palette) -> Iterator[str]:
    """Errors, warnings and notices about places."""
    order = {"error": 0, "warning": 1, "notice": 2}
    found = [a for a in state.annotations if not _told(a, state)]
    found.sort(key=lambda a: order[a.level])
    if not found:
        return
    yield palette.bold(count(len(found), "annotation"))
    for annotation in found[:ANNOTATIONS]:
        yield from _annotation(annotation, palette)
    if len(found) > ANNOTATIONS:
        yield palette.dim(f"  … and {len(found) - ANNOTATIONS} more: agentmesh logs {state.run}")


def _told(annotation: Annotated, state: RunState) -> bool:
    """Whether it only says why a step failed, which stands with the failure already."""
    job = state.jobs.get(annotation.key or annotation.job)
    failed = job.failed if job is not None and job.conclusion == "failure" else None
    return failed is not None and not annotation.file and annotation.message == failed.error


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
        yield from _what_steps_took(state, palette)


def _what_steps_took(state: RunState, palette: Palette) -> Iterator[str]:
    """Processor time of all steps, and the step with the most memory; what is not known is left
    out."""
    from agentmesh.cli.render.records import size

    steps = [(job, step) for job in state.jobs.values() for step in job.steps]
    spent = [step.cpu_seconds for _, step in steps if step.cpu_seconds is not None]
    parts = [f"processor {duration(sum(spent))}"] if spent else []
    job, most = max(steps, key=lambda pair: pair[1].peak_memory or 0)
    if most.peak_memory:
        parts.append(f"most memory {size(most.peak_memory)} {plain(most.name)} ({plain(job.name)})")
    if parts:
        yield f"{palette.bold('steps took')}  {' · '.join(parts)}"


def step_summaries(state: RunState, palette: Palette) -> Iterator[str]:
    """That steps have written summaries, and where they can be read."""
    wrote = [(job, step) for job in state.jobs.values() for step in job.steps if step.summary]
    if wrote:
        names = ", ".join(f"{plain(job.name)} · {plain(step.name)}" for job, step in wrote[:4])
        more = f" and {len(wrote) - 4} more" if len(wrote) > 4 else ""
        yield f"{palette.bold(count(len(wrote), 'step summary', 'step summaries'))}  {names}{more}"


def _last_line(state: RunState, palette: Palette) -> str:
    conclusion: Conclusion = state.conclusion or "cancelled"
    counts: Counter[Conclusion] = Counter(
        job.conclusion for job in state.jobs.values() if job.conclusion
    )
    text = tally(counts) or "no job has run"
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
