"""Workflow files for the comparison: good ones, and good ones with one to three mistakes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

Generate = Callable[[int, int], Iterator[str]]

GOOD = [
    """\
name: CI
run-name: Build by @${{ github.actor }}
on:
  push:
    branches: [main, 'releases/**']
    paths-ignore:
      - 'docs/**'
  pull_request:
    types: [opened, synchronize]
    branches: main
  schedule:
    - cron: '*/15 3 * jan-mar 1-5'
permissions:
  contents: read
  id-token: write
env:
  LEVEL: 3
  NAME: ${{ github.repository }}
concurrency:
  group: ci-${{ github.ref }}
  cancel-in-progress: true
defaults:
  run:
    shell: bash
jobs:
  build:
    name: Build ${{ matrix.python }}
    runs-on: ${{ matrix.os }}
    timeout-minutes: 20
    strategy:
      fail-fast: false
      max-parallel: 2
      matrix:
        os: [ubuntu-latest, windows-latest]
        python: ['3.11', 3.12]
        include:
          - os: macos-latest
            python: '3.12'
        exclude:
          - os: windows-latest
            python: 3.12
    outputs:
      digest: ${{ steps.pack.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - name: Pack
        id: pack
        if: github.event_name == 'push' && success()
        run: |
          make dist
          echo "digest=${{ hashFiles('dist/*') }}" >> "$GITHUB_OUTPUT"
        env:
          TOKEN: ${{ secrets.TOKEN }}
        working-directory: ./pkg
        continue-on-error: ${{ matrix.os == 'windows-latest' }}
        timeout-minutes: 5
  test:
    needs: [build]
    if: ${{ always() && needs.build.result != 'skipped' }}
    runs-on: [self-hosted, linux]
    environment:
      name: staging
      url: https://example.com/${{ steps.up.outputs.path }}
    container:
      image: python:3.12
      env:
        A: b
      ports: [80, '8080:80']
      credentials:
        username: me
        password: ${{ secrets.PASSWORD }}
    services:
      redis:
        image: redis
        options: --health-cmd true
    steps:
      - id: up
        run: ./test.sh
        shell: sh
  publish:
    needs: test
    uses: octo/shared/.github/workflows/publish.yml@v1
    with:
      level: 3
      flag: true
    secrets:
      token: ${{ secrets.TOKEN }}
""",
    """\
on:
  workflow_dispatch:
    inputs:
      level:
        description: How much
        type: choice
        required: true
        default: low
        options: [low, high]
      dry:
        type: boolean
        default: false
  workflow_call:
    inputs:
      ref:
        type: string
        required: true
      count:
        type: number
        default: ${{ github.run_number }}
    secrets:
      token:
        required: true
      other:
    outputs:
      url:
        description: Where
        value: ${{ jobs.one.outputs.url }}
jobs:
  one:
    runs-on:
      group: organization/large
      labels: [big, fast]
    concurrency: only-one
    permissions: read-all
    cancel-timeout-minutes: 3
    continue-on-error: true
    snapshot:
      image-name: base
      version: 1.*
    outputs: {url: '${{ steps.a.outputs.url }}'}
    steps:
      - id: server
        run: ./serve
        background: true
      - uses: ./actions/probe
        id: a
        with: {url: 'http://localhost'}
      - parallel:
          - run: echo one
          - uses: docker://alpine:3
      - wait: [server]
      - cancel: server
      - wait-all:
  two:
    needs: one
    uses: ./.github/workflows/other.yml
    secrets: inherit
""",
    """\
on: [push, workflow_dispatch]
jobs:
  a: &job
    runs-on: ubuntu-latest
    env: &env
      X: "1"
      Y: 'it''s'
    steps: &steps
      - run: echo "$X"
      - run: >-
          echo folded
          ${{ env.Y }}
  b:
    <<: x
    runs-on: ubuntu-latest
    steps: *steps
  c:
    needs: [a, b]
    runs-on: ubuntu-latest
    env: *env
    steps: []
""",
    """\
# comment
on: push
jobs: {a: {runs-on: ubuntu-latest, steps: [{run: "echo ${{ toJSON(github) }}"}, {uses: a/b@c}]}}
""",
]

VALUES = [
    "",
    "''",
    "x",
    "'x'",
    "true",
    "'true'",
    "5",
    "1.50",
    "0o17",
    "0x1F",
    "-3",
    ".5",
    "1e3",
    "null",
    "~",
    "[]",
    "[a, b]",
    "{}",
    "{a: b}",
    "[1, true, null]",
    "${{ github.ref }}",
    "${{ matrix.os }}",
    "${{ secrets.X }}",
    "${{ steps.a.outputs.b }}",
    "${{ needs.build.outputs.x }}",
    "${{ inputs.x }}",
    "${{ foo.bar }}",
    "${{ env.X }} and ${{ bar() }}",
    "${{ }}",
    "${{ 'literal' }}",
    "${{ 1 + 1 }}",
    "${{ hashFiles('x') }}",
    "${{ success() }}",
    "${{ failure('a') }}",
    "'${{ github.ref }'",
    "x ${{ runner.os }}",
    "${{ fromJSON('[1]') }}",
    "${{ contains(github.ref) }}",
    "push",
    "pull_request",
    "read-all",
    "write",
    "none",
    "__x",
    "a b",
    "build",
    "ubuntu-latest",
    "docker://",
    "actions/checkout",
    "./x",
    "$/x",
    "a/b/c@v1@v2",
    "'* * * * *'",
    "'61 * * * *'",
    "*steps",
    "*nothing",
    "&new value",
    "!!str 5",
    "!!int 5",
    '"a\\tb"',
    "- x",
    "|\n      text ${{ github.x }}\n      ${{ y.z }}",
    ">-\n      folded",
    "github.ref == 'x'",
    "always()",
    'github.ref == "x"',
    "group/x/y",
    "other/x",
    "node20",
    "yes",
    "on",
]
KEYS = [
    "name",
    "on",
    "jobs",
    "runs-on",
    "steps",
    "run",
    "uses",
    "with",
    "env",
    "if",
    "id",
    "needs",
    "strategy",
    "matrix",
    "include",
    "permissions",
    "contents",
    "types",
    "branches",
    "tags",
    "paths",
    "inputs",
    "secrets",
    "shell",
    "timeout-minutes",
    "continue-on-error",
    "container",
    "services",
    "image",
    "ports",
    "concurrency",
    "group",
    "environment",
    "outputs",
    "value",
    "default",
    "type",
    "unknown",
    "Runs-On",
    "'quoted'",
    "5",
    "true",
    "background",
    "wait",
    "wait-all",
    "cancel",
    "parallel",
    "cron",
    "${{ github.ref }}",
    "${{ insert }}",
    "''",
]


@pytest.fixture(scope="session")
def generated() -> Generate:
    """From a seed and a count to files; see :func:`cases`."""
    return cases


def cases(seed: int, count: int) -> Iterator[str]:
    """The good files, then files with mistakes in them, the same for a seed."""
    yield from GOOD
    choose = random.Random(seed)
    for _ in range(count - len(GOOD)):
        lines = choose.choice(GOOD).splitlines()
        for _ in range(choose.choice((1, 1, 1, 2, 3))):
            _break(lines, choose)
        yield "\n".join(lines) + "\n"


def _break(lines: list[str], choose: random.Random) -> None:
    at = choose.randrange(len(lines))
    line = lines[at]
    indent = " " * (len(line) - len(line.lstrip()))
    dash = "- " if line.lstrip().startswith("- ") else ""
    key, colon, _ = line.strip().removeprefix("- ").partition(":")
    inner = indent + " " * len(dash)
    match choose.randrange(10):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, line)
        case 2 | 3 | 4 | 9 if colon:
            lines[at] = f"{indent}{dash}{key}: {choose.choice(VALUES)}"
        case 5 if colon:
            lines[at] = f"{indent}{dash}{choose.choice(KEYS)}:{line.partition(':')[2]}"
        case 6:
            lines.insert(
                at + len(dash) // 2, f"{inner}{choose.choice(KEYS)}: {choose.choice(VALUES)}"
            )
        case 7 if choose.random() < 0.3:
            lines[at] = indent[2:] + line.lstrip() if choose.random() < 0.5 else f"  {line}"
        case _ if dash:
            lines.insert(at, f"{indent}- {choose.choice(VALUES)}")
        case _:
            pass
    if not lines:
        lines.append("")
