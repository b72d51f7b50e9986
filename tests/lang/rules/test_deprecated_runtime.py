"""Old versions of Node."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "deprecated-runtime"
ACTION = "name: node16\ndescription: d\nruns: {using: %s, main: a.js}"


@pytest.mark.parametrize("using", ["node12", "node16"])
def test_old_versions_are_told_at_their_place(found: Found, using: str) -> None:
    assert found(RULE, ACTION % using, kind="action") == [
        f"{using}: The runtime '{using}' is deprecated"
    ]


@pytest.mark.parametrize("using", ["node20", "node24"])
def test_current_versions(found: Found, using: str) -> None:
    assert found(RULE, ACTION % using, kind="action") == []
