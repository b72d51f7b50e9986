"""Gossip between registries of one process."""

import math

import pytest
from agent_mesh.gossip import exchange, peer_for_round
from agent_mesh.registry import Registry


def test_a_node_without_peers_has_nobody_to_ask():
    with pytest.raises(ValueError, match="nobody"):
        peer_for_round([], "a", 0)


@pytest.mark.parametrize("size", [2, 3, 5, 8, 13])
def test_nobody_asks_itself(size):
    nodes = [f"n{i:02}" for i in range(size)]
    for node in nodes:
        peers = [peer for peer in nodes if peer != node]
        assert node not in {peer_for_round(peers, node, number) for number in range(20)}


@pytest.mark.parametrize("size", [2, 3, 4, 7, 8, 16])
def test_a_change_is_everywhere_after_log2_rounds(size):
    registries = {f"n{i:02}": Registry(f"n{i:02}") for i in range(size)}
    registries["n00"].register("planner", "x")
    for number in range(math.ceil(math.log2(size))):
        for node, registry in registries.items():
            peers = [peer for peer in registries if peer != node]
            exchange(registry, registries[peer_for_round(peers, node, number)])
    assert all(registry.find("planner") == "x" for registry in registries.values())


def test_nothing_moves_between_nodes_that_agree():
    ours, theirs = Registry("a"), Registry("b")
    ours.register("planner", "x")
    assert exchange(ours, theirs) == 1
    assert exchange(ours, theirs) == 0
