"""What the user's machine and files decide: the one reader of the environment.

Called by :mod:`agentmesh.cli.context` once a command; everything below takes a :class:`Settings` as
an argument. Environment variables of agentmesh's own:

=====================  ==========================================================================
AGENTMESH_HOME         folder of the store; ``--store`` wins; default ``agentmesh`` in the user's
                       data folder (XDG_DATA_HOME, else ``~/.local/share``)
AGENTMESH_TIME_SCALE   multiplies durations that demonstrations wait; a number above 0
NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM
                       whether output is coloured; colours are for terminals unless forced
=====================  ==========================================================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import msgspec

from agentmesh.app.config import Config
from agentmesh.app.config import load as load_config
from agentmesh.app.environment import HomeFile, home_files, job_environment, passwords, withheld
from agentmesh.core.errors import WorkflowError

__all__ = [
    "HomeFile",
    "Settings",
    "home_files",
    "job_environment",
    "load",
    "passwords",
    "withheld",
]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this call of agentmesh is set up.

    ``store`` and ``directory`` are absolute. ``environ`` is the user's environment, whole: look
    names up in it, and never store or print it. ``terminal`` says that standard output is a
    terminal that can be drawn on, ``color`` that it should be coloured.
    """

    store: str
    directory: str
    environ: Mapping[str, str] = {}
    terminal: bool = False
    color: bool = False
    time_scale: float = 1.0
    config: Config = Config()

    def __repr__(self) -> str:
        """Without the environment, which holds secrets."""
        return f"Settings(store={self.store!r}, directory={self.directory!r}, …)"


def load(
    *,
    store: str | None = None,
    directory: str | None = None,
    environ: Mapping[str, str] | None = None,
    tty: bool | None = None,
) -> Settings:
    """Read the environment and the configuration file of a folder (default: the current one).

    ``environ`` and ``tty`` stand in for the process's own. Raises WorkflowError for a folder that
    is not there, a value that makes no sense, or a configuration file that cannot be used.
    """
    env = dict(os.environ) if environ is None else dict(environ)
    terminal = sys.stdout.isatty() if tty is None else tty
    where = os.path.abspath(os.path.expanduser(directory or "."))
    if not os.path.isdir(where):
        raise WorkflowError(
            f"there is no folder {directory!r}", remedy="name an existing one with --directory"
        )
    return Settings(
        store=_store(store, env),
        directory=where,
        environ=env,
        terminal=terminal and env.get("TERM", "") not in ("", "dumb"),
        color=_color(env, terminal),
        time_scale=_time_scale(env),
        config=load_config(where),
    )


def default_store(env: Mapping[str, str]) -> str:
    """Where the store is when nobody says so."""
    data = env.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):  # the specification says that a relative one is to be ignored
        data = os.path.join(env.get("HOME") or os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "agentmesh")


def _store(given: str | None, env: Mapping[str, str]) -> str:
    place = given or env.get("AGENTMESH_HOME") or default_store(env)
    place = os.path.abspath(os.path.expanduser(place))
    if os.path.exists(place) and not os.path.isdir(place):
        raise WorkflowError(
            f"the store {place!r} is not a folder",
            remedy="name another one with --store or AGENTMESH_HOME",
        )
    return place


def _color(env: Mapping[str, str], terminal: bool) -> bool:
    """https://no-color.org and https://bixense.com/clicolors: no beats force, force beats both."""
    if env.get("NO_COLOR"):
        return False
    if any(env.get(name, "0") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return terminal and env.get("TERM") != "dumb" and env.get("CLICOLOR", "1") != "0"


def _time_scale(env: Mapping[str, str]) -> float:
    text = env.get("AGENTMESH_TIME_SCALE", "")
    if not text:
        return 1.0
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale < float("inf"):
        raise WorkflowError(
            f"AGENTMESH_TIME_SCALE is {text!r}", remedy="set it to a number above 0, or unset it"
        )
    return scale
