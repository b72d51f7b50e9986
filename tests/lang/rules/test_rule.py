"""The shape of a rule."""

from __future__ import annotations

from agentmesh.core.problem import Span
from agentmesh.lang.rules.rule import Rule


def test_a_finding_has_the_severity_of_its_rule_unless_it_says_otherwise() -> None:
    rule = Rule(id="some-rule", severity="warning", summary="Something.")
    place = Span("f.yml", 1, 2)
    usual = rule.problem(place, "a", "b")
    assert (usual.rule, usual.severity, usual.help) == ("some-rule", "warning", "b")
    assert rule.problem(place, "a", severity="info").severity == "info"
