"""What a step does: names, local and remote actions, and what cannot be had."""

from __future__ import annotations

import pytest

from agentmesh.core.errors import Unavailable
from agentmesh.engine.uses import display_name
from agentmesh.lang.model import Step, Text
from agentmesh.plan.model import Options
from agentmesh.ports.action import ActionInput, Meta, no_post

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
HELLO = {
    "action.yml": """
        name: Hello
        inputs: {who: {default: "${{ github.sha }}"}}
        outputs: {said: {value: "${{ steps.say.outputs.said }}"}}
        runs:
          using: composite
          steps:
            - id: say
              shell: bash
              run: echo "said=hello ${{ inputs.who }}" >> $GITHUB_OUTPUT
        """
}
NODE = {
    "action.yml": """
        name: Node
        inputs: {a b: {default: d}}
        runs: {using: node20, pre: pre.js, main: main.js, post: post.js, post-if: success()}
        """,
    "pre.js": "console.log('pre');",
    "main.js": """
        const fs = require('fs');
        fs.appendFileSync(process.env.GITHUB_STATE, 'k=v\\n');
        console.log('main ' + process.env['INPUT_A_B']);
        """,
    "post.js": "console.log('post ' + process.env.STATE_k);",
}


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (Step(run=Text("\n  echo a\necho b")), "Run echo a"),
        (Step(run=Text("")), "Run"),
        (Step(uses=Text("o/r@v1")), "Run o/r@v1"),
        (Step(name=Text("N"), run=Text("x")), "N"),
    ],
)
def test_a_step_without_a_name_is_called_by_what_it_runs(step: Step, name: str):
    assert display_name(step) == name


def test_local_actions_are_found_in_the_repository_and_give_outputs(run_job):
    files = {f"hello/{name}": text for name, text in HELLO.items()}
    outcome = run_job(
        HEAD + "      - {id: h, uses: ./hello}\n      - run: echo ${{ steps.h.outputs.said }}\n",
        files=files,
    )
    assert outcome.log() == ["hello abc"]


def test_a_local_action_that_is_missing_says_what_was_forgotten(run_job):
    outcome = run_job(HEAD + "      - uses: ./nothing\n")
    assert outcome.result.conclusion == "failure"
    assert "did you forget to run actions/checkout" in outcome.log()[0]


def test_an_action_outside_the_repository_is_refused(run_job):
    assert run_job(HEAD + "      - uses: ./../other\n").result.conclusion == "failure"


def test_remote_actions_run_pre_main_and_post_with_their_state(run_job):
    outcome = run_job(HEAD + "      - uses: o/node@v1\n", actions={"o/node": NODE})
    assert outcome.log() == ["pre", "main d", "post v"]
    assert list(outcome.steps) == ["Pre Run o/node@v1", "Run o/node@v1", "Post Run o/node@v1"]


def test_an_action_that_cannot_be_had_fails_its_step_alone(run_job):
    outcome = run_job(
        HEAD + "      - {name: not, if: false, uses: gone/away@v1}\n"
        "      - {name: must, uses: gone/away@v1}\n"
    )
    assert outcome.steps == {"not": "skipped", "must": "failure"}


def test_a_job_cannot_change_what_other_jobs_get_of_an_action(run_job, tmp_path):
    edit = {**NODE, "main.js": "require('fs').writeFileSync(__filename, 'changed');"}
    run_job(HEAD + "      - uses: o/node@v1\n", actions={"o/node": edit})
    assert "changed" not in (tmp_path / "o/node/main.js").read_text().replace("'changed'", "")


def test_a_container_action_fails_its_step_where_there_is_no_engine(run_job):
    outcome = run_job(HEAD + "      - uses: docker://alpine:3\n")
    assert outcome.result.conclusion == "failure"
    assert "there is no container engine" in outcome.log()[0]


class Fixed:
    """A built-in action of the test."""

    META = Meta(names=("o/built",), summary="", inputs=(ActionInput("who", "you"),))
    post = staticmethod(no_post)

    @staticmethod
    async def run(inputs, ctx):
        if inputs["who"] == "nobody":
            raise Unavailable("there is no nobody here", remedy="ask for somebody")
        ctx.say(f"hello {inputs['who']}")
        return {"who": inputs["who"]}


def test_a_builtin_stands_in_for_the_published_action_at_any_ref(run_job):
    outcome = run_job(
        HEAD + "      - {id: a, uses: O/Built@whatever, with: {WHO: me}}\n"
        "      - run: echo ${{ steps.a.outputs.who }}\n",
        builtins={"o/built": Fixed},
    )
    assert outcome.log() == ["hello me", "me"]


def test_builtins_can_be_switched_off_and_a_named_folder_wins(run_job):
    actions = {"o/built": HELLO}
    for options in (
        Options(builtin_actions=False),
        Options(action_sources={"o/built": "/somewhere"}),
    ):
        outcome = run_job(
            HEAD + "      - uses: o/built@v1\n",
            builtins={"o/built": Fixed},
            actions=actions,
            options=options,
        )
        assert outcome.result.conclusion == "success"
        assert outcome.log() == []


def test_what_the_machine_lacks_fails_the_job_or_skips_it_when_asked(run_job):
    text = (
        HEAD
        + "      - {uses: o/built@v1, with: {who: nobody}}\n      - {if: always(), run: echo x}\n"
    )
    failed = run_job(text, builtins={"o/built": Fixed})
    assert failed.result.conclusion == "failure"
    assert "ask for somebody" in failed.log()[0]
    skipped = run_job(text, builtins={"o/built": Fixed}, options=Options(skip_unavailable=True))
    assert skipped.result.conclusion == "skipped"
    assert skipped.result.why == "there is no nobody here"
    assert "Run echo x" not in skipped.steps
