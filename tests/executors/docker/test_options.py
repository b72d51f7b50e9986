"""``options`` of containers, read into what the engine is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.executors.docker.options import _SHORT, _SWITCHES, _VALUES, apply
from agentmesh.executors.docker.request import Request


def read(text: str) -> Request:
    request = Request("image")
    apply(text, request)
    return request


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("--cpus 2 --memory 4g", {"NanoCpus": 2_000_000_000, "Memory": 4 << 30}),
        ("--cpus=0.5 -m512m", {"NanoCpus": 500_000_000, "Memory": 512 << 20}),
        ("--shm-size 1g --init", {"ShmSize": 1 << 30, "Init": True}),
        ("--tmpfs /run:rw,size=64m", {"Tmpfs": {"/run": "rw,size=64m"}}),
        ("--add-host db:10.0.0.1", {"ExtraHosts": ["db:10.0.0.1"]}),
        ("--cap-add NET_RAW --cap-drop ALL", {"CapAdd": ["NET_RAW"], "CapDrop": ["ALL"]}),
        (
            "--ulimit nofile=1024:2048",
            {"Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}]},
        ),
        (
            "--restart on-failure:3",
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
        ),
        ("--sysctl net.core.somaxconn=9", {"Sysctls": {"net.core.somaxconn": "9"}}),
        ("--dns 1.1.1.1 --dns-search a.b", {"Dns": ["1.1.1.1"], "DnsSearch": ["a.b"]}),
        ("--privileged=false --read-only", {"ReadonlyRootfs": True}),
        ("--mount type=tmpfs,target=/t", {"Tmpfs": {"/t": ""}}),
        ("--mount type=bind,src=/a,dst=/b,readonly", {"Binds": ["/a:/b:ro"]}),
        ("--log-driver none --log-opt a=b", {"LogConfig": {"Type": "none", "Config": {"a": "b"}}}),
        ("--gpus all", {"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]}),
        ("--rm", {}),
    ],
)
def test_options_of_the_host_part(text: str, host: dict[str, Any]):
    assert read(text).host == host


def test_options_of_the_container_itself():
    request = read(
        "-u 1001:1001 -w /srv --hostname h --entrypoint '' -it -eA=b --env 'C=d e' -l k=v"
    )
    assert request.body == {
        "Image": "image",
        "Labels": {"k": "v"},
        "Env": ["A=b", "C=d e"],
        "User": "1001:1001",
        "WorkingDir": "/srv",
        "Hostname": "h",
        "Entrypoint": [""],
        "OpenStdin": True,
        "Tty": True,
    }


def test_health_options():
    request = read(
        '--health-cmd "pg_isready -U me" --health-interval 10s --health-timeout 5s --health-retries 5 '
        "--health-start-period 1s"
    )
    assert request.body["Healthcheck"] == {
        "Test": ["CMD-SHELL", "pg_isready -U me"],
        "Interval": 10**10,
        "Timeout": 5 * 10**9,
        "Retries": 5,
        "StartPeriod": 10**9,
    }
    assert read("--no-healthcheck").body["Healthcheck"] == {"Test": ["NONE"]}


def test_names_in_the_network():
    request = read("--network-alias a --net-alias b --name c")
    assert (request.aliases, request.name) == (["a", "b", "c"], "c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--network host", ["--network", "--network-alias"]),
        ("--net=none", ["--net", "network of its own"]),
        ("--link db:db", ["--link", "service"]),
        ("--cpu 2", ["--cpu", "not known"]),
        ("-x", ["-x", "not known"]),
        ("--memory lots", ["--memory", "no size", "512m"]),
        ("--cpus many", ["--cpus", "processors"]),
        ("--memory", ["--memory", "needs a value"]),
        ("--health-interval 10", ["--health-interval", "no duration"]),
        ("--privileged=maybe", ["--privileged", "true or false"]),
        ("-e SECRET", ["--env", "SECRET=VALUE"]),
        ("postgres", ["'postgres'", "quote"]),
        ("--health-cmd 'pg", ["cannot be read"]),
        ("-p 99999", ["--publish", "65535"]),
        ("--mount type=npipe,target=/a", ["--mount", "npipe"]),
    ],
)
def test_what_is_wrong_is_named_with_what_is_right(text: str, words: list[str]):
    with pytest.raises(ValueError, match=r"option|--") as raised:
        read(text)
    assert all(word in str(raised.value) for word in words), raised.value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("--privileged", "--privileged"),
        ("--cap-add SYS_ADMIN", "SYS_ADMIN"),
        ("--cap-add=cap_all", "cap_all"),
        ("--device /dev/kvm", "/dev/kvm"),
        ("--pid host", "--pid host"),
        ("--ipc=host", "--ipc host"),
        ("--userns host", "--userns host"),
        ("--security-opt seccomp=unconfined", "seccomp=unconfined"),
        ("-v /var/run/docker.sock:/var/run/docker.sock", "socket"),
        ("--volume /etc:/etc:ro", "/etc"),
        ("-v shared:/data", "outlives"),
        ("--mount type=bind,source=/etc,target=/etc", "/etc"),
        ("--volumes-from other", "other"),
        ("--cgroup-parent /x", "/x"),
    ],
)
def test_what_reaches_out_of_the_container_is_a_risk(text: str, word: str):
    (risk,) = read(text).risks
    assert word in risk


@pytest.mark.parametrize(
    "text",
    [
        "--cap-add NET_RAW",
        "--security-opt no-new-privileges",
        "-v /data",
        "--pid container",
        "--init",
    ],
)
def test_what_stays_inside_is_none(text: str):
    assert read(text).risks == []


def test_each_short_option_has_a_long_one():
    assert {name for name in _SHORT.values() if name not in _VALUES and name not in _SWITCHES} == {
        "detach"
    }
