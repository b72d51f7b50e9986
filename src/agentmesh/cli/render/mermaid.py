"""A plan as a Mermaid flowchart, for Markdown pages that draw it.

Called by ``agentmesh plan`` and ``agentmesh graph``. The same plan makes the same text. Follows
"Flowcharts" of Mermaid's documentation; texts of users are written in its entity codes, so that no
name of a job can be taken for syntax.
"""

from __future__ import annotations

from agentmesh.app.graph import Box, Graph, Line
from agentmesh.cli.render.style import MARKS, duration
from agentmesh.cli.render.width import cut, printable

_CLASSES = (
    "classDef fails stroke:#cf222e,stroke-width:2px",
    "classDef skipped stroke-dasharray:4 3,opacity:0.6",
    "classDef critical stroke:#bc4c00,stroke-width:3px",
    "classDef appears stroke:#1a7f37,stroke-width:3px",
    "classDef disappears stroke:#cf222e,stroke-dasharray:6 4",
    "classDef changes stroke:#9a6700,stroke-width:3px",
)
_MOST = 80


def render(graph: Graph) -> str:
    """The flowchart, one line a box and an edge, with a line break at its end."""
    names = {
        box.key: f"j{n}" for n, box in enumerate(b for lane in graph.lanes for b in lane.boxes)
    }
    lines = ["flowchart LR", f"  %% {_comment(graph.title)}"]
    edges: list[tuple[str, str]] = []
    classes: dict[str, list[str]] = {}
    for number, lane in enumerate(graph.lanes):
        lines.append(f'  subgraph w{number}["{_text(lane.name or lane.path)}"]')
        lines.append("    direction LR")
        for box in lane.boxes:
            lines.append(f'    {names[box.key]}["{_label(box)}"]')
            for kind in _kinds(box):
                classes.setdefault(kind, []).append(names[box.key])
            edges += [(need, box.key) for need in box.after if need in names]
        lines.append("  end")
    lines += [f"  {names[a]} --> {names[b]}" for a, b in edges]
    marked = [str(n) for n, edge in enumerate(edges) if edge in graph.critical_edges]
    if marked:
        lines.append(f"  linkStyle {','.join(marked)} stroke:#bc4c00,stroke-width:3px")
    lines += [f"  {text}" for text in _CLASSES if text.split()[1] in classes]
    lines += [f"  class {','.join(keys)} {kind}" for kind, keys in classes.items()]
    return "\n".join(lines) + "\n"


def _kinds(box: Box) -> list[str]:
    """The looks of a box: how it ends, and what another plan makes of it."""
    kinds: list[str] = [box.state] if box.state != "runs" else []
    if box.critical:
        kinds.append("critical")
    return kinds + list(dict.fromkeys(line.change for line in box.lines if line.change))


def _label(box: Box) -> str:
    if not box.matrix:
        return _line(box.lines[0])
    return "<br/>".join([f"<b>{_text(box.title)}</b>", *map(_line, box.lines)])


def _line(line: Line) -> str:
    mark = {"fails": MARKS["failure"], "skipped": MARKS["skipped"]}.get(line.row.state, "")
    seconds = "" if line.job.seconds is None else f" · {duration(line.job.seconds)}"
    return f"{mark} {_text(line.row.name)}{seconds}".strip()


def _text(text: str) -> str:
    """Text in entity codes, which Mermaid reads back as the characters they stand for."""
    return "".join(
        char if char.isalnum() or char in " ._-/(),:+=@~" else f"#{ord(char)};"
        for char in cut(printable(text), _MOST)
    )


def _comment(text: str) -> str:
    """Text for a comment, which ends with the line and must not begin a directive."""
    return printable(text).replace("{", "(").replace("}", ")")
