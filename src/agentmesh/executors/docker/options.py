"""``options`` of a container or a service: what ``docker create`` takes, read into a request. Pure.

Called by :mod:`agentmesh.executors.container`. Follows "Defining options for a container" of
GitHub's documentation (``--network`` is not supported there either) and the reference of
``docker container create``. What is not known here is named, never dropped.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

from agentmesh.executors.docker.request import Request
from agentmesh.executors.docker.units import duration, size

Setter = Callable[[Request, str], None]

_REFUSED = {
    "network": "every job has a network of its own: give it other names with --network-alias",
    "net": "every job has a network of its own: give it other names with --network-alias",
    "ip": "reach the container by its name; addresses are given out by the engine",
    "ip6": "reach the container by its name; addresses are given out by the engine",
    "link": "reach the other container by the name of its service",
    "env-file": "write the variables under env:",
    "label-file": "write the labels with --label",
    "cidfile": "the id is ${{ job.container.id }} or ${{ job.services.NAME.id }}",
    "detach": "containers of a job are always detached; leave it out",
    "platform": "name an image that was made for this machine's processor",
}
_SHORT = {
    "c": "cpu-shares",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "P": "publish-all",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
    "d": "detach",
}
_RISKY = (
    "ALL SYS_ADMIN SYS_MODULE SYS_PTRACE SYS_RAWIO SYS_BOOT SYS_TIME NET_ADMIN DAC_READ_SEARCH",
    "BPF PERFMON MAC_ADMIN MAC_OVERRIDE SYSLOG",
)
_CAPABILITIES_AT_RISK = frozenset(" ".join(_RISKY).split())


def apply(text: str, request: Request) -> None:
    """Read options into a request. Raises ValueError with a sentence that names the option."""
    for name, value in _pairs(text):
        if name in _REFUSED:
            raise ValueError(f"the option --{name} is not supported: {_REFUSED[name]}")
        switch, setter = _SWITCHES.get(name), _VALUES.get(name)
        if switch is not None:
            if value not in (None, "true", "false"):
                raise ValueError(f"the option --{name} takes no value, or true or false")
            if value != "false":
                switch(request, "")
        elif setter is not None:
            if value is None:
                raise ValueError(f"the option --{name} needs a value")
            try:
                setter(request, value)
            except ValueError as error:
                raise ValueError(f"--{name}: {error}") from error
        else:
            raise ValueError(
                f"the option --{name} is not known: see the options of `docker container create`"
            )


def _pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """The options by their long names, with their values."""
    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"the options cannot be read: {error}") from error
    for word in words:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            if equals:
                yield name, value
            else:
                yield name, next(words, None) if name in _VALUES or name in _REFUSED else None
        elif word.startswith("-") and len(word) > 1:
            yield from _short(word[1:], words)
        else:
            raise ValueError(f"{word!r} is no option: quote values that hold blanks")


def _short(letters: str, words: Iterator[str]) -> Iterator[tuple[str, str | None]]:
    """``-it``, ``-eA=b``, ``-e A=b``."""
    for index, letter in enumerate(letters):
        name = _SHORT.get(letter)
        if name is None:
            raise ValueError(
                f"the option -{letter} is not known: see the options of `docker container create`"
            )
        if name in _VALUES:
            rest = letters[index + 1 :].removeprefix("=")
            yield name, rest or next(words, None)
            return
        yield name, None


# -- what each option changes --


def _host(key: str, read: Callable[[str], object] = str) -> Setter:
    def setter(request: Request, value: str) -> None:
        request.host[key] = read(value)

    return setter


def _top(key: str, read: Callable[[str], object] = str) -> Setter:
    def setter(request: Request, value: str) -> None:
        request.body[key] = read(value)

    return setter


def _listed(key: str) -> Setter:
    def setter(request: Request, value: str) -> None:
        request.add(key, value)

    return setter


def _mapped(key: str) -> Setter:
    def setter(request: Request, value: str) -> None:
        name, _, rest = value.partition("=")
        request.host.setdefault(key, {})[name] = rest

    return setter


def _health(key: str, read: Callable[[str], object]) -> Setter:
    def setter(request: Request, value: str) -> None:
        request.body.setdefault("Healthcheck", {})[key] = read(value)

    return setter


def _risky(setter: Setter, what: str, when: Callable[[str], bool] = lambda value: True) -> Setter:
    def risky(request: Request, value: str) -> None:
        if when(value):
            request.risks.append(what.format(value))
        setter(request, value)

    return risky


def _yes(value: str) -> bool:
    return True


def _integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"{value!r} is no whole number") from None


def _cpus(value: str) -> int:
    try:
        return int(float(value) * 1e9)
    except ValueError:
        raise ValueError(f"{value!r} is no number of processors") from None


def _is_host(value: str) -> bool:
    return value == "host" or value.startswith("container:")


def _env(request: Request, value: str) -> None:
    if "=" not in value:
        raise ValueError(f"{value!r} would copy a variable of this machine: write {value}=VALUE")
    request.body["Env"].append(value)


def _label(request: Request, value: str) -> None:
    name, _, rest = value.partition("=")
    request.body["Labels"][name] = rest


def _expose(request: Request, value: str) -> None:
    key = value if "/" in value else f"{value}/tcp"
    request.body.setdefault("ExposedPorts", {})[key] = {}


def _publish(request: Request, value: str) -> None:
    request.publish(value)


def _volume(request: Request, value: str) -> None:
    request.mount(value)


def _mount(request: Request, value: str) -> None:
    """``type=bind,source=/a,target=/b,readonly``."""
    fields = dict((part.partition("=")[0], part.partition("=")[2]) for part in value.split(","))
    kind = fields.get("type", "volume")
    source = fields.get("source", fields.get("src", ""))
    target = fields.get("target", fields.get("destination", fields.get("dst", "")))
    if not target.startswith("/"):
        raise ValueError(f"{value!r} has no absolute target")
    read_only = any(fields.get(key, "no") in ("", "true", "1") for key in ("readonly", "ro"))
    if kind == "tmpfs":
        request.host.setdefault("Tmpfs", {})[target] = ""
    elif kind in ("bind", "volume"):
        if kind == "bind" and not source.startswith("/"):
            raise ValueError(f"{value!r} has no absolute source")
        parts = (source, target, "ro" if read_only else "")
        request.mount(":".join(part for part in parts if part))
    else:
        raise ValueError(f"{kind!r} is no type of a mount: bind, volume or tmpfs")


def _device(request: Request, value: str) -> None:
    outside, inside, rights = (*value.split(":"), "", "")[:3]
    device = {"PathOnHost": outside, "PathInContainer": inside or outside}
    request.add("Devices")
    request.host["Devices"].append({**device, "CgroupPermissions": rights or "rwm"})


def _gpus(request: Request, value: str) -> None:
    count = -1 if value == "all" else _integer(value)
    wanted = {"Count": count, "Capabilities": [["gpu"]]}
    request.host.setdefault("DeviceRequests", []).append(wanted)


def _tmpfs(request: Request, value: str) -> None:
    target, _, rest = value.partition(":")
    request.host.setdefault("Tmpfs", {})[target] = rest


def _ulimit(request: Request, value: str) -> None:
    name, _, limits = value.partition("=")
    soft, _, hard = limits.partition(":")
    limit = {"Name": name, "Soft": _integer(soft), "Hard": _integer(hard or soft)}
    request.host.setdefault("Ulimits", []).append(limit)


def _log_driver(request: Request, value: str) -> None:
    request.host.setdefault("LogConfig", {})["Type"] = value


def _log_option(request: Request, value: str) -> None:
    name, _, rest = value.partition("=")
    request.host.setdefault("LogConfig", {}).setdefault("Config", {})[name] = rest


def _restart(request: Request, value: str) -> None:
    name, _, count = value.partition(":")
    policy = {"Name": name, **({"MaximumRetryCount": _integer(count)} if count else {})}
    request.host["RestartPolicy"] = policy


def _alias(request: Request, value: str) -> None:
    request.aliases.append(value)


def _name(request: Request, value: str) -> None:
    request.name = value
    request.aliases.append(value)


def _no_health(request: Request, value: str) -> None:
    request.body["Healthcheck"] = {"Test": ["NONE"]}


def _nothing(request: Request, value: str) -> None:
    """``--rm``: a job's containers are always removed."""


