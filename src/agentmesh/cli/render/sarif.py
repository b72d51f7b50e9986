"""Problems as SARIF 2.1.0, for code hosts and editors.

Called by ``agentmesh lint --format sarif``. Follows the OASIS standard, and what GitHub's "SARIF
support for code scanning" asks for beyond it: a rule with its texts for each result, and a
fingerprint that outlives a change of line numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from agentmesh.core.problem import Problem, Span

if TYPE_CHECKING:
    from agentmesh.app.lint import RuleInfo

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_BASE = "ROOT"

Json = dict[str, object]


def render_sarif(
    problems: Iterable[Problem],
    rules: Iterable[RuleInfo],
    sources: Mapping[str, str],
    *,
    version: str,
    directory: str,
) -> str:
    """One run of one tool. ``rules`` describe what is known of the problems' rules; ``directory``,
    absolute, is where relative file names start."""
    known = {rule.id: rule for rule in rules}
    found = list(problems)
    ids = sorted({problem.rule for problem in found})
    index = {rule: number for number, rule in enumerate(ids)}
    seen: dict[str, int] = {}
    run: Json = {
        "tool": {
            "driver": {
                "name": "agentmesh",
                "semanticVersion": version,
                "rules": [_rule(rule, known.get(rule)) for rule in ids],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": _folder(directory)}},
        "results": [
            _result(problem, index[problem.rule], sources.get(problem.span.file, ""), seen)
            for problem in found
        ],
    }
    document: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(rule: str, info: RuleInfo | None) -> Json:
    if info is None:
        return {"id": rule}
    return {
        "id": rule,
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": info.summary},
        "help": {"text": info.page, "markdown": info.page},
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
    }


def _result(problem: Problem, index: int, source: str, seen: dict[str, int]) -> Json:
    text = f"{problem.message}. {problem.help}" if problem.help else problem.message
    return {
        "ruleId": problem.rule,
        "ruleIndex": index,
        "level": _LEVELS[problem.severity],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _file(problem.span.file),
                    "region": _region(problem.span),
                }
            }
        ],
        "partialFingerprints": {"agentmesh/v1": _fingerprint(problem, source, seen)},
    }


def _region(span: Span) -> Json:
    region: Json = {"startLine": max(1, span.line), "startColumn": max(1, span.column)}
    if span.end_line:
        region |= {"endLine": span.end_line, "endColumn": span.end_column}
    return region


def _file(name: str) -> Json:
    if os.path.isabs(name):
        return {"uri": "file://" + quote(name)}
    return {"uri": quote(os.path.normpath(name)), "uriBaseId": _BASE}


def _folder(directory: str) -> str:
    return "file://" + quote(directory.rstrip("/") + "/")


def _fingerprint(problem: Problem, source: str, seen: dict[str, int]) -> str:
    """Of the rule, the file, the message and the line's text; equal ones are counted."""
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = lines[problem.span.line - 1].strip() if 0 < problem.span.line <= len(lines) else ""
    parts = "\0".join((problem.rule, problem.span.file, problem.message, line))
    digest = sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}:{seen[digest]}"
