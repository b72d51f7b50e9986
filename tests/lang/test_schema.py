"""The tables of what GitHub accepts hang together."""

from __future__ import annotations

import pytest

from agentmesh.lang.data.action import ACTION
from agentmesh.lang.data.events import EVENTS, SPECIAL
from agentmesh.lang.data.workflow import WORKFLOW
from agentmesh.lang.schema import Table


@pytest.mark.parametrize("table", [WORKFLOW, ACTION])
def test_every_kind_that_a_table_names_is_there(table: Table) -> None:
    for kind in table.values():
        named = [kind.items] if kind.items else []
        for shape in kind.keys:
            named += shape.known.values()
            named += [shape.others] if shape.others else []
            assert set(shape.required + shape.advised) <= set(shape.known)
        assert set(named) <= set(table)


@pytest.mark.parametrize("table", [WORKFLOW, ACTION])
def test_shapes_of_a_kind_agree_on_the_keys_they_share(table: Table) -> None:
    for kind in table.values():
        kinds: dict[str, str] = {}
        for shape in kind.keys:
            for key, value in shape.known.items():
                assert kinds.setdefault(key, value) == value


def test_an_event_has_one_form() -> None:
    assert not set(SPECIAL) & set(EVENTS)
