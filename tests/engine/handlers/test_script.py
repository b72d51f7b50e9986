"""``run``: shells, folders, exit codes."""

from __future__ import annotations

import pytest

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


@pytest.mark.parametrize(
    ("shell", "script", "line"),
    [
        ("", "echo $-", "ehB"),
        ("bash", "set -o | grep pipefail | tr -s ' \\t' ' '", "pipefail on"),
        ("sh", "echo ok", "ok"),
        ("python", "print(6 * 7)", "42"),
        ("bash -l {0}", "shopt -q login_shell && echo login", "login"),
        ("cat {0} -", "plain text", "plain text"),
        ("perl", "", ""),
    ],
)
def test_scripts_run_in_the_shell_they_name(run_job, shell: str, script: str, line: str):
    named = f"shell: '{shell}', " if shell else ""
    outcome = run_job(HEAD + f'      - {{{named}run: "{script}"}}\n'.replace("\\t", "\\\\t"))
    if shell == "perl":
        assert outcome.result.conclusion == "failure"
        assert "Invalid shell option" in outcome.log()[0]
    else:
        assert outcome.log() == [line]


@pytest.mark.parametrize("shell", ["cmd", "powershell", "nonsuch {0}"])
def test_a_shell_that_is_not_here_is_named_with_a_remedy(run_job, shell: str):
    outcome = run_job(HEAD + f"      - {{shell: '{shell}', run: x}}\n")
    assert outcome.result.conclusion == "failure"
    assert f"the shell {shell.split(maxsplit=1)[0]!r} is not on this machine" in outcome.log()[0]


def test_a_folder_that_is_not_there_is_named(run_job):
    outcome = run_job(HEAD + "      - {working-directory: no/where, run: pwd}\n")
    assert outcome.result.conclusion == "failure"
    assert "no/where" in outcome.log()[0]


def test_defaults_of_the_job_win_over_those_of_the_workflow(run_job):
    outcome = run_job(
        "on: push\ndefaults: {run: {shell: sh, working-directory: w}}\njobs:\n  build:\n"
        "    runs-on: ubuntu-latest\n    defaults: {run: {working-directory: j}}\n    steps:\n"
        "      - {working-directory: ., run: mkdir w j}\n"
        "      - {run: 'basename $PWD; echo ${BASH_VERSION:-sh}'}\n"
    )
    assert outcome.log()[0] == "j"


def test_a_signal_that_ends_a_script_is_a_failure(run_job):
    outcome = run_job(HEAD + "      - run: kill -9 $$\n")
    assert outcome.result.conclusion == "failure"
