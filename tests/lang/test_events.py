"""The table of events holds together, and agrees with what workflows may say."""

from __future__ import annotations

import pytest

from agentmesh.lang.events import DEFAULT_TYPES, LIKELY, PULL_REQUEST_EVENTS, TYPES, default_types
from agentmesh.lang.parse import workflow as parse


def test_default_types_are_types() -> None:
    for event, types in DEFAULT_TYPES.items():
        assert set(types) <= set(TYPES[event])
        assert default_types(event) == types
    assert default_types("push") == ()


def test_named_events_are_known() -> None:
    assert set(LIKELY) <= set(TYPES)
    assert set(PULL_REQUEST_EVENTS) <= set(TYPES)


@pytest.mark.parametrize("event", sorted(set(TYPES) - {"schedule", "page_build", "workflow_run"}))
def test_a_workflow_may_listen_to_each_event_with_all_its_types(event: str) -> None:
    types = f"\n    types: [{', '.join(TYPES[event])}]" if TYPES[event] else ""
    text = f"on:\n  {event}:{types}\njobs: {{a: {{runs-on: x, steps: [{{run: 'true'}}]}}}}\n"
    workflow, problems = parse(text, "ci.yml")
    assert workflow is not None, problems
    assert workflow.trigger(event) is not None
