"""A shell for a person: the terminal goes to it, with job control, and comes back."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import termios
import time

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.executors.terminal import Terminal

DRIVER = """
import asyncio, os, sys
from agentmesh.executors.host import HostExecutor
from agentmesh.executors.spawner import Spawner
from agentmesh.ports.executor import Command

async def main():
    spawner = Spawner()
    session = await HostExecutor(spawner, sys.argv[1]).open(None, None)
    env = {"PATH": "/usr/bin:/bin", "PS1": "shell> ", "HISTFILE": "/dev/null"}
    process = await session.spawn(
        Command(argv=("bash", "--norc", "-i"), env=env, cwd="/", terminal=True)
    )
    assert await process.read() == b""
    code = await process.wait()
    assert os.tcgetpgrp(0) == os.getpgrp()
    print(f"code={code}", flush=True)
    print("read=" + input(), flush=True)
    await session.close()
    spawner.close()

asyncio.run(main())
"""


class Screen:
    """The other side of a terminal."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def until(self, text: str) -> None:
        """Wait until a text has been shown."""
        deadline = time.monotonic() + 30
        while text not in self._seen:
            assert time.monotonic() < deadline, self._seen
            if select.select([self._fd], [], [], 1)[0]:
                try:
                    self._seen += os.read(self._fd, 4096).decode()
                except OSError:
                    pytest.fail(f"the terminal was closed: {self._seen}")
        self._seen = self._seen.partition(text)[2]


@pytest.mark.parametrize(
    "isolation",
    [
        pytest.param("namespace", marks=pytest.mark.skipif(os.geteuid() != 0, reason="needs root")),
        "reaper",
    ],
)
def test_a_shell_has_the_terminal_and_job_control_and_gives_it_back(isolation: str):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", DRIVER, isolation])
    try:
        screen = Screen(fd)
        screen.until("shell> ")
        screen.type("echo $((40+2))-$(tty | cut -c1-8)\n")
        screen.until("42-/dev/pts")
        screen.until("shell> ")
        screen.type("sh -c 'echo up; exec sed -u s/on/off/'\n")
        screen.until("\r\nup\r\n")
        screen.type("\x1a")  # Ctrl-Z
        screen.until("Stopped")
        screen.until("shell> ")
        screen.type("fg\n")
        screen.type("went on\n")
        screen.until("went off\r\n")
        screen.type("\x03")  # Ctrl-C
        screen.until("shell> ")
        screen.type("stty -echo; exit 7\n")
        screen.until("code=7")
        screen.type("with echo again\n")
        screen.until("with echo again\r\n")  # the echo: the settings are those from before
        screen.until("read=with echo again")
        assert os.waitpid(pid, 0) == (pid, 0)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.close(fd)


def test_without_a_terminal_there_is_an_error():
    with open(os.devnull) as null, pytest.raises(SetupError, match="no terminal"):
        Terminal(null.fileno())


def test_a_terminal_that_is_not_ours_is_refused():
    ours, theirs = pty.openpty()
    try:
        assert termios.tcgetattr(theirs)
        with pytest.raises(SetupError, match="no terminal"):
            Terminal(theirs)
    finally:
        os.close(ours)
        os.close(theirs)
