"""A file held against the table of what GitHub accepts: every difference is a problem.

Called by :mod:`agentmesh.lang.parse` before it makes values of the nodes. Positions, wording and
the order of the decisions follow GitHub's template reader (``ObjectTemplating/TemplateReader.cs``
of the runner): a key that does not belong is reported at the key, a value at the value, and what
is missing at the start of its mapping.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from agentmesh.core.problem import Severity
from agentmesh.lang.parse.expressions import (
    CLOSE,
    OPEN,
    Names,
    check_condition,
    check_text,
    inserts,
    literal,
    split,
)
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.values import text_of
from agentmesh.lang.schema import Keys, Kind, Table
from agentmesh.lang.yaml import Mapping, Node, Scalar

NOTHING: Names = frozenset()


def check(root: Node, table: Table, kind: str, findings: Findings) -> None:
    """Finds all that is wrong with a file whose root should be of a kind."""
    Checker(table, findings).value(root, table[kind], NOTHING)


@lru_cache(maxsize=512)
def _joined(allowed: Names, names: tuple[str, ...]) -> Names:
    return allowed.union(names)


class Checker:
    """Walks down a file."""

    def __init__(self, table: Table, findings: Findings) -> None:
        self.table = table
        self.text = findings.text
        self.report = findings.add
        self.suggest = findings.suggest

    def value(self, node: Node, kind: Kind, allowed: Names) -> None:
        """Checks a value that should be of a kind; ``allowed`` are the names around it."""
        if kind.names:
            allowed = _joined(allowed, kind.names)
        if isinstance(node, Scalar):
            text = node.value
            # Most values of a file are such texts.
            if not (
                kind.text and isinstance(text, str) and not kind.condition and OPEN not in text
            ):
                self._scalar(node, kind, allowed)
        elif isinstance(node, Mapping):
            if kind.keys:
                self._mapping(node, kind, allowed)
            else:
                self.report(node, "unexpected-mapping", "A mapping was not expected")
        elif kind.items:
            item_kind = self.table[kind.items]
            for item in node.items:
                self.value(item, item_kind, allowed)
        else:
            self.report(node, "unexpected-sequence", "A sequence was not expected")

    def _scalar(self, node: Scalar, kind: Kind, allowed: Names) -> None:
        value = node.value
        if isinstance(value, str) and OPEN in value:
            if self._expressions(node, value, allowed):
                return
            constant = literal(value)
            if inserts(value):
                self.report(node, "unexpected-value", f"Unexpected value '{value}'")
                return
            if constant is None:
                if kind.condition:
                    self._mixed_condition(node, value)
                if not allowed:
                    message = "A template expression is not allowed in this context"
                    self.report(node, "expression-not-allowed", message)
                return
            value = constant
        if kind.condition:
            self._condition(node, text_of(value), allowed)
        elif not matches(value, kind):
            text = text_of(value)
            severity: Severity = "warning" if kind.soft else "error"
            remedy = self._remedy(text, kind)
            self.report(
                node, "unexpected-value", f"Unexpected value '{text}'", remedy, severity=severity
            )

    def _condition(self, node: Scalar, text: str, allowed: Names) -> None:
        """An ``if``: an expression even without braces around it."""
        message = check_condition(text, allowed)
        if message:
            self.report(node, "condition", message)
        elif text.strip().lower() in {"", "true", "false"}:
            what = (
                f"is always {text.strip().lower()}" if text.strip() else "is empty, so it is true"
            )
            self._advise(node, f"The condition {what}")

    def _mixed_condition(self, node: Scalar, text: str) -> None:
        """A text around an expression is a string that is not empty, so it is always true."""
        stripped = text.strip()
        if len(split(text)[0]) > 1 or not (stripped.startswith(OPEN) and stripped.endswith(CLOSE)):
            message = (
                "The condition is always true: it holds text outside of ${{ }}, "
                "and a text that is not empty counts as true"
            )
            self._advise(node, message, "Put the whole condition within one ${{ }}.")

    def _advise(self, node: Scalar, message: str, remedy: str = "") -> None:
        self.report(node, "constant-condition", message, remedy, severity="warning")

    def _expressions(self, node: Scalar, text: str, allowed: Names) -> bool:
        """Reports what is wrong with the expressions of a text; true where something is."""
        wrong = check_text(text, allowed)
        for message, source in wrong:
            self.report(node, "expression", message, self._whereabouts(node, source))
        return bool(wrong)

    def _whereabouts(self, node: Scalar, source: str) -> str:
        """Where an expression stands within a text of several lines, for a remedy."""
        if not source or node.end_line == node.line:
            return ""
        written = self.text.find(f"{OPEN}{source}{CLOSE}", node.start, node.end)
        if written < 0:
            return ""
        line = node.line + self.text.count("\n", node.start, written)
        column = written - self.text.rfind("\n", 0, written)
        return f"See line {line}, column {column}."

    def _mapping(self, node: Mapping, kind: Kind, allowed: Names) -> None:
        shapes = _told(node, kind.keys)
        others = kind.keys[0].others
        seen: set[str] = set()
        computed = False
        for key, value in node.items:
            if not isinstance(key, Scalar):
                remedy = "Quote a value that starts with '{' or '['."
                self.report(key, "mapping-key", "Expected a scalar value", remedy)
                continue
            name = text_of(key.value)
            broken = OPEN in name and self._expressions(key, name, allowed)
            if OPEN in name and not broken:
                computed = True
                inner = self.table["any" if kind.keys[0].known else others]
                self._computed_entry(key, value, inner, allowed)
                continue
            if name and name.upper() in seen:
                self.report(key, "duplicate-key", f"'{name}' is already defined")
                continue
            seen.add(name.upper())
            kind_of_value = shapes[0].known.get(name) if len(shapes) == 1 else None
            if kind_of_value is not None:
                self.value(value, self.table[kind_of_value], allowed)
                continue
            known = tuple(shape for shape in shapes if name in shape.known)
            if known:
                shapes = known
                self.value(value, self.table[known[-1].known[name]], allowed)
            elif others:
                if kind.keys[0].filled and not name:
                    self.report(key, "unexpected-value", "Unexpected value ''")
                self.value(value, self.table[others], allowed)
            elif not broken:
                self._unknown_key(key, name, shapes)
        self._absent(node, shapes, seen, computed=computed)

    def _computed_entry(self, key: Scalar, value: Node, kind: Kind, allowed: Names) -> None:
        """Checks an entry whose key is an expression; ``kind`` is what its value may be."""
        if allowed:
            self.value(value, kind, allowed)
        else:
            message = "A template expression is not allowed in this context"
            self.report(key, "expression-not-allowed", message)

    def _unknown_key(self, key: Scalar, name: str, shapes: Iterable[Keys]) -> None:
        names = [known for shape in shapes for known in shape.known]
        remedy = self.suggest(name, names)
        self.report(key, "unexpected-key", f"Unexpected value '{name}'", remedy)

    def _absent(
        self,
        node: Mapping,
        shapes: tuple[Keys, ...],
        seen: set[str],
        *,
        computed: bool,
    ) -> None:
        if len(shapes) > 1:
            names = [name for shape in shapes for name in shape.known]
            single = sorted(name for name in names if names.count(name) == 1)
            message = (
                "There's not enough info to determine what you meant. "
                f"Add one of these properties: {', '.join(single)}"
            )
            self.report(node, "ambiguous-mapping", message)
            return
        if computed:
            return
        for shape in shapes:
            self._missing(node, shape, seen)

    def _missing(self, node: Mapping, shape: Keys, seen: set[str]) -> None:
        for name in shape.required:
            if name.upper() not in seen:
                self.report(node, "missing-property", f"Required property is missing: {name}")
        for name in shape.advised:
            if name.upper() not in seen:
                message = f"Required property is missing: {name}"
                self.report(node, "missing-property", message, severity="warning")

    def _remedy(self, text: str, kind: Kind) -> str:
        if kind.words:
            close = self.suggest(text, kind.words)
            return close or (
                f"Use one of: {', '.join(kind.words)}." if len(kind.words) <= 12 else ""
            )
        if kind.boolean and not kind.text:
            return "Write true or false, without quotes."
        if kind.number and not kind.text:
            return "Write a number, without quotes."
        if kind.filled:
            return "Give it a value."
        wanted = ["a mapping"] * bool(kind.keys) + ["a sequence"] * bool(kind.items)
        return f"Write {' or '.join(wanted)}." if wanted else ""


def matches(value: bool | int | float | str | None, kind: Kind) -> bool:
    """Whether a scalar is of a kind; other scalars count as the strings they are written as."""
    if value is None:
        if kind.null:
            return True
    elif isinstance(value, bool):
        if kind.boolean:
            return True
    elif isinstance(value, (int, float)) and kind.number:
        return True
    if kind.text:
        return True
    if kind.filled or kind.words:
        text = text_of(value)
        return (kind.filled and text != "") or text in kind.words
    return False


def _told(node: Mapping, shapes: tuple[Keys, ...]) -> tuple[Keys, ...]:
    """The shapes a mapping may have by the value of the key that tells them apart."""
    key, _ = shapes[0].told_by
    if not key:
        return shapes
    for name, value in node.items:
        if isinstance(name, Scalar) and name.value == key and isinstance(value, Scalar):
            told = tuple(shape for shape in shapes if value.value in shape.told_by[1])
            return told or shapes
    return shapes
