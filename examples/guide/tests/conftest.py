"""Nodes for tests: in this process (``node``), and as processes of their own (``start``)."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from agent_mesh.service import Node

ROOT = Path(__file__).parents[1]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def pytest_addoption(parser):
    parser.addoption(
        "--endpoint", help="URL of a running service for tests/smoke (else one is started)"
    )


@pytest.fixture
def node():
    """A node in this process."""
    server = Node("node-1", pages=ROOT / "src/web")
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def call():
    """``call(method, url, body=None)`` → (status, what the body says)."""

    def call(method, url, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, method=method)
        try:
            with DIRECT.open(request, timeout=10) as answer:
                return answer.status, decoded(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, decoded(error)

    def decoded(answer):
        body = answer.read()
        if "json" in answer.headers.get("Content-Type", ""):
            return json.loads(body) if body else None
        return body.decode()

    return call


@pytest.fixture
def start():
    """``start(name, *arguments)`` → URL of a node that runs as a process of its own."""
    running = []

    def start(name, *arguments, port=0):
        process = subprocess.Popen(
            [sys.executable, "-m", "agent_mesh", "--name", name, "--port", str(port), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process, process.stdout.readline().split()[-1]

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(10)
        process.stdout.close()
