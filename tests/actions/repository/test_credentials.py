"""Credentials that a checkout keeps; most of it is tested through checkout."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from agentmesh.actions import checkout
from agentmesh.actions.repository import credentials


def test_the_ssh_command_survives_gits_quoting(bench: Any, repo: Path) -> None:
    done = bench.use(checkout, ssh_key="KEY", ssh_strict="false")
    command = bench.sh("git config core.sshCommand")
    assert command.startswith("ssh -i ")
    assert "StrictHostKeyChecking" not in command
    assert "_known_hosts ~/.ssh/known_hosts'" in command
    bench.finish(checkout, done)
    assert "sshCommand" not in (bench.workspace / ".git/config").read_text()


def test_a_repository_that_is_gone_is_no_failure(bench: Any, repo: Path) -> None:
    done = bench.use(checkout, token="t")
    bench.sh("rm -rf .git")
    bench.finish(checkout, done)
    asyncio.run(credentials.remove(done.ctx))
