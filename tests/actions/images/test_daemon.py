"""Whether a program answers."""

from __future__ import annotations

import asyncio
from typing import Any

from agentmesh.actions.images import daemon


def test_a_program_answers_if_it_is_there_and_succeeds(place: Any) -> None:
    assert asyncio.run(daemon.answers(place, "true"))
    assert not asyncio.run(daemon.answers(place, "false"))
    assert not asyncio.run(daemon.answers(place, "no-such-program-here"))


def test_a_docker_that_is_not_there_has_no_daemon(place: Any, tmp_path: Any) -> None:
    place.env = {"PATH": str(tmp_path)}
    assert not asyncio.run(daemon.daemon(place))
