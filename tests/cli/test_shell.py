"""The hook of --shell-on-failure."""

from __future__ import annotations

import asyncio

from agentmesh.cli.shell import ShellOnFailure
from agentmesh.ports.executor import Command


class View:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.paused: list[str] = []

    def __call__(self, event, /) -> None: ...

    def pause(self, step: str) -> None:
        self.paused.append(step)

    def close(self) -> None: ...


def test_it_takes_the_view_away_and_answers_with_a_shell(capfd):
    view = View()
    failed = Command(argv=("bash", "-e", "x.sh"), env={"A": "1"}, cwd="/w")
    shell = asyncio.run(ShellOnFailure(view, {"TERM": "xterm"})("Run tests", failed))
    assert view.paused == ["Run tests"]
    assert shell is not None
    assert shell.terminal
    assert "'Run tests' has failed" in capfd.readouterr().err
