"""What is known of a matrix before anything is evaluated: its keys, and the values they may have.

Called by the rules about matrices, runner labels and comparisons. Follows "Running variations of
jobs in a workflow" of GitHub's documentation; keys ignore case.
"""

from __future__ import annotations

import msgspec

from agentmesh.lang.model import Job, Map, Seq, Text, Tree
from agentmesh.lang.parse.expressions import OPEN


class Axis(msgspec.Struct):
    """The values that a key may have. ``whole`` tells that there are no others; ``always`` that
    every cell has the key."""

    name: str
    values: list[Tree]
    whole: bool = True
    always: bool = True


class Matrix(msgspec.Struct):
    """Axes and included keys by lower-case name. ``whole`` tells that there are no other keys."""

    axes: dict[str, Axis]
    whole: bool = True

    def get(self, name: str) -> Axis | None:
        """What a key may be, whatever its case."""
        return self.axes.get(name.lower())


EMPTY = Matrix({})


def matrix_of(job: Job) -> Matrix:
    """The matrix of a job, as far as it can be told; an empty one where there is none."""
    tree = job.strategy.matrix if job.strategy is not None else None
    if isinstance(tree, Text) or (tree is None and job.strategy is not None):
        return Matrix({}, whole=False)
    if not isinstance(tree, Map):
        return EMPTY
    found = Matrix({})
    include: Tree = None
    for key, value in tree:
        if OPEN in key.source:
            found.whole = False
        elif key.source == "include":
            include = value
        elif key.source != "exclude":
            found.axes[key.source.lower()] = _axis(key.source, value)
    _include(found, include)
    return found


def _axis(name: str, tree: Tree) -> Axis:
    if not isinstance(tree, Seq):
        return Axis(name, [], whole=False)
    return Axis(name, list(tree.items), whole=not any(map(computed, tree.items)))


def _include(matrix: Matrix, tree: Tree) -> None:
    if tree is None:
        return
    if not isinstance(tree, Seq):
        matrix.whole = False
        for axis in matrix.axes.values():
            axis.whole = False
        return
    own = {name for name in matrix.axes}
    for item in tree.items:
        if not isinstance(item, Map):
            matrix.whole = False
            continue
        names = {key.source.lower() for key, _ in item}
        for key, value in item:
            if OPEN in key.source:
                matrix.whole = False
                continue
            name = key.source.lower()
            axis = matrix.axes.setdefault(name, Axis(key.source, [], always=False))
            axis.values.append(value)
            axis.whole = axis.whole and not computed(value)
        for name in own - names:
            # A cell that stands alone has only its own keys.
            matrix.axes[name].always = False


def computed(tree: Tree) -> bool:
    """Whether there is an expression anywhere in a value."""
    if isinstance(tree, Text):
        return OPEN in tree.source
    if isinstance(tree, Seq):
        return any(map(computed, tree.items))
    if isinstance(tree, Map):
        return any(OPEN in key.source or computed(value) for key, value in tree)
    return False
