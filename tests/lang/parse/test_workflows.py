"""A workflow file, from its root."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from agentmesh.lang.model import Concurrency, Defaults, Map, Permissions, Text, Workflow
from agentmesh.lang.parse import workflow

Read = Callable[[str], Workflow]
Findings = Callable[[str], list[tuple[str, int, int, str]]]

JOB = "jobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n"


def test_the_root_is_read_whole(read: Read) -> None:
    found = read(f"""\
name: CI
run-name: By ${{{{ github.actor }}}}
on: push
env:
  A: 1
permissions:
  contents: read
concurrency:
  group: ci-${{{{ github.ref }}}}
  cancel-in-progress: ${{{{ true }}}}
  queue: max
defaults:
  run:
    shell: sh
    working-directory: sub
{JOB}""")
    assert found.path == "ci.yml"
    assert found.name == "CI"
    assert found.run_name == Text("By ${{ github.actor }}", 2, 11)
    assert found.env == Map(((Text("A", 5, 3), 1),), 5, 3)
    assert found.permissions == Permissions("", {"contents": "read"})
    assert found.concurrency == Concurrency(
        Text("ci-${{ github.ref }}", 9, 10), Text("${{ true }}", 10, 23), "max"
    )
    assert found.defaults == Defaults(Text("sh", 14, 12), Text("sub", 15, 24))
    assert list(found.jobs) == ["a"]


def test_what_is_not_written_is_empty(read: Read) -> None:
    found = read(f"on: push\n{JOB}")
    assert found.name == ""
    assert found.run_name is None
    assert found.permissions is None
    assert found.concurrency is None
    assert found.defaults == Defaults()


def test_no_permissions_differ_from_none_written(read: Read) -> None:
    assert read(f"on: push\npermissions: {{}}\n{JOB}").permissions == Permissions()
    assert read(f"on: push\npermissions: read-all\n{JOB}").permissions == Permissions("read")
    assert read(f"on: push\npermissions: write-all\n{JOB}").permissions == Permissions("write")


def test_a_group_alone_is_a_concurrency(read: Read) -> None:
    assert read(f"on: push\nconcurrency: one\n{JOB}").concurrency == Concurrency(Text("one", 2, 14))


def test_a_name_that_is_a_number_becomes_text(read: Read) -> None:
    assert read(f"name: 1.50\non: push\n{JOB}").name == "1.5"


def test_a_workflow_goes_over_a_wire_and_comes_back(read: Read) -> None:
    found = read(
        f"on: {{schedule: [{{cron: '0 0 * * *'}}]}}\nenv: {{A: [] }}\n{JOB}".replace("[] ", "x")
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=Workflow) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("error", 1, 1, "The file is empty")]),
        ("- a\n", [("error", 1, 1, "A sequence was not expected")]),
        ("text\n", [("error", 1, 1, "Unexpected value 'text'")]),
        (
            "# x\nname: x\n",
            [
                ("error", 2, 1, "Required property is missing: jobs"),
                ("error", 2, 1, "Required property is missing: on"),
            ],
        ),
        (
            f"on: push\n{JOB}unknown: 1\n",
            [("error", 7, 1, "Unexpected value 'unknown'")],
        ),
        (f"on: []\n{JOB}", [("error", 1, 5, "No event triggers defined in `on`")]),
        (f"on: {{}}\n{JOB}", [("error", 1, 5, "No event triggers defined in `on`")]),
        (
            f"on: push\nname: x\nName: y\n{JOB}",
            [("error", 3, 1, "'Name' is already defined")],
        ),
    ],
)
def test_a_root_that_github_refuses(
    findings: Findings, text: str, expected: list[tuple[str, int, int, str]]
) -> None:
    assert findings(text) == expected


def test_all_problems_are_found_at_once(findings: Findings) -> None:
    text = """\
    on: pusj
    env: [x]
    permissions: all
    jobs:
      a:
        runs-on:
        steps:
          - run: ${{ foo }}
            shel: x
    """
    assert findings(text) == [
        ("error", 1, 5, "Unexpected value 'pusj'"),
        ("error", 2, 6, "A sequence was not expected"),
        ("error", 3, 14, "Unexpected value 'all'"),
        ("error", 6, 13, "Unexpected value ''"),
        (
            "error",
            8,
            14,
            "Unrecognized named-value: 'foo'. Located at position 1 within expression: foo",
        ),
        ("error", 9, 9, "Unexpected value 'shel'"),
    ]


def test_a_remedy_names_the_word_that_was_meant() -> None:
    _, problems = workflow(f"on: pusj\n{JOB}", "ci.yml")
    assert [problem.help for problem in problems] == ["Did you mean 'push'?"]


def test_a_warning_leaves_the_workflow_usable() -> None:
    found, problems = workflow("on: push\njobs:\n  a:\n    runs-on: x\n", "ci.yml")
    assert [(p.severity, p.rule) for p in problems] == [("warning", "job-steps")]
    assert found is not None
