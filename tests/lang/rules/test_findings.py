"""All rules on one file, and their mends."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.lang.parse import read
from agentmesh.lang.rules import findings
from agentmesh.lang.rules.edit import apply
from agentmesh.lang.rules.registry import RULES
from agentmesh.lang.rules.source import Source

MakeSource = Callable[..., Source]
UNTRUSTED = "- run: echo ${{ github.event.issue.title }}\n"


def test_every_rule_is_asked_where_its_words_are(source: MakeSource) -> None:
    rules = {problem.rule for problem in findings.check(source(f"{UNTRUSTED}- uses: a/b@v1\n"))}
    assert {"untrusted-input", "unpinned-action"} <= rules


def test_a_rule_without_words_is_asked_about_every_file() -> None:
    words = [module.META.words for module in findings.modules()]
    assert len(words) == len(RULES)
    assert all(all(each) for each in words)


def test_a_file_that_holds_nothing_has_no_findings() -> None:
    parsed = read("", "f.yml", "workflow")
    file = Source("", "f.yml", "workflow", parsed.root, parsed.value)
    assert findings.check(file) == []


def test_mends_are_made_for_the_findings_that_have_some(source: MakeSource) -> None:
    file = source(UNTRUSTED)
    mended = findings.mend(file, findings.check(file))
    assert [problem.rule for problem in mended.problems] == ["untrusted-input"]
    text = apply(file.text, mended.edits)
    assert "github.event.issue.title" in text
    again = read(text, "f.yml", "workflow")
    assert not again.failed
    changed = Source(text, "f.yml", "workflow", again.root, again.value)
    assert "untrusted-input" not in {problem.rule for problem in findings.check(changed)}
