"""``run``: a script, in a shell. Follows the official runner's ``ScriptHandler``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.engine import runtime
from agentmesh.engine.step import Result
from agentmesh.ports.executor import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentmesh.engine.step import StepRun
    from agentmesh.lang.model import Text

BASH = "bash --noprofile --norc -e -o pipefail {0}"
BUILT_IN = {
    "bash": BASH,
    "sh": "sh -e {0}",
    "python": "python {0}",
    "pwsh": "pwsh -command \". '{0}'\"",
    "powershell": "powershell -command \". '{0}'\"",
    "cmd": 'cmd /D /E:ON /V:OFF /S /C "CALL "{0}""',
}
EXTENSIONS = {
    "bash": ".sh",
    "sh": ".sh",
    "python": ".py",
    "pwsh": ".ps1",
    "powershell": ".ps1",
    "cmd": ".cmd",
}
GETTING = {
    "pwsh": "install PowerShell, or name another shell",
    "powershell": "there is no Windows PowerShell on Linux: use pwsh or bash",
    "cmd": "there is no cmd on Linux: use bash",
    "bash": "install bash",
    "python": "install Python, or put actions/setup-python before this step",
}


async def work(run: StepRun) -> Result:
    """Write the script, run it in its shell; its exit code decides."""
    step = run.step
    text = run.render(step.run) if step.run is not None else ""
    cwd = _directory(run)
    env = runtime.environment(run, "script")
    shell = _first(
        run,
        step.shell,
        None if run.frame.composite else run.job.spec.job.defaults.shell,
        None if run.frame.composite else run.job.spec.defaults.shell,
    )
    argv = _argv(run, shell, text, env["PATH"])
    code = await run.execute(Command(argv=argv, env=env, cwd=cwd))
    if code == 0:
        return Result(conclusion="success", exit_code=0)
    if run.stopped is not None:
        return Result(conclusion="failure", exit_code=code)
    message = f"Process completed with exit code {code}."
    run.error(message)
    return Result(conclusion="failure", exit_code=code, error=message)


def _first(run: StepRun, *choices: Text | None) -> str:
    for choice in choices:
        if choice is not None and (text := run.render(choice)):
            return text
    return ""


def _directory(run: StepRun) -> str:
    job = run.job
    own = run.step.working_directory
    defaults = (
        ()
        if run.frame.composite
        else (
            job.spec.job.defaults.working_directory,
            job.spec.defaults.working_directory,
        )
    )
    wanted = _first(run, own, *defaults)
    return os.path.normpath(os.path.join(run.directory, wanted)) if wanted else run.directory


def _argv(run: StepRun, shell: str, text: str, path: str) -> tuple[str, ...]:
    """The command line of a shell, with the script written to a file."""
    # Whether a program is in a container shows when it is started there.
    contained = run.job.session.contained
    which: Callable[[str, str], str | None] = _by_name if contained else run.job.machine.which
    program = shell.split(maxsplit=1)[0] if shell.strip() else ""
    if not program:
        bash = None if contained else which("bash", path)
        template = f"{bash} -e {{0}}" if bash else "sh -e {0}"
        program = "bash" if bash else "sh"
    elif shell.strip() == program and program in BUILT_IN:
        template = BUILT_IN[program]
        if program == "python" and not which("python", path) and which("python3", path):
            template = "python3 {0}"
    elif "{0}" in shell:
        template = shell
    else:
        raise WorkflowError(
            "Invalid shell option. Shell must be a valid built-in "
            "(bash, sh, cmd, powershell, pwsh) "
            f"or a format string containing '{{0}}'. Actual: '{shell}'"
        )
    script = _write(run, text, EXTENSIONS.get(program, ""), program)
    argv = _split(template.replace("{0}", script))
    found = argv[0] if "/" in argv[0] else which(argv[0], path)
    if not found:
        raise SetupError(
            f"the shell {argv[0]!r} is not on this machine",
            remedy=GETTING.get(argv[0], "install it, or name another shell"),
        )
    return (found, *argv[1:])


def _by_name(program: str, path: str) -> str | None:
    return program


def _write(run: StepRun, text: str, extension: str, program: str) -> str:
    if program in ("pwsh", "powershell"):
        text = (
            "$ErrorActionPreference = 'stop'\n"
            + text
            + "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
        )
    path = f"{run.job.dirs.files}/{run.job.file_number()}{extension}"
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text.replace("\r\n", "\n"))
    os.chmod(path, 0o755)
    return run.job.session.inside(path)


def _split(command: str) -> list[str]:
    if not any(quote in command for quote in "'\"\\"):
        return command.split()
    import shlex

    try:
        return shlex.split(command)
    except ValueError as error:
        raise WorkflowError(f"the shell {command!r} cannot be read: {error}") from error
