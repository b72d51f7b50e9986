"""The difference between two plans, for people."""

from __future__ import annotations

import msgspec

from agentmesh.app.plan import Prepared
from agentmesh.app.whatif import Changed, Difference, Field
from agentmesh.cli.render.whatif import render
from agentmesh.plan.model import Plan, Request, Source


def prepared(changed: tuple[str, ...] | None = None, **github: object) -> Prepared:
    given = {"event_name": "push", "ref": "refs/heads/main", **github}
    request = Request(
        run="1",
        workflows=(),
        github=given,
        source=Source(directory="/x", repository="o/r"),
        changed_files=changed,
    )
    return Prepared(plan=Plan(request=request, nodes=()))


def changed(change: str, name: str, **fields: object) -> Changed:
    row = {"key": name, "id": name, "name": name, "runs": True, "why": "", "workflow": "ci.yml"}
    given = {"change": change, "row": row, "why": "yes", "was": "no", **fields}
    return msgspec.convert(given, Changed)


def drawn(*items: Changed, same: int = 1, color: bool = False) -> list[str]:
    pull = prepared(
        ("a",), event_name="pull_request", event={"action": "closed"}, base_ref="main", ref="r"
    )
    difference = Difference(changed=items, same=same)
    return render(prepared(), pull, difference, color=color).splitlines()


def test_it_says_what_is_compared() -> None:
    assert drawn()[:2] == [
        "now      push refs/heads/main",
        "what if  pull_request (closed) r, base main, 1 changed file",
    ]
    assert drawn()[-1] == "no difference: 1 job run"


def test_jobs_with_the_same_reasons_stand_together() -> None:
    lines = drawn(
        changed("appears", "t#0"),
        changed("appears", "x", why="other"),
        changed("appears", "t#1"),
        changed("disappears", "y"),
    )
    assert lines[3:] == [
        "3 jobs would appear",
        "  ci.yml",
        "  yes",
        "  now: no",
        "    + t#0; t#1",
        "  ci.yml",
        "  other",
        "  now: no",
        "    + x",
        "",
        "1 job would disappear",
        "  ci.yml",
        "  yes",
        "  now: no",
        "    - y",
        "",
        "1 job would run as now",
    ]


def test_of_many_cells_some_are_named() -> None:
    lines = drawn(*(changed("appears", f"t#{n}") for n in range(9)))
    assert lines[7] == "    + t#0; t#1; t#2; t#3; t#4; t#5; … 3 more"


def test_fields_are_shown_from_what_to_what() -> None:
    fields = [
        Field("matrix", {"a": 1}, None),
        Field("needs", ["x"], []),
        Field("environment", "", "prod"),
    ]
    lines = drawn(changed("changes", "a", fields=[msgspec.to_builtins(f) for f in fields]))
    assert lines[3:8] == [
        "1 job would change",
        "  ci.yml",
        "  matrix: a: 1 → none",
        "  needs: x → none",
        "  environment: none → prod",
    ]


def test_nothing_of_a_name_reaches_the_terminal_as_an_escape() -> None:
    assert "\x1b" not in "\n".join(drawn(changed("appears", "a\x1b[31mb", why="\x1b]0;x\x07y")))
    assert "\x1b[32m+" in "\n".join(drawn(changed("appears", "a"), color=True))
