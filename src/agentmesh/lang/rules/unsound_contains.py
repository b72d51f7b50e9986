"""A branch is looked for in a text, of which it need only be a part.

`contains` finds a text within a text: in `'refs/heads/main'` it finds `refs/heads/mai` as well, so
that whoever chooses the name of a branch can pass the condition. Texts that read as a list are
reported by the rule `contains-text`.

Bad:

```yaml
- if: contains('refs/heads/main', github.ref)
  run: ./deploy
```

Good:

```yaml
- if: github.ref == 'refs/heads/main'
  run: ./deploy
```

Remedy: compare with `==`, or look in a list made by `fromJSON`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.ast import Call, Constant, Node, children
from agentmesh.lang.rules.contains_text import reads_as_list
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.untrusted import path, untrusted

META = Rule(
    id="unsound-contains",
    severity="warning",
    summary="A branch is looked for in a text, of which it need only be a part.",
    words=("ontains", "ONTAINS"),
)

_CHOSEN = {
    ("github", "ref"),
    ("github", "ref_name"),
    ("github", "head_ref"),
    ("github", "base_ref"),
    ("github", "actor"),
    ("github", "triggering_actor"),
    ("github", "repository"),
    ("github", "event", "workflow_run", "head_branch"),
}


def check(file: Source) -> Iterator[Problem]:
    """Reports each condition that looks for such a value in a text of the file."""
    for expression in file.expressions:
        found = next(_unsound(expression.root), None) if expression.value.condition else None
        if found is not None:
            yield META.problem(
                file.span_of_expression(expression),
                f"A part of the text is enough for '{found}' to be found in it",
                "Compare with ==, or look in a list made by fromJSON.",
            )


def _unsound(node: Node) -> Iterator[str]:
    match node:
        case Call("contains", (Constant(str() as text), word)) if not reads_as_list(text):
            way = path(word)
            if way in _CHOSEN or untrusted(word):
                yield ".".join(way) or "a value that anybody may write"
    for child in children(node):
        yield from _unsound(child)
