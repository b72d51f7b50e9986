"""The scripts of ``run``: which shell reads them, and how a place in one is quoted.

Called by lint rules and by :mod:`agentmesh.app.lint_tools`. Which shell it is follows "Workflow
syntax", ``jobs.<job_id>.steps[*].shell``; how quotes nest follows "Shell Grammar" and "Quoting" of
the manual of bash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from agentmesh.lang.model import Job, Map, Seq, Step, Text, Tree, Workflow
from agentmesh.lang.parse.expressions import CLOSE, OPEN, split

Quoting = Literal["bare", "double", "other"]
"""How a place is quoted: not at all; as within double quotes; in a way that expands no variable,
or that could not be followed."""

POSIX = ("bash", "sh")
_UNIX_LABELS = ("ubuntu", "linux", "macos")


def program(shell: str) -> str:
    """The program of a ``shell``: ``bash`` for ``/bin/bash -l {0}``."""
    words = shell.split(maxsplit=1)
    return words[0].rpartition("/")[2].lower() if words else ""


def shell_of(step: Step, job: Job | None, workflow: Workflow | None) -> str:
    """The program that runs a step's script; empty where only the runner knows.

    A composite action has neither job nor workflow; its steps name their shells.
    """
    choices = (
        step.shell,
        job.defaults.shell if job else None,
        workflow.defaults.shell if workflow else None,
    )
    for choice in choices:
        if choice is not None and choice.source.strip():
            return "" if OPEN in choice.source else program(choice.source)
    if job is None:
        return ""
    if job.container is not None:
        return "sh"
    return "bash" if _unix(job.runs_on) else "pwsh" if _windows(job.runs_on) else ""


def labels(runs_on: Tree) -> tuple[str, ...]:
    """The labels of a ``runs-on`` that are written out, in lower case."""
    if isinstance(runs_on, Text):
        return (runs_on.source.lower(),)
    if isinstance(runs_on, Seq):
        return tuple(str(item).lower() for item in runs_on.items if isinstance(item, Text))
    if isinstance(runs_on, Map):
        return labels(runs_on.get("labels"))
    return ()


def _unix(runs_on: Tree) -> bool:
    return any(label.startswith(_UNIX_LABELS) and OPEN not in label for label in labels(runs_on))


def _windows(runs_on: Tree) -> bool:
    return any(label.startswith("windows") for label in labels(runs_on))


def expressions(script: str) -> list[tuple[int, int, str]]:
    """Where each ``${{ … }}`` of a text starts and ends, and what is in it."""
    found: list[tuple[int, int, str]] = []
    at = 0
    for source in split(script)[0]:
        start = script.index(OPEN, at)
        at = start + len(OPEN) + len(source) + len(CLOSE)
        found.append((start, at, source))
    return found


def neutral(script: str) -> str:
    """A script with a word of the same length in the place of each expression."""
    parts: list[str] = []
    done = 0
    for start, end, _ in expressions(script):
        parts += (script[done:start], "_" * (end - start))
        done = end
    return "".join((*parts, script[done:]))


_INTERESTING = re.compile(r"[\\'\"`$#()}<\n]")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(\\?)(['\"]?)([\w.-]+)\3")
_NESTS = ("(", "((", "`")
_CASE = re.compile(r"\bcase\b")


def quotings(script: str, places: Iterable[int]) -> list[Quoting]:
    """How each place of a script for bash or sh is quoted; places in ascending order.

    The script should be :func:`neutral`. Reading it once costs about 0.2 µs a character.
    """
    reader = _Reader(script)
    return [reader.at(place) for place in places]


def nesting(script: str) -> int:
    """How deep commands, subshells and arithmetic stand within each other in a script."""
    reader = _Reader(script)
    reader.at(len(script))
    return reader.deepest


class _Reader:
    """Reads a script from the start, and stops at each place that is asked for.

    ``stack`` holds what is open: ``"`` a string, ``(`` and `` ` `` a command within, ``{`` and
    ``((`` what is not followed further.
    """

    def __init__(self, script: str) -> None:
        self.script = script
        self.done = 0
        self.stack: list[str] = []
        self.raw_until = 0
        """To here nothing expands: single quotes and comments."""
        self.double_until = 0
        """To here is a here-document that expands."""
        self.heredocs: list[tuple[str, bool, bool]] = []
        self.lost = False
        self.deepest = 0

    def at(self, place: int) -> Quoting:
        while not self.lost and (found := _INTERESTING.search(self.script, self.done, place)):
            self.done = found.end()
            self._take(found[0], found.start())
            if found[0] in "$(`" and len(self.stack) > self.deepest:
                self.deepest = max(self.deepest, sum(each in _NESTS for each in self.stack))
        if self.lost or place < self.raw_until:
            return "other"
        if place < self.double_until:
            return "double"
        top = self.stack[-1] if self.stack else ""
        if top in {"{", "(("}:
            return "other"
        return "double" if top == '"' else "bare"

    def _take(self, char: str, at: int) -> None:
        string = bool(self.stack) and self.stack[-1] == '"'
        match char:
            case "\\":
                self.done += 1
            case '"':
                if string:
                    self.stack.pop()
                else:
                    self.stack.append('"')
            case "$":
                self._dollar(string)
            case "`":
                if "`" in self.stack:
                    self._close("`")
                else:
                    self.stack.append("`")
            case "}":
                self._close("{")
            case "\n" if self.heredocs:
                self._bodies()
            case _ if not string:
                self._unquoted(char, at)

    def _unquoted(self, char: str, at: int) -> None:
        script = self.script
        if char == "'":
            end = script.find("'", at + 1)
            self._raw(end + 1 if end >= 0 else len(script))
        elif char == "#" and (at == 0 or script[at - 1] in " \t\n;&|("):
            end = script.find("\n", at)
            self._raw(end if end >= 0 else len(script))
        elif char == "(":
            inner = script.startswith("((", at)
            self.done += inner
            self.stack.append("((" if inner else "(")
        elif char == ")":
            if self.stack and self.stack[-1] == "((":
                self.done += script.startswith("))", at)
                self.stack.pop()
            else:
                self._close("(")
        elif char == "<" and (found := _HEREDOC.match(script, at)):
            quoted = bool(found[2] or found[3])
            self.heredocs.append((found[4], bool(found[1]), quoted))
            self.done = found.end()
        elif char == "<" and script.startswith("<<", at):
            # A here-string, or a here-document whose end has an odd name.
            self.lost = not script.startswith("<<<", at)
            self.done += 2

    def _dollar(self, string: bool) -> None:
        script, at = self.script, self.done
        if script.startswith("((", at):
            self.stack.append("((")
            self.done += 2
        elif script.startswith("(", at):
            self.stack.append("(")
            self.done += 1
            # The patterns of a case close parentheses that were never opened.
            self.lost = _CASE.search(script, at) is not None
        elif script.startswith("{", at):
            self.stack.append("{")
            self.done += 1
        elif script.startswith("'", at) and not string:
            end = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL).match(script, at + 1)
            self._raw(end.end() if end else len(script))
        elif script.startswith("#", at):
            self.done += 1

    def _raw(self, end: int) -> None:
        self.raw_until = self.done = end

    def _close(self, opened: str) -> None:
        if self.stack and self.stack[-1] == opened:
            self.stack.pop()

    def _bodies(self) -> None:
        """The here-documents below a line; after them the commands go on."""
        for word, tabs, quoted in self.heredocs:
            end = self._body_end(word, tabs)
            if quoted:
                self.raw_until = end
            else:
                self.double_until = end
            self.done = end
        self.heredocs = []

    def _body_end(self, word: str, tabs: bool) -> int:
        blanks = r"\t*" if tabs else ""
        end = re.compile(rf"^{blanks}{re.escape(word)}$", re.MULTILINE)
        found = end.search(self.script, self.done)
        return found.end() if found else len(self.script)
