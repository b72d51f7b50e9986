"""An expression asks for a key that the job's matrix does not have.

Keys of the axes and of the entries of `include` are known, unless an expression makes them. All
else is null, which reads as the empty text, without an error.

Bad:

```yaml
runs-on: ${{ matrix.os }}
strategy:
  matrix:
    image: [ubuntu-24.04, ubuntu-22.04]
steps:
  - run: make
```

Good:

```yaml
runs-on: ${{ matrix.image }}
strategy:
  matrix:
    image: [ubuntu-24.04, ubuntu-22.04]
steps:
  - run: make
```

Remedy: correct the name, or add the key to the matrix.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.axes import Axis
from agentmesh.lang.expr.chains import Chain
from agentmesh.lang.model import Map
from agentmesh.lang.rules.names import close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Expression, Source

META = Rule(
    id="unknown-matrix-key",
    severity="warning",
    summary="An expression asks for a key that the job's matrix does not have.",
    kind="workflow",
    words=("matrix.", "matrix["),
)


def check(file: Source) -> Iterator[Problem]:
    """Compares each key with those of the job's matrix, and keys of mappings within it."""
    for expression, chain in file.chains("matrix"):
        job = expression.job
        if job is None or chain.key(0) in {"", "*"}:
            continue
        matrix = file.matrix(job)
        axis = matrix.get(chain.key(0))
        if axis is not None:
            yield from _inside(file, expression, chain, axis)
        elif matrix.whole:
            yield META.problem(
                file.span_of_chain(expression, chain, 1),
                f"Context access might be invalid: the matrix has no key '{chain.keys[0]}'",
                close_or_listed(
                    chain.key(0), [axis.name for axis in matrix.axes.values()], "keys of the matrix"
                ),
            )


def _inside(file: Source, expression: Expression, chain: Chain, axis: Axis) -> Iterator[Problem]:
    """Keys of values that are mappings, where all values are."""
    if not axis.whole or chain.key(1) in {"", "*"}:
        return
    names: dict[str, str] = {}
    for value in axis.values:
        if not isinstance(value, Map):
            return
        names |= {key.source.lower(): key.source for key, _ in value}
    if chain.key(1) not in names:
        yield META.problem(
            file.span_of_chain(expression, chain, 2),
            f"Context access might be invalid: no value of the matrix key '{axis.name}' "
            f"has '{chain.keys[1]}'",
            close_or_listed(chain.key(1), names.values(), "keys"),
        )
