"""A runner label that GitHub has no machines for, any more or by a slip of the pen.

A job whose label no runner has waits until GitHub cancels it, a day later. Machines of one's own
may have any label, so only labels that GitHub has removed, and those that look like one of GitHub's
without being one, are reported; values of the matrix are looked at too.

Bad:

```yaml
runs-on: ubuntu-lastest
steps:
  - run: make
```

Good:

```yaml
runs-on: ubuntu-latest
steps:
  - run: make
```

Remedy: write the label that the message names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.data.runners import HOSTED, OWN, REMOVED
from agentmesh.lang.model import Job, Map, Seq, Text, Tree
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="runner-label",
    severity="warning",
    summary="A runner label that GitHub has no machines for.",
    kind="workflow",
)

_WHOLE_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
_CLOSE = 0.85
_VERSIONED = re.compile(r"(?:ubuntu|windows|macos)-(\d+)(?:[.-].*)?")
_NEWEST = {"ubuntu": 24, "windows": 2025, "macos": 26}


def check(file: Source) -> Iterator[Problem]:
    """Looks at the labels of each job that does not ask for a machine of one's own."""
    for job in file.jobs:
        labels = list(_labels(file, job))
        if any(label.source.lower() == "self-hosted" for label in labels):
            continue
        for label in labels:
            message, remedy = _wrong(label.source.lower(), label.source)
            if message:
                yield META.problem(file.span_at(label), message, remedy)


def _labels(file: Source, job: Job) -> Iterator[Text]:
    """The labels that are written out: those of the job, or those of its matrix."""
    tree: Tree = job.runs_on
    if isinstance(tree, Map):
        if tree.get("group") is not None:
            return  # whoever made the group chose the labels
        tree = tree.get("labels")
    for label in tree.items if isinstance(tree, Seq) else (tree,):
        if not isinstance(label, Text):
            continue
        if OPEN not in label.source:
            yield label
        elif found := _WHOLE_MATRIX.fullmatch(label.source.strip()):
            axis = file.matrix(job).get(found[1])
            for value in axis.values if axis is not None else ():
                if isinstance(value, Text) and OPEN not in value.source:
                    yield value


def _wrong(label: str, written: str) -> tuple[str, str]:
    """What is wrong with a label, and the remedy."""
    if label in HOSTED or label in OWN:
        return "", ""
    if label in REMOVED:
        return f"GitHub has removed its '{written}' runners", f"Write {REMOVED[label]}."
    close = _close(label)
    if not close:
        return "", ""
    return f"There is no runner label '{written}'", f"Did you mean '{close}'?"


def _close(label: str) -> str:
    """The label of GitHub's that is meant, for all that can be told."""
    if label in {"ubuntu", "ubuntu-lts"}:
        return "ubuntu-latest"
    # Larger runners are mostly called after the image that they have; newer images come.
    if any(label.startswith(f"{known}-") for known in (*HOSTED, *REMOVED)) or _newer(label):
        return ""
    from difflib import get_close_matches

    alike = [known for known in HOSTED if known[0] == label[:1]]
    return next(iter(get_close_matches(label, sorted(alike), n=1, cutoff=_CLOSE)), "")


def _newer(label: str) -> bool:
    found = _VERSIONED.fullmatch(label)
    return found is not None and int(found[1][:9]) > _NEWEST[label.partition("-")[0]]
