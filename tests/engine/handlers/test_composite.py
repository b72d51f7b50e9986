"""Composite actions: frames, status, nesting."""

from __future__ import annotations

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


def action(steps: str, outputs: str = "") -> str:
    return f"name: A\n{outputs}runs:\n  using: composite\n  steps:\n{steps}"


def test_status_functions_look_at_the_action_and_not_at_the_job(run_job):
    inner = action(
        "    - {shell: bash, if: failure(), run: 'echo failed'}\n"
        "    - {shell: bash, if: success(), run: 'echo ran'}\n"
    )
    outcome = run_job(
        HEAD + "      - run: 'false'\n      - {if: always(), uses: ./a}\n",
        files={"a/action.yml": inner},
    )
    assert outcome.log()[1:] == ["ran"]


def test_a_failed_step_ends_the_action_and_fails_the_step(run_job):
    inner = action(
        "    - {shell: bash, run: exit 4}\n    - {shell: bash, run: echo not}\n"
        "    - {shell: bash, if: failure(), run: echo tidy}\n"
    )
    outcome = run_job(HEAD + "      - {id: a, uses: ./a}\n", files={"a/action.yml": inner})
    assert outcome.steps == {"Run ./a": "failure"}
    assert "tidy" in outcome.log()
    assert "not" not in outcome.log()


def test_environments_flow_in_and_secrets_do_not(run_job):
    inner = action(
        "    - {shell: bash, run: 'echo $E ${{ env.E }} [$INPUT_X] ${{ inputs.x }}'}\n"
        "    - {shell: bash, run: 'echo F=1 >> $GITHUB_ENV'}\n"
    ).replace("runs:", "inputs: {x: {default: d}}\nruns:")
    outcome = run_job(
        HEAD + "      - {uses: ./a, env: {E: e}}\n      - run: 'echo [$E] $F'\n",
        files={"a/action.yml": inner},
    )
    assert outcome.log() == ["e e [] d", "[] 1"]


def test_steps_inside_are_parts_of_the_step_outside(run_job):
    inner = action("    - {name: hidden, shell: bash, run: echo x}\n")
    outcome = run_job(HEAD + "      - {name: shown, uses: ./a}\n", files={"a/action.yml": inner})
    assert list(outcome.steps) == ["shown"]
    assert outcome.log("shown") == ["x"]


def test_actions_stand_in_one_another_so_deep_and_no_deeper(run_job):
    files = {f"a{n}/action.yml": action(f"    - {{uses: ./a{n + 1}}}\n") for n in range(1, 12)} | {
        "a12/action.yml": action("    - {shell: bash, run: echo deep}\n")
    }
    assert run_job(HEAD + "      - uses: ./a5\n", files=files).log() == ["deep"]
    outcome = run_job(HEAD + "      - uses: ./a1\n", files=files)
    assert outcome.result.conclusion == "failure"
    assert "more than 9 deep" in " ".join(outcome.log())
