"""YAML text as nodes with their places: YAML 1.2 core schema, on libyaml's event parser.

Called by :mod:`agentmesh.lang.parse`. libyaml tells the structure; which plain scalar is a number,
a boolean or null is decided here, as libyaml and PyYAML follow YAML 1.1 (where ``on`` is true).
The limits and the tags follow the YAML reader of GitHub's runner
(``Sdk/WorkflowParser/Conversion/YamlObjectReader.cs``): merge keys are ordinary keys, an alias
stands for the anchored node, and its problems are reported at the anchor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, cast

import msgspec
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from agentmesh.core.problem import Problem, Span

MAX_DEPTH = 50
"""Sequences and mappings within each other, as GitHub counts them."""

MAX_ALIASED_NODES = 50_000
"""Nodes that all aliases of a file may stand for together."""

MAX_CHARACTERS = 1024 * 1024
"""Length of a file that GitHub reads."""


class Scalar(msgspec.Struct, frozen=True, gc=False):
    """A scalar with its value by the core schema; ``text`` is what was written, unquoted.

    Lines and columns count characters from 1; ``start`` and ``end`` are offsets into the text.
    ``style`` is empty for a plain scalar, else one of ``'``, ``"``, ``|`` and ``>``.
    """

    value: bool | int | float | str | None
    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    style: str = ""


class Sequence(msgspec.Struct, frozen=True):
    """A sequence, in block or flow style."""

    items: tuple[Node, ...]
    line: int
    column: int


class Mapping(msgspec.Struct, frozen=True):
    """A mapping in the order of the file; keys may repeat and need not be scalars."""

    items: tuple[tuple[Node, Node], ...]
    line: int
    column: int


Node = Scalar | Sequence | Mapping


class _Mark(Protocol):
    line: int
    column: int
    index: int


class _Event(Protocol):
    """What libyaml's events offer, each kind a part of it. Marks count from 0."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str
    flow_style: bool


class _Open(msgspec.Struct):
    """A collection whose end has not been read yet. ``size`` counts nodes, itself included."""

    items: list[Node]
    line: int
    column: int
    anchor: str | None
    tag: str | None
    size: int = 1


class _Broken(Exception):
    """Reading cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def load(text: str, path: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """The one document of a text, and what is wrong with it; ``path`` names it in problems.

    An empty text gives None without a problem. Where YAML itself is broken the node is None.
    """
    if text.startswith("\ufeff"):
        text = text[1:]
    if len(text) > MAX_CHARACTERS:
        message = f"The maximum file size of {MAX_CHARACTERS} characters has been exceeded"
        return None, (_problem(path, (1, 1), "yaml-limit", message, "Split the file."),)
    reader = _Reader(text, path)
    try:
        return reader.document(), tuple(reader.problems)
    except _Broken as broken:
        return None, (*reader.problems, broken.problem)
    except MarkedYAMLError as error:
        return None, (*reader.problems, _syntax_problem(path, error))
    except ReaderError as error:
        return None, (*reader.problems, _character_problem(path, text, error))
    except UnicodeEncodeError as error:
        place = _place(text, error.start)
        message = f"The character #x{ord(text[error.start]):04x} is not allowed"
        return None, (_problem(path, place, "yaml-character", message, "Remove it."),)


class _Reader:
    """Builds nodes from events, without recursion."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.aliased = 0

    def document(self) -> Node | None:
        """Reads all events; raises what libyaml raises, and _Broken."""
        next_event = cast("Callable[[], _Event]", CParser(self.text).get_event)
        stack: list[_Open] = []
        root: Node | None = None
        documents = 0
        while True:
            event = next_event()
            kind: type[object] = event.__class__
            size = 1
            if kind is ScalarEvent:
                node: Node = self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                stack.append(self._open(event, len(stack)))
                continue
            elif kind is MappingEndEvent:
                done = stack.pop()
                size = done.size
                pairs = iter(done.items)
                node = Mapping(tuple(zip(pairs, pairs, strict=True)), done.line, done.column)
                self._close(done, node, "map")
            elif kind is SequenceEndEvent:
                done = stack.pop()
                size = done.size
                node = Sequence(tuple(done.items), done.line, done.column)
                self._close(done, node, "seq")
            elif kind is AliasEvent:
                node, size = self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self._broken(event, "yaml-document", "Expected a single document", "")
                continue
            elif kind is StreamEndEvent:
                return root
            else:
                continue
            if stack:
                top = stack[-1]
                top.items.append(node)
                top.size += size
            else:
                root = node

    def _open(self, event: _Event, depth: int) -> _Open:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if depth >= MAX_DEPTH:
            message = "Maximum object depth exceeded"
            remedy = f"Nest at most {MAX_DEPTH} sequences and mappings."
            raise self._broken(event, "yaml-limit", message, remedy)
        if event.anchor is not None or event.tag is not None:
            # The event starts at its anchor or tag. It ends at the first token of the content, or
            # behind that: a bracket, or the dash of a sequence that is not indented.
            mark = event.end_mark
            behind = event.flow_style or self.text[mark.index - 1] == "-"
            line, column = mark.line + 1, mark.column + (0 if behind else 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        return _Open([], line, column, event.anchor, event.tag)

    def _close(self, done: _Open, node: Node, tag: str) -> None:
        if done.tag not in {None, "!", f"tag:yaml.org,2002:{tag}"}:
            self._report((node.line, node.column), "yaml-tag", f"Unexpected tag '{done.tag}'")
        if done.anchor is not None:
            self.anchors[done.anchor] = (node, done.size)

    def _alias(self, event: _Event) -> tuple[Node, int]:
        name = event.anchor or ""
        if name not in self.anchors:
            message = f"Unknown anchor '{name}'"
            remedy = f"Define it before its use: &{name}"
            raise self._broken(event, "yaml-anchor", message, remedy)
        target = self.anchors[name]
        if target is None:
            message = f"The anchor '{name}' contains itself"
            raise self._broken(event, "yaml-anchor", message, "Remove the alias.")
        self.aliased += target[1]
        if self.aliased > MAX_ALIASED_NODES:
            remedy = f"Aliases may stand for {MAX_ALIASED_NODES} nodes altogether."
            raise self._broken(event, "yaml-limit", "Maximum YAML nodes exceeded", remedy)
        return target

    def _scalar(self, event: _Event) -> Scalar:
        text: str = event.value
        start = event.start_mark
        end = event.end_mark
        style: str = event.style
        value = plain(text) if not style else text
        if event.tag is None and event.anchor is None:
            return Scalar(
                value,
                text,
                start.line + 1,
                start.column + 1,
                end.line + 1,
                end.column + 1,
                start.index,
                end.index,
                style,
            )
        at = _behind_properties(self.text, start.index, end.index)
        line, column = start.line + 1, start.column + 1 + at - start.index
        if "\n" in self.text[start.index : at]:
            line, column = _place(self.text, at)
        if event.tag is not None:
            value = self._tagged(event.tag, text, style, (line, column))
        node = Scalar(value, text, line, column, end.line + 1, end.column + 1, at, end.index, style)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, 1)
        return node

    def _tagged(
        self, tag: str, text: str, style: str, place: tuple[int, int]
    ) -> bool | int | float | str | None:
        if tag in {"tag:yaml.org,2002:str", "!"}:
            return text
        types = _TAGS.get(tag)
        if types is None:
            self._report(place, "yaml-tag", f"Unexpected tag '{tag}'")
            return text
        if style:
            message = f"The scalar style '{_STYLES[style]}' is not valid with the tag '{tag}'"
            self._report(place, "yaml-tag", message)
            return text
        value = plain(text)
        if isinstance(value, bool) is not (types is bool) or not isinstance(value, types):
            message = f"The value '{text}' is invalid for the type '{tag}'"
            self._report(place, "yaml-tag", message)
            return text
        return float(value) if tag.endswith("float") and isinstance(value, int) else value

    def _report(self, place: tuple[int, int], rule: str, message: str) -> None:
        self.problems.append(_problem(self.path, place, rule, message))

    def _broken(self, event: _Event, rule: str, message: str, remedy: str) -> _Broken:
        place = event.start_mark.line + 1, event.start_mark.column + 1
        return _Broken(_problem(self.path, place, rule, message, remedy))


