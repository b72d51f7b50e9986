"""Broken workflow and action files without end: ``fuzz_workflow.py [SEED [ROUNDS]]``.

Good files are cut, doubled, spliced and strewn with what means something to YAML or to expressions.
Whatever comes out must be read without an exception, in bounded time, with problems whose places
lie within the file, and with a value exactly where there is no error. The seed is printed first; a
file that breaks one of this is printed whole.
"""

from __future__ import annotations

import random
import sys
import time

from agentmesh.lang.parse import action, workflow

SECONDS = 2.0
"""Processor time that a file of up to 100,000 characters may take."""

WORKFLOW = """\
name: CI
on:
  push: {branches: [main, 'v*'], paths-ignore: ['docs/**']}
  schedule: [{cron: '0 3 * * 1'}]
  workflow_dispatch:
    inputs:
      level: {type: choice, options: [a, b], default: a}
  workflow_call:
    outputs: {x: {value: '${{ jobs.a.outputs.x }}'}}
permissions: {contents: read}
env: &env
  A: "1\\t2"
jobs:
  a:
    if: github.event_name == 'push' && !cancelled()
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-latest, self-hosted]
        include: [{os: x, n: 0x1F}]
    outputs: {x: '${{ steps.s.outputs.x }}'}
    container: {image: python, ports: [80], credentials: {username: u, password: p}}
    services: {db: {image: postgres}}
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - id: s
        run: |
          echo "x=${{ hashFiles('**/*.py') }}" >> $GITHUB_OUTPUT
        env: *env
        background: true
      - wait: s
      - parallel: [{run: one}, {uses: ./two}]
  b:
    needs: [a]
    uses: ./.github/workflows/c.yml
    secrets: inherit
"""
ACTION = """\
name: Greet
description: Says something
inputs:
  who: {required: true, default: '${{ github.actor }}'}
outputs:
  said: {value: '${{ steps.a.outputs.said }}'}
runs:
  using: composite
  steps:
    - id: a
      run: echo "${{ inputs.who }}"
      shell: bash
      if: ${{ always() }}
"""
PIECES = (
    "${{",
    "}}",
    "${{ insert }}",
    "'",
    '"',
    "|\n",
    ">-\n",
    "- ",
    ": ",
    "\n",
    "\t",
    "\r",
    "&a ",
    "*a",
    "*env",
    "!!int ",
    "!!bool ",
    "!",
    "{",
    "}",
    "[",
    "]",
    "? ",
    "#",
    "%TAG ! x\n",
    "@",
    "<<: *env",
    "---\n",
    "...\n",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\U0001f600",
    "0x",
    "1e999",
    ".nan",
    "~",
    "steps: ",
    "uses: ",
    "needs: ",
    "a." * 50,
    "(" * 60,
    "!" * 60,
    "[" * 60,
)


def broken(choose: random.Random) -> str:
    """A good file after some accidents."""
    text = choose.choice((WORKFLOW, ACTION))
    for _ in range(choose.randrange(1, 8)):
        at = choose.randrange(len(text) + 1)
        match choose.randrange(5):
            case 0 | 1:
                text = text[:at] + choose.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + text[at + choose.randrange(1, 30) :]
            case 3:
                other = choose.randrange(len(text) + 1)
                text = text[:at] + text[other : other + choose.randrange(200)] + text[at:]
            case _:
                text = text[:at] + chr(choose.randrange(0x110000)) + text[at:]
    if choose.random() < 0.02:
        text = (text * 200)[:100_000]
    return text


def wrong(text: str) -> str:
    """What is wrong with how a text is read; nothing where all is well."""
    for read in (workflow, action):
        begun = time.process_time()
        value, problems = read(text, "fuzz.yml")
        took = time.process_time() - begun
        if took > SECONDS:
            return f"{read.__name__} took {took:.1f} s"
        if (value is None) != any(problem.severity == "error" for problem in problems):
            return f"{read.__name__} gives a value of {value!r} with {problems}"
        lines = len(text.splitlines()) + 1
        for problem in problems:
            if not (1 <= problem.span.line <= lines and problem.span.column >= 1):
                return f"{read.__name__} has a problem outside of the file: {problem}"
    return ""


def fuzz(seed: int, rounds: int) -> None:
    """Reads that many broken files; raises AssertionError with the first that is read wrongly."""
    choose = random.Random(seed)
    for number in range(rounds):
        text = broken(choose)
        try:
            found = wrong(text)
        except Exception as error:
            raise AssertionError(f"seed {seed}, file {number}: {error!r}\n{text!r}") from error
        assert not found, f"seed {seed}, file {number}: {found}\n{text!r}"


def main(arguments: list[str]) -> None:
    seed = int(arguments[0]) if arguments else random.SystemRandom().randrange(10**9)
    rounds = int(arguments[1]) if len(arguments) > 1 else 50_000
    print(f"seed {seed}, {rounds} files", flush=True)
    fuzz(seed, rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
