"""Shells that are not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "shell-name"


@pytest.mark.parametrize("shell", ["bash", "pwsh", "python", "zsh {0}", "'${{ matrix.shell }}'"])
def test_shells_that_run(found: Found, shell: str) -> None:
    assert found(RULE, f"- {{run: x, shell: {shell}}}") == []


def test_a_name_that_nobody_knows(found: Found) -> None:
    (shown,) = found(RULE, "- {run: x, shell: zsh}")
    assert shown.startswith("zsh: Invalid shell option 'zsh'")


def test_a_shell_of_windows_elsewhere(found: Found) -> None:
    (shown,) = found(RULE, "- {run: x, shell: cmd}")
    assert shown == "cmd: The shell 'cmd' is there on Windows only"
    windows = "on: push\njobs: {a: {runs-on: windows-latest, steps: [{run: x, shell: cmd}]}}"
    assert found(RULE, windows) == []


def test_defaults_are_looked_at(found: Found) -> None:
    text = (
        "on: push\ndefaults: {run: {shell: fish}}\n"
        "jobs: {a: {runs-on: x, defaults: {run: {shell: csh}}, steps: []}}"
    )
    assert [shown.partition(":")[0] for shown in found(RULE, text)] == ["fish", "csh"]
