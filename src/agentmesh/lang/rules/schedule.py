"""When a workflow is due, in words, and schedules that GitHub does not follow.

Each cron expression is shown in words, as a note. GitHub starts workflows every five minutes at
most, so one that asks for more is a warning, and so is a day that never comes. Times are in UTC
unless a `timezone` stands beside them.

Bad:

```yaml
on:
  schedule:
    - cron: '* * * * *'
```

Good:

```yaml
on:
  schedule:
    - cron: '30 5 * * 1'
```

Remedy: write five fields: minute, hour, day of the month, month, day of the week.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.cron import describe, read
from agentmesh.lang.nodes import at
from agentmesh.lang.parse.values import fields, plain
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.yaml import Scalar, Sequence

META = Rule(
    id="schedule",
    severity="info",
    summary="When a workflow is due, in words; schedules that GitHub does not follow.",
    kind="workflow",
    words=("cron",),
)

_NOTE = "A note, in case another time is meant; timezone beside cron changes the zone."
LEAST_MINUTES = 5
"""GitHub starts scheduled workflows no more often."""


def check(file: Source) -> Iterator[Problem]:
    """Shows each schedule, and reports those that are due too often or never."""
    schedules = at(file.root, "on", "schedule")
    for item in schedules.items if isinstance(schedules, Sequence) else ():
        entry = fields(item)
        node = entry.get("cron")
        cron = read(plain(node))
        if not isinstance(node, Scalar) or cron is None:
            continue
        zone = plain(entry.get("timezone")) or "UTC"
        words = f"{describe(cron)} ({zone})"
        if not cron.possible:
            message = f"This schedule is never due: {words}"
            remedy = "Choose a day that the month has."
            yield META.problem(file.span_at(node), message, remedy, severity="warning")
        elif cron.shortest < LEAST_MINUTES:
            yield META.problem(
                file.span_at(node),
                f"GitHub starts workflows every {LEAST_MINUTES} minutes at most; this is {words}",
                "Write */5 for the minutes.",
                severity="warning",
            )
        else:
            yield META.problem(file.span_at(node), f"Due {words}", _NOTE)
