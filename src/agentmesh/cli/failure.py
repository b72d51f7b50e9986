"""What a person reads when something went wrong, and the exit code that goes with it.

Used by :mod:`agentmesh.cli.dispatch` alone. Errors go to standard error as text; where the command
was asked for ``--json``, standard output gets one JSON document that says the same.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from agentmesh.core.errors import AgentmeshError, SetupError, WorkflowError

if TYPE_CHECKING:
    from agentmesh.core.problem import Problem, Span

BUG = 70
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Reporter:
    """Reports failures of one call of the command line."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        self._argv = argv
        options = argv[: argv.index("--")] if "--" in argv else argv
        self._json = "--json" in options

    def error(self, error: AgentmeshError) -> int:
        """Something the user can mend."""
        _say(_text(error, self._places))
        problems = error.problems if isinstance(error, WorkflowError) else ()
        self._document(
            error.message, error.exit_code, error.remedy, where=error.where, problems=problems
        )
        return error.exit_code

    def _places(self) -> tuple[str, ...]:
        """Folders that the paths of problems may start from: the project's root, and this one."""
        from agentmesh.app.workflows import project_root

        directory = _option(self._argv, ("--directory", "-C")) or "."
        return (project_root(os.path.abspath(os.path.expanduser(directory))), os.getcwd())

    def usage(self, error: click.UsageError) -> int:
        """The command line itself is wrong."""
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            return 2
        _say(f"agentmesh: error: {error.format_message()}\n")
        if error.ctx is not None:
            path = error.ctx.command_path
            _say(f"  {error.ctx.get_usage()}\n  remedy: see {path} --help\n")
        self._document(error.format_message(), 2, "", where=None)
        return 2

    def system(self, error: OSError) -> int:
        """A call of the system failed that nobody answered for: a bug, unless it was the output."""
        if error.errno not in _FULL or error.filename is not None:
            return self.crash(error)
        return self.error(
            SetupError(
                f"cannot write the output: {error.strerror}", remedy="free space where it goes"
            )
        )

    def crash(self, error: Exception) -> int:
        """A bug of ours: a report file instead of a traceback."""
        from agentmesh.app import crash

        path = crash.report(error, self._argv)
        cause = f"{type(error).__name__}" + (
            f": {str(error).splitlines()[0]}" if str(error) else ""
        )
        _say(f"agentmesh: error: a bug in agentmesh ({crash.without_secrets(cause, self._argv)})\n")
        _say(f"  remedy: please report it with {path}\n")
        self._document("a bug in agentmesh", BUG, f"report it with {path}", where=None)
        return BUG

    def _document(
        self,
        message: str,
        code: int,
        remedy: str,
        *,
        where: Span | None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        if not self._json:
            return
        import msgspec

        document: dict[str, object] = {"type": "error", "message": message, "exit_code": code}
        if where is not None:
            document |= {"file": where.file, "line": where.line, "column": where.column}
        if remedy:
            document["remedy"] = remedy
        if problems:
            document["problems"] = [
                {
                    "file": p.span.file,
                    "line": p.span.line,
                    "column": p.span.column,
                    "rule": p.rule,
                    "severity": p.severity,
                    "message": p.message,
                    "help": p.help,
                }
                for p in problems
            ]
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
            sys.stdout.flush()
        except BrokenPipeError:
            reader_left()
        except OSError:  # it is the output that fails, and standard error has said so
            return


def as_error(error: click.ClickException) -> AgentmeshError:
    """What click found wrong with a value or a file, as one of our errors."""
    return WorkflowError(error.format_message())


def code_of(exit_: SystemExit) -> int:
    """The exit code that a ``sys.exit`` asked for."""
    if exit_.code is None:
        return 0
    return exit_.code if isinstance(exit_.code, int) else 1


def reader_left() -> int:
    """Whoever read our output has seen enough: say nothing more, also not at exit."""
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    return 0


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'run'?``, or nothing where no known word is close."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def _option(argv: Iterable[str], names: tuple[str, ...]) -> str:
    """The value of an option, of which the last one counts; empty where it is not given."""
    found, awaited = "", False
    for word in argv:
        if word == "--":
            break
        if awaited:
            found, awaited = word, False
            continue
        name, given, value = word.partition("=")
        awaited = word in names
        if given and name in names:
            found = value
        elif word.startswith("-C") and "-C" in names and len(word) > 2:
            found = word[2:]
    return found


def _text(error: AgentmeshError, places: Callable[[], tuple[str, ...]]) -> str:
    """``agentmesh: error: file:line:column: message``, with the source and the remedy below it."""
    problems = error.problems if isinstance(error, WorkflowError) else ()
    place = f"{error.where}: " if error.where and not problems else ""
    lines = [f"agentmesh: error: {place}{error.message}"]
    if error.remedy:
        lines.append(f"  remedy: {error.remedy}")
    text = "\n".join(lines) + "\n"
    if not problems:
        return text
    from agentmesh.cli.render.problems import render_text

    return render_text(problems, _sources(problems, places())).rstrip("\n") + "\n" + text


def _sources(problems: Iterable[Problem], places: tuple[str, ...]) -> dict[str, str]:
    """The text of each file that a problem names, where it can be read."""
    texts: dict[str, str] = {}
    for name in {problem.span.file for problem in problems}:
        for place in places:
            try:
                with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
                    texts[name] = file.read()
                break
            except (OSError, ValueError):
                continue
    return texts


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # there is nowhere else to say it
        pass
