"""Where boxes and lines of a layered drawing go: numbers in, numbers out.

Called by :mod:`agentmesh.cli.render.svg`. Pure, and the same for the same input. The layered
drawing of Sugiyama, Tagawa and Toda (1981): each box stands in the column behind all it depends on;
lines over several columns get a place of their own in each; the order in a column follows the
barycenters of its neighbours; and heights come from the least squares that keep this order and a
gap (isotonic regression).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

Point = tuple[float, float]
Edge = tuple[str, str]

_SWEEPS = 12


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The upper left corners of boxes, the points that lines go through (the last and the first
    on the sides of boxes), and the size of it all."""

    places: dict[str, Point] = {}
    routes: dict[Edge, tuple[Point, ...]] = {}
    width: float = 0.0
    height: float = 0.0


class Spacing(msgspec.Struct, frozen=True, kw_only=True):
    """Room between columns, between boxes of one, and for a line between two boxes."""

    column: float = 56.0
    row: float = 16.0
    line: float = 10.0


class _Cell(msgspec.Struct):
    """A box, or the piece of a line that crosses a column (with an empty key)."""

    key: str
    width: float
    height: float
    order: float = 0.0
    top: float = 0.0
    left: list[int] = []
    right: list[int] = []

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def layout(
    sizes: Mapping[str, Point], edges: Iterable[Edge], spacing: Spacing | None = None
) -> Layout:
    """Place boxes of these sizes. Edges go from what comes first to what depends on it.

    Edges between boxes that are not there, and to a box itself, are left out; there must be no
    circle of them.
    """
    if not sizes:
        return Layout()
    spacing = spacing or Spacing()
    edges = [e for e in dict.fromkeys(edges) if e[0] in sizes and e[1] in sizes and e[0] != e[1]]
    depth = layers(sizes, edges)
    cells, columns, chains = _cells(sizes, edges, depth)
    columns = _ordered(cells, columns)
    _heights(cells, columns, spacing)
    return _drawn(cells, columns, chains, spacing)


