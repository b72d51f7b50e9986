"""The registry: what one node holds, and that merging does not hang on the order."""

import itertools
import random

import pytest
from agent_mesh.registry import Entry, Registry, from_json, to_json


def test_finds_what_was_registered():
    registry = Registry("a")
    registry.register("planner", "10.0.0.1:7000")
    assert registry.find("planner") == "10.0.0.1:7000"
    assert registry.agents() == {"planner": "10.0.0.1:7000"}


def test_a_second_registration_moves_the_agent():
    registry = Registry("a")
    registry.register("planner", "old")
    assert registry.register("planner", "new").version == 2
    assert registry.find("planner") == "new"


@pytest.mark.parametrize("name", ["", "a/b"])
def test_refuses_a_name_that_is_none(name):
    with pytest.raises(ValueError, match="not a name"):
        Registry("a").register(name, "x")


def test_a_removed_agent_stays_removed_when_an_old_entry_comes_back():
    registry = Registry("a")
    entry = registry.register("planner", "x")
    assert registry.remove("planner")
    assert registry.merge([entry]) == 0
    assert registry.find("planner") is None


def test_removing_what_is_not_there_says_so():
    assert not Registry("a").remove("planner")


def test_nodes_agree_in_whatever_order_they_hear_of_changes():
    changes = [
        Entry(1, "a", "planner", "one"),
        Entry(2, "b", "planner", "two"),
        Entry(2, "c", "planner", None),
        Entry(1, "b", "writer", "three"),
    ]
    results = []
    for order in itertools.permutations(changes):
        registry = Registry("z")
        for entry in order:
            registry.merge([entry, entry])
        results.append(registry.agents())
    assert all(result == {"writer": "three"} for result in results)


@pytest.mark.parametrize("seed", range(20))
def test_merging_both_ways_makes_two_registries_equal(seed):
    rng = random.Random(seed)
    ours, theirs = Registry("a"), Registry("b")
    for _ in range(50):
        registry = rng.choice([ours, theirs])
        name = rng.choice("pqrstu")
        if rng.random() < 0.3:
            registry.remove(name)
        else:
            registry.register(name, str(rng.random()))
    ours.merge(theirs.newer_than(ours.digest()))
    theirs.merge(ours.newer_than(theirs.digest()))
    assert ours.agents() == theirs.agents()
    assert ours.digest() == theirs.digest()


def test_entries_survive_the_journey():
    entries = [Entry(3, "a", "planner", "x"), Entry(1, "b", "writer", None)]
    assert from_json(to_json(entries)) == entries


@pytest.mark.parametrize(
    "items",
    [None, {}, [1], [{"name": "x"}], [{"version": "1", "node": "a", "name": "b", "address": "c"}]],
)
def test_refuses_what_is_no_list_of_entries(items):
    with pytest.raises(ValueError, match="entr"):
        from_json(items)
