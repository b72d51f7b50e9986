"""Fuzzes the expression language: random and mutated texts, for as long as one likes.

Run alone, `python tests/fuzz/fuzz_expr.py [SECONDS] [SEED]` prints its seed and, at the first text
that breaks a promise, that text; `make soak` runs it for a minute through test_fuzz_expr.py. The
promises: a text has a value or an ExpressionError, whatever it is; it comes out the same again; it
takes no longer than a few seconds; and what a tree shows parses to the same tree.
"""

from __future__ import annotations

import random
import sys
import time

from agentmesh.lang.expr.ast import Constant
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.show import show
from agentmesh.lang.expr.template import condition, parts, references, render
from agentmesh.lang.expr.values import Value
from agentmesh.lang.model import Text

SEEDS = [
    "github.ref == 'refs/heads/main' && !cancelled()",
    "contains(fromJSON('[\"a\", 1, null]'), matrix.os) || always()",
    "format('{0} {{x}} {1}', steps.*.outcome, 1.5e3)",
    "toJSON(github.event.commits[0].*['id'])",
    "case(a == 1, 'x', github['a' ], .5, join(needs.*.result, '-'))",
    "${{ matrix.os }}-${{ 'it''s }}' }} tail",
    "((((1 < 2) <= 3) > -0x1F) >= 0o17) != NaN",
    "hashFiles('**/lock') && Infinity",
]
ALPHABET = "abgithub.*[](){}'\"!=<>&|,$ \n\t0123456789xeE+-_\\\u00a0é😀ıß\ud800"
CONTEXTS: dict[str, Value] = {
    "github": {"ref": "refs/heads/main", "event": {"commits": [{"id": {"a": 1}}, {}]}},
    "matrix": {"os": "linux"},
    "steps": {"a": {"outcome": "success"}},
}
SCOPE = Scope(
    CONTEXTS,
    {
        "success": lambda _: True,
        "failure": lambda _: False,
        "always": lambda _: True,
        "cancelled": lambda _: False,
        "hashFiles": lambda args: "h" * len(args),
    },
)
PATIENCE = 5.0
"""Seconds of processor time for one text."""


def text(choose: random.Random) -> str:
    """A seed, mutated a few times, or several of them in one."""
    made = choose.choice(SEEDS)
    for _ in range(choose.randint(0, 6)):
        at, to = sorted(choose.randint(0, len(made)) for _ in range(2))
        other = choose.choice(SEEDS)
        cut = other[choose.randint(0, len(other)) :]
        made = choose.choice(
            [
                made[:at] + made[to:],
                made[:to] + made[at:],
                made[:at] + choose.choice(ALPHABET) + made[at:],
                made[:at] + cut + made[to:],
                made[:at] + made[at:to] * choose.choice([2, 5, 60]) + made[to:],
            ]
        )[:25_000]
    return made


def outcomes(source: str) -> list[str]:
    """What becomes of a text wherever it may stand."""
    found = []
    for read in (
        lambda: evaluate(parse(source), SCOPE),
        lambda: parts(source),
        lambda: render(Text(source), SCOPE),
        lambda: condition(Text(source), SCOPE),
        lambda: sorted(references(source, condition=True)),
    ):
        try:
            found.append(repr(read()))
        except ExpressionError as error:
            found.append(error.message)
    return found


def check(source: str) -> None:
    """Raises AssertionError, or whatever else the language lets out."""
    first = outcomes(source)
    assert outcomes(source) == first, "came out differently the second time"
    try:
        root = parse(source).root
    except ExpressionError:
        return
    shown = show(root)
    if len(shown) < 20_000 and root != Constant(None) and "NaN" not in shown:
        try:
            again = parse(shown).root
        except ExpressionError as error:
            # A chain that was in parentheses counts against the depth once they are gone.
            if "max expression depth" not in error.message:
                raise
        else:
            assert again == root, shown


def fuzz(seconds: float, seed: int) -> int:
    """Check texts for that long; how many."""
    choose = random.Random(seed)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        source = text(choose)
        began = time.process_time()
        try:
            check(source)
            assert time.process_time() - began < PATIENCE, "took too long"
        except BaseException:
            sys.stderr.write(f"seed {seed}, text {count}: {source!r}\n")
            raise
        count += 1
    return count


if __name__ == "__main__":
    given = sys.argv[1:]
    chosen = int(given[1]) if len(given) > 1 else random.SystemRandom().getrandbits(32)
    print(f"seed {chosen}", flush=True)
    print(fuzz(float(given[0]) if given else 60.0, chosen), "texts")
