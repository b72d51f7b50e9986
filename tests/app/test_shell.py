"""The shell at a failed step."""

from __future__ import annotations

from agentmesh.app.shell import at_failure
from agentmesh.ports.executor import Command


def test_it_has_the_steps_environment_and_folder_and_a_terminal():
    failed = Command(argv=("bash", "-e", "x.sh"), env={"A": "1", "TERM": "dumb"}, cwd="/w")
    shell = at_failure(failed, {"TERM": "xterm", "B": "2"})
    assert shell.argv[0] == "bash"
    assert "-i" in shell.argv
    assert (shell.cwd, shell.terminal) == ("/w", True)
    assert (shell.env["A"], shell.env["TERM"]) == ("1", "xterm")
    assert "B" not in shell.env
