"""The fuzzer of workflow files: a little of it always, all of it at length."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FUZZER = str(Path(__file__).with_name("fuzz_workflow.py"))


def test_broken_files_are_read_without_an_exception() -> None:
    runpy.run_path(FUZZER)["fuzz"](1, 500)


@pytest.mark.soak
def test_many_broken_files_are_read_without_an_exception() -> None:
    runpy.run_path(FUZZER)["main"]([])
