"""``agentmesh lint`` on 500 workflow files, beside what only reads them.

Beside PyYAML's C loader, as whole processes and within one process, and beside actionlint, a binary
in a wheel, where it is installed. Every file is another one, of a size and with a variety of steps
and expressions as workflows in daily use have them, and none has an error. Other programs that lint
asks are left out.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from pathlib import Path

import yaml

from agentmesh.lang.parse import read
from agentmesh.lang.rules import findings
from agentmesh.lang.rules.source import Source
from benchmarks.case import Bench, Row

FILES = 500
LOADER = """
import glob, yaml
for name in glob.glob(".github/workflows/*.yml"):
    with open(name, "rb") as file:
        yaml.load(file, Loader=yaml.CSafeLoader)
"""
HEAD = """\
name: Workflow {n}
on:
  push:
    branches: [main, 'releases/{n}/**']
  pull_request:
    paths: ['src/part{n}/**', '.github/workflows/w{n}.yml']
  workflow_dispatch:
    inputs:
      level{n}: {{description: How much, type: choice, options: [low, high], default: low}}
permissions: {{contents: read}}
concurrency:
  group: ${{{{ github.workflow }}}}-${{{{ github.ref }}}}
  cancel-in-progress: true
env: {{FORCE_COLOR: 1, PART: part{n}}}
jobs:
  job0:
    runs-on: ubuntu-latest
    outputs: {{part: '${{{{ steps.part.outputs.name }}}}'}}
    steps:
      - id: part
        run: echo "name=$PART" >> "$GITHUB_OUTPUT"
"""
JOB = """\
  job{j}:
    name: Job {j} on ${{{{ matrix.os }}}} with ${{{{ matrix.python }}}}
    needs: [{needs}]
    if: github.event_name != 'push' || github.ref == 'refs/heads/release{n}'
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 15
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-latest, macos-15]
        python: ['3.12', '3.13', '4.{n}']
        include:
          - {{os: windows-latest, python: '3.14', extra: --slow{n}}}
    outputs:
      version: ${{{{ steps.version.outputs.number }}}}
    steps:
      - uses: octo/checkout@{commit}  # v{n}.0.0
        with: {{fetch-depth: 0}}
      - name: Set up Python ${{{{ matrix.python }}}}
        uses: octo/setup-python@{commit}  # v{n}.1.0
        with:
          python-version: ${{{{ matrix.python }}}}
          cache: pip
      - id: version
        run: |
          set -eu
          python -m pip install -r requirements/part{n}.txt
          echo "number=$(git describe --tags)" >> "$GITHUB_OUTPUT"
      - name: Test
        if: ${{{{ !cancelled() && runner.os == 'Linux' && inputs.level{n} != 'low' }}}}
        working-directory: src/part{n}
        run: pytest -n auto ${{{{ matrix.extra }}}} --junit-xml=report{n}.xml
        env:
          VERSION: ${{{{ steps.version.outputs.number }}}}
          KEY: ${{{{ runner.os }}}}-${{{{ hashFiles('**/requirements{n}.txt') }}}}
          TOKEN: ${{{{ secrets.TOKEN_{n} }}}}
      - name: Report
        if: failure() && steps.version.outcome == 'success'
        run: ./report --run "${{{{ github.run_id }}}}" --part{n}
"""


def workflow(number: int) -> str:
    """A file of three to six jobs."""
    jobs = 2 + number % 4
    commit = f"{number:040x}"
    return HEAD.format(n=number) + "".join(
        JOB.format(n=number, j=j + 1, commit=commit, needs=f"job{j}") for j in range(jobs)
    )


def loaded(text: str) -> None:
    """What PyYAML makes of a text."""
    yaml.load(text, Loader=yaml.CSafeLoader)


def linted(text: str) -> None:
    """What lint does with a text, on one processor."""
    parsed = read(text, "w.yml", "workflow")
    assert not parsed.failed, parsed.problems
    findings.check(Source(text, "w.yml", "workflow", parsed.root, parsed.value))


def within(bench: Bench, texts: list[str]) -> Row:
    """Both in this process: processor time, which other programs disturb less."""
    findings.modules()
    times: dict[str, list[float]] = {"linted": [], "loaded": []}
    for _ in range(bench.rounds):
        for work in (linted, loaded):
            started = time.process_time()
            for text in texts:
                work(text)
            times[work.__name__].append(time.process_time() - started)
    ours, theirs = (statistics.median(each) for each in times.values())
    return Row(
        what=f"linting {len(texts)} files, in one process on one processor",
        ours=ours,
        theirs=theirs,
        against="PyYAML's C loader",
        target=3.0,
    )


def run(bench: Bench) -> list[Row]:
    count = bench.size(FILES, 20)
    texts = [workflow(number) for number in range(count)]
    root = bench.directory / "lint"
    folder = root / ".github/workflows"
    folder.mkdir(parents=True)
    (root / ".git").mkdir()
    for number, text in enumerate(texts):
        (folder / f"w{number}.yml").write_text(text)
    ours = bench.command(root, bench.agentmesh, "lint", "--no-tools", "--json")
    loader = bench.command(root, bench.python, "-c", LOADER)
    rows = [
        bench.compare(
            f"`agentmesh lint`, {count} files",
            ours,
            loader,
            target=3.0,
            against="PyYAML's C loader",
        )[0],
        within(bench, texts),
    ]
    beside = Path(sys.executable).with_name("actionlint")
    actionlint = str(beside) if beside.exists() else shutil.which("actionlint")
    if actionlint:
        peer = bench.command(root, actionlint, "-shellcheck=", "-pyflakes=")
        note = "a compiled program, done before PyYAML's C loader has read the files"
        row, _, _ = bench.compare(
            f"`agentmesh lint`, {count} files",
            ours,
            peer,
            target=4.0,
            against="actionlint",
            note=note,
        )
        rows.append(row)
    return rows
