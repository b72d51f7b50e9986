"""The console script."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from agentmesh import __version__

MODULES = """
import sys
from agentmesh.cli.main import answer
answer({argv})
print(*sys.modules)
"""


def loaded(*argv: str) -> set[str]:
    """Modules that are imported when a command line has been answered."""
    program = MODULES.format(argv=list(argv))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_version_is_told_without_importing_anything():
    modules = loaded("--version")
    assert not modules & {"click", "msgspec", "yaml", "typing", "re"} - loaded_by_python()


def loaded_by_python() -> set[str]:
    """What this Python imports for itself (an editable installation may add to it)."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_help_needs_no_more_than_the_command_line():
    modules = loaded("--help")
    assert not modules & {"yaml", "asyncio", "subprocess", "sqlite3", "rich", "tomllib"}
    assert not [name for name in modules if name.startswith("agentmesh.cli.commands.")]


def test_the_command_prints_its_version():
    done = subprocess.run(
        [sys.executable, "-c", "from agentmesh.cli.main import main; main()", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"agentmesh {__version__}\n"


def test_ctrl_c_ends_it_quietly_whatever_it_is_at():
    program = """
import sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "agentmesh.cli.dispatch":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from agentmesh.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "run"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("argv", [("--version",), ("--help",), ("history", "--json")])
def test_output_that_cannot_be_written_is_exit_3_without_a_traceback(argv, tmp_path):
    done = command(*argv, end="> /dev/full", store=tmp_path)
    assert done.returncode == 3
    assert "cannot write the output: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("end", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(end, tmp_path):
    done = command("history", end=end, store=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def command(*argv, end, store):
    """Run the command line with its streams as a shell leaves them."""
    program = "from agentmesh.cli.main import main; main()"
    call = shlex.join([sys.executable, "-c", program, *argv])
    return subprocess.run(
        f"AGENTMESH_HOME={shlex.quote(str(store))} {call} {end}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_printed_last_is_not_lost_when_the_process_is_left():
    program = """
import sys
from agentmesh.cli import main
main.answer = lambda argv: (sys.stdout.write("x" * 100_000), sys.stderr.write("e"), 7)[2]
main.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, len(done.stdout), done.stderr) == (7, 100_000, "e")
