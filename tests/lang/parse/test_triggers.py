"""``on``: the events a workflow listens to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.lang.data.events import EVENTS
from agentmesh.lang.model import Input, Map, Text, Trigger, Workflow
from agentmesh.lang.parse import workflow

Read = Callable[[str], Workflow]
Findings = Callable[[str], list[tuple[str, int, int, str]]]
JOB = "jobs:\n  a:\n    runs-on: x\n    steps: []\n"


def test_one_event_or_several(read: Read) -> None:
    assert read(f"on: push\n{JOB}").on == (Trigger(event="push", line=1, column=5),)
    assert [t.event for t in read(f"on: [push, pull_request]\n{JOB}").on] == [
        "push",
        "pull_request",
    ]


@pytest.mark.parametrize("event", [*EVENTS, "repository_dispatch", "workflow_dispatch"])
def test_every_event_is_known(read: Read, event: str) -> None:
    assert read(f"on: {event}\n{JOB}").trigger(event) is not None
    assert read(f"on: [{event}]\n{JOB}").trigger(event) is not None
    assert read(f"on: {{{event}: }}\n{JOB}").trigger(event) is not None


def test_filters_are_read(read: Read) -> None:
    trigger = read(f"""\
on:
  pull_request:
    types: [opened]
    branches: [main, 'v*']
    paths-ignore: docs/**
{JOB}""").on[0]
    assert trigger.types == ("opened",)
    assert trigger.branches == ("main", "v*")
    assert trigger.paths_ignore == ("docs/**",)
    assert trigger.paths is None
    assert trigger.tags is None


def test_a_filter_that_is_empty_differs_from_none(read: Read) -> None:
    trigger = read(f"on: {{push: {{branches: [], tags: [v1]}}}}\n{JOB}").on[0]
    assert (trigger.branches, trigger.tags, trigger.tags_ignore) == ((), ("v1",), None)


def test_schedules_are_read(read: Read) -> None:
    entries = "    - cron: '0 3 * * 1'\n      timezone: UTC\n    - cron: 5 * * * *\n"
    assert read(f"on:\n  schedule:\n{entries}{JOB}").on[0].cron == ("0 3 * * 1", "5 * * * *")


def test_inputs_of_a_dispatch_are_read(read: Read) -> None:
    trigger = read(f"""\
on:
  workflow_dispatch:
    inputs:
      level:
        description: How much
        type: choice
        required: true
        default: low
        options: [low, high]
      plain:
      dry: {{type: boolean, default: true}}
      count: {{type: number, default: 3}}
{JOB}""").on[0]
    assert trigger.inputs == (
        Input("level", "choice", "How much", True, Text("low", 8, 18), ("low", "high"), "", 4, 7),
        Input("plain", line=10, column=7),
        Input("dry", "boolean", default=True, line=11, column=7),
        Input("count", "number", default=3, line=12, column=7),
    )


def test_a_call_declares_inputs_secrets_and_outputs(read: Read) -> None:
    trigger = read(f"""\
on:
  workflow_call:
    inputs:
      ref: {{type: string, default: '${{{{ github.ref }}}}'}}
    secrets:
      token: {{required: true}}
      other:
    outputs:
      url: {{value: '${{{{ jobs.a.outputs.url }}}}'}}
{JOB}""").on[0]
    assert trigger.inputs[0].default == Text("${{ github.ref }}", 4, 36)
    assert trigger.secrets == {"token": True, "other": False}
    assert isinstance(trigger.outputs, Map)
    assert isinstance(trigger.outputs.get("url"), Map)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("{push: {types: [x]}}", (1, 13, "Unexpected value 'types'")),
        ("{pull_request: {types: [open]}}", (1, 29, "Unexpected value 'open'")),
        ("{create: {tags: [x]}}", (1, 14, "A mapping was not expected")),
        ("{merge_group: {paths: [x]}}", (1, 20, "Unexpected value 'paths'")),
        (
            "{schedule: [{cron: '61 * * * *'}]}",
            (
                1,
                24,
                "Invalid cron expression. "
                "Expected format: '* * * * *' (minute hour day month weekday)",
            ),
        ),
        ("{schedule: [{}]}", (1, 17, "Required property is missing: cron")),
        ("{schedule: {cron: x}}", (1, 16, "A mapping was not expected")),
        ("{workflow_dispatch: {inputs: {a: {type: int}}}}", (1, 45, "Unexpected value 'int'")),
        (
            "{workflow_dispatch: {inputs: {a: {type: choice}}}}",
            (1, 38, "Missing 'options' for choice input"),
        ),
        (
            "{workflow_dispatch: {inputs: {a: {options: [b]}}}}",
            (1, 38, "Input type is not 'choice', but 'options' is defined"),
        ),
        (
            "{workflow_dispatch: {inputs: {a: {type: boolean, default: 'true'}}}}",
            (
                1,
                63,
                "Unexpected type 'StringToken' encountered while reading 'input default'. "
                "The type 'BooleanToken' was expected.",
            ),
        ),
        (
            "{workflow_call: {inputs: {a: {default: b}}}}",
            (1, 34, "Required property is missing: type"),
        ),
        ("{workflow_call: {outputs: {a: {}}}}", (1, 35, "Required property is missing: value")),
        ("{workflow_call: {secrets: {a: {need: true}}}}", (1, 36, "Unexpected value 'need'")),
        (
            "{push: {paths: [a], paths-ignore: [b]}}",
            (
                1,
                25,
                "you may only define one of `paths` and `paths-ignore` for a single event",
            ),
        ),
        ("[push, {a: b}]", (1, 12, "A mapping was not expected")),
    ],
)
def test_a_trigger_that_github_refuses(
    findings: Findings, on: str, expected: tuple[int, int, str]
) -> None:
    assert findings(f"on: {on}\n{JOB}") == [("error", *expected)]


def test_a_number_as_the_default_of_a_string_is_unwise(findings: Findings) -> None:
    found = findings(f"on: {{workflow_dispatch: {{inputs: {{a: {{default: 3}}}}}}}}\n{JOB}")
    assert [entry[:3] for entry in found] == [("warning", 1, 48)]


def test_yes_and_on_are_words_and_no_booleans() -> None:
    found, problems = workflow(f"'on': push\n{JOB}", "ci.yml")
    assert problems == ()
    assert found is not None
