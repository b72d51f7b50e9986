"""A running service from the outside: ``pytest tests/smoke/ --endpoint=URL``."""

import pytest


@pytest.fixture
def endpoint(request, start):
    given = request.config.getoption("--endpoint")
    return given.rstrip("/") if given else start("smoke")[1]


def test_is_healthy(endpoint, call):
    status, health = call("GET", endpoint + "/health")
    assert status == 200
    assert health["status"] == "ok"


def test_keeps_an_agent(endpoint, call):
    url = endpoint + "/agents/smoke-test"
    assert call("PUT", url, {"address": "127.0.0.1:1"})[0] == 200
    assert call("GET", url)[1]["address"] == "127.0.0.1:1"
    assert call("DELETE", url)[0] == 204
