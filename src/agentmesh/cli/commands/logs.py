"""``agentmesh logs``: what a run, a job or a step has written.

With ``--json`` one object a line: ``{"type":"log","run","job","job_id","step","number","line",
"text"}``, ``number`` being the step's and ``line`` the line's in its step, both from 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings

if TYPE_CHECKING:
    from agentmesh.app.records import Line


@click.command()
@click.argument("run")
@click.argument("job", required=False)
@click.argument("step", required=False)
@click.option("--follow", "-f", is_flag=True, help="Print what comes until the run ends.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@pass_settings
def command(
    settings: Settings, /, run: str, job: str | None, step: str | None, follow: bool, as_json: bool
) -> None:
    """Print what RUN has written, or one JOB or STEP of it.

    RUN is `last`, a number or a name (see agentmesh history), or the beginning of one. JOB is a
    name, id or key; an id may stand for several cells of a matrix. STEP is a name or a number.
    """
    from agentmesh.app import records

    found = records.logs(settings, records.find_run(settings, run), job, step, follow=follow)
    blocks = _json(found) if as_json else _text(found, settings, headings=step is None)
    output = sys.stdout.buffer
    for block in blocks:
        output.write(block)
        if follow:
            output.flush()


def _text(lines: Iterator[Line], settings: Settings, *, headings: bool) -> Iterator[bytes]:
    from agentmesh.cli.render.records import heading
    from agentmesh.cli.render.style import Palette

    palette = Palette(settings.color)
    last: tuple[int, int] | None = None
    for line in lines:
        now = (line.job.number, line.part.step)
        if headings and now != last:
            yield f"{heading(line, palette)}\n".encode()
            last = now
        yield f"{line.part.text}\n".encode("utf-8", "replace")


def _json(lines: Iterator[Line]) -> Iterator[bytes]:
    import msgspec

    encode = msgspec.json.Encoder().encode
    for line in lines:
        fixed = {
            "type": "log",
            "run": line.run.run,
            "job": line.job.name,
            "job_id": line.job.id,
            "step": line.step.name if line.step else "",
            "number": line.part.step,
        }
        texts = line.part.text.split("\n")
        yield b"".join(
            encode({**fixed, "line": number, "text": text}) + b"\n"
            for number, text in enumerate(texts, line.part.first)
        )
