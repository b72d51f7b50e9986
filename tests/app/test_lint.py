"""From paths to problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app.forked import LEAST
from agentmesh.app.lint import lint, lint_text, repository_root, rule_page
from agentmesh.app.lint_around import Places
from agentmesh.core.errors import WorkflowError

GOOD = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n"
BAD = "on: pusj\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n"
ACTION = "name: n\ndescription: d\nruns: {using: node20, main: a.js}\n"
WORKFLOWS = ".github/workflows"

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A folder with these files."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_without_paths_the_repository_is_checked(write: Write) -> None:
    root = write(
        {
            f"{WORKFLOWS}/a.yml": GOOD,
            f"{WORKFLOWS}/b.yaml": BAD,
            f"{WORKFLOWS}/notes.txt": "x",
            "action.yml": ACTION,
            "sub/action.yaml": ACTION,
            "sub/other.yml": "x",
            "node_modules/x/action.yml": "x",
            ".git/HEAD": "",
        }
    )
    report = lint((), str(root))
    assert report.files == (
        f"{WORKFLOWS}/a.yml",
        f"{WORKFLOWS}/b.yaml",
        "action.yml",
        "sub/action.yaml",
    )
    assert [problem.span.file for problem in report.problems] == [f"{WORKFLOWS}/b.yaml"]
    assert report.failed
    assert report.sources == {f"{WORKFLOWS}/b.yaml": BAD}


def test_a_folder_within_a_repository_means_the_repository(write: Write) -> None:
    root = write({f"{WORKFLOWS}/a.yml": GOOD, "src/x.py": ""})
    assert lint((), str(root / "src")).files == (f"../{WORKFLOWS}/a.yml",)


def test_files_are_named_as_the_paths_name_them(write: Write) -> None:
    root = write({"one/x.yml": BAD, f"two/{WORKFLOWS}/y.yml": BAD, "three/action.yml": "x"})
    paths = ("one/x.yml", "two", str(root / "three"), "one/x.yml")
    assert lint(paths, str(root)).files == (
        "one/x.yml",
        f"two/{WORKFLOWS}/y.yml",
        str(root / "three/action.yml"),
    )


def test_the_files_of_a_folder_that_is_no_repository_are_checked(write: Write) -> None:
    root = write({"flows/a.yml": GOOD, "flows/b.yaml": GOOD, "flows/deep/c.yml": "x"})
    assert lint(("flows",), str(root)).files == ("flows/a.yml", "flows/b.yaml")


def test_an_action_is_told_by_its_name_and_place(write: Write) -> None:
    root = write({"x/action.yml": ACTION, f"{WORKFLOWS}/action.yml": GOOD})
    assert lint(("x", WORKFLOWS), str(root)).problems == ()


@pytest.mark.parametrize("paths", [("missing.yml",), ("missing/",), ()])
def test_what_is_not_there_cannot_be_checked(tmp_path: Path, paths: tuple[str, ...]) -> None:
    with pytest.raises(WorkflowError):
        lint(paths, str(tmp_path))


def test_a_file_in_another_encoding_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes("on: push\nname: é".encode("latin-1"))
    (problem,) = lint(("a.yml",), str(tmp_path)).problems
    assert (problem.rule, problem.span.line, problem.span.column) == ("yaml-character", 2, 7)


CALL = "on: push\npermissions: read-all\njobs:\n  c:\n    uses: {uses}\n"
ASKS = "on: workflow_call\npermissions: {contents: write}\njobs:\n  a:\n    runs-on: x\n    steps: []\n"


def test_each_call_is_looked_for_in_its_own_repository(write: Write) -> None:
    call = CALL.format(uses="./.github/workflows/called.yml")
    root = write(
        {
            f"one/{WORKFLOWS}/a.yml": call,
            f"one/{WORKFLOWS}/called.yml": ASKS,
            f"two/{WORKFLOWS}/a.yml": call,
            f"two/{WORKFLOWS}/called.yml": ASKS.replace("write", "read"),
        }
    )
    report = lint(("one", "two"), str(root))
    assert [(p.rule, p.span.file, p.span.line) for p in report.problems] == [
        ("call-permissions", f"one/{WORKFLOWS}/a.yml", 4)
    ]


def test_the_repository_is_called_by_a_dollar_sign_too(write: Write) -> None:
    call = CALL.format(uses="$/.github/workflows/called.yml")
    root = write({f"{WORKFLOWS}/a.yml": call, f"{WORKFLOWS}/called.yml": ASKS})
    assert [p.rule for p in lint((), str(root)).problems] == ["call-permissions"]


def test_a_called_workflow_that_is_missing_is_an_error(write: Write) -> None:
    root = write({f"{WORKFLOWS}/a.yml": CALL.format(uses="./.github/workflows/x.yml")})
    (problem,) = lint((), str(root)).problems
    assert problem.message == "Unable to find reusable workflow './.github/workflows/x.yml'"
    assert problem.severity == "error"


@pytest.mark.parametrize(
    "uses",
    [f"owner/name/.github/workflows/x.yml@{'1' * 40} # v1", "./.github/workflows/called.yml"],
)
def test_what_is_wrong_elsewhere_is_not_told_of_the_caller(write: Write, uses: str) -> None:
    root = write({f"{WORKFLOWS}/a.yml": CALL.format(uses=uses), f"{WORKFLOWS}/called.yml": BAD})
    report = lint((f"{WORKFLOWS}/a.yml",), str(root))
    assert report.problems == ()


def test_a_local_action_that_is_missing_is_no_error(write: Write) -> None:
    root = write({f"{WORKFLOWS}/a.yml": GOOD.replace("run: x", "uses: ./missing")})
    assert lint((), str(root)).problems == ()


def test_the_repository_around_a_file(write: Write) -> None:
    root = write({f"a/{WORKFLOWS}/x.yml": "", "b/.git/HEAD": "", "b/c/x.yml": ""})
    assert repository_root(str(root / "a" / WORKFLOWS / "x.yml")) == str(root / "a")
    assert repository_root(str(root / "b/c/x.yml")) == str(root / "b")


UNTRUSTED = """\
on: issues  # why
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "${{ github.event.issue.title }}"  # a comment
"""


def test_mending_keeps_all_but_what_is_mended(write: Write) -> None:
    root = write({f"{WORKFLOWS}/a.yml": UNTRUSTED})
    path = root / WORKFLOWS / "a.yml"
    path.chmod(0o640)
    report = lint((), str(root), fix=True)
    assert [problem.rule for problem in report.fixed] == ["untrusted-input"]
    assert "untrusted-input" not in {problem.rule for problem in report.problems}
    text = path.read_text()
    assert text.startswith("on: issues  # why\n")
    assert "# a comment" in text
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["a.yml"]
    assert lint((), str(root), fix=True).fixed == ()


def test_mending_keeps_the_breaks_of_lines_and_the_mark_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(b"\xef\xbb\xbf" + UNTRUSTED.replace("\n", "\r\n").encode())
    lint(("a.yml",), str(tmp_path), fix=True)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfon: issues")
    assert data.count(b"\n") == data.count(b"\r\n") > UNTRUSTED.count("\n")


def test_what_a_comment_takes_back_is_not_mended(write: Write) -> None:
    kept = UNTRUSTED.replace("# a comment", "# agentmesh: ignore[untrusted-input] trusted people")
    root = write({f"{WORKFLOWS}/a.yml": kept})
    assert lint((), str(root), fix=True).fixed == ()
    assert (root / WORKFLOWS / "a.yml").read_text() == kept


def test_a_link_stays_one(write: Write) -> None:
    root = write({"real.yml": UNTRUSTED})
    (root / "a.yml").symlink_to("real.yml")
    assert lint(("a.yml",), str(root), fix=True).fixed
    assert (root / "a.yml").is_symlink()
    assert "env:" in (root / "real.yml").read_text()


def test_an_unsaved_text_is_checked_in_its_place(write: Write) -> None:
    call = CALL.format(uses="./.github/workflows/called.yml")
    root = write({f"{WORKFLOWS}/called.yml": ASKS})
    report = lint_text(call, f"{WORKFLOWS}/new.yml", str(root))
    assert [problem.rule for problem in report.problems] == ["call-permissions"]
    assert report.files == (f"{WORKFLOWS}/new.yml",)
    action = lint_text("runs: {using: node16, main: a.js}", "x/action.yml", str(root))
    assert "deprecated-runtime" in {problem.rule for problem in action.problems}


def test_rules_look_at_a_file_that_has_errors_too(write: Write) -> None:
    root = write({f"{WORKFLOWS}/a.yml": UNTRUSTED.replace("runs-on", "runs-at")})
    rules = {problem.rule for problem in lint((), str(root)).problems}
    assert {"unexpected-key", "untrusted-input"} <= rules


def test_a_workflow_of_another_repository_is_known_where_its_folder_is(write: Write) -> None:
    call = CALL.format(uses="octo/ci/.github/workflows/called.yml@v1")
    root = write({f"one/{WORKFLOWS}/a.yml": call, f"ci/{WORKFLOWS}/called.yml": ASKS})
    places = Places(mirrors={"octo/ci": str(root / "ci")})
    rules = [problem.rule for problem in lint(("one",), str(root), places=places).problems]
    assert "call-permissions" in rules


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_many_files_are_checked_as_few_are(write: Write) -> None:
    texts = [BAD, UNTRUSTED, GOOD.replace("runs-on: x", "runs-on: ubuntu-18.04")]
    root = write({f"{WORKFLOWS}/{n:03}.yml": texts[n % 3] for n in range(2 * LEAST + 1)})
    report = lint((), str(root))
    expected = [problem for file in report.files for problem in lint((file,), str(root)).problems]
    assert list(report.problems) == expected
    assert set(report.sources) == {problem.span.file for problem in expected}


@pytest.mark.parametrize("rule", ["untrusted-input", "yaml-syntax", "unused-ignore", "schedule"])
def test_each_rule_has_a_page(rule: str) -> None:
    page = rule_page(rule)
    assert page
    assert "Remedy: " in page


def test_a_name_that_is_no_rule_has_none() -> None:
    assert rule_page("no-such-rule") is None
