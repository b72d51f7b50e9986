"""What ``agentmesh explain`` shows: the steps of an expression, and the story of a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentmesh.app.explain import Ended, Explained, JobStory, Story
from agentmesh.app.outline import Outline, Row
from agentmesh.cli.render.style import MARKS, WORDS, Palette, duration
from agentmesh.cli.render.width import printable
from agentmesh.core.result import Conclusion
from agentmesh.lang.expr.show import show_value
from agentmesh.lang.expr.trace import Step
from agentmesh.lang.expr.values import Value, kind
from agentmesh.plan.model import Json

_ENDS: dict[str, Conclusion] = {
    "success": "success",
    "failure": "failure",
    "cancelled": "cancelled",
    "skipped": "skipped",
}

_VERBS = {"fails": "fail", "skipped": "be skipped"}


# -- expressions ----------------------------------------------------------------------------------


def expression(explained: Explained, *, color: bool) -> str:
    """The tree of an expression's parts, each with its value; without a line break at its end."""
    palette = Palette(color)
    if explained.step is None:
        error = explained.error
        return (
            f"{explained.source}\n  {palette.level('error', str(error.message if error else ''))}"
        )
    return "\n".join(_steps(explained.step, "", "", explained.secrets, palette))


def _steps(
    step: Step, head: str, indent: str, secrets: tuple[str, ...], palette: Palette
) -> Iterator[str]:
    yield head + _step(step, secrets, palette)
    for part in step.parts:
        last = part is step.parts[-1]
        yield from _steps(
            part,
            f"{indent}{'└─ ' if last else '├─ '}",
            indent + ("   " if last else "│  "),
            secrets,
            palette,
        )


def _step(step: Step, secrets: tuple[str, ...], palette: Palette) -> str:
    text = printable(hidden(step.text, secrets))
    note = printable(hidden(step.note, secrets))
    if step.state == "unreached":
        return palette.dim(f"{text}  ({note})")
    if step.state == "error":
        return f"{text}  {palette.level('error', f'error: {note}' if note else 'error')}"
    value = palette.bold(printable(_shown(step.value, secrets)))
    return f"{text}  → {value}" + (palette.dim(f"  ({note})") if note else "")


