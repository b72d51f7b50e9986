"""Places with containers in them: for a job's steps, for its services, and for container actions.

Called by the engine through :class:`agentmesh.ports.executor.Containers`; made by
:mod:`agentmesh.app.engines`. A job gets a network of its own. Its steps run as processes in one
container that sleeps (``container:``, or a platform that is an image), or on this machine beside
services. Paths are GitHub's (:mod:`agentmesh.executors.docker.mounts`); what is made carries labels
(:mod:`agentmesh.executors.docker.leftovers`) and is removed with the job.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager

from agentmesh.core.errors import AgentmeshError, SetupError, WorkflowError
from agentmesh.executors import programs
from agentmesh.executors.cgroup import Gauge
from agentmesh.executors.docker import images, leftovers, mounts, options, policy, services
from agentmesh.executors.docker.api import Engine, Json
from agentmesh.executors.docker.http import Failed, told
from agentmesh.executors.docker.mounts import Mounts
from agentmesh.executors.docker.processes import ActionProcess, ExecProcess, Inside, visible
from agentmesh.executors.docker.request import Request
from agentmesh.executors.docker.stream import Stream
from agentmesh.plan.model import JobSpec
from agentmesh.ports.executor import (
    ActionContainer,
    Command,
    Container,
    Executor,
    JobDirs,
    Process,
    Say,
    Session,
    Surroundings,
)

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NODE = "/__e/node"
_TICKS = os.sysconf("SC_CLK_TCK")
# Standard output and error as one stream, in the order in which they were written.
_TOGETHER = ("sh", "-c", 'exec "$0" "$@" 2>&1')
_THERE = ("sh", "-c", 'command -v -- "$0" >/dev/null 2>&1')
# A person's shell is this machine's; what the image has stands in for it.
_SHELL = ("sh", "-c", "command -v bash >/dev/null && exec bash; exec sh")
_LOOK = "look at the engine's log, and at what the job asks it for"
_NAMES = (
    "HOME GITHUB_WORKSPACE GITHUB_EVENT_PATH GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE",
    "GITHUB_STEP_SUMMARY GITHUB_ACTION_PATH RUNNER_TEMP RUNNER_TOOL_CACHE RUNNER_WORKSPACE",
)
_PATHS = frozenset(" ".join(_NAMES).split())
"""Variables that hold a path of the job's."""


