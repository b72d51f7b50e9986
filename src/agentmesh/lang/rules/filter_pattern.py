"""A pattern of a filter that never fits what it is compared with.

`branches` and `tags` are compared with names without `refs/heads/`, `paths` with paths of files
from the root of the repository, without `./` or `/` in front. Git allows some characters in no
name. Patterns know no `{a,b}`. Where all patterns of a list begin with `!`, there is nothing that
they could take back.

Bad:

```yaml
on:
  push:
    branches: [refs/heads/main]
    paths: [./src/**]
```

Good:

```yaml
on:
  push:
    branches: [main]
    paths: [src/**]
```

Remedy: write the pattern as the message says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.nodes import at
from agentmesh.lang.parse.values import entries, text_of
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.yaml import Node, Scalar, Sequence

META = Rule(
    id="filter-pattern",
    severity="warning",
    summary="A pattern of a filter that never fits what it is compared with.",
    kind="workflow",
    words=("branches", "tags", "paths"),
)

_REFS = ("branches", "branches-ignore", "tags", "tags-ignore")
_PATHS = ("paths", "paths-ignore")
_NOT_IN_REFS = re.compile(r"[ ~^:\x00-\x1f\x7f]|\.\.|@\{|//|^/|\.lock$|/$|\.$")
_BRACES = re.compile(r"\{[^{}]*,[^{}]*\}")
_LEAVE_OUT = "Leave it out."
_RANGE = re.compile(r"\[[^\]]*?([^\]])-([^\]])")

Found = tuple[str, str]
"""What is wrong with a pattern, and the remedy; empty where nothing is."""


def check(file: Source) -> Iterator[Problem]:
    """Looks at every filter of every event."""
    for _, event in entries(at(file.root, "on")):
        for key, value in entries(event):
            name = text_of(key.value)
            if name in _REFS or name in _PATHS:
                yield from _filter(file, name, value)


def _filter(file: Source, name: str, node: Node) -> Iterator[Problem]:
    items = node.items if isinstance(node, Sequence) else (node,)
    patterns = [item for item in items if isinstance(item, Scalar)]
    seen: set[str] = set()
    for pattern in patterns:
        text = text_of(pattern.value)
        message, remedy = _wrong(name, text)
        if not message and text in seen:
            message, remedy = f"The pattern '{text}' is there twice", "Remove one."
        seen.add(text)
        if message:
            yield META.problem(file.span_at(pattern), message, remedy)
    if patterns and all(text_of(item.value).startswith("!") for item in patterns):
        ignoring = name.endswith("-ignore")
        yield META.problem(
            file.span_at(patterns[0]),
            f"{name} has only patterns with '!', so it selects nothing",
            "Leave the '!' out." if ignoring else f"Add '**' first, or write {name}-ignore.",
        )


def _wrong(name: str, pattern: str) -> Found:
    inner = pattern.removeprefix("!")
    if found := _BRACES.search(inner):
        return f"Patterns know no braces: '{found[0]}' is meant as it stands", "Write each one out."
    if (found := _RANGE.search(inner)) and found[1] > found[2]:
        return f"The range {found[1]}-{found[2]} holds no character", "Turn it around."
    return _wrong_ref(name, inner) if name in _REFS else _wrong_path(inner)


def _wrong_ref(name: str, pattern: str) -> Found:
    kind = name.partition("-")[0]
    prefix = "refs/heads/" if kind == "branches" else "refs/tags/"
    if pattern.startswith("refs/"):
        rest = pattern.removeprefix(prefix)
        return f"{kind} are compared without '{prefix}'", f"Write {rest or '**'}."
    found = _NOT_IN_REFS.search(re.sub(r"\\.|\[[^\]]*\]", "x", pattern))
    if found:
        what = "a blank" if found[0] == " " else f"'{found[0]}'"
        where = " at its end" if found[0] in {"/", ".", ".lock"} else ""
        return f"No name of git's holds {what}{where}, so nothing fits '{pattern}'", _LEAVE_OUT
    return "", ""


def _wrong_path(pattern: str) -> Found:
    if pattern.startswith(("./", "/", "../")):
        rest = pattern.lstrip("./") or "**"
        what = f"Paths start at the root of the repository, without '{pattern.partition('/')[0]}/'"
        return what, f"Write {rest}."
    if "/./" in pattern or "/../" in pattern or "//" in pattern:
        return f"No path holds '/./', '/../' or '//', so nothing fits '{pattern}'", _LEAVE_OUT
    if pattern.endswith("/"):
        return f"'{pattern}' fits no file: a folder is not in it", f"Write {pattern}**."
    if pattern != pattern.strip():
        return f"The pattern '{pattern}' begins or ends with a blank", "Remove it."
    return "", ""
