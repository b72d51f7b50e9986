"""Services that a job does not have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unknown-service"
WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: x
    services: %s
    steps: [{run: 'echo ${{ job.services.%s.id }}'}]
"""


@pytest.mark.parametrize("services", ["{Redis: redis}", "{'${{ vars.X }}': redis}"])
def test_services_that_may_be_there(found: Found, services: str) -> None:
    assert found(RULE, WORKFLOW % (services, "redis")) == []


def test_a_service_that_is_not_there(found: Found) -> None:
    assert found(RULE, WORKFLOW % ("{redis: redis}", "redsi")) == [
        "job.services.redsi: Context access might be invalid: the job has no service 'redsi'"
    ]
    assert len(found(RULE, "- run: echo ${{ job.services.db.id }}")) == 1
