"""The options of a run, shared by the commands that plan one and the one that runs it.

:func:`run_options` puts them on a click command; :func:`arguments` checks what came in and makes a
:class:`~agentmesh.app.arguments.RunArguments` of it. What is wrong is a usage error (exit 2).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import click

from agentmesh.app.arguments import RunArguments

F = TypeVar("F", bound=Callable[..., object])

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REPOSITORY = r"[\w.-]+/[\w.-]+(@\S+)?"

_OPTIONS = (
    click.argument("workflows", nargs=-1, metavar="[WORKFLOW]..."),
    click.option("--event", metavar="NAME", help="The event to run for (push is the default)."),
    click.option("--event-path", metavar="FILE", help="The event's payload, as JSON."),
    click.option(
        "--job", "jobs", multiple=True, metavar="ID", help="Only this job and all that it needs."
    ),
    click.option("--matrix", multiple=True, metavar="K:V", help="Only cells that have this value."),
    click.option(
        "--input", "inputs", multiple=True, metavar="K=V", help="An input of the workflow."
    ),
    click.option(
        "--secret",
        "secrets",
        multiple=True,
        metavar="K[=V]",
        help="A secret; without =V its value is taken from the environment.",
    ),
    click.option(
        "--secret-file", "secret_files", multiple=True, metavar="FILE", help="Secrets as K=V lines."
    ),
    click.option("--var", "vars_", multiple=True, metavar="K=V", help="A configuration variable."),
    click.option(
        "--env", multiple=True, metavar="K=V", help="An environment variable of run steps."
    ),
    click.option(
        "--platform",
        "platforms",
        multiple=True,
        metavar="LABEL=host|docker://IMAGE",
        help="What jobs with this runner label run on.",
    ),
    click.option(
        "--action-source",
        "action_sources",
        multiple=True,
        metavar="OWNER/REPO[@REF]=DIR",
        help="Take actions and workflows of a repository from a folder.",
    ),
    click.option(
        "--no-builtin-actions",
        is_flag=True,
        help="Run the published actions instead of the built-in ones.",
    ),
    click.option("--committed", is_flag=True, help="Check out HEAD instead of the working tree."),
    click.option(
        "--skip-unavailable",
        is_flag=True,
        help="Skip jobs that need another machine instead of failing them.",
    ),
    click.option("--mesh", metavar="URL", hidden=True),
)


def run_options(function: F) -> F:
    """Give a command all options that :func:`arguments` takes."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def arguments(
    *,
    workflows: tuple[str, ...],
    event: str | None,
    event_path: str | None,
    jobs: tuple[str, ...],
    matrix: tuple[str, ...],
    inputs: tuple[str, ...],
    secrets: tuple[str, ...],
    secret_files: tuple[str, ...],
    vars_: tuple[str, ...],
    env: tuple[str, ...],
    platforms: tuple[str, ...],
    action_sources: tuple[str, ...],
    no_builtin_actions: bool,
    committed: bool,
    skip_unavailable: bool,
    mesh: str | None,
    directory: str = "",
    shell_on_failure: bool = False,
) -> RunArguments:
    """Check the options. Raises click.UsageError.

    Files are looked for where the user stands, and then in ``directory``.
    """
    if event_path is not None:
        event_path = _file("--event-path", event_path, directory)
    secret_files = tuple(_file("--secret-file", file, directory) for file in secret_files)
    plain = RunArguments(
        workflows=workflows,
        event=event,
        event_path=event_path,
        jobs=jobs,
        matrix=_cells(matrix),
        inputs=_pairs("--input", inputs),
        secrets=_secrets(secrets),
        secret_files=secret_files,
        vars=_pairs("--var", vars_, names=True),
        env=_pairs("--env", env, names=True),
        platforms=_platforms(platforms),
        action_sources=_sources(action_sources, directory),
        builtin_actions=not no_builtin_actions,
        committed=committed,
        skip_unavailable=skip_unavailable,
        mesh=mesh,
        shell_on_failure=shell_on_failure,
    )
    return with_command(plain, directory)


def with_command(plain: RunArguments, directory: str) -> RunArguments:
    """Fill in the command line that asks for the same again, from where the user stands."""
    import msgspec

    return msgspec.structs.replace(plain, command=command_line(plain, directory))