def _shown(value: Value, secrets: tuple[str, ...]) -> str:
    """A value in a line; secrets are hidden before a long text is cut, which could cut one too."""
    return show_value(hidden(value, secrets) if isinstance(value, str) else value)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Text without secrets, as they are or as JSON has them."""
    from agentmesh.lang.expr import jsontext

    for secret in secrets:
        for form in (secret, jsontext.quote(secret)[1:-1]):
            text = text.replace(form, "***")
    return text


def expression_document(explained: Explained) -> Json:
    """The same as ``--json`` prints it."""
    if explained.step is None:
        error = explained.error
        return {
            "type": "expression",
            "expression": explained.source,
            "error": error.kind if error else "",
            "message": error.message if error else "",
        }
    secrets = explained.secrets
    return {
        "type": "expression",
        "expression": hidden(explained.source, secrets),
        **_step_document(explained.step, secrets),
    }


def _step_document(step: Step, secrets: tuple[str, ...]) -> dict[str, Json]:
    document: dict[str, Json] = {"text": hidden(step.text, secrets), "state": step.state}
    if step.state == "value":
        document |= {"kind": kind(step.value), "value": _hidden_in(step.value, secrets)}
    if step.note:
        document["note"] = hidden(step.note, secrets)
    document["parts"] = [_step_document(part, secrets) for part in step.parts]
    return document


def _hidden_in(value: Value, secrets: tuple[str, ...]) -> Value:
    if isinstance(value, str):
        return hidden(value, secrets)
    if isinstance(value, list):
        return [_hidden_in(item, secrets) for item in value]
    if isinstance(value, dict):
        return {hidden(k, secrets): _hidden_in(item, secrets) for k, item in value.items()}
    return value


# -- jobs -----------------------------------------------------------------------------------------


def story(told: Story, *, color: bool) -> str:
    """Why the jobs of a run ended as they did, the worst first; without a line break at its end."""
    palette = Palette(color)
    run = told.run
    head = f"run {run.run}: {run.event} {run.ref} {run.sha[:7]}, {run.started:%Y-%m-%d %H:%M} UTC"
    lines = [palette.dim(printable(head))]
    order = {"failure": 0, "cancelled": 1, "": 2, "skipped": 3, "success": 4}
    jobs = sorted(told.jobs, key=lambda job: order.get(job.conclusion, 5))
    shown = [job for job in jobs if job.conclusion != "success"] or jobs[:1]
    for job in shown:
        lines += ["", *_job(job, told, palette)]
    others = [job.name for job in jobs if job not in shown]
    if others:
        lines += ["", palette.dim(f"succeeded as well: {', '.join(map(printable, others))}")]
    return "\n".join(lines)


def _job(job: JobStory, told: Story, palette: Palette) -> Iterator[str]:
    end = _ENDS.get(job.conclusion)
    mark = palette.mark(end) if end else "•"
    word = WORDS[end] if end else "interrupted" if told.run.status == "interrupted" else "running"
    allowed = ", which it was allowed to" if job.allowed_to_fail and end == "failure" else ""
    yield f"{mark} {palette.bold(printable(job.name))} {word}{allowed}"
    if job.why:
        yield f"  ran because     {printable(job.why)}"
    if job.ended_why:
        label = f"{word} because" if end else "because"
        yield f"  {label:<15} {printable(job.ended_why)}"
    if job.needs:
        ends = (
            f"{MARKS.get(n.conclusion, '•')} {n.name} {WORDS.get(_ENDS[n.conclusion])}"
            if n.conclusion in _ENDS
            else f"• {n.name} did not end"
            for n in job.needs
        )
        yield f"  needs           {printable(', '.join(ends))}"
    yield from _facts(job)
    for step in job.steps:
        yield from _failed(step, palette)
    if end == "failure" and job.steps:
        yield palette.dim(f"  all of it: agentmesh logs {told.run.run} {_quoted(job.key)}")


def _facts(job: JobStory) -> Iterator[str]:
    times = [
        f"{duration(seconds)} {says}"
        for seconds, says in (
            (job.waited if job.needs else None, "until its needs had ended"),
            (job.queued, "in the queue"),
            (job.seconds, "running"),
        )
        if seconds is not None
    ]
    if times:
        yield f"  time            {', '.join(times)}"
    if job.labels:
        on = f" on {job.runner}" if job.runner else ""
        yield f"  runs-on         {printable(', '.join(job.labels) + on)}"
    if job.matrix:
        cell = ", ".join(f"{key}: {value}" for key, value in job.matrix.items())
        yield f"  matrix          {printable(cell)}"


def _failed(step: Ended, palette: Palette) -> Iterator[str]:
    code = f", exit code {step.exit_code}" if step.exit_code and step.exit_code > 0 else ""
    said = "was cancelled" if step.conclusion.startswith("cancelled") else "failed"
    allowed = ", which it was allowed to" if "allowed" in step.conclusion else ""
    yield f"  step {step.number} {palette.bold(printable(step.name))} {said}{code}{allowed}"
    if step.error:
        yield f"    {printable(step.error)}"
    if step.more_lines:
        yield palette.dim(f"    │ … {step.more_lines} lines before")
    for line in step.last_lines:
        yield f"    {palette.dim('│')} {printable(line)}"


def _quoted(text: str) -> str:
    from shlex import quote

    return quote(text)


def planned(rows: Iterable[Row], outlined: Outline, event: str, *, color: bool) -> str:
    """Why jobs that no run has had yet would run or not; without a line break at its end."""
    palette = Palette(color)
    lines = [palette.dim(f"no run has had it yet; in a plan for {event}:")]
    names = {row.id: row for row in outlined.rows}
    for row in rows:
        end: Conclusion = (
            "failure" if row.state == "fails" else "success" if row.runs else "skipped"
        )
        says = "would run" if row.runs else f"would {_VERBS[row.state]}"
        lines += [
            "",
            f"{palette.mark(end)} {palette.bold(printable(row.name))} {says}",
            f"  because         {printable(row.why)}",
        ]
        if row.trigger:
            lines.append(f"  workflow        {printable(f'{row.workflow}: {row.trigger}')}")
        if row.needs:
            needs = (
                f"{need} {'would run' if names[need].runs else 'would not run'}"
                if need in names
                else need
                for need in row.needs
            )
            lines.append(f"  needs           {printable(', '.join(needs))}")
        if row.remedy:
            lines.append(f"  remedy          {printable(row.remedy)}")
    return "\n".join(lines)
