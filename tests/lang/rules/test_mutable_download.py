"""Scripts from the network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "mutable-download"


@pytest.mark.parametrize(
    "command",
    [
        "curl -sSf https://e.org/i.sh | sh",
        "curl https://e.org/i.sh | sudo -E bash -s -- -y",
        "wget -qO- https://e.org/i.sh | bash",
        "curl \\\n      https://e.org/i.sh \\\n      | bash",
        "bash <(curl -s https://e.org/i.sh)",
        'sh -c "$(curl -fsSL https://e.org/i.sh)"',
        "curl https://e.org/get.py | python3 -",
        "iwr https://e.org/i.ps1 | iex",
    ],
)
def test_a_script_that_is_run_unseen_is_a_note(
    found: Found, severities: Found, command: str
) -> None:
    text = f"- run: |\n    true\n    {command}\n"
    (problem,) = found(RULE, text)
    assert problem.partition(":")[0][:4] == command[:4]
    assert severities(RULE, text) == ["info"]


@pytest.mark.parametrize(
    "command",
    [
        "curl -O https://e.org/i.sh",
        "curl https://e.org/a.json | jq .",
        "curl https://e.org/a | sha256sum -c",
        f"curl https://raw.e.org/{'a1' * 20}/i.sh | sh",
        "curl https://e.org/a.tar.gz | tar xz && ./publish",
        "echo | sh",
    ],
)
def test_other_downloads_are_fine(found: Found, command: str) -> None:
    assert found(RULE, f"- run: '{command}'\n") == []


def test_a_long_pipe_does_not_take_long(found: Found) -> None:
    assert found(RULE, f"- run: {'curl a ' * 4000}\n") == []
