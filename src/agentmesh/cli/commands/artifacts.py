"""``agentmesh artifacts``: what runs have left, and fetching it.

With ``--json``: ``ls`` prints ``{"artifacts": [...]}``, ``get`` ``{"name","run","directory",
"files","bytes"}``.
"""

from __future__ import annotations

import os

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings


@click.group()
def command() -> None:
    """List and fetch the artifacts of runs."""


@command.command("ls")
@click.argument("run", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_settings
def ls(settings: Settings, /, run: str | None, as_json: bool) -> None:
    """List the artifacts of RUN, or of all runs. RUN is as for agentmesh logs."""
    from agentmesh.app import records

    found = records.artifacts(settings, run)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode({"artifacts": found}))
        return
    if not found:
        click.echo("there are no artifacts")
        return
    from agentmesh.cli.render import records as render

    click.echo(render.artifacts(found))


@command.command("get")
@click.argument("run")
@click.argument("name")
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write its files below this folder (its name, if not given).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_settings
def get(settings: Settings, /, run: str, name: str, output: str | None, as_json: bool) -> None:
    """Write the files of the artifact NAME of RUN below a folder."""
    from agentmesh.app import records

    directory = os.path.abspath(os.path.join(settings.directory, output or name))
    artifact, files = records.fetch_artifact(settings, run, name, directory)
    if as_json:
        import msgspec

        fetched = {
            "name": name,
            "run": artifact.run,
            "directory": directory,
            "files": files,
            "bytes": artifact.size,
        }
        click.echo(msgspec.json.encode(fetched))
        return
    from agentmesh.cli.render.records import size
    from agentmesh.cli.render.style import count

    click.echo(f"{count(files, 'file')}, {size(artifact.size)}, in {directory}")
