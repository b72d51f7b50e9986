"""JavaScript actions on a real node."""

from __future__ import annotations

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


def node_action(main: str, **more: str) -> dict[str, str]:
    runs = "{using: node20, main: main.js" + "".join(f", {k}: {k}.js" for k in more) + "}"
    files = {f"{k}.js": text for k, text in more.items()}
    return {"action.yml": f"name: N\nruns: {runs}\n", "main.js": main, **files}


def test_commands_and_files_of_a_node_action_work(run_job):
    main = (
        "const fs = require('fs');\n"
        "console.log('::set-output name=old::1');\n"
        "fs.appendFileSync(process.env.GITHUB_OUTPUT, 'new=2\\n');\n"
        "console.log(process.env.GITHUB_ACTION_REPOSITORY, process.env.GITHUB_ACTION_REF);\n"
    )
    outcome = run_job(
        HEAD + "      - {id: n, uses: o/n@v7}\n"
        "      - run: echo ${{ steps.n.outputs.old }}${{ steps.n.outputs.new }}\n",
        actions={"o/n": node_action(main)},
    )
    assert "o/n v7" in outcome.log()
    assert outcome.log()[-1] == "12"


def test_a_failed_action_shows_its_own_message(run_job):
    main = "console.log('::error::no such thing'); process.exitCode = 1;"
    outcome = run_job(HEAD + "      - uses: o/n@v1\n", actions={"o/n": node_action(main)})
    (end,) = [e for e in outcome.events if getattr(e, "exit_code", None) is not None]
    assert (end.conclusion, end.error) == ("failure", "no such thing")


def test_a_post_step_that_fails_fails_the_job(run_job):
    action = node_action("", post="process.exit(2)")
    outcome = run_job(HEAD + "      - uses: o/n@v1\n", actions={"o/n": action})
    assert outcome.steps == {"Run o/n@v1": "success", "Post Run o/n@v1": "failure"}
    assert outcome.result.conclusion == "failure"


def test_post_steps_run_last_in_first_out(run_job):
    outcome = run_job(
        HEAD + "      - {name: a, uses: o/n@v1}\n      - {name: b, uses: o/n@v1}\n",
        actions={"o/n": node_action("", post="")},
    )
    assert list(outcome.steps) == ["a", "b", "Post b", "Post a"]


def test_a_script_that_is_missing_is_named(run_job):
    action = {"action.yml": "name: N\nruns: {using: node20, main: dist/index.js}\n"}
    outcome = run_job(HEAD + "      - uses: o/n@v1\n", actions={"o/n": action})
    assert "dist/index.js" in outcome.log()[0]
    assert outcome.result.conclusion == "failure"