class ContainerPlaces:
    """Makes places with containers in them (:class:`agentmesh.ports.executor.Containers`).

    ``engine`` finds the container engine or raises SetupError; ``host`` makes the places of what
    runs on this machine; ``owner`` names this process, and ``lives`` tells whether another owner
    does; ``node`` is this machine's node, or raises SetupError.
    """

    def __init__(
        self,
        engine: Callable[[], Awaitable[Engine]],
        host: Callable[[], Executor],
        *,
        owner: str,
        lives: Callable[[str], bool],
        node: Callable[[], str],
    ) -> None:
        self._find = engine
        self._host = host
        self._owner = owner
        self._lives = lives
        self._node = node
        self._engine: Engine | None = None
        self._connecting = asyncio.Lock()

    async def open(
        self, spec: JobSpec, dirs: JobDirs, wanted: Surroundings, say: Say
    ) -> ContainerSession:
        """A place with all that is wanted, ready. Raises SetupError, WorkflowError, Refused."""
        requests = {
            name: _request(each, trusted=wanted.trusted) for name, each in wanted.services.items()
        }
        own = wanted.container
        request = None if own is None else _request(own, trusted=wanted.trusted)
        engine = await self._connected(say)
        session = ContainerSession(engine, spec, dirs, self._host(), self._labels(spec))
        try:
            with told("the containers of the job could not be made", _LOOK):
                await session.make_network()
                for name, each in wanted.services.items():
                    await session.start_service(name, each, requests[name], say)
                if own is not None and request is not None:
                    _add_node(request, self._node)
                    await session.start_own(own, request, say)
                await session.wait_for_services(say)
        except BaseException:
            await session.close()
            raise
        return session

    @asynccontextmanager
    async def running(
        self, spec: JobSpec, dirs: JobDirs, session: Session, action: ActionContainer, say: Say
    ) -> AsyncIterator[Process]:
        """An action in a container of its own, which is removed at the end. Raises SetupError."""
        engine = await self._connected(say)
        with told("the container of the action could not be started", _LOOK):
            labels = self._labels(spec)
            request = await _action(engine, dirs, action, labels, say)
            network = str(session.context()["container"].get("network", ""))
            if isinstance(session, ContainerSession):
                network = session.network
            container = await engine.create(request.finished(labels, network))
        tasks: set[asyncio.Task[None]] = set()
        ends = ExitStack()
        try:
            with told(f"the container of {action.image} could not be started", _LOOK):
                stream = Stream(await engine.attach(container))
                ends.callback(stream.close)
                await engine.start(container)
                pid = int((await engine.inspect(container))["State"].get("Pid") or 0)
            gauge = Gauge(pid) if visible(pid) else None
            yield ActionProcess(engine, container, stream, gauge, _background(tasks))
        finally:
            ends.close()
            await asyncio.gather(*tasks, return_exceptions=True)
            with told("the container of the action could not be removed", _LOOK):
                await engine.remove(container)

    async def _connected(self, say: Say) -> Engine:
        async with self._connecting:
            if self._engine is None:
                engine = await self._find()
                say(f"Container engine: {engine.version} at {engine.socket}")
                with told("the container engine cannot be asked", _LOOK):
                    if gone := await leftovers.sweep(engine, self._lives):
                        say(f"Removed {gone} containers and networks of runs that were killed")
                self._engine = engine
            return self._engine

    def _labels(self, spec: JobSpec) -> dict[str, str]:
        return {
            leftovers.OWNER: self._owner,
            leftovers.RUN: spec.run,
            leftovers.JOB: spec.key,
        }


