"""``agentmesh cache``: save and restore files as actions/cache does, and look after them.

Exit codes: 0 (a miss and an existing key are no failures), 1 where ``verify`` finds damage, 2 for a
key or path that is not allowed, 3 where the store cannot be used. With ``--json`` one document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings

if TYPE_CHECKING:
    from agentmesh.app.caching import Entry, Missing, Near, Usage

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_everywhere = click.option("--all-repositories", is_flag=True, help="Not of this repository alone.")
_path = click.option(
    "--path",
    "paths",
    multiple=True,
    required=True,
    metavar="P",
    help="A file, folder or pattern; `!` in front excludes.",
)
_key = click.option("--key", required=True, metavar="K", help="The entry's key.")
_restore_key = click.option(
    "--restore-key", "restore_keys", multiple=True, metavar="P", help="Beginning of other keys."
)


@click.group()
def command() -> None:
    """Save, restore and look after cached files, in the scope of the checked-out branch."""


@command.command()
@_key
@_path
@_json
@pass_settings
def save(settings: Settings, /, key: str, paths: tuple[str, ...], as_json: bool) -> None:
    """Keep files under a key. An existing entry never changes."""
    from agentmesh.app import caching

    saved = caching.save(settings, key, paths)
    if as_json:
        _print(saved)
        return
    from agentmesh.cli.render.records import size
    from agentmesh.cli.render.style import count, duration

    if not saved.saved:
        click.echo(f"not saved: {saved.reason}")
        return
    new = f"{size(saved.bytes_stored)} new"
    click.echo(f"saved {count(saved.files, 'file')} ({new}) in {duration(saved.seconds)}")
    if saved.reason:
        click.echo(f"  {saved.reason}")


@command.command()
@_key
@_restore_key
@_path
@_json
@pass_settings
def restore(
    settings: Settings,
    /,
    key: str,
    restore_keys: tuple[str, ...],
    paths: tuple[str, ...],
    as_json: bool,
) -> None:
    """Bring files back: of the key exactly, else of the newest key that begins so."""
    from agentmesh.app import caching

    restored = caching.restore(settings, (key, *restore_keys), paths)
    if as_json:
        _print(restored)
        return
    from agentmesh.cli.render.records import size
    from agentmesh.cli.render.style import count, duration

    if restored.hit == "none":
        click.echo(f"miss: {restored.reason}")
        return
    written = f"{count(restored.files_written, 'file')} ({size(restored.bytes_written)})"
    took = duration(restored.seconds)
    click.echo(f"{restored.hit} hit {restored.key}: {written} written in {took}")


@command.command("ls")
@_everywhere
@_json
@pass_settings
def ls(settings: Settings, /, all_repositories: bool, as_json: bool) -> None:
    """List entries, the newest first."""
    from agentmesh.app import caching

    found = caching.listed(settings, everywhere=all_repositories)
    if as_json:
        _print({"entries": [_entry(entry) for entry in found]})
        return
    if not found:
        click.echo("nothing is cached")
        return
    from agentmesh.cli.render import records

    click.echo(records.entries(found, repositories=all_repositories))


@command.command()
@click.argument("key")
@_json
@pass_settings
def show(settings: Settings, /, key: str, as_json: bool) -> None:
    """List the files of the newest entry with this KEY."""
    from agentmesh.app import caching

    entry, items = caching.show(settings, key)
    roots = {"w": "", "h": "~/", "r": "/"}
    files = [
        {
            "path": roots[item.anchor] + item.path,
            "kind": {"f": "file", "d": "folder", "l": "link"}[item.kind],
            "mode": f"{item.mode:o}",
            "size": item.size,
            **({"target": item.target} if item.kind == "l" else {}),
        }
        for item in items
    ]
    if as_json:
        _print({**_entry(entry), "files": files})
        return
    for file in files:
        arrow = f" -> {file['target']}" if "target" in file else ""
        click.echo(f"{file['mode']:>4} {file['size']:>12} {file['path'] or '.'}{arrow}")


@command.command()
@_json
@pass_settings
def stats(settings: Settings, /, as_json: bool) -> None:
    """Tell how caches are used, and what they take."""
    from agentmesh.app import caching

    used, stored = caching.usage(settings)
    if as_json:
        _print({"repositories": [_usage(each) for each in used], "bytes_on_disk": stored})
        return
    from agentmesh.cli.render import records

    click.echo(records.usage(used, stored))


@command.command()
@click.option("--key", "prefix", default="", metavar="P", help="Only keys that begin so.")
@click.option("--days", type=click.FloatRange(min=0), help="Not used for so long (7 is usual).")
@click.option("--all", "everything", is_flag=True, help="Whatever their age.")
@_everywhere
@_json
@pass_settings
def prune(
    settings: Settings,
    /,
    prefix: str,
    days: float | None,
    everything: bool,
    all_repositories: bool,
    as_json: bool,
) -> None:
    """Drop entries that are old or too many, and free their space."""
    from agentmesh.app import caching

    pruned = caching.prune(
        settings, prefix=prefix, days=days, everything=everything, everywhere=all_repositories
    )
    if as_json:
        _print(pruned)
        return
    from agentmesh.cli.render.records import size
    from agentmesh.cli.render.style import count

    dropped = count(pruned.entries, "entry", "entries")
    click.echo(f"dropped {dropped}, freed {size(pruned.bytes)}")


@command.command()
@_json
@click.pass_context
@pass_settings
def verify(settings: Settings, ctx: click.Context, /, as_json: bool) -> None:
    """Read everything back. What is damaged is dropped; exit 1 says that there was something."""
    from agentmesh.app import caching

    number, broken = caching.verify(settings)
    if as_json:
        found = [{**_entry(each.entry), "why": each.why} for each in broken]
        _print({"ok": not broken, "entries": number, "damaged": found})
    else:
        from agentmesh.cli.render.style import count

        for each in broken:
            click.echo(f"damaged, dropped: {each.entry.key}: {each.why}")
        whole = number - len(broken)
        click.echo(f"{count(whole, 'entry is', 'entries are')} whole")
    ctx.exit(1 if broken else 0)


@command.command()
@click.argument("wanted", metavar="[KEY]", default="")
@click.option("--key", default="", metavar="K", help="The key, in place of the argument.")
@_restore_key
@click.option("--path", "paths", multiple=True, metavar="P", help="As in restore; default: any.")
@_json
@pass_settings
def explain(
    settings: Settings,
    /,
    wanted: str,
    key: str,
    restore_keys: tuple[str, ...],
    paths: tuple[str, ...],
    as_json: bool,
) -> None:
    """Tell what a restore of KEY would take, or why it would find nothing."""
    from agentmesh.app import caching

    found = caching.explain(settings, (key or wanted, *restore_keys), paths)
    if isinstance(found, caching.Missing):
        if as_json:
            _print(_missing(found))
            return
        from agentmesh.cli.render import records

        click.echo(records.missing(found))
        return
    entry, hit = found
    if as_json:
        _print({"hit": hit, "key": entry.key, "reason": "", "scope": entry.scope})
    else:
        click.echo(f"{hit} hit: {entry.key}, saved in {entry.scope}")


def _missing(found: Missing) -> dict[str, object]:
    """A miss as JSON: times as RFC 3339."""
    from datetime import UTC, datetime

    import msgspec

    def near(each: Near) -> dict[str, object]:
        return {
            **msgspec.structs.asdict(each),
            "created": datetime.fromtimestamp(each.created, UTC),
        }

    return {
        "hit": "none",
        "key": "",
        "reason": found.reason,
        "other_paths": [near(each) for each in found.other_paths],
        "other_scopes": [near(each) for each in found.other_scopes],
        "gone": [
            {"scope": each.scope, "at": datetime.fromtimestamp(each.at, UTC), "why": each.why}
            for each in found.gone
        ],
        "nearest": [near(each) for each in found.nearest],
    }


def _usage(each: Usage) -> dict[str, object]:
    import msgspec

    return {
        **msgspec.structs.asdict(each),
        "families": [
            {
                **msgspec.structs.asdict(family),
                "paths": family.paths.split("\n"),
                "gain": family.gain,
                "warning": family.warning,
            }
            for family in each.families
        ],
    }


def _entry(entry: Entry) -> dict[str, object]:
    """An entry as JSON: times as RFC 3339, the manifest's digest as text."""
    from datetime import UTC, datetime

    import msgspec

    values = msgspec.structs.asdict(entry)
    for name in ("created", "used"):
        values[name] = datetime.fromtimestamp(values[name], UTC)
    values["manifest"] = values["manifest"].hex()
    values["paths"] = values["paths"].split("\n")
    return values


def _print(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value))
