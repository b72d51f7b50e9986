"""Workflows with containers, through the command line and a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WORKFLOW = ".github/workflows/ci.yml"
HEAD = "on: [push, pull_request]\njobs:\n  a:\n    runs-on: ubuntu-latest\n"


@pytest.fixture
def run_containers(
    docker: Any, repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> Callable[..., Any]:
    """Run a job whose images are named ``{image}`` and ``{glibc}``; nothing of it may be left."""

    def run(
        job: str,
        *args: str,
        files: dict[str, str] | None = None,
        engine: Any = docker,
        event: dict[str, Any] | None = None,
    ) -> Any:
        text = HEAD + job.replace("{image}", engine.image).replace("{glibc}", engine.glibc)
        repo = repository({WORKFLOW: text, **(files or {})})
        asked: tuple[str, ...] = ("--event", "push")
        if event is not None:
            (repo.parent / "event.json").write_text(json.dumps(event))
            asked = ("--event", "pull_request", "--event-path", str(repo.parent / "event.json"))
        env = {"DOCKER_HOST": engine.host}
        ran = run_cli("run", "--json", *asked, *args, cwd=repo, env=env)
        if ran.events:
            assert engine.labelled(ran.events[0]["run"]) == []
        return ran

    return run


JOB = """
    container:
      image: {image}
      env: {GREETING: hello}
      options: --cpus 1 --memory 512m
    outputs: {o: "${{ steps.files.outputs.o }}"}
    steps:
      - uses: actions/checkout@v4
      - name: places
        run: |
          pwd; cat checked-out
          echo "$HOME $RUNNER_TEMP $GITHUB_WORKSPACE ${{ runner.temp }} ${{ github.workspace }}"
          echo "$GREETING $0"
      - name: files
        id: files
        run: |
          echo "V=from env" >> "$GITHUB_ENV"
          echo "o=from output" >> "$GITHUB_OUTPUT"
          mkdir bin; printf '#!/bin/sh\\necho from path\\n' > bin/tool; chmod +x bin/tool
          echo "$PWD/bin" >> "$GITHUB_PATH"
          echo "## hello" >> "$GITHUB_STEP_SUMMARY"
      - name: effects
        run: echo "$V"; tool; echo "${{ steps.files.outputs.o }}"
      - name: event
        run: grep -q refs/heads/main "$GITHUB_EVENT_PATH" && echo seen
      - name: hashes
        run: echo "${{ hashFiles('checked-out') }}" | wc -c
      - name: secret
        env: {S: "${{ secrets.S }}"}
        run: echo "it is $S"
      - name: fails
        run: echo before; exit 3
        continue-on-error: true
      - name: no bash
        shell: bash
        run: "true"
        continue-on-error: true
"""


def test_a_job_in_a_container_sees_what_github_promises(run_containers: Callable[..., Any]) -> None:
    ran = run_containers(JOB, "--secret", "S=hidden-value", files={"checked-out": "a file\n"})
    assert ran.code == 0, ran.stdout
    assert ran.log("a", "places") == [
        "/__w/repo/repo",
        "a file",
        "/github/home /__w/_temp /__w/repo/repo /__w/_temp /__w/repo/repo",
        "hello /__w/_temp/_runner_file_commands/3.sh",
    ] or ran.log("a", "places")[3].startswith("hello /__w/_temp/_runner_file_commands/")
    assert ran.log("a", "effects") == ["from env", "from path", "from output"]
    assert ran.log("a", "event") == ["seen"]
    assert ran.log("a", "hashes") == ["65"]
    assert ran.log("a", "secret") == ["it is ***"]
    (fails,) = ran.of("step.completed", step="fails")
    assert (fails["exit_code"], fails["outcome"]) == (3, "failure")
    (bash,) = ran.of("step.completed", step="no bash")
    assert "'bash' is not in the container" in bash["error"]
    (end,) = ran.of("job.completed")
    assert end["outputs"] == {"o": "from output"}
    assert next(iter(ran.steps("a"))) == "Initialize containers"
    assert list(ran.steps("a"))[-1] == "Stop containers"
    numbers = [event["number"] for event in ran.of("step.completed")]
    assert numbers == sorted(set(numbers))
    assert all(
        event["cpu_seconds"] >= 0 for event in ran.of("step.completed") if event["step"] == "files"
    )


def test_a_label_may_stand_for_an_image(run_containers: Callable[..., Any], docker: Any) -> None:
    job = "    steps: [{run: 'cat /etc/passwd | tail -1'}]\n"
    ran = run_containers(job, "--platform", f"ubuntu-latest=docker://{docker.image}")
    assert ran.log("a", "Run cat /etc/passwd | tail -1") == ["ada:x:1234:1234::/tmp:/bin/sh"]


SERVICES = """
    services:
      web:
        image: {image}
        command: sh -c "mkdir /www && echo from $WHO > /www/index.html; echo serving; httpd -f -h /www"
        env: {WHO: the service}
        ports: [80]
        options: --health-cmd "wget -qO- http://127.0.0.1/" --health-interval 100ms
    steps:
      - name: reach
        run: |
          python3 - <<'END'
          import http.client
          connection = http.client.HTTPConnection("127.0.0.1", ${{ job.services.web.ports['80'] }})
          connection.request("GET", "/")
          print(connection.getresponse().read().decode(), end="")
          END
      - run: exit 1
