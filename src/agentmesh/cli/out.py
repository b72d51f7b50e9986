"""Standard output as a sink of bytes: written at once, never raising.

Renderers of events get one of these. A reader that goes away (``| head``) is remembered in
:attr:`Out.closed` and told to whoever asked, so that a run can stop instead of talking to nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable


class Out:
    """A file descriptor. ``left`` is called once, when its reader has gone or nothing can be
    written any more; in that case ``failed`` is called first, with the reason.

    There is no buffer: what comes is already gathered in batches, and a person who watches a pipe
    wants to see it now.
    """

    def __init__(
        self,
        descriptor: int,
        left: Callable[[], None] = lambda: None,
        failed: Callable[[OSError], None] = lambda error: None,
    ) -> None:
        self.closed = False
        self._failed = failed
        self._descriptor = descriptor
        self._left = left

    def write(self, data: bytes) -> None:
        """Write all of it, as long as somebody reads."""
        view = memoryview(data)
        while view and not self.closed:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BlockingIOError:
                self._wait()
            except OSError as error:
                self.closed = True
                if not isinstance(error, BrokenPipeError):
                    self._failed(error)
                self._left()

    def _wait(self) -> None:
        """Until a descriptor that was handed to us as non-blocking can take more."""
        import select

        select.select([], [self._descriptor], [])
