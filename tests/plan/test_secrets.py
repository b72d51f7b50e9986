"""Secrets of calls: names and templates, never values."""

from __future__ import annotations

from agentmesh.plan.secrets import mapped, marked, resolve

VALUES = {"A": "one", "B": "two"}


def through(text: str) -> str | None:
    """A text with ``<NAME>`` for a secret's mark, mapped and resolved."""
    marks = marked({name: name for name in VALUES})
    for name, mark in marks.items():
        text = text.replace(f"<{name}>", str(mark))
    return resolve(mapped(text), VALUES.get)


def test_a_secret_alone_stays_a_name() -> None:
    mark = marked({"token": "TOKEN"})["token"]
    assert mapped(str(mark)) == "TOKEN"
    assert resolve("TOKEN", {"TOKEN": "x"}.get) == "x"
    assert resolve("OTHER", {"TOKEN": "x"}.get) is None


def test_a_text_around_secrets_becomes_a_template() -> None:
    assert through("Bearer <A>:<B>") == "Bearer one:two"
    assert through("plain") == "plain"


def test_templates_pass_through_calls_of_calls() -> None:
    outer = mapped(f"Bearer {marked({'A': 'A'})['A']}")
    assert outer.startswith("=")
    inner = mapped(f"[{marked({'T': outer})['T']}]")
    assert resolve(inner, VALUES.get) == "[Bearer one]"


def test_a_secret_that_is_not_there_leaves_nothing_in_a_template() -> None:
    assert resolve(mapped(f"x{marked({'N': 'N'})['N']}y"), VALUES.get) == "xy"
