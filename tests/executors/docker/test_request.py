"""Ports, volumes and networks of a container that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.executors.docker.request import Request


def bindings(text: str) -> dict[str, Any]:
    request = Request("image")
    request.publish(text)
    assert request.body["ExposedPorts"].keys() == request.host["PortBindings"].keys()
    found: dict[str, Any] = request.host["PortBindings"]
    return found


@pytest.mark.parametrize(
    ("text", "key", "address", "port"),
    [
        ("6379", "6379/tcp", "127.0.0.1", ""),
        ("8080:80", "80/tcp", "127.0.0.1", "8080"),
        ("53:53/udp", "53/udp", "127.0.0.1", "53"),
        ("0.0.0.0:8080:80", "80/tcp", "0.0.0.0", "8080"),
        ("127.0.0.1::80", "80/tcp", "127.0.0.1", ""),
        ("[::1]:8080:80", "80/tcp", "::1", "8080"),
    ],
)
def test_a_port_is_bound_to_this_machine_alone_unless_an_address_is_named(
    text: str, key: str, address: str, port: str
):
    assert bindings(text) == {key: [{"HostIp": address, "HostPort": port}]}


def test_ranges_are_bound_port_by_port():
    found = bindings("8000-8001:80-81")
    assert [(key, pair[0]["HostPort"]) for key, pair in found.items()] == [
        ("80/tcp", "8000"),
        ("81/tcp", "8001"),
    ]


@pytest.mark.parametrize("text", ["", "web", "80/icmp", "1:2-3", "0", "8080:", "9-8"])
def test_what_is_no_port_is_refused(text: str):
    with pytest.raises(ValueError, match="no port"):
        Request("image").publish(text)


def test_volumes_are_folders_named_ones_or_nobodys():
    request = Request("image")
    for text in ("/srv:/data:ro", "named:/named", "/scratch"):
        request.mount(text)
    assert request.host["Binds"] == ["/srv:/data:ro", "named:/named"]
    assert request.body["Volumes"] == {"/scratch": {}}


@pytest.mark.parametrize("text", ["relative", "/a:b", "./x:/x", "~/x:/x", ":/x", "a:/b:ro:z"])
def test_what_is_no_volume_is_refused(text: str):
    with pytest.raises(ValueError, match=r"volume|absolute"):
        Request("image").mount(text)


def test_a_finished_request_is_in_its_network_under_its_names():
    request = Request("image")
    request.aliases.append("second")
    body = request.finished({"label": "1"}, "net", "first")
    assert body["HostConfig"]["NetworkMode"] == "net"
    assert body["NetworkingConfig"]["EndpointsConfig"] == {"net": {"Aliases": ["first", "second"]}}
    assert body["Labels"] == {"label": "1"}
    assert "NetworkingConfig" not in request.finished({}, "")
