"""Concurrency groups between runs that are started one after the other."""

from __future__ import annotations

WORKFLOW = ".github/workflows/ci.yml"

HEAD = """
on: push
concurrency: {{group: "ci-${{{{ github.ref }}}}", cancel-in-progress: {cancel}}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: work
        run: |
          echo up
          {work}
"""


def test_a_newer_run_ends_the_one_at_work_where_the_workflow_asks_for_it(
    repository, start_cli, run_cli
):
    old = repository({WORKFLOW: HEAD.format(cancel="true", work="sleep 600")}, name="old")
    new = repository({WORKFLOW: HEAD.format(cancel="true", work="true")}, name="new")
    first = start_cli("run", "--json", "--event", "push", cwd=old)
    first.wait_for("log", step="work")
    second = run_cli("run", "--json", "--event", "push", cwd=new)
    assert (second.code, second.jobs) == (0, {"build": "success"})
    ended = first.finish()
    assert (ended.code, ended.jobs) == (1, {"build": "cancelled"})
    assert "superseded" in ended.of("job.completed")[0]["why"]


def test_a_newer_run_waits_where_it_does_not(repository, start_cli, tmp_path):
    go = tmp_path / "go"
    work = f"until test -e {go}; do sleep 0.02; done"
    old = repository({WORKFLOW: HEAD.format(cancel="false", work=work)}, name="old")
    new = repository({WORKFLOW: HEAD.format(cancel="false", work="true")}, name="new")
    first = start_cli("run", "--json", "--event", "push", cwd=old)
    first.wait_for("log", step="work")
    second = start_cli("run", "--json", "--event", "push", cwd=new)
    second.wait_for("run.started")
    go.touch()
    before, after = first.finish(), second.finish()
    assert before.code == after.code == 0
    assert before.of("job.completed")[0]["time"] <= after.of("job.started")[0]["time"]


def test_ctrl_c_ends_a_run_that_waits_for_its_turn(repository, start_cli):
    text = HEAD.format(cancel="false", work="sleep 600")
    old, new = (repository({WORKFLOW: text}, name=name) for name in ("old", "new"))
    first = start_cli("run", "--json", "--event", "push", cwd=old)
    first.wait_for("log", step="work")
    second = start_cli("run", "--json", "--event", "push", cwd=new)
    second.wait_for("run.started")
    second.interrupt()
    ended = second.finish()
    assert (ended.code, ended.jobs) == (130, {"build": "cancelled"})
    first.interrupt()
    assert first.finish().code == 130


CALLED = """
on: workflow_call
concurrency: {group: shared, cancel-in-progress: CANCEL}
jobs:
  inner:
    runs-on: ubuntu-latest
    steps:
      - name: work
        run: |
          echo up
          WORK
"""
CALLER = """
on: push
jobs:
  call:
    uses: ./.github/workflows/called.yml
  after:
    needs: call
    if: always()
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""


def called(cancel: str, work: str) -> dict[str, str]:
    text = CALLED.replace("CANCEL", cancel).replace("WORK", work)
    return {WORKFLOW: CALLER, ".github/workflows/called.yml": text}


def test_the_group_of_a_called_workflow_holds_for_its_jobs_alone(repository, start_cli, run_cli):
    old = repository(called("true", "sleep 600"), name="old")
    new = repository(called("true", "true"), name="new")
    first = start_cli("run", WORKFLOW, "--json", "--event", "push", cwd=old)
    first.wait_for("log", step="work")
    second = run_cli("run", WORKFLOW, "--json", "--event", "push", cwd=new)
    assert second.jobs == {"call / inner": "success", "after": "success"}
    assert first.finish().jobs == {"call / inner": "cancelled", "after": "success"}


def test_two_calls_of_one_run_take_turns(repository, run_cli):
    files = called("false", "true")
    files[WORKFLOW] = """
    on: push
    jobs:
      one: {uses: ./.github/workflows/called.yml}
      two: {uses: ./.github/workflows/called.yml}
    """
    repo = repository(files)
    ran = run_cli("run", WORKFLOW, "--json", "--event", "push", cwd=repo)
    assert ran.jobs == {"one / inner": "success", "two / inner": "success"}
    order = [
        (e["type"], e["job"]) for e in ran.events if e["type"] in ("job.started", "job.completed")
    ]
    assert [kind for kind, _ in order] == ["job.started", "job.completed"] * 2
