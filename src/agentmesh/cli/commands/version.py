"""``agentmesh version``: what runs here, and what it finds on this machine."""

from __future__ import annotations

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_settings
def command(settings: Settings, /, as_json: bool) -> None:
    """Print versions of agentmesh, and of the programs that jobs would find here."""
    from agentmesh.app.versions import versions

    found = versions(settings)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(found))
        return
    width = max(len(name) for name in found)
    for name, version in found.items():
        click.echo(f"{name.ljust(width)}  {version}")
