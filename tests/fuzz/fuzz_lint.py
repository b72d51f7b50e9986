"""Broken files for all of lint, without end: ``fuzz_lint.py [SEED [ROUNDS]]``.

The files of ``fuzz_workflow.py``, and long ones that repeat what costs rules most. Whatever comes
is checked and mended without an exception, in bounded time, with findings that lie within the file;
what is mended holds no error that was not there before. The seed is printed first; a file that
breaks one of this is printed whole.
"""

from __future__ import annotations

import random
import runpy
import sys
import time
from pathlib import Path

from agentmesh.lang.parse import read
from agentmesh.lang.rules import findings
from agentmesh.lang.rules.edit import apply
from agentmesh.lang.rules.ignore import ignores, without_ignored
from agentmesh.lang.rules.source import Kind, Source
from agentmesh.lang.yaml import MAX_CHARACTERS

SECONDS_PER_CHARACTER = 2.0 / 100_000
LEAST_SECONDS = 0.5
"""Time that a short file may take, which says nothing about how it grows."""

HEAD = "on: [push, issues]\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
STEPS = f"{HEAD}    steps:\n"
LONG: dict[str, tuple[str, str]] = {
    "steps": (STEPS, "      - run: make\n"),
    "steps with ids": (
        STEPS,
        "      - {{id: s{n}, run: 'echo ${{{{ steps.s{n}.outputs.x }}}}'}}\n",
    ),
    "the same action": (STEPS, "      - uses: a/b@v1\n"),
    "other actions": (STEPS, "      - {{uses: a/b@v1, with: {{n: {n}}}}}\n"),
    "unknown steps": (STEPS, "      - run: echo ${{{{ steps.x{n}.outputs.y }}}}\n"),
    "untrusted": (STEPS, "      - run: echo ${{{{ github.event.issue.title }}}}\n"),
    "one script": (
        f"{STEPS}      - run: |\n",
        "          echo '::set-output name=a::{n}' ${{{{ github.head_ref }}}}\n",
    ),
    "folded": (f"{STEPS}      - run: >\n", "          echo ${{{{ github.head_ref }}}}\n"),
    "quoted": (f'{STEPS}      - run: "', "\\t${{{{ github.head_ref }}}} "),
    "blank lines": (f"{STEPS}      - run: |\n", "\n"),
    "chain": (f"{STEPS}      - if: github", ".a"),
    "ors": (f"{STEPS}      - if: github.ref == 'a'", " || github.ref == 'b'"),
    "comparisons": (
        f"{STEPS}      - if: github.event_name == 'x'",
        " || github.event_name != 'x{n}'",
    ),
    "braces": (f"{STEPS}      - if: format('", "{{0"),
    "parentheses": (f"{STEPS}      - if: ", "("),
    "comments": (STEPS, "      # agentmesh: ignore[x{n}]\n"),
    "comments behind": (STEPS, "      - run: x # agentmesh: ignore[x{n}, y] z\n"),
    "jobs": (
        "on: push\njobs:\n",
        "  j{n}: {{needs: j0, runs-on: ubuntu-lates, environment: e{n}}}\n",
    ),
    "needs": ("on: push\njobs:\n  b:\n    runs-on: x\n    needs:\n", "      - j{n}\n"),
    "matrix": (
        f"{HEAD}    strategy:\n      matrix:\n        include:\n",
        "          - {{v{n}: '${{{{ matrix.w{n} }}}}'}}\n",
    ),
    "axis": (f"{HEAD}    strategy:\n      matrix:\n        os:\n", "          - ubuntu-{n}\n"),
    "patterns": ("on:\n  push:\n    branches:\n", "      - 'a{n}[b-a]{{c,d}}'\n"),
    "crons": ("on:\n  schedule:\n", "    - cron: '*/{n} 0-23/2 1,2,3 * *'\n"),
    "inputs": ("on:\n  workflow_dispatch:\n    inputs:\n", "      i{n}:\n"),
    "secrets": (STEPS, "      - {{run: x, env: {{A{n}: '${{{{ secrets.GITHUB_{n} }}}}'}}}}\n"),
    "keys": ("on: push\n", "x{n}: y\n"),
    "aliases": (f"{STEPS}      - &a {{run: 'echo ${{{{ github.head_ref }}}}'}}\n", "      - *a\n"),
    "downloads": (f"{STEPS}      - run: |\n", "          curl https://x/y{n} | sh\n"),
    "pipes": (f"{STEPS}      - run: |\n          ", "curl x | "),
    "dollars": (f"{STEPS}      - run: |\n          ", "$("),
    "quotes": (f"{STEPS}      - run: |\n          ", "\"'"),
    "colons": (f"{STEPS}      - run: |\n          ", "::set-output "),
    "hashes": ("", "# agentmesh: ignore["),
    "pins": (STEPS, f"      - uses: a/b@{'a' * 40} # v{{n}}\n"),
    "environment": (
        f"{STEPS}      - run: |\n",
        '          echo "a=${{{{ github.head_ref }}}}" >> $GITHUB_ENV\n',
    ),
}
"""What a long file begins with, and what it repeats; ``{n}`` counts."""


def long(name: str, size: int) -> str:
    """A file of about so many characters."""
    head, repeated = LONG[name]
    piece = len(repeated.format(n=1000))
    return head + "".join(repeated.format(n=n) for n in range(max(1, size // piece)))


def checked(text: str, kind: Kind) -> str:
    """What is wrong with how a text is checked and mended; nothing where all is well."""
    begun = time.process_time()
    parsed = read(text, "f.yml", kind)
    file = Source(text, "f.yml", kind, parsed.root, parsed.value)
    found = without_ignored(findings.check(file), ignores(text, "f.yml"))
    mended = findings.mend(file, found)
    changed = apply(file.text, mended.edits)
    took = time.process_time() - begun
    allowed = max(LEAST_SECONDS, SECONDS_PER_CHARACTER * len(text))
    if took > allowed:
        return f"{kind}: {took:.1f} s for {len(text)} characters"
    grown = len(changed) > MAX_CHARACTERS  # such a mend is not made
    if mended.edits and not (grown or parsed.failed) and read(changed, "f.yml", kind).failed:
        return f"{kind}: mended to {changed!r}"
    lines = len(text.splitlines()) + 1
    for problem in found:
        span = problem.span
        if not (1 <= span.line <= lines and span.column >= 1):
            return f"{kind}: a finding outside of the file: {problem}"
        if span.end_line and (span.end_line, span.end_column) < (span.line, span.column):
            return f"{kind}: a finding that ends before it begins: {problem}"
    return ""


def fuzz(seed: int, rounds: int) -> None:
    """Checks that many broken files; raises AssertionError with the first that goes wrong."""
    choose = random.Random(seed)
    broken = runpy.run_path(str(Path(__file__).with_name("fuzz_workflow.py")))["broken"]
    for number in range(rounds):
        text = broken(choose)
        for kind in ("workflow", "action"):
            try:
                found = checked(text, kind)
            except Exception as error:
                raise AssertionError(f"seed {seed}, file {number}: {error!r}\n{text!r}") from error
            assert not found, f"seed {seed}, file {number}: {found}\n{text!r}"


def main(arguments: list[str]) -> None:
    seed = int(arguments[0]) if arguments else random.SystemRandom().randrange(10**9)
    rounds = int(arguments[1]) if len(arguments) > 1 else 20_000
    print(f"seed {seed}, {rounds} files", flush=True)
    fuzz(seed, rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