class ContainerSession:
    """One job's place (:class:`agentmesh.ports.executor.Session`)."""

    def __init__(
        self, engine: Engine, spec: JobSpec, dirs: JobDirs, host: Executor, labels: dict[str, str]
    ) -> None:
        self.contained = False
        self.network = ""
        self._engine = engine
        self._spec = spec
        self._dirs = dirs
        self._host = host
        self._labels = labels
        self._mounts = Mounts(())
        self._outside: Session | None = None
        self._made: list[str] = []
        self._own = ""
        self._image = ""
        self._env: dict[str, str] = {}
        self._services: dict[str, tuple[str, dict[str, str]]] = {}  # id of the container, ports
        self._joins = False  # whether the image has a shell
        self._tasks: set[asyncio.Task[None]] = set()
        self._inside = Inside(0, _background(self._tasks))
        self._node_path = ""

    # -- making it ----

    async def make_network(self) -> None:
        """A network for all containers of the job."""
        self.network = f"agentmesh-{self._spec.run}-{os.urandom(4).hex()}"
        await self._engine.network_create(self.network, self._labels)

    async def start_service(self, name: str, wanted: Container, request: Request, say: Say) -> None:
        """Start a service; it may not be ready yet."""
        request.body["Image"] = (await images.obtain(self._engine, wanted, say))["Id"]
        if wanted.entrypoint:
            request.body["Entrypoint"] = shlex.split(wanted.entrypoint)
        if wanted.command:
            request.body["Cmd"] = shlex.split(wanted.command)
        container = await self._start(wanted.image, request, name)
        self._services[name] = (container, {})
        say(f"Service {name}: {wanted.image} as {container[:12]}")

    async def start_own(self, wanted: Container, request: Request, say: Say) -> None:
        """Start the container that steps run in."""
        image = await images.obtain(self._engine, wanted, say)
        request.body["Image"] = image["Id"]
        places = mounts.of_job(self._dirs)
        await asyncio.to_thread(_share, self._dirs)
        for outside, inside in places.pairs:
            request.bind(outside, inside)
        request.body["WorkingDir"] = places.inside(self._dirs.workspace)
        # As GitHub does: a process that does nothing, beside which steps are started.
        request.body |= {"Entrypoint": ["tail"], "Cmd": ["-f", "/dev/null"]}
        self._own = await self._start(wanted.image, request)
        self._image = wanted.image
        self._mounts = places
        self.contained = True
        found = images.environment(image)
        given = (entry.partition("=") for entry in request.body["Env"])
        self._env = {"PATH": DEFAULT_PATH, **found, **{name: value for name, _, value in given}}
        pid = int((await self._engine.inspect(self._own))["State"].get("Pid") or 0)
        self._inside.init = pid if visible(pid) else 0
        self._inside.kill = self._kill_inside
        self._inside.end = self._end_own
        self._joins = await self._ask(*_THERE, "sh") == 0
        say(f"Container of the job: {wanted.image} as {self._own[:12]}")

    async def wait_for_services(self, say: Say) -> None:
        """Wait until every service is ready."""
        for name, (container, _) in self._services.items():
            inspected = await services.ready(self._engine, name, container)
            found = services.ports(inspected)
            self._services[name] = (container, found)
            shown = "".join(f", its port {inner} is {outer} here" for inner, outer in found.items())
            say(f"Service {name} is ready{shown}")

    async def _start(self, image: str, request: Request, alias: str = "") -> str:
        body = request.finished(self._labels, self.network, alias)
        with told(f"the container of {image} could not be started", _LOOK):
            container = await self._engine.create(body, request.name)
            self._made.append(container)
            await self._engine.start(container)
        return container

    # -- the port ----

    def inside(self, path: str) -> str:
        return self._mounts.inside(path)

    def outside(self, text: str) -> str:
        return self._mounts.outside(text) if self.contained else text

    def base(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """In a container: what its image and ``container.env`` set, nothing of this machine."""
        return self._env if self.contained else own

    def context(self) -> dict[str, Json]:
        own = {"id": self._own, "network": self.network} if self.contained else {}
        found: Json = {
            name: {"id": container, "network": self.network, "ports": ports}
            for name, (container, ports) in self._services.items()
        }
        return {"container": own, "services": found}

    async def node(self, own: Callable[[], str]) -> str:
        """The image's node, else this machine's where that runs in the image."""
        if not self.contained:
            return own()
        if not self._node_path:
            for path in ("node", f"{NODE}/bin/node"):
                if await self._ask(path, "--version") == 0:
                    self._node_path = path
                    break
            else:
                raise SetupError(
                    f"JavaScript actions need node, which {self._image} lacks, and the node of "
                    "this machine does not run in it",
                    remedy="name an image that has node",
                )
        return self._node_path

    async def spawn(self, command: Command) -> Process:
        """Start a process in the container. Raises SetupError."""
        if command.outside or not self.contained:
            return await (await self._here()).spawn(command)
        programs.check(command)
        if command.terminal:
            return await self._terminal(command)
        argv = (*_TOGETHER, *command.argv) if self._joins else command.argv
        process = await self._exec(argv, command.env, command.cwd)
        if self._joins:

            async def check(code: int) -> None:
                if code in (126, 127):
                    await self._require(command)

            process.on_end(check)
        return process

    async def explain(self, say: Say) -> None:
        for name, (container, _) in self._services.items():
            text = await services.log(self._engine, container, services.LOGGED)
            say(f"Log of the service {name}:\n{text}" if text else f"Service {name} wrote nothing")

    async def close(self) -> None:
        """Remove all containers and the network, and end what ran outside."""
        made, self._made = self._made, []
        try:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            with told("a container of the job could not be removed", _LOOK):
                if self._own in made and os.geteuid() and self._joins:
                    await self._give_back()
                await asyncio.gather(*(self._engine.remove(container) for container in made))
                if self.network:
                    await self._engine.network_remove(self.network)
                    self.network = ""
        finally:
            if self._outside is not None:
                await self._outside.close()

    # -- processes ----

    async def _here(self) -> Session:
        """The place on this machine, made when it is needed."""
        if self._outside is None:
            self._outside = await self._host.open(self._spec, self._dirs)
        return self._outside

    async def _exec(
        self, argv: Iterable[str], env: Mapping[str, str], cwd: str, user: str = ""
    ) -> ExecProcess:
        argv = list(argv)
        body: Json = {
            "Cmd": argv,
            "Env": [f"{name}={value}" for name, value in env.items()],
            "AttachStdout": True,
            "AttachStderr": True,
        }
        if cwd:
            body["WorkingDir"] = cwd
        if user:
            body["User"] = user
        started = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS)
        gauge = Gauge(self._inside.init) if self._inside.init else None
        try:
            id = await self._engine.exec_create(self._own, body)
            stream = Stream(await self._engine.exec_start(id))
        except Failed as error:
            raise self._not_started(argv, cwd, error.message) from error
        try:
            pid = await self._pid(id)
            if pid == 0:
                said = (await stream.read()).decode("utf-8", "replace").strip()
                raise self._not_started(argv, cwd, said)
        except BaseException:
            stream.close()
            raise
        return ExecProcess(self._engine, id, stream, pid, started, self._inside, gauge)

    async def _pid(self, id: str) -> int:
        """The pid of a process that is being started; 0 if it could not be."""
        pause = 0.002
        with told("the container that the step runs in is gone", _LOOK):
            while True:
                found = await self._engine.exec_inspect(id)
                pid = int(found.get("Pid") or 0)
                if pid or (not found["Running"] and found["ExitCode"] is not None):
                    return pid
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.1)

    def _not_started(self, argv: list[str], cwd: str, why: str) -> SetupError:
        program = argv[0]
        if "chdir" in why or "working directory" in why.lower():
            return SetupError(
                f"the working directory '{cwd}' can't be entered in the container",
                remedy="create it in an earlier step, or correct working-directory",
            )
        if "executable file not found" in why or "no such file" in why:
            return self._missing(program)
        return SetupError(
            f"'{program}' could not be started in the container of {self._image}: {why}",
            remedy=_LOOK,
        )

    def _missing(self, program: str) -> SetupError:
        return SetupError(
            f"the program '{program}' is not in the container of {self._image}",
            remedy="install it in an earlier step, or name an image or a shell: that is there",
        )

    async def _require(self, command: Command) -> None:
        """Raise SetupError if a command's program is not there."""
        if await self._ask(*_THERE, command.argv[0], env=command.env, cwd=command.cwd):
            raise self._missing(command.argv[0])

    async def _ask(
        self, *argv: str, env: Mapping[str, str] | None = None, cwd: str = "", user: str = ""
    ) -> int:
        """The exit code of a small program in the container; 127 where it can't be started."""
        try:
            process = await self._exec(argv, env or {}, cwd, user)
        except SetupError:
            return 127
        while await process.read():
            continue
        return await process.wait()

    async def _terminal(self, command: Command) -> Process:
        """A shell for a person, through the engine's own command line."""
        program = "podman" if self._engine.podman else "docker"
        address = ("--url" if self._engine.podman else "-H", f"unix://{self._engine.socket}")
        names = [part for name in command.env for part in ("-e", name)]  # values stay out of ps
        place = ("exec", "-it", "-w", command.cwd, *names, self._own)
        argv = (program, *address, *place, *_SHELL)
        env = {**command.env, "PATH": os.defpath + ":/usr/local/bin"}
        outer = Command(argv=argv, env=env, cwd=self._dirs.root, terminal=True)
        return await (await self._here()).spawn(outer)

    async def _kill_inside(self, signal: str, pids: Iterable[str]) -> None:
        await self._ask("sh", "-c", f"kill -{signal} -- {' '.join(pids)}", user="0")

    async def _end_own(self) -> None:
        with told("the container of the job could not be ended", _LOOK):
            await self._engine.kill(self._own, "SIGKILL")

    async def _give_back(self) -> None:
        """Let this user remove what other users have written in the container.

        The owner is read inside, where a rootless engine calls this user root.
        """
        places = " ".join(inside for _, inside in self._mounts.pairs)
        script = f'chown -R "$(stat -c %u:%g /__w)" {places} && chmod -R u+rwX {places}'
        await self._ask("sh", "-c", script, user="0")


