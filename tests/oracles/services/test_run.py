"""A whole run of the command line whose JavaScript actions call the published clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORKFLOW = """
on: push
permissions: {id-token: write}
jobs:
  first:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: mkdir -p deps ~/.m2 && echo one > deps/a && echo two > ~/.m2/b
      - {uses: ./save, with: {path: "deps\\n~/.m2", key: from-client}}
      - uses: actions/cache/save@v4
        with: {path: deps, key: from-builtin}
      - run: env | grep ^ACTIONS_ | cut -d= -f1 | sort
        name: variables
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/cache/restore@v4
        with: {path: "deps\\n~/.m2", key: from-client, fail-on-cache-miss: true}
      - run: test "$(cat deps/a ~/.m2/b)" = "$(printf 'one\\ntwo')" && rm -r deps
      - {uses: ./restore, with: {path: deps, key: from-builtin}}
      - run: test "$(cat deps/a)" = one
      - uses: actions/download-artifact@v4
        with: {name: from-client, path: got}
      - run: test "$(cat got/a)" = one
  plain:
    needs: first
    permissions: {}
    runs-on: ubuntu-latest
    steps:
      - run: env | grep ^ACTIONS_ || echo none
        name: nothing
"""
ACTION = "name: x\ninputs: {path: {}, key: {}}\nruns: {using: node20, main: main.mjs}\n"
SAVE = """
const {saveCache} = await import(process.env.CLIENTS + '/@actions/cache/lib/cache.js')
const {DefaultArtifactClient} = await import(process.env.CLIENTS + '/@actions/artifact/lib/artifact.js')
const {getIDToken} = await import(process.env.CLIENTS + '/@actions/core/lib/core.js')
await saveCache(process.env.INPUT_PATH.split('\\n'), process.env.INPUT_KEY)
await new DefaultArtifactClient().uploadArtifact('from-client', ['deps/a'], 'deps')
const said = JSON.parse(Buffer.from((await getIDToken('me')).split('.')[1], 'base64url'))
console.log('audience', said.aud)
console.log('token', process.env.ACTIONS_RUNTIME_TOKEN)
"""
RESTORE = """
const {restoreCache} = await import(process.env.CLIENTS + '/@actions/cache/lib/cache.js')
const key = await restoreCache(process.env.INPUT_PATH.split('\\n'), process.env.INPUT_KEY)
if (key !== process.env.INPUT_KEY) process.exit(1)
"""


@pytest.mark.slow
def test_a_run_serves_the_published_clients_and_the_built_in_actions_alike(
    oracles: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "repo"
    files = {
        ".github/workflows/ci.yml": WORKFLOW,
        "save/action.yml": ACTION,
        "save/main.mjs": SAVE,
        "restore/action.yml": ACTION,
        "restore/main.mjs": RESTORE,
    }
    for name, text in files.items():
        place = repository / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(repository)]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "ACTIONS_"))}
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("agentmesh")),
            *("--store", str(tmp_path / "store"), "run", "--json", "--event", "push"),
            *("--env", f"CLIENTS={oracles / 'node_modules'}"),
        ],
        cwd=repository,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    events: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    logged = [(e["step"], e["text"]) for e in events if e["type"] == "log"]
    assert done.returncode == 0, "\n".join(text for _, text in logged) + done.stderr
    variables = [text for step, text in logged if step == "variables"]
    assert variables == ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"]
    assert ("nothing", "none") in logged
    assert any(text == "audience me" for _, text in logged)
    assert any(text == "token ***" for _, text in logged)
    assert not [e for e in events if e["type"] == "annotation" and e["level"] != "notice"]
