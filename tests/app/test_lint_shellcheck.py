"""What shellcheck says about scripts, at their places in the file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app.lint_program import Program
from agentmesh.app.lint_shellcheck import findings, scripts_of
from agentmesh.app.lint_tools import installed
from agentmesh.lang.parse import read
from agentmesh.lang.rules.source import Source

HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"


def source(text: str, path: str = "a.yml") -> Source:
    kind = "action" if path.endswith("action.yml") else "workflow"
    parsed = read(text, path, kind)
    return Source(text, path, kind, parsed.root, parsed.value)


Check = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Codes, each with the text that is marked, of steps or of a whole file."""
    (_, program) = installed(os.environ, str(tmp_path))

    def run(steps: str, head: str = HEAD, path: str = "a.yml") -> list[tuple[str, str]]:
        text = head + steps
        lines = text.splitlines()
        found = []
        for problem in findings(program, [source(text, path)]):
            span = problem.span
            assert problem.severity in ("warning", "info")
            assert problem.url.endswith(problem.rule.partition("/")[2])
            end = span.end_column - 1 if span.end_line == span.line else None
            marked = lines[span.line - 1][span.column - 1 : end]
            found.append((problem.rule.removeprefix("shellcheck/"), marked))
        return found

    return run


WAYS = {
    "literal": "      - run: |\n          # é\n          echo a\n          echo $B c\n",
    "folded": "      - run: >\n          echo a;\n          echo\n          $B c\n",
    "plain": "      - run: echo $B c\n",
    "single": "      - run: 'echo ''x'' $B c'\n",
    "double": '      - run: "echo \\"x\\" $B c"\n',
    "behind an expression": "      - run: echo ${{ github.sha }} $B c\n",
    "in braces": "      - {name: x, run: 'echo $B c'}\n",
    "with tabs": "      - run: |\n          if true; then\n          \techo $B c\n          fi\n",
}


@pytest.mark.parametrize("name", WAYS)
def test_a_finding_is_at_its_place(check: Check, name: str) -> None:
    assert check(WAYS[name]) == [("SC2086", "$B")]


@pytest.mark.parametrize(
    "script",
    [
        'if [ "${{ github.ref }}" = "x" ]; then echo; fi',
        'for f in ${{ inputs.files }}; do echo "$f"; done',
        '[[ -z "${{ inputs.a }}" ]] || exit ${{ inputs.b }}',
        "[ ${{ inputs.a }} -gt 1 ]",
        'case "${{ inputs.a }}" in a) ;; esac',
        "if ${{ inputs.a }}; then echo; fi",
        "echo ${{ inputs.a }}",
        'A=$(( ${{ inputs.a }} + 1 )); echo "$A"',
        "cd somewhere",
        '. ./venv/bin/activate; echo "$lower"',
        "#!/bin/bash\necho",
    ],
)
def test_what_is_replaced_or_unknown_is_not_complained_of(check: Check, script: str) -> None:
    body = script.replace("\n", "\n          ")
    assert check(f"      - run: |\n          {body}\n") == []


def test_the_words_of_the_file_stay_complained_of(check: Check) -> None:
    codes = {
        code for code, _ in check('      - run: \'[ "x" = "y" ]; echo ${{ inputs.a }}; cd a\'\n')
    }
    assert codes <= {"SC2050"}
    assert {code for code, _ in check('      - run: \'[ "x" = "y" ]\'\n')} == {"SC2050"}


def test_other_shells_are_passed_over(check: Check) -> None:
    assert check("      - run: echo $B\n        shell: pwsh\n") == []
    assert check("      - run: print($B)\n        shell: python\n") == []
    assert check("      - run: echo $B\n", HEAD.replace("ubuntu", "windows")) == []
    assert check("      - run: echo $B\n", HEAD.replace("ubuntu-latest", "${{ matrix.os }}")) != []


