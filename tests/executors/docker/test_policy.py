"""What a stranger's workflow may not ask for."""

from __future__ import annotations

import pytest

from agentmesh.core.errors import Refused
from agentmesh.core.problem import Span
from agentmesh.executors.docker import options, policy
from agentmesh.executors.docker.request import Request
from agentmesh.ports.executor import Container

WANTED = Container(image="alpine", where=Span("ci.yml", 4, 5))


def request(text: str) -> Request:
    made = Request("alpine")
    options.apply(text, made)
    return made


def test_what_reaches_out_is_refused_with_the_reason_and_the_place():
    asked = request("--privileged -v /var/run/docker.sock:/var/run/docker.sock")
    with pytest.raises(Refused) as raised:
        policy.check(asked, WANTED, trusted=False)
    assert "--privileged" in raised.value.message
    assert "docker.sock" in raised.value.message
    assert "fork" in raised.value.message
    assert raised.value.where == WANTED.where


def test_a_trusted_workflow_may():
    policy.check(request("--privileged"), WANTED, trusted=True)


def test_what_stays_inside_is_everybodys():
    policy.check(request("--cpus 1 --user 1000"), WANTED, trusted=False)
