"""``pnpm/action-setup``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import setup_pnpm
from agentmesh.core.errors import AgentmeshError, Unavailable

NPM = """#!/bin/sh
case "$*" in *pnpm@10*) exit 1;; esac
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/bin"
printf '#!/bin/sh\\necho 8.15.0\\n' > "$2/bin/pnpm"
chmod +x "$2/bin/pnpm"
"""


@pytest.fixture
def job(bench: Any, machine: Path) -> Any:
    """A job on a machine with pnpm 9.1.0, and an npm that has pnpm 8 to offer."""
    folder = machine / "bin"
    folder.mkdir()
    pnpm = '#!/bin/sh\n[ "$1" = --version ] && echo 9.1.0 || echo "$@" > called\n'
    for name, text in (("pnpm", pnpm), ("npm", NPM)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    bench.env["PATH"] = f"{folder}:{bench.env['PATH']}"
    return bench


@pytest.mark.parametrize("given", [{}, {"version": "9"}, {"version": "latest"}])
def test_the_pnpm_that_fits_is_taken(job: Any, given: dict[str, str]) -> None:
    outputs = job.use(setup_pnpm, **given).outputs
    assert job.sh("pnpm --version") == "9.1.0\n"
    assert job.sh("command -v pnpm").strip() == f"{outputs['bin_dest']}/pnpm"
    assert job.env["PNPM_HOME"] == str(job.home / ".local/share/pnpm")


def test_another_version_is_installed_once(job: Any) -> None:
    (job.workspace / "package.json").write_text('{"packageManager": "pnpm@8.15.0+sha512.abc"}')
    for installs in (1, 0):
        done = job.use(setup_pnpm)
        assert sum(argv[0] == "npm" for argv in done.ctx.ran) == installs
        assert job.sh("pnpm --version") == "8.15.0\n"


def test_what_cannot_be_had_is_said(job: Any) -> None:
    with pytest.raises(Unavailable, match=r"pnpm '10' .* There are: 9\.1\.0"):
        job.use(setup_pnpm, version="10")
    with pytest.raises(AgentmeshError, match="neither a version nor a range"):
        job.use(setup_pnpm, version="any old")


def test_it_installs_when_asked_to(job: Any) -> None:
    job.use(setup_pnpm, run_install="true")
    assert (job.workspace / "called").read_text() == "install\n"