_TAGS: dict[str, type | tuple[type, ...]] = {
    "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": (int, float),
    "tag:yaml.org,2002:null": type(None),
}
_STYLES = {"'": "SingleQuoted", '"': "DoubleQuoted", "|": "Literal", ">": "Folded"}
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
_BASED = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_EXACT_DIGITS = 15


def plain(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar by the core schema of YAML 1.2, section 10.3.2.

    All numbers are doubles to GitHub, so an integer that a double cannot hold is rounded to one.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _DECIMAL.fullmatch(text):
        return int(text) if len(text) <= _EXACT_DIGITS else float(text)
    based = _BASED.fullmatch(text)
    if based:
        octal, hexadecimal = based.groups()
        number = int(octal, 8) if octal else int(hexadecimal, 16)
        if number < 2**53:
            return number
        return float(number) if number < 2**1023 else float("inf")
    return float(text) if _FLOAT.fullmatch(text) else text


_PROPERTY = re.compile(r"(?:[&!][^\s]*|#[^\n]*|\s+)")


def _behind_properties(text: str, start: int, end: int) -> int:
    """The offset of a scalar's content behind its anchor and tag."""
    seen = 0
    while start < end:
        match = _PROPERTY.match(text, start, end)
        if match is None or (text[start] in "&!" and seen == 2):
            break
        seen += text[start] in "&!"
        start = match.end()
    return start


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _problem(
    path: str, place: tuple[int, int], rule: str, message: str, remedy: str = ""
) -> Problem:
    return Problem(rule=rule, span=Span(path, *place), message=message, help=remedy)


_REMEDIES = {
    "mapping values are not allowed in this context": (
        "Quote a value that contains ': ', and check the indentation of this line."
    ),
    "did not find expected key": "Check the indentation: the keys of a mapping share a column.",
    "did not find expected '-' indicator": "Check the indentation of the sequence's items.",
    "did not find expected alphabetic or numeric character": (
        "Quote a value that starts with '*' or '&'."
    ),
    "found character that cannot start any token": (
        "Indent with spaces, not tabs, and quote a value that starts with '@', '`' or '%'."
    ),
    "could not find expected ':'": "Write ': ' behind the key, or indent a text of several lines.",
}


def _syntax_problem(path: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = error.problem or "the text cannot be read"
    context = f" {error.context}" if error.context else ""
    remedy = _REMEDIES.get(what, "")
    return _problem(path, place, "yaml-syntax", f"Invalid YAML: {what}{context}", remedy)


def _character_problem(path: str, text: str, error: ReaderError) -> Problem:
    # libyaml counts bytes of the UTF-8 text that it was given.
    offset = len(text.encode()[: error.position].decode(errors="ignore"))
    place = _place(text, offset)
    message = f"The character #x{int(error.character):04x} is not allowed"
    return _problem(path, place, "yaml-character", message, "Remove it, or escape it.")
