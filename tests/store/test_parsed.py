"""Workflow files that were read before."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Workflow
from agentmesh.lang.parse import workflow
from agentmesh.store import parsed
from agentmesh.store.layout import Layout
from agentmesh.store.parsed import ParsedFiles

GOOD = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'echo ${{ 1 }}'}]}}\n"


class Counted:
    """The parser, and how often it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str, path: str) -> tuple[Workflow | None, tuple[Problem, ...]]:
        self.texts.append(text)
        return workflow(text, path)


@pytest.fixture
def parser() -> Counted:
    return Counted()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "store"))


def kept(layout: Layout) -> list[Path]:
    return sorted(Path(layout.root, "parsed").iterdir())


def test_a_file_is_parsed_once_and_comes_back_as_it_was(layout: Layout, parser: Counted) -> None:
    first = ParsedFiles(layout, parser)(GOOD, "a.yml")
    again = ParsedFiles(layout, parser)(GOOD, "a.yml")
    assert again == first == workflow(GOOD, "a.yml")
    assert len(parser.texts) == 1


def test_another_text_and_another_path_are_parsed(layout: Layout, parser: Counted) -> None:
    read = ParsedFiles(layout, parser)
    for text, path in ((GOOD, "a.yml"), (GOOD, "b.yml"), (GOOD + "#\n", "a.yml")):
        found, _ = read(text, path)
        assert found is not None
        assert found.path == path
    assert len(parser.texts) == 3


def test_a_file_with_mistakes_is_read_again_each_time(layout: Layout, parser: Counted) -> None:
    read = ParsedFiles(layout, parser)
    for _ in range(2):
        assert read("on: push\n", "a.yml")[1]
    assert len(parser.texts) == 2
    assert not Path(layout.root, "parsed").exists()


def test_what_is_damaged_is_parsed_anew(layout: Layout, parser: Counted) -> None:
    read = ParsedFiles(layout, parser)
    whole = read(GOOD, "a.yml")
    (entry,) = kept(layout)
    data = entry.read_bytes()
    choose = random.Random(7)
    for _ in range(200):
        at = choose.randrange(len(data))
        entry.write_bytes(
            data[:at] if choose.random() < 0.3 else data[:at] + b"\xff" + data[at + 1 :]
        )
        read(GOOD, "a.yml")
    entry.write_bytes(b"")
    assert read(GOOD, "a.yml") == whole
    assert kept(layout)[0].read_bytes() == data


def test_a_store_that_cannot_be_written_is_no_error(layout: Layout, parser: Counted) -> None:
    Path(layout.root).write_text("a file")
    assert ParsedFiles(layout, parser)(GOOD, "a.yml")[0] is not None


def test_the_older_half_goes_when_there_are_too_many(
    layout: Layout, parser: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsed, "KEPT", 4)
    read = ParsedFiles(layout, parser)
    for number in range(5):
        read(f"{GOOD}# {number}\n", "a.yml")
        for entry in kept(layout):
            status = entry.stat()
            os.utime(entry, ns=(status.st_atime_ns, status.st_mtime_ns - 10**9))
    assert len(kept(layout)) == 3
    read(f"{GOOD}# 4\n", "a.yml")
    assert len(parser.texts) == 5
