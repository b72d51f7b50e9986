"""The fuzzer of lint: a little of it always, all of it at length."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FUZZER = str(Path(__file__).with_name("fuzz_lint.py"))
NAMES = sorted(runpy.run_path(FUZZER)["LONG"])


def test_broken_files_are_checked_without_an_exception() -> None:
    runpy.run_path(FUZZER)["fuzz"](1, 150)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_repeats_itself_is_checked_in_bounded_time(name: str) -> None:
    fuzzer = runpy.run_path(FUZZER)
    assert fuzzer["checked"](fuzzer["long"](name, 50_000), "workflow") == ""


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_the_longest_file_that_repeats_itself(name: str) -> None:
    fuzzer = runpy.run_path(FUZZER)
    assert fuzzer["checked"](fuzzer["long"](name, 1_000_000), "workflow") == ""


@pytest.mark.soak
def test_many_broken_files_are_checked_without_an_exception() -> None:
    runpy.run_path(FUZZER)["main"]([])
