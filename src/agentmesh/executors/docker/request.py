"""What an engine is asked for when a container is made, gathered piece by piece. Pure.

Called by :mod:`agentmesh.executors.docker.options` and :mod:`agentmesh.executors.container`. The
fields are those of "Create a container" of the Docker Engine API.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class Request:
    """The body of a request to make a container, and what it would put at risk."""

    def __init__(self, image: str) -> None:
        self.body: Json = {"Image": image, "Labels": {}, "Env": []}
        self.host: Json = {}
        self.aliases: list[str] = []
        self.name = ""
        self.risks: list[str] = []
        """What reaches out of the container: refused where nobody vouches for the workflow."""

    def add(self, key: str, *values: str) -> None:
        """Put more into a list of ``HostConfig``."""
        self.host.setdefault(key, []).extend(values)

    def bind(self, source: str, target: str, mode: str = "") -> None:
        """Let the container see a folder of this machine, or a volume."""
        self.add("Binds", ":".join(part for part in (source, target, mode) if part))

    def publish(self, text: str) -> None:
        """``6379``, ``8080:80``, ``127.0.0.1:8080:80/udp``: a port of the container, here.

        Ports are bound to 127.0.0.1 unless an address is named. Raises ValueError.
        """
        rest, _, protocol = text.partition("/")
        protocol = protocol or "tcp"
        address, rest = _address(rest)
        outer, colon, inner = rest.rpartition(":")
        outer = outer if colon else ""
        inside, outside = _range(inner), _range(outer) if outer else []
        if protocol not in ("tcp", "udp", "sctp") or (outside and len(outside) != len(inside)):
            raise ValueError(f"{text!r} is no port: write 8080, 8080:80 or 127.0.0.1:8080:80/udp")
        bindings = self.host.setdefault("PortBindings", {})
        for number, port in enumerate(inside):
            key = f"{port}/{protocol}"
            self.body.setdefault("ExposedPorts", {})[key] = {}
            here = str(outside[number]) if outside else ""
            bindings.setdefault(key, []).append({"HostIp": address, "HostPort": here})

    def mount(self, text: str) -> None:
        """``/data``, ``name:/data``, ``/srv/data:/data:ro``. Raises ValueError."""
        parts = text.split(":")
        if len(parts) == 1:
            _absolute(text, text)
            self.body.setdefault("Volumes", {})[text] = {}
            return
        source, target, mode = (*parts, "")[:3]
        _absolute(target, text)
        if len(parts) > 3 or not source:
            raise ValueError(f"{text!r} is no volume: write source:/place or source:/place:ro")
        if source.startswith((".", "~")):
            raise ValueError(f"{source!r} is not absolute: write ${{{{ github.workspace }}}}/…")
        if source.endswith(("docker.sock", "podman.sock")):
            self.risks.append(f"the container engine's socket ({source})")
        elif source.startswith("/"):
            self.risks.append(f"a folder of this machine ({source})")
        else:
            self.risks.append(f"a volume that outlives the job ({source})")
        self.bind(source, target, mode)

    def finished(self, labels: dict[str, str], network: str, alias: str = "") -> Json:
        """The whole body, for a network of the job's."""
        body = {**self.body, "HostConfig": {**self.host}}
        body["Labels"] = {**self.body["Labels"], **labels}
        if network:
            names = [name for name in (alias, *self.aliases) if name]
            body["HostConfig"]["NetworkMode"] = network
            body["NetworkingConfig"] = {"EndpointsConfig": {network: {"Aliases": names}}}
        return body


def _absolute(target: str, text: str) -> None:
    if not target.startswith("/"):
        raise ValueError(f"{text!r} mounts at {target!r}, which is not absolute")


def _address(text: str) -> tuple[str, str]:
    """The address in front of a port, and the rest."""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        return address, rest.lstrip(":")
    if text.count(":") == 2:
        address, _, rest = text.partition(":")
        return address or "127.0.0.1", rest.removeprefix(":")
    return "127.0.0.1", text


def _range(text: str) -> list[int]:
    """``80`` or ``8000-8003``. Raises ValueError."""
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f"{text!r} is no port")
    numbers = list(range(int(first), int(last or first) + 1))
    if not numbers or not 0 < numbers[0] <= numbers[-1] < 65536:
        raise ValueError(f"{text!r} is no port: they go from 1 to 65535")
    return numbers
