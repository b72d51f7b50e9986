"""One tiny workflow for each sentence of GitHub's documented semantics: tests/conformance/.

A case is a folder: ``workflow.yml`` opens with the sentence and the page it stands on, other files
of the folder go into the repository beside it (``workflow.yml`` as ``.github/workflows/ci.yml``),
and ``expected.json`` says what must come of it:

    args      more arguments of ``agentmesh run``
    event     the event's name (push)
    payload   the event's payload, as a file for --event-path
    code      the exit code (0)
    jobs      exactly these jobs end, so
    steps     {job: {step: conclusion}}: these steps of the job end so, and no listed one is missing
    log       {job: [line, …]}: the job's log has these whole lines, in this order
    never     no line of any log holds these texts
    stderr    what is said on standard error holds these texts
    order     [[[type, job], [type, job]], …]: the first event comes before the second
    alone     these jobs never run at the same time
    events    events of which all these fields must be there
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[1] / "conformance"
NAMES = sorted(path.parent.name for path in CASES.glob("*/workflow.yml"))
ARGUMENTS = frozenset({"args", "event", "payload"})
EXPECTATIONS = frozenset(
    {"code", "jobs", "steps", "log", "never", "stderr", "order", "alone", "events"}
)
PAGES = ("https://docs.github.com/", "https://github.com/actions/")


def files_of(case: Path) -> dict[str, str]:
    """The repository of a case: path → text."""
    files = {
        str(path.relative_to(case)): path.read_text()
        for path in case.rglob("*")
        if path.is_file() and path.name != "expected.json"
    }
    files[".github/workflows/ci.yml"] = files.pop("workflow.yml")
    return files


def in_order(wanted: Iterable[str], lines: Iterable[str]) -> list[str]:
    """The wanted lines that do not follow each other among ``lines``."""
    rest = iter(lines)
    return [line for line in wanted if not any(line == other for other in rest)]


def place(events: list[dict[str, Any]], kind: str, job: str) -> int:
    """Where an event stands among all."""
    for number, event in enumerate(events):
        if event["type"] == kind and event.get("job") == job:
            return number
    pytest.fail(f"no {kind} of {job!r} among the events")


def overlapping(events: list[dict[str, Any]], jobs: list[str]) -> list[str]:
    """What is running when another one of these jobs starts."""
    running: set[str] = set()
    found = []
    for event in events:
        if event.get("job") not in jobs:
            continue
        if event["type"] == "job.started":
            found += [f"{event['job']} beside {other}" for other in running]
            running.add(event["job"])
        elif event["type"] == "job.completed":
            running.discard(event["job"])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_case_names_its_sentence_and_its_page(name: str) -> None:
    sentence, page = (CASES / name / "workflow.yml").read_text().splitlines()[:2]
    assert sentence.startswith("# ")
    assert sentence.endswith(".")
    assert page.removeprefix("# ").startswith(PAGES)
    expected = json.loads((CASES / name / "expected.json").read_text())
    assert expected.keys() <= ARGUMENTS | EXPECTATIONS
    assert expected.keys() & {"jobs", "log", "steps", "stderr"}, "the case would assert nothing"


@pytest.mark.parametrize("name", NAMES)
def test_runs_as_github_documents(
    name: str, tmp_path: Path, repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    expected = json.loads((CASES / name / "expected.json").read_text())
    repo = repository(files_of(CASES / name))
    arguments = ["run", "--json", "--event", expected.get("event", "push")]
    if "payload" in expected:
        payload = tmp_path / "payload.json"
        payload.write_text(json.dumps(expected["payload"]))
        arguments += ["--event-path", str(payload)]
    ran = run_cli(*arguments, *expected.get("args", ()), cwd=repo)
    said = f"{ran.stdout}\n{ran.stderr}"

    assert ran.code == expected.get("code", 0), said
    assert "Traceback" not in ran.stderr
    if "jobs" in expected:
        assert ran.jobs == expected["jobs"], said
    for job, steps in expected.get("steps", {}).items():
        assert {step: ran.steps(job).get(step) for step in steps} == steps, said
    for job, lines in expected.get("log", {}).items():
        assert not in_order(lines, ran.log(job)), said
    for text in expected.get("never", ()):
        assert not [line for line in ran.log() if text in line]
    for text in expected.get("stderr", ()):
        assert text in ran.stderr
    for first, second in expected.get("order", ()):
        assert place(list(ran.events), *first) < place(list(ran.events), *second), said
    assert not overlapping(list(ran.events), expected.get("alone", [])), said
    for fields in expected.get("events", ()):
        assert [event for event in ran.events if fields.items() <= event.items()], said
