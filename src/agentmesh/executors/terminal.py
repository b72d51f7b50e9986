"""The user's terminal, lent to a shell in a job and taken back. Called by the host executor."""

from __future__ import annotations

import os
import signal
import termios
from typing import Any

from agentmesh.core.errors import SetupError


class Terminal:
    """The terminal of this process, as it was before it was lent."""

    def __init__(self, fd: int = 0) -> None:
        """Remember how it is set up. Raises SetupError where there is none, or not in front."""
        self._fd = fd
        try:
            self._settings: list[Any] = termios.tcgetattr(fd)
            self._front = os.tcgetpgrp(fd)
        except (OSError, termios.error) as error:
            raise SetupError(
                "there is no terminal for a shell",
                remedy="run it in a terminal, without redirecting its input",
            ) from error

    def take_back(self) -> None:
        """Put this process in front again, with the settings as they were."""
        # Who is not in front and asks to be is stopped with SIGTTOU, unless it is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTTOU,))
        try:
            os.tcsetpgrp(self._fd, self._front)
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._settings)
        except (OSError, termios.error):
            pass  # the terminal is gone
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