"""


def test_a_host_job_reaches_its_services_and_a_failure_shows_their_logs(
    run_containers: Callable[..., Any],
) -> None:
    ran = run_containers(SERVICES)
    assert ran.code == 1
    assert ran.log("a", "reach") == ["from the service"]
    assert "serving" in ran.log("a", "Stop containers")


ACTION = """
name: Greets
description: Greets
inputs:
  who: {default: nobody, description: who}
outputs:
  said: {description: what was said}
runs:
  using: docker
  image: Dockerfile
  args: [greet, "${{ inputs.who }}"]
  env: {FROM_ACTION: "1", KEPT: action}
  pre-entrypoint: /pre.sh
  entrypoint: /main.sh
  post-entrypoint: /post.sh
"""
DOCKERFILE = "FROM {image}\nCOPY *.sh /\n"
MAIN = """#!/bin/sh
echo "$1 $2 $INPUT_WHO $FROM_ACTION $KEPT"
pwd; cat input-file
echo "said=hi $2" >> "$GITHUB_OUTPUT"
echo "state=$2" >> "$GITHUB_STATE"
echo "::warning::careful"
"""
USES = """
    steps:
      - run: echo content > input-file
      - id: greet
        name: greet
        uses: ./act
        with: {who: Ada}
        env: {KEPT: step}
      - run: echo "${{ steps.greet.outputs.said }}"
      - name: image
        uses: docker://{image}
        with: {entrypoint: /bin/sh, args: -c "echo '$INPUT_ARGS' | wc -w; ls -d /github/*"}
      - name: fails
        uses: docker://{image}
        with: {args: sh -c "exit 5"}
"""


def test_actions_in_containers_of_their_own(
    run_containers: Callable[..., Any], docker: Any
) -> None:
    files = {
        "act/action.yml": ACTION,
        "act/Dockerfile": DOCKERFILE.replace("{image}", docker.image),
    }
    for name, text in {
        "main": MAIN,
        "pre": '#!/bin/sh\necho "pre $#"\n',
        "post": '#!/bin/sh\necho "post $STATE_state"\n',
    }.items():
        files[f"act/{name}.sh"] = text
    # git keeps the mode of files; the archive of the context keeps who may run them
    uses = USES.replace("- run: echo content", "- run: chmod +x act/*.sh; echo content")
    uses = uses.replace("    steps:\n", "    steps:\n      - uses: actions/checkout@v4\n", 1)
    ran = run_containers(uses, files=files)
    assert ran.code == 1
    assert [line for line in ran.log("a", "greet") if not _of_building(line)] == [
        "greet Ada Ada 1 step",
        "/github/workspace",
        "content",
        "##[warning]careful",
    ]
    assert ran.log("a", 'Run echo "hi Ada"') == ["hi Ada"]
    assert ran.log("a", "Post greet")[-1] == "post Ada"
    assert ran.log("a", "image")[-4:] == [
        "/github/file_commands",
        "/github/home",
        "/github/workflow",
        "/github/workspace",
    ] or "/github/workspace" in ran.log("a", "image")
    (fails,) = ran.of("step.completed", step="fails")
    assert (fails["conclusion"], fails["exit_code"]) == ("failure", 5)


def _of_building(line: str) -> bool:
    return not line.startswith(("greet", "/github", "content", "##[warning]"))


NODE = """
    container: {glibc}
    steps:
      - uses: actions/checkout@v4
      - name: act
        uses: ./act
      - name: bash
        shell: bash
        run: echo "${BASH_VERSION:+yes} $FROM_NODE"
"""
NODE_ACTION = "name: N\ndescription: N\nruns: {using: node20, main: main.js}\n"
NODE_MAIN = """
const fs = require('fs');
fs.appendFileSync(process.env.GITHUB_ENV, 'FROM_NODE=node\\n');
console.log(process.cwd(), __dirname);
"""


def test_javascript_actions_run_in_the_container_on_the_node_of_this_machine(
    run_containers: Callable[..., Any],
) -> None:
    ran = run_containers(NODE, files={"act/action.yml": NODE_ACTION, "act/main.js": NODE_MAIN})
    assert ran.code == 0, ran.stdout
    assert ran.log("a", "act") == ["/__w/repo/repo /__w/repo/repo/act"]
    assert ran.log("a", "bash") == ["yes node"]


BUILT_IN = """
    container: {glibc}
    steps:
      - uses: actions/checkout@v4
      - name: files
        uses: actions/cache@v4
        with: {path: "/__w/repo/repo/kept\n~/too", key: "${{ hashFiles('*.txt') }}"}
      - run: mkdir -p kept ~/too; echo 1 > kept/a; echo 2 > ~/too/b
      - uses: actions/upload-artifact@v4
        with: {name: both, path: "${{ github.workspace }}/kept"}
      - run: rm -r kept
      - uses: actions/download-artifact@v4
        with: {name: both, path: "${{ github.workspace }}/got"}
      - name: shown
        run: cat got/a; [ -d kept ] || echo gone
