"""The fuzzer of expressions: a second of it in each run of the tests, a minute in `make soak`."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def fuzzer() -> ModuleType:
    """The fuzz target beside this file."""
    path = Path(__file__).with_name("fuzz_expr.py")
    spec = importlib.util.spec_from_file_location("agentmesh_fuzz_expr", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_few_hundred_texts_keep_the_promises(fuzzer: ModuleType) -> None:
    choose = random.Random(4)
    for _ in range(300):
        fuzzer.check(fuzzer.text(choose))


@pytest.mark.soak
def test_many_texts_keep_the_promises(fuzzer: ModuleType) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    assert fuzzer.fuzz(60.0, seed) > 1000
