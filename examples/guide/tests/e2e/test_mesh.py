"""Three nodes as processes of their own."""

import time

INTERVAL = "0.05"
DEADLINE = 20


def until(condition):
    """Ask again until it is so; the deadline is for a mesh that never agrees."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "the nodes do not agree"
        time.sleep(0.02)


def mesh(start, size=3):
    """The URLs of nodes that all know each other: later ones ask, earlier ones answer."""
    urls = []
    for number in range(size):
        peers = [argument for url in urls for argument in ("--peer", url)]
        urls.append(start(f"node-{number + 1}", "--interval", INTERVAL, *peers)[1])
    return urls


def test_a_change_at_any_node_reaches_all(start, call):
    urls = mesh(start)
    for number, url in enumerate(urls):
        assert (
            call("PUT", f"{url}/agents/agent-{number}", {"address": f"10.0.0.{number}"})[0] == 200
        )
    expected = {f"agent-{n}": f"10.0.0.{n}" for n in range(len(urls))}
    for url in urls:
        until(lambda url=url: call("GET", url + "/agents")[1] == expected)


def test_a_removed_agent_does_not_come_back(start, call):
    urls = mesh(start)
    call("PUT", urls[0] + "/agents/planner", {"address": "x"})
    until(lambda: all(call("GET", url + "/agents")[1] for url in urls))
    assert call("DELETE", urls[2] + "/agents/planner")[0] == 204
    until(lambda: not any(call("GET", url + "/agents")[1] for url in urls))


def test_the_mesh_goes_on_when_a_node_dies(start, call):
    first, first_url = start("node-1", "--interval", INTERVAL)
    _, second = start("node-2", "--interval", INTERVAL, "--peer", first_url)
    _, third = start("node-3", "--interval", INTERVAL, "--peer", first_url, "--peer", second)
    first.kill()
    first.wait(DEADLINE)
    call("PUT", second + "/agents/planner", {"address": "x"})
    until(lambda: call("GET", third + "/agents")[1] == {"planner": "x"})
    assert call("GET", third + "/health")[0] == 200
