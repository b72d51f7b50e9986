"""Caches in what is published."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "cache-poisoning"


def text(*steps: str, on: str = "push") -> str:
    body = "".join(f"      - {step}\n" for step in steps)
    return f"on: {on}\njobs:\n  a:\n    runs-on: x\n    steps:\n{body}"


CACHE = "uses: actions/cache@v4"
PUBLISH = "uses: pypa/gh-action-pypi-publish@release/v1"


@pytest.mark.parametrize(
    ("on", "what"),
    [("release", "a run for a release makes"), ("{push: {tags: [v*]}}", "a run for a tag makes")],
)
def test_runs_for_releases_and_tags_publish(found: Found, on: str, what: str) -> None:
    assert found(RULE, text(CACHE, on=on)) == [
        f"actions/cache@v4: What a cache holds can get into what {what}"
    ]


@pytest.mark.parametrize(
    "publish",
    [PUBLISH, "run: twine upload dist/*", "run: npm publish", "run: gh release create v1"],
)
def test_jobs_that_publish_are_told_by_their_steps(found: Found, publish: str) -> None:
    assert len(found(RULE, text(CACHE, publish))) == 1


@pytest.mark.parametrize(
    "step",
    [
        "{uses: actions/setup-python@v5, with: {cache: pip}}",
        "uses: actions/setup-go@v5",
        "{uses: astral-sh/setup-uv@v5, with: {enable-cache: true}}",
        "uses: Swatinem/rust-cache@v2",
        "uses: actions/cache/restore@v4",
    ],
)
def test_set_ups_that_restore_caches_count(found: Found, step: str) -> None:
    assert len(found(RULE, text(step, PUBLISH))) == 1


@pytest.mark.parametrize(
    "step",
    [
        "uses: actions/setup-python@v5",
        "{uses: actions/setup-go@v5, with: {cache: false}}",
        "{uses: astral-sh/setup-uv@v5, with: {enable-cache: 'false'}}",
        "{uses: Swatinem/rust-cache@v2, with: {lookup-only: true}}",
        "{uses: actions/setup-go@v5, with: {cache: \"${{ github.event_name != 'release' }}\"}}",
        "uses: actions/cache/save@v4",
        "run: make cache",
    ],
)
def test_what_restores_nothing_is_fine(found: Found, step: str) -> None:
    assert found(RULE, text(step, PUBLISH)) == []


@pytest.mark.parametrize(
    "on",
    ["push", "{push: {branches: [main], tags: [v*]}}", "[release, pull_request]", "pull_request"],
)
def test_runs_that_publish_nothing_may_use_caches(found: Found, on: str) -> None:
    assert found(RULE, text(CACHE, "run: make test", on=on)) == []