def _at_risk(value: str) -> bool:
    return value.upper().removeprefix("CAP_") in _CAPABILITIES_AT_RISK


_SWITCHES: dict[str, Setter] = {
    "init": _host("Init", _yes),
    "interactive": _top("OpenStdin", _yes),
    "no-healthcheck": _no_health,
    "oom-kill-disable": _host("OomKillDisable", _yes),
    "privileged": _risky(_host("Privileged", _yes), "all rights on this machine (--privileged)"),
    "publish-all": _host("PublishAllPorts", _yes),
    "read-only": _host("ReadonlyRootfs", _yes),
    "rm": _nothing,
    "tty": _top("Tty", _yes),
}
_VALUES: dict[str, Setter] = {
    "add-host": _listed("ExtraHosts"),
    "blkio-weight": _host("BlkioWeight", _integer),
    "cap-add": _risky(_listed("CapAdd"), "the capability {}", _at_risk),
    "cap-drop": _listed("CapDrop"),
    "cgroup-parent": _risky(_host("CgroupParent"), "a control group of this machine ({})"),
    "cgroupns": _risky(_host("CgroupnsMode"), "the control groups of this machine", _is_host),
    "cpu-period": _host("CpuPeriod", _integer),
    "cpu-quota": _host("CpuQuota", _integer),
    "cpu-shares": _host("CpuShares", _integer),
    "cpus": _host("NanoCpus", _cpus),
    "cpuset-cpus": _host("CpusetCpus"),
    "cpuset-mems": _host("CpusetMems"),
    "device": _risky(_device, "a device of this machine ({})"),
    "device-cgroup-rule": _risky(_listed("DeviceCgroupRules"), "devices of this machine ({})"),
    "dns": _listed("Dns"),
    "dns-opt": _listed("DnsOptions"),
    "dns-option": _listed("DnsOptions"),
    "dns-search": _listed("DnsSearch"),
    "domainname": _top("Domainname"),
    "entrypoint": _top("Entrypoint", lambda value: [value] if value else [""]),
    "env": _env,
    "expose": _expose,
    "gpus": _risky(_gpus, "the graphics processors of this machine"),
    "group-add": _listed("GroupAdd"),
    "health-cmd": _health("Test", lambda value: ["CMD-SHELL", value]),
    "health-interval": _health("Interval", duration),
    "health-retries": _health("Retries", _integer),
    "health-start-period": _health("StartPeriod", duration),
    "health-timeout": _health("Timeout", duration),
    "hostname": _top("Hostname"),
    "ipc": _risky(_host("IpcMode"), "the shared memory of others (--ipc {})", _is_host),
    "label": _label,
    "log-driver": _log_driver,
    "log-opt": _log_option,
    "mac-address": _top("MacAddress"),
    "memory": _host("Memory", size),
    "memory-reservation": _host("MemoryReservation", size),
    "memory-swap": _host("MemorySwap", size),
    "memory-swappiness": _host("MemorySwappiness", _integer),
    "mount": _mount,
    "name": _name,
    "net-alias": _alias,
    "network-alias": _alias,
    "oom-score-adj": _host("OomScoreAdj", _integer),
    "pid": _risky(_host("PidMode"), "the processes of others (--pid {})", _is_host),
    "pids-limit": _host("PidsLimit", _integer),
    "publish": _publish,
    "restart": _restart,
    "runtime": _risky(_host("Runtime"), "another runtime ({})"),
    "security-opt": _risky(
        _listed("SecurityOpt"),
        "less protection (--security-opt {})",
        lambda value: "no-new-privileges" not in value,
    ),
    "shm-size": _host("ShmSize", size),
    "stop-signal": _top("StopSignal"),
    "stop-timeout": _top("StopTimeout", _integer),
    "storage-opt": _mapped("StorageOpt"),
    "sysctl": _mapped("Sysctls"),
    "tmpfs": _tmpfs,
    "ulimit": _ulimit,
    "user": _top("User"),
    "userns": _risky(_host("UsernsMode"), "the users of this machine (--userns {})", _is_host),
    "uts": _risky(_host("UTSMode"), "the name of this machine (--uts {})", _is_host),
    "volume": _volume,
    "volumes-from": _risky(_listed("VolumesFrom"), "volumes of another container ({})"),
    "workdir": _top("WorkingDir"),
}
