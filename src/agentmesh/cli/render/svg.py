"""A plan as a picture: SVG that needs nothing else, light or dark as its reader likes it.

Called by ``agentmesh plan`` and ``agentmesh graph``. Columns from left to right are the order of
the jobs; the critical path is drawn thick. The same plan makes the same bytes. Every text is in the
file as text (cut ones whole in the tooltip), so that it can be searched and read aloud.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agentmesh.app.graph import Box, Graph, Lane, Line
from agentmesh.cli.render.expected import money, summary
from agentmesh.cli.render.style import duration
from agentmesh.cli.render.svg_layout import (
    Edge,
    Layout,
    Point,
    Spacing,
    layers,
    layout,
    reduced,
)
from agentmesh.cli.render.svg_text import escaped, fitted, measure

_MARGIN = 24.0
_PAD = 16.0
_ROW = 19.0
_HEAD = 46.0
_LOW = 44.0
"""Height of a box in a workflow that does not run: why, its lane says once for all."""
_NARROW, _BROAD = 168.0, 360.0
_CELLS_IN_A_COLUMN = 10
_LEAST_WIDTH = 640.0
_BOLD = 1.1
"""How much wider bold text is."""

_STYLE = """
.amp{--bg:#fff;--lane:#f6f8fa;--box:#fff;--ink:#1f2328;--dim:#59636e;--rule:#d1d9e0;--edge:#9aa4af;
--good:#1a7f37;--bad:#cf222e;--hot:#bc4c00;--new:#1a7f37;--gone:#cf222e;--mod:#9a6700;--pill:#fff;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif}
@media (prefers-color-scheme:dark){.amp{--bg:#0d1117;--lane:#151b23;--box:#0d1117;--ink:#f0f6fc;
--dim:#9198a1;--rule:#3d444d;--edge:#656c76;--good:#3fb950;--bad:#f85149;--hot:#f0883e;
--new:#3fb950;--gone:#f85149;--mod:#d29922;--pill:#0d1117}}
.amp .bg{fill:var(--bg)}.amp .lane{fill:var(--lane);stroke:var(--rule)}
.amp text{fill:var(--ink);font-size:12px}.amp .h1{font-size:17px;font-weight:600}
.amp .h2{font-size:13px;font-weight:600}.amp .name{font-size:13px;font-weight:600}
.amp .dim{fill:var(--dim)}.amp .end{text-anchor:end}
.amp .box{fill:var(--box);stroke:var(--rule)}.amp .rule{stroke:var(--rule)}
.amp .skipped .box{stroke-dasharray:4 3;fill:none}.amp .skipped .name{fill:var(--dim)}
.amp .fails .box{stroke:var(--bad)}.amp .fails .why{fill:var(--bad)}
.amp .critical .box{stroke:var(--hot);stroke-width:2}.amp .hot{fill:var(--hot);font-weight:600}
.amp .edge{fill:none;stroke:var(--edge);stroke-width:1.5}
.amp .edge.critical{stroke:var(--hot);stroke-width:3}
.amp .port{fill:var(--edge)}.amp .port.critical{fill:var(--hot)}
.amp .ok{fill:var(--good)}.amp .ko{fill:var(--bad)}.amp .no{fill:var(--edge)}
.amp .glyph{fill:none;stroke:var(--box);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.amp .appears .box{stroke:var(--new);stroke-width:2}
.amp .disappears .box{stroke:var(--gone);stroke-width:2}
.amp .changes .box{stroke:var(--mod);stroke-width:2}
.amp .pill{font-size:11px;font-weight:600;fill:var(--pill)}.amp .pill-appears{fill:var(--new)}
.amp .pill-disappears{fill:var(--gone)}.amp .pill-changes{fill:var(--mod)}
""".replace("\n", "")


class _Placed(msgspec.Struct, frozen=True):
    """A lane with its boxes in place; heights and widths are in pixels."""

    lane: Lane
    layout: Layout
    sizes: dict[str, Point]
    edges: tuple[Edge, ...]


def render(graph: Graph) -> str:
    """The whole drawing as the text of an SVG file."""
    placed = [_placed(lane, graph) for lane in graph.lanes]
    inner = max((lane.layout.width for lane in placed), default=0.0)
    width = max(_LEAST_WIDTH, inner + 2 * (_MARGIN + _PAD))
    body: list[str] = []
    y = _MARGIN + 62.0
    for lane in placed:
        height = 46.0 + lane.layout.height + _PAD
        body += _lane(lane, y, width, height, graph)
        y += height + 16.0
    body += _legend(graph, y + 8.0)
    height = y + 28.0
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="amp" role="img" '
        f'aria-labelledby="amp-title amp-desc" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}">',
        f'<title id="amp-title">Plan: {escaped(graph.title)}</title>',
        f'<desc id="amp-desc">{escaped(_description(graph))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="bg" width="{_n(width)}" height="{_n(height)}"/>',
        _text(_MARGIN, _MARGIN + 16, fitted(graph.title, 17, width - 2 * _MARGIN), "h1"),
        _text(_MARGIN, _MARGIN + 38, fitted(_counts(graph), 12, width - 2 * _MARGIN), "dim"),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


def _counts(graph: Graph) -> str:
    lines = [line for lane in graph.lanes for box in lane.boxes for line in box.lines]
    runs = sum(line.row.runs for line in lines)
    fails = sum(line.row.state == "fails" for line in lines)
    parts = [f"{runs} of {len(lines)} jobs run"]
    if fails:
        parts.append(f"{fails} fail at once")
    return " · ".join([*parts, *summary(graph.estimate)])


def _description(graph: Graph) -> str:
    """What the picture shows, for those who hear it."""
    text = _counts(graph)
    names = {
        line.row.key: line.row.name
        for lane in graph.lanes
        for box in lane.boxes
        for line in box.lines
    }
    path = ", then ".join(names[key] for key in graph.estimate.path)
    return f"{text}. Critical path: {path}." if path else f"{text}."


def _placed(lane: Lane, graph: Graph) -> _Placed:
    """Boxes that hang together in columns, and those that stand alone in a grid below them."""
    keys = {box.key for box in lane.boxes}
    all_edges = [(need, box.key) for box in lane.boxes for need in box.after if need in keys]
    least = set(reduced(all_edges))
    edges = tuple(e for e in all_edges if e in least or e in graph.critical_edges)
    joined = {key for edge in edges for key in edge}
    depth = layers(joined, edges)
    broad: dict[int, float] = {}  # of each column; those that stand alone are one too
    for box in lane.boxes:
        column = depth.get(box.key, -1)
        broad[column] = max(broad.get(column, _NARROW), _breadth(box))
    sizes = {box.key: (broad[depth.get(box.key, -1)], _tallness(box, lane)) for box in lane.boxes}
    upper = layout({key: size for key, size in sizes.items() if key in joined}, edges)
    whole = _grid({key: size for key, size in sizes.items() if key not in joined}, upper)
    return _Placed(lane, whole, sizes, edges)


def _grid(sizes: dict[str, Point], upper: Layout) -> Layout:
    """Boxes in rows below what is there already, as wide as that or as four of them."""
    if not sizes:
        return upper
    spacing = Spacing()
    breadth = next(iter(sizes.values()))[0]
    room = max(upper.width, 4 * breadth + 3 * spacing.row)
    across = max(1, int((room + spacing.row) // (breadth + spacing.row)))
    places = dict(upper.places)
    y = upper.height + (spacing.row if upper.places else 0.0)
    width = upper.width
    keys = list(sizes)
    for start in range(0, len(keys), across):
        row = keys[start : start + across]
        for place, key in enumerate(row):
            places[key] = (place * (breadth + spacing.row), y)
        width = max(width, len(row) * (breadth + spacing.row) - spacing.row)
        y += max(sizes[key][1] for key in row) + spacing.row
    return Layout(places=places, routes=upper.routes, width=width, height=y - spacing.row)


def _columns(box: Box) -> int:
    """In how many columns the cells of a box stand."""
    return min(3, -(-len(box.lines) // _CELLS_IN_A_COLUMN))


def _tallness(box: Box, lane: Lane) -> float:
    if not box.matrix:
        return _HEAD + 6 if lane.trigger else _LOW
    return _HEAD + 8 + _ROW * -(-len(box.lines) // _columns(box))


def _breadth(box: Box) -> float:
    if not box.matrix:
        line = box.lines[0]
        title = (measure(line.row.name, 13) + measure(_seconds(line), 12)) * _BOLD + 64
        below = measure(_below(line), 12) + 50 if line.row.trigger else 0.0
        return min(_BROAD, max(_NARROW, title, below))
    title = (measure(box.title, 13) + measure(_cells(box), 12)) * _BOLD + 64
    widest = max(measure(_values(x), 12) + measure(_seconds(x), 12) * _BOLD + 48 for x in box.lines)
    columns = _columns(box)
    return min(_BROAD * columns, max(_NARROW, title, widest * columns + 14))


def _lane(placed: _Placed, y: float, width: float, height: float, graph: Graph) -> Iterator[str]:
    lane = placed.lane
    inner = width - 2 * _MARGIN
    yield f"<g><title>{escaped(lane.path)}</title>"
    yield (
        f'<rect class="lane" x="{_n(_MARGIN)}" y="{_n(y)}" width="{_n(inner)}" '
        f'height="{_n(height)}" rx="10"/>'
    )
    title = fitted(lane.name or lane.path, 13, inner / 2)
    yield _text(_MARGIN + _PAD, y + 27, title, "h2")
    why = lane.trigger or next((box.lines[0].row.why for box in lane.boxes), "")
    start = _MARGIN + _PAD + measure(title, 13) * _BOLD + 14
    yield _text(start, y + 27, fitted(why, 12, width - _MARGIN - _PAD - start), "dim")
    left, top = _MARGIN + _PAD, y + 46
    hot = graph.critical_edges
    for edge in sorted(placed.edges, key=lambda e: e in hot):
        yield _edge(placed.layout.routes[edge], left, top, critical=edge in hot)
    for box in lane.boxes:
        x, at = placed.layout.places[box.key]
        yield from _box(box, left + x, top + at, *placed.sizes[box.key])
    yield "</g>"


def _edge(points: tuple[Point, ...], left: float, top: float, *, critical: bool) -> str:
    """A line that leaves and enters boxes level, bent between them."""
    kind = " critical" if critical else ""
    (x, y), *rest = [(left + px, top + py) for px, py in points]
    path = f"M{_n(x)} {_n(y)}"
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2:
            path += f"H{_n(to_x)}"
        else:
            middle = (x + to_x) / 2
            path += f"C{_n(middle)} {_n(y)} {_n(middle)} {_n(to_y)} {_n(to_x)} {_n(to_y)}"
        x, y = to_x, to_y
    ends = "".join(
        f'<circle class="port{kind}" cx="{_n(left + px)}" cy="{_n(top + py)}" r="3.5"/>'
        for px, py in (points[0], points[-1])
    )
    return f'<path class="edge{kind}" d="{path}"/>{ends}'


def _box(box: Box, x: float, y: float, width: float, height: float) -> Iterator[str]:
    changes = dict.fromkeys(line.change for line in box.lines if line.change)
    change = next(iter(changes)) if len(changes) == 1 else "changes" if changes else ""
    classes = [box.state, "critical" if box.critical else "", change]
    yield f'<g class="{" ".join(c for c in classes if c)}"><title>{escaped(_tooltip(box))}</title>'
    yield (
        f'<rect class="box" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
        'rx="8"/>'
    )
    yield _mark(box.state, x + 20, y + 22, 8)
    right = _cells(box) if box.matrix else _seconds(box.lines[0])
    room = width - 62 - measure(right, 12) * _BOLD
    title = box.title if box.matrix else box.lines[0].row.name
    yield _text(x + 36, y + 26.5, fitted(title, 13 * _BOLD, room), "name")
    if right:
        hot = "hot" if box.critical and not box.matrix else "dim"
        yield _text(x + width - 12, y + 26.5, right, f"{hot} end")
    if box.matrix:
        yield from _lines(box, x, y, width)
    else:
        below = fitted(_below(box.lines[0]), 12, width - 48)
        if height > _LOW:
            yield _text(x + 36, y + 43, below, "dim why")
    if change:
        yield from _pill(change, x + width - 10, y)
    yield "</g>"


def _lines(box: Box, x: float, y: float, width: float) -> Iterator[str]:
    columns = _columns(box)
    rows = -(-len(box.lines) // columns)
    breadth = (width - 12) / columns
    yield f'<path class="rule" d="M{_n(x)} {_n(y + 40)}h{_n(width)}"/>'
    for number, line in enumerate(box.lines):
        left = x + 6 + breadth * (number // rows)
        base = y + _HEAD + 12 + _ROW * (number % rows)
        yield _mark(line.row.state, left + 14, base - 4, 4)
        seconds = _seconds(line)
        room = breadth - 36 - (measure(seconds, 12) * _BOLD + 8 if seconds else 0)
        kind = "dim" if line.row.state == "skipped" else ""
        yield _text(left + 26, base, fitted(_values(line), 12, room), kind)
        if seconds:
            kind = "hot" if line.job.critical else "dim"
            yield _text(left + breadth - 6, base, seconds, f"{kind} end")


_GLYPHS = {
    "runs": ("ok", "M-3.4 .2L-1 2.6L3.6-2.4"),
    "fails": ("ko", "M-2.8-2.8L2.8 2.8M2.8-2.8L-2.8 2.8"),
    "skipped": ("no", "M-3 0H3"),
}


def _mark(state: str, x: float, y: float, radius: float) -> str:
    """A tick, a cross or a dash in a disc; a small one is the disc alone."""
    kind, path = _GLYPHS.get(state, _GLYPHS["runs"])
    disc = f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
    if radius < 6:
        return disc
    return f'{disc}<path class="glyph" transform="translate({_n(x)} {_n(y)})" d="{path}"/>'


def _pill(change: str, right: float, y: float) -> Iterator[str]:
    width = measure(change, 11) * _BOLD + 14
    yield (
        f'<rect class="pill-{change}" x="{_n(right - width)}" y="{_n(y - 9)}" '
        f'width="{_n(width)}" height="17" rx="8.5"/>'
    )
    yield _text(right - width / 2, y + 3.5, change, "pill", ' text-anchor="middle"')


def _legend(graph: Graph, y: float) -> Iterator[str]:
    """What the looks mean, as far as they occur."""
    x = _MARGIN
    if graph.estimate.path:
        yield f'<path class="edge critical" d="M{_n(x)} {_n(y)}h26"/>'
        yield _text(x + 34, y + 4, "critical path", "dim")
        x += 130
    states = {box.state for lane in graph.lanes for box in lane.boxes}
    for state, says in (("runs", "runs"), ("skipped", "skipped"), ("fails", "fails at once")):
        if state in states:
            yield _mark(state, x + 8, y, 8)
            yield _text(x + 24, y + 4, says, "dim")
            x += measure(says, 12) + 44


def _tooltip(box: Box) -> str:
    """All that is known of a job, a fact a line; of a matrix, what its first cell says."""
    facts = [box.title]
    for line in box.lines:
        row, job = line.row, line.job
        cost = "" if job.cost is None else f", {job.minutes} billed min, {money(job.cost)}"
        seconds = "" if job.seconds is None else f": {duration(job.seconds)}{cost}"
        if box.matrix or seconds:
            facts.append(f"{row.name}{seconds}")
    whys = dict.fromkeys(line.row.why for line in box.lines)
    facts += [f"why: {why}" for why in whys]
    if box.lines[0].row.needs:
        facts.append(f"needs: {', '.join(box.lines[0].row.needs)}")
    labels = dict.fromkeys(label for line in box.lines for label in line.row.labels)
    if labels:
        facts.append(f"runs on: {', '.join(labels)}")
    return " · ".join(facts)


def _below(line: Line) -> str:
    """The second line of a box: where it runs and for how much, or why it does not."""
    if not line.row.runs:
        return line.row.why
    cost = "" if line.job.cost is None else money(line.job.cost)
    return " · ".join(part for part in (", ".join(line.row.labels), cost) if part) or line.row.why


def _values(line: Line) -> str:
    """A cell's name without what stands in the title already."""
    name, start = line.row.name, line.row.name.find(" (")
    return name[start + 2 : -1] if start > 0 and name.endswith(")") else name


def _cells(box: Box) -> str:
    return f"{len(box.lines)} cells" if len(box.lines) > 1 else "1 cell"


def _seconds(line: Line) -> str:
    return "" if line.job.seconds is None else duration(line.job.seconds)


def _text(x: float, y: float, text: str, kind: str = "", more: str = "") -> str:
    classes = f' class="{kind}"' if kind else ""
    return f'<text{classes} x="{_n(x)}" y="{_n(y)}"{more}>{escaped(text)}</text>'


def _n(number: float) -> str:
    """A coordinate, no longer than it must be."""
    return f"{number:.1f}".removesuffix(".0")
