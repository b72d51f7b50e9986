"""Commands that the runner no longer takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "deprecated-command"


@pytest.mark.parametrize(
    "command",
    ["::set-output name=", "::save-state name=", "::set-env name=", "::add-path::"],
)
def test_each_is_told_where_it_stands_in_the_script(found: Found, command: str) -> None:
    text = f'- run: |\n    echo one\n    echo "{command}x"\n'
    (shown,) = found(RULE, text)
    assert shown.startswith(f"{command}: The workflow command '")


@pytest.mark.parametrize(
    "line", ["echo '::group::x'", "echo ::set-output", "x '::error file=a::b'"]
)
def test_others_are_fine(found: Found, line: str) -> None:
    assert found(RULE, f"- run: |\n    {line}\n") == []
