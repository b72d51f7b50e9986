"""The view that fits where the output goes."""

from __future__ import annotations

import pytest

from agentmesh.app import settings
from agentmesh.cli.render import sink
from agentmesh.cli.render.jsonl import JsonLines
from agentmesh.cli.render.plain import Plain
from agentmesh.cli.render.tree import Tree


@pytest.mark.parametrize(
    ("tty", "term", "as_json", "view"),
    [
        (True, "xterm", False, Tree),
        (True, "dumb", False, Plain),
        (False, "xterm", False, Plain),
        (True, "xterm", True, JsonLines),
    ],
)
def test_the_view_follows_the_output(tmp_path, tty, term, as_json, view):
    made = settings.load(
        directory=str(tmp_path), environ={"TERM": term, "HOME": str(tmp_path)}, tty=tty
    )
    chosen = sink.choose(made, as_json=as_json)
    assert isinstance(chosen, view)
    chosen.pause("step")
    chosen.close()
    chosen.close()