"""


def test_built_in_actions_work_on_the_files_of_the_container(
    run_containers: Callable[..., Any],
) -> None:
    ran = run_containers(BUILT_IN, files={"x.txt": "x"})
    assert ran.code == 0, ran.stdout
    assert ran.log("a", "shown") == ["1", "gone"]


FORK = {
    "pull_request": {
        "number": 1,
        "head": {"ref": "x", "sha": "1" * 40, "repo": {"full_name": "evil/repo", "fork": True}},
        "base": {"ref": "main", "sha": "1" * 40, "repo": {"full_name": "octo/repo"}},
    }
}


@pytest.mark.parametrize(
    "fields",
    [
        "options: --privileged",
        "volumes: ['/var/run/docker.sock:/var/run/docker.sock']",
        "volumes: ['/:/host']",
    ],
)
def test_a_pull_request_from_a_fork_gets_no_way_out(
    run_containers: Callable[..., Any], fields: str
) -> None:
    job = (
        f"    container:\n      image: {{image}}\n      {fields}\n    steps: [{{run: echo ran}}]\n"
    )
    ran = run_containers(job, event=FORK)
    assert ran.jobs == {"a": "failure"}
    (end,) = ran.of("job.completed")
    assert "from a fork" in end["why"]
    assert ".github/workflows/ci.yml:" in end["why"]
    assert "ran" not in ran.log()


def test_a_bad_option_is_named_with_its_place_and_nothing_runs(
    run_containers: Callable[..., Any],
) -> None:
    job = (
        "    container: {image: '{image}', options: --network host}\n    steps: [{run: echo ran}]\n"
    )
    ran = run_containers(job)
    assert ran.code == 1
    (end,) = ran.of("job.completed")
    assert "ci.yml:5:16: " in end["why"]
    assert "--network" in end["why"]
    assert "ran" not in ran.log()


def test_without_an_engine_the_remedy_names_the_command_that_starts_one(
    repository: Callable[..., Path], run_cli: Callable[..., Any], tmp_path: Path
) -> None:
    repo = repository({WORKFLOW: HEAD + "    container: x\n    steps: [{run: echo ran}]\n"})
    env = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    ran = run_cli("run", "--json", "--event", "push", cwd=repo, env=env)
    assert ran.code == 1
    (end,) = ran.of("job.completed")
    assert "agentmesh engine up" in end["why"]
    assert "ran" not in ran.log()


CANCELLED = """
    container: {image}
    steps:
      - name: long
        run: |
          trap 'echo told; exit 1' INT
          sleep 1020 & echo up; wait
      - name: always
        if: always()
        run: ps -o args | grep -c "slee[p] 1020" || true
"""


def test_an_interrupt_reaches_the_step_and_always_still_runs(
    docker: Any, repository: Callable[..., Path], start_cli: Callable[..., Any]
) -> None:
    repo = repository({WORKFLOW: HEAD + CANCELLED.replace("{image}", docker.image)})
    running = start_cli(
        "run", "--json", "--event", "push", cwd=repo, env={"DOCKER_HOST": docker.host}
    )
    running.wait_for("log", text="up")
    running.interrupt()
    ran = running.finish()
    assert ran.code == 130
    assert "told" in ran.log("a", "long")
    assert ran.steps("a")["always"] == "success"
    assert docker.labelled(ran.events[0]["run"]) == []


def test_what_a_killed_run_has_left_is_gone_after_the_next_one(
    docker: Any,
    repository: Callable[..., Path],
    start_cli: Callable[..., Any],
    run_cli: Callable[..., Any],
) -> None:
    job = "    container: {image}\n    steps: [{run: 'echo up; sleep ${{ vars.LONG }}'}]\n"
    repo = repository({WORKFLOW: HEAD + job.replace("{image}", docker.image)})
    env = {"DOCKER_HOST": docker.host}
    ask = ("run", "--json", "--event", "push", "--var")
    running = start_cli(*ask, "LONG=1030", cwd=repo, env=env)
    run = running.wait_for("log", text="up")["run"]
    running.process.kill()
    running.process.wait()
    assert run_cli(*ask, "LONG=0", cwd=repo, env=env).code == 0
    assert docker.labelled(run) == []


@pytest.mark.parametrize("job", [JOB, SERVICES], ids=["container", "services"])
def test_podman_does_the_same(run_containers: Callable[..., Any], podman: Any, job: str) -> None:
    args = ("--secret", "S=hidden-value")
    ran = run_containers(job, *args, files={"checked-out": "a file\n"}, engine=podman)
    assert ran.jobs == {"a": "success" if job is JOB else "failure"}, ran.stdout
    if job is JOB:
        assert ran.log("a", "effects") == ["from env", "from path", "from output"]
    else:
        assert ran.log("a", "reach") == ["from the service"]