def test_sh_is_held_to_what_sh_can(check: Check) -> None:
    step = "      - run: '[[ -n \"$A\" ]]'\n        shell: "
    assert check(step + "sh\n")[0][0] == "SC3010"
    assert check(step + "bash\n") == []


def test_a_shell_that_goes_on_after_a_failure_is_told_so(check: Check) -> None:
    step = "      - run: |\n          cd a\n          rm b\n        shell: "
    assert check(step + "bash {0}\n")[0][0] == "SC2164"
    assert check(step + "bash -e {0}\n") == []


def test_steps_of_composite_actions_are_checked(check: Check) -> None:
    head = "name: n\ndescription: d\nruns:\n  using: composite\n  steps:\n"
    assert check("    - run: echo $B\n      shell: bash\n", head, "x/action.yml") == [
        ("SC2086", "$B")
    ]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo $A; " * 1200, "it has more than 10000 characters"),
        ("echo " + "$(a " * 7 + ")" * 7, "it nests commands more than 6 deep"),
        ("$(( ( " * 40, "it nests commands more than 6 deep"),
    ],
)
def test_what_would_take_too_long_is_told(tmp_path: Path, script: str, why: str) -> None:
    (_, program) = installed(os.environ, str(tmp_path))
    text = f"{HEAD}      - run: |\n          {script}\n      - run: echo $A\n"
    told, found = findings(program, [source(text)])
    assert (told.rule, told.severity) == ("tool-failed", "info")
    assert told.message == f"shellcheck is not asked about this script: {why}"
    assert found.rule == "shellcheck/SC2086"


def test_many_scripts_take_few_processes(tmp_path: Path) -> None:
    (_, real) = installed(os.environ, str(tmp_path))
    counting = tmp_path / "shellcheck"
    counting.write_text(f'#!/bin/sh\necho >> "{tmp_path}/calls"\nexec "{real.path}" "$@"\n')
    counting.chmod(0o755)
    program = Program(name="shellcheck", path=str(counting), env=real.env, directory=str(tmp_path))
    file = source(HEAD + "".join(f"      - run: echo {n} $A\n" for n in range(60)))
    assert len(scripts_of(file)) == 60
    assert len(findings(program, [file])) == 60
    assert len((tmp_path / "calls").read_text()) <= min(os.cpu_count() or 1, 8)


def test_scripts_that_are_the_same_are_complained_of_in_each_place(tmp_path: Path) -> None:
    (_, program) = installed(os.environ, str(tmp_path))
    file = source(HEAD + "      - run: echo $A\n      - run: |\n          echo $A\n" * 2)
    found = findings(program, [file])
    assert sorted((each.span.line, each.span.column) for each in found) == [
        (6, 19),
        (8, 16),
        (9, 19),
        (11, 16),
    ]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 2", "it ended with exit code 2"),
        ("echo '[]'", "its answer cannot be read"),
        ("true", "its answer cannot be read"),
        (
            """printf '{"comments":[{"file":"x","line":1,"endLine":1,"column":1,"endColumn":1,'
printf '"level":"info","code":1,"message":"m"}]}'""",
            "a file 'x' that it was not asked about",
        ),
        (
            """for f; do :; done
printf '{"comments":[{"file":"%s","line":9,"endLine":9,"column":1,"endColumn":1,' "$f"
printf '"level":"info","code":1,"message":"m"}]}'""",
            "it names line 8 of 1",
        ),
    ],
)
def test_nonsense_is_a_failure_at_the_script(tmp_path: Path, script: str, why: str) -> None:
    fake = tmp_path / "shellcheck"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    env = {"PATH": os.environ["PATH"]}
    program = Program(name="shellcheck", path=str(fake), env=env, directory=str(tmp_path))
    (problem,) = findings(program, [source(HEAD + "      - run: echo $A\n")])
    assert problem.rule == "tool-failed"
    assert (problem.span.line, problem.span.column) == (6, 14)
    assert why in problem.message
