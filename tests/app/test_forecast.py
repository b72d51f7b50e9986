"""What a plan is expected to take, from history and configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from agentmesh.app.config import Config, Size
from agentmesh.app.forecast import expected, forecast, prices, works
from agentmesh.app.outline import Row, outline
from agentmesh.app.plan import Prepared
from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError

Plan = Callable[..., Prepared]

TWO = """
on: push
jobs:
  build: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  call: {needs: build, uses: ./.github/workflows/called.yml}
"""
CALLED = """
on: workflow_call
jobs:
  test:
    strategy: {max-parallel: 1, matrix: {v: [1, 2]}}
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
"""


def rows(planned: Plan) -> tuple[Row, ...]:
    return outline(planned({"ci.yml": TWO, "called.yml": CALLED}, workflows=("ci",)).plan).rows


def test_runs_of_the_workflow_alone_tell_best_and_any_run_tells_the_rest(planned: Plan) -> None:
    asked: list[tuple[list[str], tuple[str, ...]]] = []

    def look_up(names: Iterable[str], workflows: tuple[str, ...]) -> dict[str, float]:
        asked.append((list(names), workflows))
        return {"build": 3.0} if workflows else {"call / test (2)": 5.0}

    assert expected(rows(planned), look_up) == {"build": 3.0, "call/test#1": 5.0}
    assert asked == [
        (["build", "call / test (1)", "call / test (2)"], (".github/workflows/ci.yml",)),
        (["call / test (1)", "call / test (2)"], ()),
    ]


def test_calls_take_no_time_of_their_own(planned: Plan) -> None:
    found = {work.key: work for work in works(rows(planned), {"build": 3.0})}
    assert set(found) == {"build", "call/test#0", "call/test#1"}
    assert found["call/test#0"].needs == ("build",)
    assert found["call/test#0"].group == "call/test"
    assert found["call/test#0"].slots == 1
    assert found["build"].seconds == 3.0


def test_prices_are_those_of_the_configuration() -> None:
    config = Config(sizes={"Big": Size(price_per_minute=0.5), "plain": Size(cpus=2)})
    assert prices(config) == {"big": 0.5}


@pytest.mark.parametrize("price", [-0.1, float("nan"), float("inf")])
def test_a_price_that_is_none_is_refused(price: float) -> None:
    with pytest.raises(WorkflowError, match="price-per-minute of big") as raised:
        prices(Config(sizes={"big": Size(price_per_minute=price)}))
    assert raised.value.remedy


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(store=str(tmp_path / "store"), directory=str(tmp_path / "project"))


def test_without_a_history_nothing_is_known(planned: Plan, settings: Settings) -> None:
    prepared = planned({"ci.yml": TWO, "called.yml": CALLED}, workflows=("ci",))
    after, estimate = forecast(prepared, outline(prepared.plan), settings)
    assert not estimate.known
    assert after.notices == prepared.notices


def test_a_history_that_cannot_be_read_is_said_and_stops_nothing(
    planned: Plan, settings: Settings
) -> None:
    prepared = planned({"ci.yml": TWO, "called.yml": CALLED}, workflows=("ci",))
    Path(settings.store).mkdir(exist_ok=True)
    (Path(settings.store) / "history.db").write_bytes(b"no database" * 500)
    after, estimate = forecast(prepared, outline(prepared.plan), settings)
    assert not estimate.known
    assert "no length of a job is known" in after.notices[-1].message
    assert after.notices[-1].remedy
