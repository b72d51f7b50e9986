"""``hashFiles`` over 50,000 files, beside ``@actions/glob`` under node, which the runner asks.

``npm ci`` in tests/oracles brings that package; both digests are compared. Without node or the
package the case says so and measures nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.case import Bench, Row
from benchmarks.measure import Failed

MODULES = Path(__file__).parents[2] / "tests/oracles/node_modules"
NODE = """
import {pathToFileURL} from 'node:url'
const {hashFiles} = await import(pathToFileURL(process.argv[2]).href)
process.env.GITHUB_WORKSPACE = process.cwd()
process.stderr.write(await hashFiles(process.argv[3], process.cwd()))
"""
OURS = """
import os, sys
from agentmesh.store.hashfiles import hash_files
sys.stderr.write(hash_files([sys.argv[1]], os.getcwd()))
"""


def run(bench: Bench) -> list[Row]:
    node = shutil.which("node")
    package = MODULES / "@actions/glob/lib/glob.js"
    if node is None or not package.exists():
        print(
            "hashfiles: not measured; it needs node, and `npm ci` in tests/oracles",
            file=sys.stderr,
        )
        return []
    tree = bench.directory / "files"
    count = bench.size(50_000, 200)
    for number in range(count):
        path = tree / f"a{number % 10}" / f"b{number // 10 % 50}" / f"f{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"file {number}\n" * (number % 40))
    script = bench.directory / "hash.mjs"
    script.write_text(NODE)
    rows = []
    for pattern in ("**", "**/f*7.txt"):
        ours = bench.command(tree, bench.python, "-c", OURS, pattern)
        theirs = bench.command(tree, node, str(script), str(package), pattern)
        said = {
            json.dumps(
                subprocess.run(
                    each.argv, cwd=tree, env=dict(each.env), check=True, capture_output=True
                ).stderr.decode()[-64:]
            )
            for each in (ours, theirs)
        }
        if len(said) != 1:
            raise Failed(f"hashFiles of {pattern}: the digests differ: {', '.join(sorted(said))}")
        rows.append(
            bench.compare(
                f"hashFiles('{pattern}') over {count:,} files",
                ours,
                theirs,
                target=1 / 20 if pattern == "**" else 1 / 10,
                against="@actions/glob",
                rounds=min(bench.rounds, 3),
            )[0]
        )
    return rows
