"""Benchmarks for pytest-benchmark: ``pytest tests/performance/ --benchmark-only``."""

from agent_mesh.gossip import exchange
from agent_mesh.registry import Registry


def filled(node, count):
    registry = Registry(node)
    for number in range(count):
        registry.register(f"agent-{node}-{number}", f"10.0.0.1:{number}")
    return registry


def test_digest_of_a_thousand_agents(benchmark):
    registry = filled("a", 1000)
    assert len(benchmark(registry.digest)) == 1000


def test_exchange_between_nodes_that_agree(benchmark):
    ours, theirs = filled("a", 500), filled("b", 500)
    exchange(ours, theirs)
    assert benchmark(exchange, ours, theirs) == 0


def test_list_of_a_thousand_agents(benchmark):
    registry = filled("a", 1000)
    assert len(benchmark(registry.agents)) == 1000