def layers(keys: Iterable[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The column of each box: how many boxes stand before it in the longest chain."""
    before: dict[str, list[str]] = {key: [] for key in keys}
    for first, then in edges:
        before[then].append(first)
    depth: dict[str, int] = {}
    for key in before:
        todo = [key]
        while todo:
            top = todo[-1]
            missing = [other for other in before[top] if other not in depth]
            if missing:
                todo += missing
                continue
            todo.pop()
            depth[top] = max((depth[other] + 1 for other in before[top]), default=0)
    return depth


def reduced(edges: Sequence[Edge]) -> list[Edge]:
    """Edges without those that a longer way says too."""
    after: dict[str, set[str]] = {}
    for first, then in edges:
        after.setdefault(first, set()).add(then)
    keys = dict.fromkeys(key for edge in edges for key in edge)
    depth = layers(keys, edges)
    reach: dict[str, set[str]] = {}
    for key in sorted(keys, key=lambda k: -depth[k]):
        found: set[str] = set()
        for other in after.get(key, ()):
            found |= {other} | reach[other]
        reach[key] = found
    return [
        (first, then)
        for first, then in edges
        if not any(then in reach[other] for other in after[first] if other != then)
    ]


def _cells(
    sizes: Mapping[str, Point], edges: Sequence[Edge], depth: Mapping[str, int]
) -> tuple[list[_Cell], list[list[int]], dict[Edge, list[int]]]:
    """All cells, the columns they stand in, and the cells that each edge goes through."""
    cells = [_Cell(key, *size, left=[], right=[]) for key, size in sizes.items()]
    number = {key: index for index, key in enumerate(sizes)}
    columns: list[list[int]] = [[] for _ in range(max(depth.values()) + 1)]
    for key, index in number.items():
        columns[depth[key]].append(index)
    chains: dict[Edge, list[int]] = {}
    for first, then in edges:
        chain = [number[first]]
        for column in range(depth[first] + 1, depth[then]):
            cells.append(_Cell("", 0.0, 0.0, left=[], right=[]))
            columns[column].append(len(cells) - 1)
            chain.append(len(cells) - 1)
        chain.append(number[then])
        for one, two in pairwise(chain):
            cells[one].right.append(two)
            cells[two].left.append(one)
        chains[first, then] = chain
    return cells, columns, chains


def _ordered(cells: list[_Cell], columns: list[list[int]]) -> list[list[int]]:
    """The order within columns that had the fewest crossings in a few sweeps to and fro."""
    best, fewest = [list(column) for column in columns], -1
    for sweep in range(_SWEEPS + 1):
        for column in columns:
            for place, index in enumerate(column):
                cells[index].order = place
        crossings = _crossings(cells, columns)
        if fewest < 0 or crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
        if not fewest or sweep == _SWEEPS:
            break
        forth = sweep % 2 == 0
        for column in columns[1:] if forth else columns[-2::-1]:
            column.sort(
                key=lambda i: _barycenter(cells, i, cells[i].left if forth else cells[i].right)
            )
            for place, index in enumerate(column):
                cells[index].order = place
    return best


def _barycenter(cells: list[_Cell], index: int, neighbours: list[int]) -> float:
    """The mean place of a cell's neighbours; where it has none, it wants to stay."""
    if not neighbours:
        return cells[index].order
    return sum(cells[other].order for other in neighbours) / len(neighbours)


def _crossings(cells: list[_Cell], columns: list[list[int]]) -> int:
    """How many pairs of lines cross: inversions among their ends, counted in a Fenwick tree."""
    total = 0
    for column, following in pairwise(columns):
        ends = [
            int(cells[end].order)
            for index in column
            for end in sorted(cells[index].right, key=lambda i: cells[i].order)
        ]
        tree = [0] * (len(following) + 1)
        for seen, end in enumerate(ends):
            above, place = 0, end + 1
            while place:
                above += tree[place]
                place -= place & -place
            total += seen - above
            place = end + 1
            while place < len(tree):
                tree[place] += 1
                place += place & -place
    return total


def _heights(cells: list[_Cell], columns: list[list[int]], spacing: Spacing) -> None:
    """Give each cell a height near those of its neighbours; columns start out centred."""
    for column in columns:
        _settle(cells, column, [0.0] * len(column), spacing)
    for sweep in range(_SWEEPS * 2):
        forth = sweep % 2 == 0
        for column in columns[1:] if forth else columns[-2::-1]:
            wanted = []
            for index in column:
                cell = cells[index]
                near = cell.left if forth else cell.right
                middles = [cells[other].middle for other in near] or [cell.middle]
                wanted.append(sum(middles) / len(middles))
            _settle(cells, column, wanted, spacing)
    top = min(cell.top for cell in cells)
    for cell in cells:
        cell.top -= top


def _settle(cells: list[_Cell], column: list[int], wanted: list[float], spacing: Spacing) -> None:
    """Put the middles of a column as near to what is wanted as order and gaps allow.

    Less the least distance from the first one, places need only not fall: the pool adjacent
    violators algorithm finds the nearest such row.
    """
    offsets: list[float] = []
    place = 0.0
    for position, index in enumerate(column):
        cell = cells[index]
        if position:
            above = cells[column[position - 1]]
            gap = spacing.row if cell.key and above.key else spacing.line
            place += above.height / 2 + gap + cell.height / 2
        offsets.append(place)
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            more, others = blocks.pop()
            total, count = total + more, count + others
        blocks.append((total, count))
    level = [total / count for total, count in blocks for _ in range(count)]
    for index, offset, base in zip(column, offsets, level, strict=True):
        cells[index].top = base + offset - cells[index].height / 2


def _drawn(
    cells: list[_Cell],
    columns: list[list[int]],
    chains: Mapping[Edge, list[int]],
    spacing: Spacing,
) -> Layout:
    lefts: dict[int, float] = {}
    rights: dict[int, float] = {}
    x = 0.0
    for column in columns:
        width = max(cells[index].width for index in column)
        for index in column:
            lefts[index] = x
            rights[index] = x + (cells[index].width if cells[index].key else width)
        x += width + spacing.column
    routes: dict[Edge, tuple[Point, ...]] = {}
    for edge, chain in chains.items():
        points = [(rights[chain[0]], cells[chain[0]].middle)]
        for index in chain[1:-1]:
            points += [(lefts[index], cells[index].middle), (rights[index], cells[index].middle)]
        points.append((lefts[chain[-1]], cells[chain[-1]].middle))
        routes[edge] = tuple(points)
    return Layout(
        places={cell.key: (lefts[i], cell.top) for i, cell in enumerate(cells) if cell.key},
        routes=routes,
        width=x - spacing.column,
        height=max(cell.top + cell.height for cell in cells),
    )
