"""What a minute of a runner costs."""

from __future__ import annotations

import pytest

from agentmesh.plan.prices import Rate, rate


@pytest.mark.parametrize(
    ("label", "price"),
    [
        ("ubuntu-latest", 0.006),
        ("Ubuntu-24.04", 0.006),
        ("ubuntu-slim", 0.002),
        ("ubuntu-24.04-arm", 0.005),
        ("ubuntu-latest-4-cores", 0.012),
        ("ubuntu-24.04-8core", 0.022),
        ("linux-arm64-16-core", 0.026),
        ("windows-latest", 0.010),
        ("windows-2025", 0.010),
        ("windows-11-arm", 0.008),
        ("windows-latest-8-cores", 0.042),
        ("macos-latest", 0.062),
        ("macos-15-intel", 0.062),
        ("macos-14-large", 0.077),
        ("macos-latest-xlarge", 0.102),
    ],
)
def test_names_of_github_s_runners_have_its_prices(label: str, price: float) -> None:
    assert rate((label,), {}) == Rate(label, price)


@pytest.mark.parametrize(
    "label",
    ["my-runner", "linux", "windows", "ubuntu", "ubuntu-latest-7-cores", "macos", "linux-x64", ""],
)
def test_other_names_have_none(label: str) -> None:
    assert rate((label,), {}) == Rate(label, None)
    assert rate((), {}) == Rate("", None)


def test_machines_of_one_s_own_cost_nothing_and_are_not_billed() -> None:
    labels = ("self-hosted", "linux", "x64")
    assert rate(labels, {}) == Rate("self-hosted", 0.0, billed=False)


def test_prices_of_the_user_s_own_win() -> None:
    own = {"ubuntu-latest": 0.1, "gpu": 0.5}
    assert rate(("Ubuntu-Latest",), own) == Rate("Ubuntu-Latest", 0.1)
    assert rate(("self-hosted", "gpu"), own) == Rate("gpu", 0.5)


def test_the_first_label_that_has_a_price_decides() -> None:
    assert rate(("fast", "ubuntu-latest-4-cores"), {}) == Rate("ubuntu-latest-4-cores", 0.012)
