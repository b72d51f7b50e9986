"""Publishing is refused."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import refusals
from agentmesh.core.errors import Refused


@pytest.mark.parametrize("name", refusals.META.names)
def test_each_is_refused_with_a_reason_and_a_remedy(bench: Any, name: str) -> None:
    with pytest.raises(Refused, match=refusals.PUBLISHERS[name].would) as caught:
        bench.use(refusals, f"{name}@v1")
    assert "--no-builtin-actions" in caught.value.remedy


def test_the_reason_names_what_is_missing(bench: Any) -> None:
    with pytest.raises(Refused, match="the inputs app-id, private-key is empty"):
        bench.use(refusals, "actions/create-github-app-token@v1")
    with pytest.raises(Refused, match="publishes nothing by itself"):
        bench.use(refusals, "js-devtools/npm-publish@v3", token="t")
    with pytest.raises(Refused, match="no identity token"):
        bench.use(refusals, "pypa/gh-action-pypi-publish@release/v1")