def command_line(args: RunArguments, directory: str = "") -> tuple[str, ...]:
    """The words of an ``agentmesh run`` that asks for this; secrets by their names alone."""
    words = ["agentmesh", "run", *args.workflows]
    elsewhere = bool(directory) and os.path.abspath(directory) != os.getcwd()
    words += _words("--directory", (os.path.abspath(directory),) if elsewhere else ())
    words += _words("--event", (args.event,) if args.event else ())
    words += _words("--event-path", (args.event_path,) if args.event_path else ())
    words += _words("--job", args.jobs)
    words += _words("--matrix", (f"{k}:{v}" for k, vs in args.matrix.items() for v in vs))
    words += _words("--input", (f"{k}={v}" for k, v in args.inputs.items()))
    words += _words("--secret", args.secrets)
    words += _words("--secret-file", args.secret_files)
    words += _words("--var", (f"{k}={v}" for k, v in args.vars.items()))
    words += _words("--env", (f"{k}={v}" for k, v in args.env.items()))
    words += _words("--platform", (f"{k}={v}" for k, v in args.platforms.items()))
    words += _words("--action-source", (f"{k}={v}" for k, v in args.action_sources.items()))
    flags = {
        "--no-builtin-actions": not args.builtin_actions,
        "--committed": args.committed,
        "--skip-unavailable": args.skip_unavailable,
    }
    words += [flag for flag, given in flags.items() if given]
    return tuple(words)


def _words(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _wrong(option: str, value: str, why: str) -> click.BadParameter:
    return click.BadParameter(f"{value!r}: {why}", param_hint=option)


def _split(option: str, text: str, mark: str, form: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        # A value without its name may be a secret: it is not repeated.
        raise click.BadParameter(f"must look like {form}", param_hint=option)
    return name.strip(), value


def _pairs(option: str, texts: tuple[str, ...], *, names: bool = False) -> dict[str, str]:
    pairs = dict(_split(option, text, "=", "NAME=VALUE") for text in texts)
    for name in pairs:
        if names and not re.fullmatch(_NAME, name):
            raise _wrong(option, name, "a name has letters, digits and underscores only")
    return pairs


def _secrets(texts: tuple[str, ...]) -> dict[str, str | None]:
    secrets: dict[str, str | None] = {}
    for text in texts:
        name, given, value = text.partition("=")
        if not re.fullmatch(_NAME, name):
            raise click.BadParameter(
                "must look like NAME=VALUE, or NAME to take it from the environment; "
                "a name has letters, digits and underscores only",
                param_hint="--secret",
            )
        secrets[name] = value if given else None
    return secrets


def _cells(texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    cells: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, value = _split("--matrix", text, ":", "KEY:VALUE")
        cells[key] = (*cells.get(key, ()), value)
    return cells


def _platforms(texts: tuple[str, ...]) -> dict[str, str]:
    platforms: dict[str, str] = {}
    for text in texts:
        label, platform = _split("--platform", text, "=", "LABEL=host or LABEL=docker://IMAGE")
        if platform != "host" and not re.fullmatch(r"docker://\S+", platform):
            raise _wrong("--platform", text, "the platform is host or docker://IMAGE")
        platforms[label.lower()] = platform
    return platforms


def _existing(path: str, directory: str, exists: Callable[[str], bool]) -> str | None:
    """The absolute path of what is there, or None."""
    path = os.path.expanduser(path)
    places = (os.path.abspath(path), os.path.abspath(os.path.join(directory, path)))
    return next((place for place in places if exists(place)), None)


def _file(option: str, path: str, directory: str) -> str:
    found = _existing(path, directory, os.path.isfile)
    if found is None:
        raise _wrong(option, path, "there is no such file")
    return found


def _sources(texts: tuple[str, ...], directory: str) -> dict[str, str]:
    sources: dict[str, str] = {}
    for text in texts:
        repository, folder = _split("--action-source", text, "=", "OWNER/REPO[@REF]=DIR")
        if not re.fullmatch(_REPOSITORY, repository):
            raise _wrong("--action-source", text, "the repository must look like OWNER/REPO")
        found = _existing(folder, directory, os.path.isdir)
        if found is None:
            raise _wrong("--action-source", text, f"there is no folder {folder!r}")
        sources[repository] = found
    return sources
