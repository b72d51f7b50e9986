"""Sizes and durations of options."""

from __future__ import annotations

import pytest

from agentmesh.executors.docker.units import duration, size


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4g", 4 << 30), ("512M", 512 << 20), ("64kb", 64 << 10), ("1.5GiB", 3 << 29), ("7", 7)],
)
def test_sizes_are_read_as_docker_reads_them(text: str, expected: int):
    assert size(text) == expected


def test_minus_one_is_no_limit():
    assert size("-1") == -1


@pytest.mark.parametrize("text", ["", "g", "4x", "4 giga", "-2"])
def test_other_sizes_are_refused(text: str):
    with pytest.raises(ValueError, match="no size"):
        size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10s", 10_000_000_000), ("1m30s", 90_000_000_000), ("500ms", 500_000_000), ("0", 0)],
)
def test_durations_are_nanoseconds(text: str, expected: int):
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "10", "1d", "5s!", "s"])
def test_other_durations_are_refused(text: str):
    with pytest.raises(ValueError, match="no duration"):
        duration(text)
