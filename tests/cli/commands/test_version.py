"""agentmesh version."""

from __future__ import annotations

import json

from agentmesh import __version__
from agentmesh.cli.dispatch import dispatch


def test_versions_are_printed_one_a_line(capfd, tmp_path):
    assert dispatch(("version", "--store", str(tmp_path))) == 0
    lines = dict(line.split(None, 1) for line in capfd.readouterr().out.splitlines())
    assert lines["agentmesh"] == __version__
    assert lines["store"] == str(tmp_path)


def test_json_is_one_document(capfd):
    assert dispatch(("version", "--json")) == 0
    assert json.loads(capfd.readouterr().out)["agentmesh"] == __version__
