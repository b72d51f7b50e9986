"""The harness of the benchmarks: what it says of a ratio, and that it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The harness, which is a package beside the tests and not installed."""
    monkeypatch.syspath_prepend(str(ROOT))
    names = ("report", "case", "cases")
    return SimpleNamespace(**{name: import_module(f"benchmarks.{name}") for name in names})


def row(harness: SimpleNamespace, ours: float, theirs: float) -> Any:
    return harness.case.Row(what="a thing", ours=ours, theirs=theirs, against="another", target=0.5)


def test_a_ratio_above_its_target_is_missed(harness: SimpleNamespace) -> None:
    assert row(harness, 1.0, 2.0).met
    assert not row(harness, 1.1, 2.0).met
    assert "MISSED" in harness.report.text([row(harness, 1.1, 2.0)])
    assert "MISSED" not in harness.report.text([row(harness, 1.1, 2.0)], judge=False)


def test_the_page_holds_a_line_for_each_row(harness: SimpleNamespace) -> None:
    page = harness.report.page([row(harness, 1.0, 4.0), row(harness, 2.0, 4.0)], 7, "agentmesh 0")
    assert page.count("| a thing |") == 2
    assert "| 0.25 |" in page


@pytest.mark.parametrize("case", ["version", "planning"])
def test_a_benchmark_runs_on_small_inputs(case: str, harness: SimpleNamespace) -> None:
    assert case in harness.cases.CASES
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", case],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("what")
