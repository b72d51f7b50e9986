"""Random workflows that act and agentmesh both can run, and both of them as judges.

A workflow is made of values and written as JSON, which is YAML too. Its steps leave *marks*: lines
that begin with ``M:`` and hold what an expression, a variable or a file command came to. They are
printed, and written to a file of the job as well, since act loses the output of a step that ends at
once. Steps that fail do so on purpose, and nothing depends on which job is faster.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

Json = dict[str, Any]
Make = Callable[[int], Json]
Judge = Callable[[Json], "Came"]
DEADLINE = 120
"""Seconds after which a hanging program is ended and its test fails."""

ACTION = {
    "name": "Greet",
    "description": "Says something, and gives something back",
    "inputs": {
        "who": {"description": "Whom", "default": "nobody"},
        "code": {"description": "How its last step ends", "default": "0"},
    },
    "outputs": {"said": {"description": "What", "value": "${{ steps.say.outputs.text }}"}},
    "runs": {
        "using": "composite",
        "steps": [
            {
                "id": "say",
                "shell": "bash",
                "env": {"WHO": "${{ inputs.who }}"},
                "run": 'echo "M:greet:$WHO:${{ github.event_name }}" | tee -a "$MARKS/$CELL"\n'
                'echo "text=hello $WHO" >> "$GITHUB_OUTPUT"\n'
                'echo "GREETED=$WHO" >> "$GITHUB_ENV"',
            },
            {"shell": "bash", "run": "exit ${{ inputs.code }}"},
            {
                "shell": "bash",
                "if": "failure()",
                "run": 'echo "M:greet:failed" | tee -a "$MARKS/$CELL"',
            },
        ],
    },
}


AXES = ("k", "n", "extra")


class Came(msgspec.Struct, frozen=True):
    """What a workflow came to: by job and cell, the conclusion and the marks in order."""

    conclusions: dict[str, str]
    marks: dict[str, list[str]]


def cell(job: str, matrix: Json | None) -> str:
    """What tells a job: its id, and the values of its matrix. Jobs know it as $CELL."""
    return "-".join((job, *(str((matrix or {}).get(axis, "")) for axis in AXES)))


def needs_of(job: Json) -> list[str]:
    """The jobs that a job needs."""
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


class Maker:
    """Makes a workflow by choosing; see :meth:`workflow`."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)

    def often(self, chance: float) -> bool:
        return self.choose.random() < chance

    def workflow(self) -> Json:
        """A workflow of one to five jobs."""
        self.outputs: dict[str, list[str]] = {}
        jobs: Json = {}
        for number in range(self.choose.randint(1, 5)):
            name = f"j{number}"
            jobs[name] = self.job(name, list(jobs))
        needed = {need for job in jobs.values() for need in needs_of(job)}
        for name in sorted(jobs.keys() - needed):  # act does not heed it in jobs that others need
            if self.often(0.2):
                jobs[name]["continue-on-error"] = True
        made: Json = {"name": "ci", "on": "push", "env": {"TOP": "top", "SHARED": "workflow"}}
        if self.often(0.3):
            made["defaults"] = {"run": {"shell": self.choose.choice(["bash", "sh"])}}
        return made | {"jobs": jobs}

    def job(self, name: str, before: list[str]) -> Json:
        cells = "-".join((name, *(f"${{{{ matrix.{axis} }}}}" for axis in AXES)))
        job: Json = {"runs-on": "ubuntu-latest", "env": {"CELL": cells}}
        if self.often(0.3):
            job["name"] = f"Job {name}"
        needs = sorted(self.choose.sample(before, min(len(before), self.choose.randint(0, 2))))
        if needs:
            job["needs"] = needs[0] if len(needs) == 1 and self.often(0.5) else needs
        condition = self.job_condition(needs)
        if condition:
            job["if"] = condition
        if self.often(0.4):
            job["env"] |= {"SHARED": "job", "OF_JOB": "${{ github.event_name }}"}
        if self.often(0.2):
            job["defaults"] = {"run": {"working-directory": "folder"}}
        matrix = self.matrix() if self.often(0.4) else None
        if matrix:
            job["strategy"] = {"fail-fast": False, "matrix": matrix}
            if self.often(0.3):
                job["strategy"]["max-parallel"] = 1
        axes = [axis for axis in matrix or () if axis not in ("include", "exclude")]
        steps: list[Json] = [{"uses": "actions/checkout@v4"}]
        for number in range(self.choose.randint(1, 5)):
            steps.append(self.step(f"s{number}", [s["id"] for s in steps[1:]], needs, axes))
        job["steps"] = steps
        if not matrix and self.often(0.6):
            given = self.choose.choice(steps[1:])["id"]
            job["outputs"] = {
                "out": f"${{{{ steps.{given}.outputs.value }}}}",
                "fixed": "${{ format('f') }}",
            }
            self.outputs[name] = ["out", "fixed"]
        return job

    def job_condition(self, needs: list[str]) -> str:
        plain = ["always()", "success()", "!cancelled()", "github.event_name == 'push'", "false"]
        of_needs = ["failure()"]
        for need in needs:
            of_needs += [
                f"needs.{need}.result == 'success'",
                f"always() && needs.{need}.result != 'success'",
            ]
        kinds = plain + (of_needs if needs else [])
        return self.choose.choice(kinds) if self.often(0.35) else ""

    def matrix(self) -> Json:
        matrix: Json = {"k": self.choose.sample(["a", "b", "c d"], self.choose.randint(1, 3))}
        if self.often(0.4):
            matrix["n"] = self.choose.sample([1, 2, 3], self.choose.randint(1, 2))
        if self.often(0.3):
            matrix["include"] = [{"k": matrix["k"][0], "extra": "more"}]
            if self.often(0.5):
                matrix["include"].append({"k": "new"})
        if self.often(0.3) and len(matrix["k"]) > 1:
            matrix["exclude"] = [{"k": matrix["k"][-1]}]
        return matrix

    def step(self, name: str, before: list[str], needs: list[str], axes: list[str]) -> Json:
        step: Json = {"id": name}
        if self.often(0.3):
            step["name"] = f"Step {name}"
        condition = self.step_condition(before)
        if condition:
            step["if"] = condition
        if self.often(0.1):
            return step | {
                "uses": "./greet",
                "with": {"who": self.text(before, needs, axes), "code": self.code()},
                **({"continue-on-error": True} if self.often(0.3) else {}),
            }
        if self.often(0.3):
            step["env"] = {"OF_STEP": self.text(before, needs, axes), "SHARED": "step"}
        if self.often(0.15):
            step["working-directory"] = "folder/below"
        if self.often(0.2):
            step["shell"] = self.choose.choice(["bash", "sh", "bash -e {0}", "python"])
        step["run"] = self.script(name, step.get("shell", ""), before, needs, axes)
        if self.often(0.2):
            step["continue-on-error"] = True
        return step

    def step_condition(self, before: list[str]) -> str:
        kinds = ["always()", "failure()", "success()", "!cancelled()", "env.SHARED == 'job'"]
        kinds += ["${{ failure() }}", "env.GREETED != ''", "job.status == 'success'", "!failure()"]
        for step in before:
            kinds += [
                f"steps.{step}.outcome == 'failure'",
                f"always() && steps.{step}.conclusion == 'success'",
                f"steps.{step}.outputs.value == 'plain'",
            ]
        return self.choose.choice(kinds) if self.often(0.35) else ""

    def code(self) -> str:
        return str(self.choose.choice([0, 0, 0, 1, 3]))

    def text(self, before: list[str], needs: list[str], axes: list[str]) -> str:
        """A template of something that is known here."""
        kinds = [
            "env.TOP",
            "env.SHARED",
            "github.event_name",
            "job.status",
            "runner.os",
            "format('{0}-{1}', env.TOP, 1 < 2)",
            "join(fromJSON('[1,2,\"x\"]'), '+')",
            "contains(env.TOP, 'O') && 'has' || 'has not'",
            'fromJSON(\'{"a":{"b":[true,null,1.5]}}\').a.b[2]',
            "toJSON(fromJSON('[1]')) == toJSON(fromJSON('[1]'))",
            "startsWith('Abc', 'ab')",
            "env.NOTHING",
        ]
        kinds += [f"matrix.{axis}" for axis in (*axes, "extra")] if axes else []
        for step in before:
            kinds += [f"steps.{step}.{what}" for what in ("outcome", "conclusion")]
            kinds.append(f"steps.{step}.outputs.value")
        for need in needs:
            kinds.append(f"needs.{need}.result")
            kinds += [f"needs.{need}.outputs.{out}" for out in self.outputs.get(need, ())]
        return f"${{{{ {self.choose.choice(kinds)} }}}}"

    def script(
        self, name: str, shell: str, before: list[str], needs: list[str], axes: list[str]
    ) -> str:
        said = [self.text(before, needs, axes) for _ in range(self.choose.randint(1, 3))]
        mark = f"M:{name}:{':'.join(said)}"
        if shell == "python":
            return (
                "import os, sys\n"
                f"text = '''{mark}''' + os.environ['SHARED']\n"
                "print(text, flush=True)\n"
                "with open(os.path.join(os.environ['MARKS'], os.environ['CELL']), 'a') as file:\n"
                "    print(text, file=file)\n"
                f"sys.exit({self.code()})"
            )
        lines = ['m() { printf "%s\\n" "$1" | tee -a "$MARKS/$CELL"; }']
        lines.append(f"m \"$(cat <<'END'\n{mark}\nEND\n)\"")
        lines.append(f'm "M:{name}:$TOP:$SHARED:$OF_STEP:$OF_JOB:$GREETED:$LATER"')
        lines += [self.command() for _ in range(self.choose.randint(0, 3))]
        if self.often(0.25):
            lines.append(self.failing())
        return "\n".join(lines)

    def command(self) -> str:
        return self.choose.choice(
            [
                'echo "value=plain" >> "$GITHUB_OUTPUT"',
                'echo "value=a=b  c " >> "$GITHUB_OUTPUT"',
                "printf 'value<<EOF\\none\\ntwo\\nEOF\\n' >> \"$GITHUB_OUTPUT\"",
                'echo "LATER=later" >> "$GITHUB_ENV"',
                'echo "SHARED=file" >> "$GITHUB_ENV"',
                "printf 'LATER<<-_-\\nmore\\n-_-\\n' >> \"$GITHUB_ENV\"",
                'm "M:in ${PWD#"$GITHUB_WORKSPACE"}"',
                'mkdir -p "$HOME/tools"; printf "#!/bin/sh\\necho tool" > "$HOME/tools/a-tool"; '
                'chmod +x "$HOME/tools/a-tool"; echo "$HOME/tools" >> "$GITHUB_PATH"',
                'if command -v a-tool > /dev/null; then m "M:$(a-tool)"; else m "M:no tool"; fi',
                'echo "::set-output name=value::old"',
                'echo "::warning::careful"',
                'echo "::group::folded"; m "M:folded"; echo "::endgroup::"',
            ]
        )

    def failing(self) -> str:
        return self.choose.choice(
            ["exit 1", "exit 3", "false | true", "false; m M:went-on", "no-such-command"]
        )


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the action and the folders that workflows use."""
    root = tmp_path_factory.mktemp("act")
    repo = root / "repo"
    (repo / "greet").mkdir(parents=True)
    (repo / "greet/action.yml").write_text(json.dumps(ACTION))
    (repo / "folder/below").mkdir(parents=True)
    (repo / "folder/below/file").write_text("")
    (root / "home").mkdir()
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for command in (
        ["init", "-q", "-b", "main"],
        ["remote", "add", "origin", "https://github.com/octo/repo.git"],
        ["add", "-A"],
        ["commit", "-q", "-m", "First"],
    ):
        subprocess.run([*git, *command], cwd=repo, check=True, capture_output=True)
    return root


def run(place: Path, marks: Path, *command: str) -> str:
    """What a program beside this Python prints, in the repository, with a home of its own."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(place / "home"),
        "LANG": "C.UTF-8",
        "AGENTMESH_HOME": str(place / "store"),
    }
    done = subprocess.run(
        [Path(sys.executable).with_name(command[0]), *command[1:], "--env", f"MARKS={marks}"],
        cwd=place / "repo",
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


def lines_of_json(text: str) -> list[Json]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def written(marks: Path) -> dict[str, list[str]]:
    """The marks of each cell."""
    return {file.name: file.read_text().splitlines() for file in marks.iterdir()}


def by_act(place: Path, workflow: Json) -> Came:
    """Run a workflow with act, the jobs on this host."""
    file = place / "repo/ci.yml"
    file.write_text(json.dumps(workflow, indent=1))
    marks = Path(tempfile.mkdtemp(dir=place))
    host = ("-P", "ubuntu-latest=-self-hosted")
    said = run(place, marks, "act", "push", "-W", file.name, "--json", *host)
    lines = [line for line in lines_of_json(said) if "jobID" in line]
    conclusions = {
        cell(line["jobID"], line.get("matrix")): line["jobResult"]
        for line in lines
        if "jobResult" in line
    }
    heard = {line["jobID"] for line in lines}
    conclusions |= {cell(job, {}): "skipped" for job in workflow["jobs"] if job not in heard}
    return Came(conclusions, written(marks))


def by_agentmesh(place: Path, workflow: Json) -> Came:
    """Run a workflow with agentmesh; what its log has must be what was written."""
    file = place / "repo/ci.yml"
    file.write_text(json.dumps(workflow, indent=1))
    marks = Path(tempfile.mkdtemp(dir=place))
    said = run(place, marks, "agentmesh", "run", file.name, "--event", "push", "--json")
    events = lines_of_json(said)
    matrix = {e["job"]: e.get("matrix") for e in events if e["type"] == "job.queued"}
    conclusions: dict[str, str] = {}
    logged: dict[str, list[str]] = {}
    for event in events:
        if "job_id" not in event:
            continue
        key = cell(event["job_id"], matrix.get(event["job"]))
        if event["type"] == "job.completed":
            conclusions[key] = event["conclusion"]
        if event["type"] == "log" and event["text"].startswith("M:"):
            logged.setdefault(key, []).append(event["text"])
    came = Came(conclusions, written(marks))
    begun = {key: [m for m in ms if m.startswith("M:")] for key, ms in came.marks.items()}
    assert logged == begun
    return came


@pytest.fixture(scope="session")
def make() -> Make:
    """The workflow of a seed."""
    return lambda seed: Maker(seed).workflow()


@pytest.fixture(scope="session")
def act(place: Path) -> Judge:
    """Run a workflow with act."""
    return partial(by_act, place)


@pytest.fixture(scope="session")
def agentmesh(place: Path) -> Judge:
    """Run a workflow with agentmesh."""
    return partial(by_agentmesh, place)
