"""A second process that writes a part of a large restore. Called by fill.py; runs itself as
``python -c``.

Making files is the kernel's work, and two processes have it done at once where two threads of one
process would wait for each other. The second is told what to write where, into folders that the
first has made under another name: whatever becomes of it, nothing is visible before the first
has heard that all is well. It is asked for by a list on its standard input, and answers on its
standard output, both as msgpack.
"""

from __future__ import annotations

import sys
from subprocess import PIPE, Popen

import msgspec

from agentmesh.store import blobs, tree
from agentmesh.store.layout import Layout
from agentmesh.store.tree import Item

PROGRAM = "from agentmesh.store.second import serve; serve()"


class Task(msgspec.Struct, frozen=True, array_like=True):
    """Where to write, and what: items with their paths below ``root``, and where each lies."""

    store: str
    root: str
    work: list[tuple[Item, blobs.Place | None]]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What was written; else what went wrong: damaged content by its digest, or the system's
    error."""

    files: int = 0
    size: int = 0
    digest: bytes = b""
    why: str = ""
    errno: int = 0
    place: str = ""


class Second:
    """The second process: it starts at once, works from :meth:`begin` on, and is waited for by
    :meth:`result`. Leaving the ``with`` block without having asked for that ends it."""

    def __init__(self, store: str) -> None:
        # -P: what lies in the folder that is worked in must not be imported.
        self._process = Popen(
            (sys.executable, "-P", "-c", PROGRAM), stdin=PIPE, stdout=PIPE, cwd=store
        )

    def __enter__(self) -> Second:
        return self

    def begin(self, task: Task) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.msgpack.encode(task))
            self._process.stdin.close()
        except BrokenPipeError:
            return  # its answer, or that there is none, says why

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()

    def result(self) -> tuple[int, int]:
        """Files and bytes. Raises Damaged and OSError, as writing them here would have."""
        assert self._process.stdout is not None
        data = self._process.stdout.read()
        self._process.wait()
        try:
            answer = msgspec.msgpack.decode(data, type=Answer)
        except msgspec.DecodeError as error:
            raise OSError(0, "the second process has ended early", "") from error
        if answer.digest:
            raise blobs.Damaged(answer.digest, answer.why)
        if answer.why:
            raise OSError(answer.errno, answer.why, answer.place)
        return answer.files, answer.size


def serve() -> None:
    """What the second process does."""
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.msgpack.encode(done(task)))


def done(task: Task) -> Answer:
    """Write what a task says."""
    from agentmesh.store import database, schema

    layout = Layout(task.store)
    connection = database.connect(layout.index, schema.INDEX, create=False)
    try:
        with (
            blobs.Reader(layout, connection) as reader,
            tree.TreeWriter(task.root, hidden=True) as writer,
        ):
            for item, place in task.work:
                places = {} if place is None else {item.digest: place}
                writer.add(item, tree.content(reader, item, places))
            writer.finish()
            return Answer(writer.files, writer.bytes)
    except blobs.Damaged as error:
        return Answer(digest=error.digest, why=error.why)
    except OSError as error:
        where = str(error.filename or task.root)
        return Answer(why=error.strerror or str(error), errno=error.errno or 0, place=where)
    except tree.Unsafe as error:
        return Answer(why=str(error))
    finally:
        connection.close()
