"""Failures of other programs are told where the programs are run."""

from __future__ import annotations

from collections.abc import Callable


def test_no_file_by_itself_is_to_blame(found: Callable[..., list[str]]) -> None:
    assert found("tool-failed", "- run: x\n") == []
