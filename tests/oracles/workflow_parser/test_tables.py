"""Our tables of what GitHub accepts against the schemas that GitHub publishes.

Walks down both from the root of a file; keys, values, contexts and functions must be the same at
every place, or stand among the differences that are explained here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentmesh.lang.data import action, workflow
from agentmesh.lang.schema import Keys, Kind, Table

Schema = dict[str, Any]

EXPLAINED = {
    "on.workflow_dispatch.inputs: null": "GitHub takes inputs that are empty",
    "on.workflow_dispatch.inputs.*: null": "GitHub takes an input without properties",
    "on: words": "their word for repository_dispatch is that of another event",
    "on[]: words": "the same",
    "branding: any": "nothing here depends on how the Marketplace shows an action",
}
"""Place and what differs there → why."""

BUILT_IN: Schema = {
    "null": {"null": {}},
    "boolean": {"boolean": {}},
    "number": {"number": {}},
    "string": {"string": {}},
    "sequence": {"sequence": {"item-type": "any"}},
    "mapping": {"mapping": {"loose-key-type": "string", "loose-value-type": "any"}},
    "any": {"one-of": ["null", "boolean", "number", "string", "sequence", "mapping"]},
}


class Walk:
    """Compares two kinds and all below them. ``seen`` keeps it out of what names itself."""

    def __init__(self, table: Table, schema: Schema) -> None:
        self.table = table
        self.schema = {**schema, **BUILT_IN}
        self.seen: set[tuple[str, str]] = set()

    def compare(self, ours: str, theirs: str, place: str) -> Iterator[str]:
        """What differs, each as ``place: what``."""
        if (ours, theirs) in self.seen or theirs == "any":
            return
        self.seen.add((ours, theirs))
        kind = self.table[ours]
        if ours == "any":
            yield f"{place}: any"
            return
        parts = list(self.parts(theirs))
        yield from self.scalars(kind, parts, place)
        if set(kind.names) != set(self.schema[theirs].get("context", [])):
            yield f"{place}: contexts"
        sequences = [part["sequence"] for part in parts if "sequence" in part]
        if bool(kind.items) != bool(sequences):
            yield f"{place}: sequence"
        elif sequences:
            yield from self.compare(kind.items, sequences[0]["item-type"], f"{place}[]")
        mappings = [part["mapping"] for part in parts if "mapping" in part]
        if len(kind.keys) != len(mappings):
            yield f"{place}: shapes"
            return
        for shape, mapping in zip(kind.keys, mappings, strict=True):
            yield from self.shape(shape, mapping, place)

    def parts(self, name: str) -> Iterator[Schema]:
        """The definitions that a name stands for, alternatives apart."""
        definition = self.schema[name]
        if "allowed-values" in definition:
            yield {"words": definition["allowed-values"]}
        elif "one-of" in definition:
            for inner in definition["one-of"]:
                yield from self.parts(inner)
        else:
            yield definition

    def scalars(self, kind: Kind, parts: list[Schema], place: str) -> Iterator[str]:
        strings = [part["string"] for part in parts if "string" in part]
        words = {word for part in parts for word in part.get("words", ())}
        words |= {string["constant"] for string in strings if "constant" in string}
        filled = any("require-non-empty" in string for string in strings)
        text = any(not string for string in strings)
        if set(kind.words) != words:
            yield f"{place}: words"
        if (kind.filled, kind.text) != (filled, text):
            yield f"{place}: string"
        for name in ("null", "boolean", "number"):
            if getattr(kind, name) != any(name in part for part in parts):
                yield f"{place}: {name}"

    def shape(self, shape: Keys, mapping: Schema, place: str) -> Iterator[str]:
        properties = mapping.get("properties", {})
        if set(shape.known) != set(properties):
            yield f"{place}: keys"
        required = {
            name
            for name, of in properties.items()
            if isinstance(of, dict) and of.get("required", False)
        }
        if set(shape.required + shape.advised) != required:
            yield f"{place}: required"
        for name, of in properties.items():
            if name in shape.known:
                inner = of["type"] if isinstance(of, dict) else of
                yield from self.compare(shape.known[name], inner, f"{place}.{name}".strip("."))
        loose = mapping.get("loose-value-type", "")
        if shape.others and loose:
            yield from self.compare(shape.others, loose, f"{place}.*")
        elif bool(shape.others) != bool(loose) and place:
            yield f"{place}: others"


@pytest.mark.parametrize(
    ("table", "root", "file", "their_root"),
    [
        (workflow.WORKFLOW, workflow.ROOT, "workflow-v1.0.min.json", "workflow-root-strict"),
        (action.ACTION, action.ROOT, "action-v1.0.min.json", "action-root-strict"),
    ],
)
def test_a_table_says_what_the_published_schema_says(
    oracles: Path, table: Table, root: str, file: str, their_root: str
) -> None:
    folder = oracles / "node_modules" / "@actions" / "workflow-parser" / "dist"
    schema = json.loads((folder / file).read_text())["definitions"]
    found = set(Walk(table, schema).compare(root, their_root, ""))
    assert found - set(EXPLAINED) == set()


def test_every_explained_difference_is_one(oracles: Path) -> None:
    folder = oracles / "node_modules" / "@actions" / "workflow-parser" / "dist"
    found: set[str] = set()
    for table, root, file, their_root in (
        (workflow.WORKFLOW, workflow.ROOT, "workflow-v1.0.min.json", "workflow-root-strict"),
        (action.ACTION, action.ROOT, "action-v1.0.min.json", "action-root-strict"),
    ):
        schema = json.loads((folder / file).read_text())["definitions"]
        found |= set(Walk(table, schema).compare(root, their_root, ""))
    assert set(EXPLAINED) <= found
