"""One node over real HTTP."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from agent_mesh.service import PeerFailed


def test_health_names_the_node_and_counts_its_agents(node, call):
    node.registry.register("planner", "x")
    status, health = call("GET", node.url + "/health")
    assert status == 200
    assert health["status"] == "ok"
    assert health["node"] == "node-1"
    assert health["agents"] == 1


def test_an_agent_can_be_added_found_and_removed(node, call):
    url = node.url + "/agents/planner"
    assert call("GET", url)[0] == 404
    assert call("PUT", url, {"address": "10.0.0.1:7000"})[0] == 200
    assert call("GET", url) == (200, {"name": "planner", "address": "10.0.0.1:7000"})
    assert call("GET", node.url + "/agents") == (200, {"planner": "10.0.0.1:7000"})
    assert call("DELETE", url) == (204, None)
    assert call("DELETE", url)[0] == 404


def test_a_name_may_hold_any_character_but_a_slash(node, call):
    assert call("PUT", node.url + "/agents/pl%C3%A4ner%20x", {"address": "a"})[0] == 200
    assert call("GET", node.url + "/agents") == (200, {"pläner x": "a"})
    assert call("PUT", node.url + "/agents/a%2Fb", {"address": "a"})[0] == 400


def test_bad_bodies_are_refused_and_the_node_goes_on(node, call):
    for body in ({}, {"address": 1}, [], "x"):
        assert call("PUT", node.url + "/agents/planner", body)[0] == 400
    for body in ({}, {"entries": 1, "digest": {}}, {"entries": [], "digest": {"a": 1}}):
        assert call("POST", node.url + "/gossip", body)[0] == 400
    assert call("GET", node.url + "/health")[0] == 200


def test_gossip_brings_what_the_caller_lacks(node, call):
    node.registry.register("planner", "x")
    status, answer = call("POST", node.url + "/gossip", {"digest": {}, "entries": []})
    assert status == 200
    assert [entry["name"] for entry in answer["entries"]] == ["planner"]
    digest = answer["digest"]
    assert call("POST", node.url + "/gossip", {"digest": digest, "entries": []})[1]["entries"] == []


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"entries": 1, "digest": {}}', b"{"])
def test_a_peer_that_answers_nonsense_fails_the_round_and_no_more(node, answer):
    class Nonsense(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", "40")  # more than will come
            self.end_headers()
            self.wfile.write(answer.ljust(40) if answer else b"")

        def log_message(self, *args):
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Nonsense) as peer:
        threading.Thread(target=peer.handle_request, daemon=True).start()
        with pytest.raises(PeerFailed):
            node.gossip([f"http://127.0.0.1:{peer.server_address[1]}"])
    assert node.registry.agents() == {}


def test_metrics_count_requests_by_status(node, call):
    call("GET", node.url + "/agents/nobody")
    status, text = call("GET", node.url + "/metrics")
    assert status == 200
    assert 'http_requests_total{method="GET",status="404"} 1' in text


def test_the_web_page_is_served(node, call):
    status, page = call("GET", node.url + "/")
    assert status == 200
    assert "<title>agent-mesh</title>" in page
    assert call("GET", node.url + "/mesh.js")[0] == 200
