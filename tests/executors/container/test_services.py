"""Service containers: real ones, ready, broken, and reached from both sides."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.ports.executor import Container

InContainer = Callable[..., Any]
HEALTHY = '--health-cmd "wget -qO- http://127.0.0.1/" --health-interval 100ms --health-retries 100'


def web(docker: Any, **fields: Any) -> Container:
    script = "mkdir /www; sleep 0.3; echo hello > /www/index.html; exec httpd -f -h /www"
    about = {
        "image": docker.image,
        "entrypoint": "sh",
        "command": f'-c "{script}"',
        "options": HEALTHY,
    }
    return Container(**(about | fields))


def test_a_service_is_ready_when_steps_start_and_is_reached_from_inside_and_from_here(
    in_container: InContainer, docker: Any
):
    async def scenario(place: Any) -> Any:
        ran = await place.sh("wget -qO- http://web/; wget -qO- http://second/")
        port = place.session.context()["services"]["web"]["ports"]["80"]
        return ran.output, port, _get(f"http://127.0.0.1:{port}/")

    services = {"web": web(docker, ports=("80",), options=HEALTHY + " --network-alias second")}
    inside, port, here = in_container(scenario, services=services)
    assert inside == "hello\nhello\n"
    assert here == b"hello\n"
    assert int(port) > 1024


def _get(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url) as answer:
        found: bytes = answer.read()
    return found


def test_a_port_may_be_asked_for(in_container: InContainer, docker: Any, free_port: int):
    async def scenario(place: Any) -> Any:
        return place.session.context()["services"]["web"]["ports"]

    services = {"web": web(docker, ports=(f"{free_port}:80",))}
    assert in_container(scenario, services=services) == {"80": str(free_port)}


def test_an_unhealthy_service_is_an_error_with_its_log(in_container: InContainer, docker: Any):
    broken = Container(
        image=docker.image,
        command="sh -c 'echo cannot open the database >&2; sleep 1010'",
        options='--health-cmd "echo not yet; false" --health-interval 50ms --health-retries 2',
    )
    with pytest.raises(SetupError) as raised:
        in_container(lambda place: place.sh("true"), services={"db": broken})
    assert "the service 'db' is not ready" in raised.value.message
    assert "not yet" in raised.value.message
    assert "cannot open the database" in raised.value.message


def test_a_service_that_ends_is_an_error_with_its_exit_code(in_container: InContainer, docker: Any):
    broken = Container(
        image=docker.image, command="sh -c 'echo bad config; exit 3'", options=HEALTHY
    )
    with pytest.raises(SetupError, match=r"(?s)exit code 3.*bad config"):
        in_container(lambda place: place.sh("true"), services={"db": broken})


def test_what_a_service_wrote_can_be_shown(in_container: InContainer, docker: Any):
    async def scenario(place: Any) -> list[str]:
        said: list[str] = []
        await place.session.explain(said.append)
        return said

    quiet = Container(image=docker.image, command="sleep 1011")
    loud = Container(
        image=docker.image,
        command="sh -c 'echo one; echo two >&2; sleep 1012'",
        options="--health-cmd 'ps | grep -q 1[0]12' --health-interval 50ms",
    )
    said = in_container(scenario, services={"quiet": quiet, "loud": loud})
    assert "Service quiet wrote nothing" in said
    (text,) = [text for text in said if "loud" in text]
    assert set(text.splitlines()[1:]) == {"one", "two"}
