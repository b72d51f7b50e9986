"""A step's output on its way from the pipe to the log.

Bytes in; masked whole lines, annotations and what workflow commands ask for out, to a
:class:`Receiver` (the step, in :mod:`agentmesh.engine.step`). Follows the official runner's
``OutputManager`` and ``ActionCommandManager``. Most output holds no command and is handed on in
large pieces: masked as bytes, decoded once.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

from agentmesh.engine import commands, matchers
from agentmesh.engine.commands import Command
from agentmesh.engine.masking import Masker

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

LONGEST_LINE = 1024 * 1024
"""Bytes. A line that goes on after so many is shown in pieces, so that memory stays bounded."""
ANNOTATIONS = 10
"""So many annotations of each level are made for a step; what follows is in the log alone."""
ANNOTATION_LENGTH = 4096
_COLONS = re.compile(rb"::")
_MARK = re.compile(rb"::|##\[")
_AFTER_TEXT = re.compile(rb"[\x80-\xff]::")
_SPACE = frozenset(b"\n \t\r\x0b\x0c")

Level = Literal["error", "warning", "notice"]


class Receiver(Protocol):
    """What a step does with its output. Lines and annotations are masked; values are not."""

    def lines(self, text: str, count: int) -> None:
        """Whole lines, joined by newlines, without the last one."""
        ...

    def annotate(self, level: Level, message: str, properties: Mapping[str, str]) -> None:
        """An annotation; property names are in lower case, empty ones are left out."""
        ...

    def set_output(self, name: str, value: str) -> None: ...

    def save_state(self, name: str, value: str) -> None: ...

    def set_env(self, name: str, value: str) -> None: ...

    def add_path(self, directory: str) -> None: ...


class _CommandError(Exception):
    """A command that cannot be carried out; the step fails."""


class StepOutput:
    """The output of one step. ``feed`` it bytes as they come, ``finish`` when a process has ended;
    both may follow again.

    ``matchers`` is shared by the steps of a job; ``read_file`` reads a matcher file; ``workspace``
    is what file names are made relative to. ``unsecure_commands`` and ``unsecure_tokens`` are
    ACTIONS_ALLOW_UNSECURE_COMMANDS and ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS.
    """

    def __init__(
        self,
        masker: Masker,
        receiver: Receiver,
        *,
        unsecure_commands: bool = False,
        unsecure_tokens: bool = False,
        debug: bool = False,
        workspace: str = "",
        matchers_of_job: matchers.Matchers | None = None,
        read_file: Callable[[str], str] | None = None,
    ) -> None:
        self.failed = False
        """Whether a command could not be carried out: the step fails then, whatever its exit."""
        self._masker = masker
        self._receiver = receiver
        self._unsecure_commands = unsecure_commands
        self._unsecure_tokens = unsecure_tokens
        self._debugging = debug
        self._workspace = workspace
        self._matchers = matchers.Matchers() if matchers_of_job is None else matchers_of_job
        self._read_file = read_file or _read_file
        self._pieces: list[bytes] = []  # the line that has not ended yet
        self._size = 0
        self._after_return = False  # the last byte was \r: a \n that follows is part of it
        self._inside_line = False  # the beginning of the line has been shown already
        self._token = ""  # what ends stop-commands
        self._echo = False
        self._annotations: dict[str, int] = {}
        self._told: set[str] = set()

    def feed(self, data: bytes) -> None:
        """Take some output, cut anywhere."""
        if self._after_return and data:
            self._after_return = False
            if data.startswith(b"\n"):
                data = data[1:]
        if b"\r" in data:  # the runner's reader ends lines at \r, too
            self._after_return = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = data.rfind(b"\n")
        if end >= 0:
            if self._pieces:
                self._pieces.append(data[:end])
                block = b"".join(self._pieces)
                self._pieces = []
            else:
                block = data[:end]
            self._size = 0
            data = data[end + 1 :]
            self._block(block)
        if data:
            self._pieces.append(data)
            self._size += len(data)
            if self._size > LONGEST_LINE:
                self._shorten()

    def finish(self) -> None:
        """The process has ended: what is left is a line."""
        if self._pieces:
            block = b"".join(self._pieces)
            self._pieces = []
            self._size = 0
            self._block(block)
        self._after_return = False

    # -- lines ------------------------------------------------------------------------------------

    def _shorten(self) -> None:
        """Show the beginning of a line that does not end, cut where no secret is."""
        data = b"".join(self._pieces)
        cut = len(data) - 2 * self._masker.longest - 64
        while cut > 0 and data[cut] & 0xC0 == 0x80:
            cut -= 1
        cut = self._masker.cut(data, cut) if cut > 0 else 0
        if cut > 0:
            self._show(data[:cut])
            self._inside_line = True
            data = data[cut:]
        self._pieces = [data]
        self._size = 0  # counted anew, so that a line is not joined again for each read

    def _block(self, block: bytes) -> None:
        """Whole lines, joined by newlines."""
        if self._inside_line:  # the rest of a line that was shown in pieces: never a command
            self._inside_line = False
            rest, newline, block = block.partition(b"\n")
            self._show(rest)
            if not newline:
                return
        if self._matchers:
            self._each_line(block)
        elif _may_hold_commands(block):
            self._with_commands(block)
        else:
            self._show(block)

    def _show(self, block: bytes) -> None:
        text = self._masker.mask(block).decode("utf-8", "replace")
        self._receiver.lines(text, text.count("\n") + 1)

    def _with_commands(self, block: bytes) -> None:
        """Find the commands in the lines; what is between them stays together."""
        start = at = 0  # of what was not shown yet, of what was not looked at yet
        while (mark := _MARK.search(block, at)) is not None:
            at = mark.start()
            # A command's name follows "::" after nothing but white space, which may not be ASCII.
            if block[at] == 0x3A and at > start and _is_text(block[at - 1]):
                at += 2
                continue
            begin = block.rfind(b"\n", start, at) + 1 or start
            end = block.find(b"\n", at)
            end = len(block) if end < 0 else end
            line = block[begin:end].decode("utf-8", "replace")
            command = self._command(line)
            at = end
            if command is None:
                continue
            if begin > start:
                self._show(block[start : begin - 1])
            self._perform(command, line)
            start = at = end + 1
            if self._matchers:
                break
        if start > len(block):
            return
        if self._matchers:
            self._each_line(block[start:])
        else:
            self._show(block[start:])

    def _each_line(self, block: bytes) -> None:
        """As above where every line must be looked at."""
        kept: list[bytes] = []
        for raw in block.split(b"\n"):
            line = raw.decode("utf-8", "replace")
            command = self._command(line) if "::" in line or "##[" in line else None
            issue = None if command else self._matchers.match(line)
            while self._matchers.dropped:
                owner = self._matchers.dropped.pop()
                message = f"Removing issue matcher '{owner}'. It took over a second for a line."
                self._annotate("warning", message, {})
            if command is None and issue is None:
                kept.append(raw)
                continue
            if kept:
                self._show(b"\n".join(kept))
                kept = []
            if command is not None:
                self._perform(command, line)
            elif issue is not None:
                self._found(issue)
        if kept:
            self._show(b"\n".join(kept))

    def _say(self, text: str) -> None:
        """Text of one line or several, masked here, into the log."""
        masked = self._masker.mask_text(text)
        self._receiver.lines(masked, masked.count("\n") + 1)

    def _debug(self, text: str) -> None:
        if self._debugging:
            self._say("##[debug]" + text)

    # -- annotations ------------------------------------------------------------------------------

    def _annotate(
        self, level: Level, message: str, properties: Mapping[str, str], log: str | None = None
    ) -> None:
        self._say(f"##[{level}]{message if log is None else log}")
        count = self._annotations.get(level, 0)
        self._annotations[level] = count + 1
        if count < ANNOTATIONS:
            masked = {k: self._masker.mask_text(v) for k, v in properties.items() if v}
            message = self._masker.mask_text(message)[:ANNOTATION_LENGTH]
            self._receiver.annotate(level, message, masked)

    def _found(self, issue: matchers.Issue) -> None:
        """A problem matcher found something."""
        file = issue.file
        if file and issue.from_path and not os.path.isabs(file):
            file = os.path.join(os.path.dirname(issue.from_path), file)
        properties = {
            "file": self._relative(os.path.normpath(file)) if file else "",
            "line": str(issue.line or ""),
            "col": str(issue.column or ""),
            "code": issue.code,
        }
        self._annotate(issue.level, issue.message, properties, issue.log)

    def _relative(self, file: str) -> str:
        root = self._workspace.rstrip("/") + "/"
        return file.removeprefix(root) if self._workspace else file

    # -- commands ---------------------------------------------------------------------------------

    def _command(self, line: str) -> Command | None:
        command = commands.parse(line, self._token)
        if command is not None and self._token and command.name != self._token.lower():
            return None
        return command

    def _perform(self, command: Command, line: str) -> None:
        if self._token:
            self._token = ""
            self._say(line)
            return
        hidden = command.name in _NEVER_ECHOED
        if self._echo and not hidden:
            self._say(line)
        try:
            _PERFORM[command.name](self, command, line)
        except _CommandError as error:
            shown = command.name if hidden else line
            self._annotate("error", f"Unable to process command '{shown}' successfully.", {})
            self._annotate("error", str(error), {})
            self.failed = True

    def _stop(self, command: Command, line: str) -> None:
        if commands.guessable(command.data) and not self._unsecure_tokens:
            raise _CommandError(
                "You cannot use a endToken that is an empty string, the string 'pause-logging', or "
                "another workflow command. Use a random text, or opt into insecure command "
                "execution by setting the `ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS` environment "
                "variable to `true`."
            )
        if len(command.data) > 6:  # so that what is printed later can't give it away
            self._masker.add(command.data)
        self._token = command.data
        if not self._echo:
            self._say(line)

    def _set_output(self, command: Command, line: str) -> None:
        self._deprecated(command)
        self._receiver.set_output(_required_name(command), command.data)

    def _save_state(self, command: Command, line: str) -> None:
        self._deprecated(command)
        self._receiver.save_state(_required_name(command), command.data)

    def _deprecated(self, command: Command) -> None:
        if command.name not in self._told:
            self._told.add(command.name)
            self._annotate(
                "warning",
                f"The `{command.name}` command is deprecated and will be disabled soon. "
                "Please upgrade to using Environment Files.",
                {},
            )

    def _refuse_unless_allowed(self, command: Command) -> None:
        if not self._unsecure_commands:
            raise _CommandError(
                f"The `{command.name}` command is disabled. Please upgrade to using Environment "
                "Files or opt into unsecure command execution by setting the "
                "`ACTIONS_ALLOW_UNSECURE_COMMANDS` environment variable to `true`."
            )

    def _set_env(self, command: Command, line: str) -> None:
        self._refuse_unless_allowed(command)
        name = _required_name(command)
        if name.upper() == "NODE_OPTIONS":
            message = "Can't update NODE_OPTIONS environment variable using ::set-env:: command."
            self._annotate("error", message, {})
            return
        self._receiver.set_env(name, command.data)

    def _add_path(self, command: Command, line: str) -> None:
        self._refuse_unless_allowed(command)
        if not command.data:
            raise _CommandError("Value cannot be null. (Parameter 'path')")
        self._receiver.add_path(command.data)

    def _add_mask(self, command: Command, line: str) -> None:
        if not command.data.strip():
            message = "Can't add secret mask for empty string in ##[add-mask] command."
            self._annotate("warning", message, {})
            return
        self._masker.add(command.data)
        if self._echo:
            self._say("::add-mask::***")

    def _issue(self, command: Command, line: str) -> None:
        level: Level = command.name  # type: ignore[assignment] # the table below sends no other
        given = command.properties
        where = commands.place(given)
        properties = {
            "title": given.get("title", ""),
            "file": self._relative(given.get("file", "")),
            "line": str(where.line or ""),
            "endline": str(where.end_line or ""),
            "col": str(where.column or ""),
            "endcolumn": str(where.end_column or ""),
        }
        self._annotate(level, command.data, properties)

    def _group(self, command: Command, line: str) -> None:
        self._say(f"##[{command.name}]{command.data if command.name == 'group' else ''}")

    def _echo_command(self, command: Command, line: str) -> None:
        value = command.data.strip().lower()
        if value not in ("on", "off"):
            raise _CommandError(
                "Invalid echo command value. Possible values can be: 'on', 'off'. "
                f"Current value is: '{command.data}'."
            )
        self._echo = value == "on"

    def _debug_command(self, command: Command, line: str) -> None:
        self._debug(command.data)

    def _add_matcher(self, command: Command, line: str) -> None:
        if not command.data:
            self._annotate("warning", "File path must be specified.", {})
            return
        self._matchers.add(self._matcher_file(command.data))

    def _remove_matcher(self, command: Command, line: str) -> None:
        owner = command.properties.get("owner", "")
        if bool(owner) == bool(command.data):
            message = (
                "Either specify an owner name or a file path in ##[remove-matcher] command. "
                "Both values cannot be set."
                if owner
                else "Either an owner name or a file path must be specified in "
                "##[remove-matcher] command."
            )
            self._annotate("warning", message, {})
        elif owner:
            self._matchers.remove(owner)
        else:
            for matcher in self._matcher_file(command.data):
                self._matchers.remove(matcher.owner)

    def _matcher_file(self, path: str) -> tuple[matchers.Matcher, ...]:
        try:
            return matchers.read(self._read_file(os.path.join(self._workspace, path)))
        except matchers.MatcherError as error:
            raise _CommandError(f"{path}: {error}") from error
        except OSError as error:
            raise _CommandError(f"Could not read '{path}': {error.strerror}") from error


def _required_name(command: Command) -> str:
    name = command.properties.get("name", "")
    if not name:
        raise _CommandError(f"Required field 'name' is missing in ##[{command.name}] command.")
    return name


def _may_hold_commands(block: bytes) -> bool:
    """Whether a command could begin in the lines. Much output is full of ``::`` inside of words.

    One byte is looked for at 90 GB/s, two at 4 with a regular expression and at 1.5 with ``in``.
    """
    if b"#" in block and b"##[" in block:
        return True
    if _COLONS.search(block) is None:
        return False
    return (
        block.startswith(b"::")
        or bool(_starts().find_matches_as_indexes(block))
        or (not block.isascii() and _AFTER_TEXT.search(block) is not None)
    )


@cache
def _starts() -> BytesAhoCorasick:
    """Finds ``::`` after white space."""
    from ahocorasick_rs import BytesAhoCorasick

    return BytesAhoCorasick([bytes((space, 0x3A, 0x3A)) for space in _SPACE])


def _is_text(byte: int) -> bool:
    """Whether a byte can be no part of white space."""
    return byte < 0x80 and byte not in _SPACE


def _read_file(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


_NEVER_ECHOED = frozenset({"add-mask", "debug", "error", "warning", "notice"})
_PERFORM: dict[str, Callable[[StepOutput, Command, str], None]] = {
    "add-mask": StepOutput._add_mask,
    "add-matcher": StepOutput._add_matcher,
    "add-path": StepOutput._add_path,
    "debug": StepOutput._debug_command,
    "echo": StepOutput._echo_command,
    "endgroup": StepOutput._group,
    "error": StepOutput._issue,
    "group": StepOutput._group,
    "notice": StepOutput._issue,
    "remove-matcher": StepOutput._remove_matcher,
    "save-state": StepOutput._save_state,
    "set-env": StepOutput._set_env,
    "set-output": StepOutput._set_output,
    "stop-commands": StepOutput._stop,
    "warning": StepOutput._issue,
}