def _request(wanted: Container, *, trusted: bool) -> Request:
    """What is asked for, read. Raises WorkflowError with its place, and Refused."""
    request = Request(wanted.image)
    try:
        request.body["Env"] += [f"{name}={value}" for name, value in wanted.env.items()]
        for port in wanted.ports:
            request.publish(port)
        for volume in wanted.volumes:
            request.mount(volume)
        options.apply(wanted.options, request)
    except ValueError as error:
        raise WorkflowError(
            f"the container of {wanted.image} cannot be made: {error}", where=wanted.where
        ) from error
    policy.check(request, wanted, trusted=trusted)
    return request


async def _action(
    engine: Engine, dirs: JobDirs, action: ActionContainer, labels: dict[str, str], say: Say
) -> Request:
    """The container of an action, its image being here."""
    if action.image.startswith("/"):
        from agentmesh.executors.docker.context import Context

        context = Context(*os.path.split(action.image))
        image = str((await images.build(engine, context, {}, say))["Id"])
    else:
        found = await images.obtain(engine, Container(image=action.image), say)
        image = str(found["Id"])
    places = mounts.of_action(dirs)
    request = Request(image)
    await asyncio.to_thread(_share, dirs)
    for outside, inside in places.pairs:
        request.bind(outside, inside)
    request.body["WorkingDir"] = places.inside(dirs.workspace)
    request.body["Env"] = [
        f"{name}={places.inside(value) if name in _PATHS else value}"
        for name, value in action.env.items()
    ]
    if action.entrypoint:
        request.body["Entrypoint"] = shlex.split(action.entrypoint)
    if action.args:
        request.body["Cmd"] = list(action.args)
    return request


