"""The calls of the Docker API that agentmesh makes, of Docker and of Podman alike.

Called by the rest of :mod:`agentmesh.executors`. Follows the reference of the Docker Engine API;
bodies and answers are plain JSON, as the engines fill in what is left out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from agentmesh.executors.docker.http import Failed, Http, Response

Json = dict[str, Any]
_NEWEST = (1, 47)
"""The newest version of the API that this client was written for."""


class Engine:
    """A container engine that listens on a unix socket."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.podman = False
        """Whether it is Podman, which runs no health checks by itself where there is no systemd."""
        self.version = ""
        self._http = Http(socket)
        self._prefix = ""

    async def connect(self) -> None:
        """Find out who is there. Raises SetupError where nobody is."""
        if self._prefix:
            return
        async with self._http.asked("GET", "/version") as response:
            said: Json = msgspec.json.decode(await response.body())
        newest = _numbers(said.get("ApiVersion", "1.41"))
        oldest = _numbers(said.get("MinAPIVersion") or "1.12")
        use = max(min(newest, _NEWEST), oldest)
        names = [str(part.get("Name", "")) for part in said.get("Components") or ()]
        self.podman = any("podman" in name.lower() for name in names)
        self.version = f"{'Podman' if self.podman else 'Docker'} {said.get('Version', '')}"
        self._prefix = f"/v{use[0]}.{use[1]}"

    # -- images ----

    async def image(self, name: str) -> Json | None:
        """What is known of an image; None where it is not here."""
        try:
            return await self._json("GET", f"/images/{quote(name)}/json")
        except Failed as error:
            if error.status == 404:
                return None
            raise

    async def pull(self, name: str, tag: str, auth: str) -> AsyncGenerator[Json, None]:
        """Fetch an image; what the engine says of it, as it goes."""
        query = {"fromImage": name, **({"tag": tag} if tag else {})}
        headers = {"X-Registry-Auth": auth} if auth else None
        async with aclosing(self._stream("POST", "/images/create", query, None, headers)) as stream:
            async for said in stream:
                yield said

    async def build(
        self, context: Iterator[bytes], tag: str, dockerfile: str, labels: Mapping[str, str]
    ) -> AsyncGenerator[Json, None]:
        """Build an image of a context, a tar archive; what the engine says, as it goes."""
        query = {
            "t": tag,
            "dockerfile": dockerfile,
            "rm": "1",
            "forcerm": "1",
            "labels": msgspec.json.encode(labels).decode(),
        }
        async with aclosing(self._stream("POST", "/build", query, context, None)) as stream:
            async for said in stream:
                yield said

    # -- containers ----

    async def create(self, body: Json, name: str = "") -> str:
        """Make a container; its id."""
        query = f"?name={quote(name)}" if name else ""
        return str((await self._json("POST", f"/containers/create{query}", body))["Id"])

    async def start(self, container: str) -> None:
        await self._do("POST", f"/containers/{container}/start")

    async def inspect(self, container: str) -> Json:
        return await self._json("GET", f"/containers/{container}/json")

    async def kill(self, container: str, signal: str) -> None:
        """Signal a container's first process. One that has ended is no error."""
        target = f"/containers/{container}/kill?signal={signal}"
        await self._do("POST", target, gone=(404, 409, 500))

    async def remove(self, container: str) -> None:
        """End a container and remove it, with the volumes that nobody has named."""
        target = f"/containers/{container}?force=true&v=true"
        await self._do("DELETE", target, gone=(404, 409))

    async def wait(self, container: str) -> int:
        """The exit code of a container, once it has ended."""
        return int((await self._json("POST", f"/containers/{container}/wait"))["StatusCode"])

    async def attach(self, container: str) -> Response:
        """The output of a container that is about to be started."""
        query = "stream=true&stdout=true&stderr=true"
        return await self._http.ask(
            "POST", f"{self._prefix}/containers/{container}/attach?{query}", upgrade=True
        )

    async def logs(self, container: str, tail: int) -> Response:
        """The last lines of a container's output."""
        query = f"stdout=true&stderr=true&tail={tail}"
        return await self._http.ask("GET", f"{self._prefix}/containers/{container}/logs?{query}")

    async def containers(self, label: str) -> list[Json]:
        """All containers that carry a label, ended ones too."""
        return await self._list(f"/containers/json?all=true&{_filter(label)}")

    async def check_health(self, container: str) -> None:
        """Let Podman run a container's health check, now."""
        target = f"/v4.0.0/libpod/containers/{container}/healthcheck"
        async with self._http.asked("GET", target) as response:
            await response.body()

    # -- processes in containers ----

    async def exec_create(self, container: str, body: Json) -> str:
        """Prepare a process in a container; its id."""
        return str((await self._json("POST", f"/containers/{container}/exec", body))["Id"])

    async def exec_start(self, id: str) -> Response:
        """Start a prepared process; its output."""
        body = {"Detach": False, "Tty": False}
        return await self._http.ask("POST", f"{self._prefix}/exec/{id}/start", body, upgrade=True)

    async def exec_inspect(self, id: str) -> Json:
        return await self._json("GET", f"/exec/{id}/json")

    # -- networks ----

    async def network_create(self, name: str, labels: Mapping[str, str]) -> str:
        body = {"Name": name, "Labels": labels, "CheckDuplicate": True, "Driver": "bridge"}
        return str((await self._json("POST", "/networks/create", body))["Id"])

    async def network_remove(self, network: str) -> None:
        await self._do("DELETE", f"/networks/{network}", gone=(404,))

    async def networks(self, label: str) -> list[Json]:
        return await self._list(f"/networks?{_filter(label)}")

    # -- the rest ----

    async def _json(self, method: str, target: str, body: object = None) -> Json:
        async with self._http.asked(method, self._prefix + target, body) as response:
            found: Json = msgspec.json.decode(await response.body())
        return found

    async def _list(self, target: str) -> list[Json]:
        async with self._http.asked("GET", self._prefix + target) as response:
            found: list[Json] | None = msgspec.json.decode(await response.body())
        return found or []

    async def _do(self, method: str, target: str, gone: tuple[int, ...] = ()) -> None:
        try:
            async with self._http.asked(method, self._prefix + target) as response:
                await response.body()
        except Failed as error:
            if error.status not in gone:
                raise

    async def _stream(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: object,
        headers: Mapping[str, str] | None,
    ) -> AsyncGenerator[Json, None]:
        target = f"{self._prefix}{path}?{urlencode(query)}"
        async with self._http.asked(method, target, body, headers=headers) as response:
            async for line in response.lines():
                yield msgspec.json.decode(line)


def _numbers(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def _filter(label: str) -> str:
    return urlencode({"filters": msgspec.json.encode({"label": [label]}).decode()})
