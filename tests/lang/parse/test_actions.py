"""An ``action.yml`` file."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from agentmesh.lang.model import ActionFile, Input, Map, Seq, Text

ReadAction = Callable[[str], ActionFile]
Findings = Callable[[str], list[tuple[str, int, int, str]]]
HEAD = "name: N\ndescription: D\n"


@pytest.mark.parametrize("using", ["node12", "node16", "node20", "node24"])
def test_a_javascript_action(read_action: ReadAction, using: str) -> None:
    found = read_action(
        f"{HEAD}runs:\n  using: {using}\n  main: a.js\n  pre: p.js\n"
        "  pre-if: runner.os == 'Linux'\n  post: q.js\n  post-if: success()\n"
    )
    assert (found.using, found.main, found.pre, found.post) == (using, "a.js", "p.js", "q.js")
    assert found.pre_if == Text("runner.os == 'Linux'", 7, 11)
    assert found.post_if == Text("success()", 9, 12)
    assert (found.name, found.path) == ("N", "action.yml")


def test_a_composite_action(read_action: ReadAction) -> None:
    found = read_action(f"""\
{HEAD}inputs:
  who:
    description: Whom
    required: true
    default: ${{{{ github.actor }}}}
    deprecationMessage: Old
outputs:
  said:
    description: What
    value: ${{{{ steps.say.outputs.said }}}}
runs:
  using: composite
  steps:
    - id: say
      run: echo "${{{{ inputs.who }}}}"
      shell: bash
    - uses: ./other
""")
    assert found.inputs == (
        Input(
            "who",
            description="Whom",
            required=True,
            default=Text("${{ github.actor }}", 7, 14),
            deprecation="Old",
            line=4,
            column=3,
        ),
    )
    assert found.outputs == (("said", Text("${{ steps.say.outputs.said }}", 12, 12)),)
    assert [step.id for step in found.steps] == ["say", ""]
    assert msgspec.json.decode(msgspec.json.encode(found), type=ActionFile) == found


def test_a_docker_action(read_action: ReadAction) -> None:
    found = read_action(
        f"{HEAD}runs:\n  using: docker\n  image: Dockerfile\n  entrypoint: /e\n"
        "  pre-entrypoint: /p\n  post-entrypoint: /q\n  args: ['${{ inputs.a }}', 1]\n"
        "  env: {A: b}\n"
    )
    assert (found.using, found.image, found.entrypoint) == ("docker", "Dockerfile", "/e")
    assert (found.pre_entrypoint, found.post_entrypoint) == ("/p", "/q")
    assert found.args == Seq((Text("${{ inputs.a }}", 9, 10), 1), 9, 9)
    assert isinstance(found.env, Map)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD, (1, 1, "Required property is missing: runs")),
        (f"{HEAD}runs: {{using: node20}}\n", (3, 7, "Required property is missing: main")),
        (f"{HEAD}runs: {{using: composite}}\n", (3, 7, "Required property is missing: steps")),
        (f"{HEAD}runs: {{using: docker}}\n", (3, 7, "Required property is missing: image")),
        (f"{HEAD}runs: {{using: node99, main: x}}\n", (3, 15, "Unexpected value 'node99'")),
        (
            f"{HEAD}runs: {{using: node20, main: x, steps: []}}\n",
            (3, 32, "Unexpected value 'steps'"),
        ),
        (
            f"{HEAD}runs: {{using: composite, steps: [{{run: x}}]}}\n",
            (3, 34, "Required property is missing: shell"),
        ),
        (
            f"{HEAD}runs: {{using: composite, steps: [{{uses: x}}]}}\n",
            (3, 41, "Expected format {org}/{repo}[/path]@ref. Actual 'x'"),
        ),
        (
            f"{HEAD}runs: {{using: composite, "
            "steps: [{uses: a/b@c, with: {x: '${{ secrets.A }}'}}]}\n",
            (
                3,
                58,
                "Unrecognized named-value: 'secrets'. Located at position 1 within expression: "
                "secrets.A",
            ),
        ),
    ],
)
def test_an_action_that_github_refuses(
    action_findings: Findings, text: str, expected: tuple[int, int, str]
) -> None:
    assert action_findings(text) == [("error", *expected)]


def test_what_the_runner_reads_past_is_unwise(action_findings: Findings) -> None:
    text = "runs: {using: node20, main: x}\ninputs: {a: {required: 'true'}}\n"
    assert action_findings(text) == [
        ("warning", 1, 1, "Required property is missing: description"),
        ("warning", 1, 1, "Required property is missing: name"),
        ("warning", 2, 24, "Unexpected value 'true'"),
    ]


def test_keys_that_github_does_not_know_are_no_error(action_findings: Findings) -> None:
    text = f"{HEAD}runs: {{using: node20, main: x}}\nbranding: {{icon: box}}\nnote: x\n"
    assert all(severity == "warning" for severity, _, _, _ in action_findings(text))