def _add_node(request: Request, node: Callable[[], str]) -> None:
    """Let the container see this machine's node, for images that have none."""
    try:
        program = os.path.realpath(node())
    except SetupError:
        return
    folder = os.path.dirname(os.path.dirname(program))
    if folder in ("/", "/usr", "/usr/local"):
        request.bind(program, f"{NODE}/bin/node", "ro")
    else:
        request.bind(folder, NODE, "ro")


def _share(dirs: JobDirs) -> None:
    """Let whoever a container runs as work in the job's folders, which nobody else can reach."""
    for name in ("_temp", "_actions"):
        os.makedirs(os.path.join(dirs.root, name), exist_ok=True)
    os.makedirs(os.path.join(dirs.temp, "_runner_file_commands"), exist_ok=True)
    os.chmod(dirs.files, 0o777)
    for place in (dirs.workspace, os.path.dirname(dirs.workspace), dirs.home, dirs.temp):
        os.chmod(place, 0o777)
    for place in (dirs.tools, dirs.actions):
        os.chmod(place, 0o777)


def _background(tasks: set[asyncio.Task[None]]) -> Callable[[Awaitable[None]], None]:
    """Work that nobody waits for until the place is closed; its errors are ours to drop."""
    loop = asyncio.get_running_loop()

    async def quietly(work: Awaitable[None]) -> None:
        try:
            await work
        except (AgentmeshError, Failed):
            return

    def start(work: Awaitable[None]) -> None:
        task = loop.create_task(quietly(work))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return start
