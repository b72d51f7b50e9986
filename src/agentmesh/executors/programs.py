"""Finds programs, and says why one could not be started. For :mod:`agentmesh.executors.host`."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

from agentmesh.core.errors import SetupError
from agentmesh.ports.executor import Command

_GETTING = {
    "bash": "install it: apt-get install bash",
    "cargo": "install Rust (apt-get install cargo, or rustup)",
    "cmake": "install it: apt-get install cmake",
    "curl": "install it: apt-get install curl",
    "docker": "install Docker, or run the job elsewhere",
    "gh": "install GitHub's command line: apt-get install gh",
    "git": "install it: apt-get install git",
    "go": "install Go: apt-get install golang-go",
    "java": "install a JDK: apt-get install default-jdk",
    "jq": "install it: apt-get install jq",
    "make": "install it: apt-get install make",
    "node": "install Node.js (apt-get install nodejs), or the extra: pip install "
    "'agentmesh-runtime[node]'",
    "npm": "install it: apt-get install npm",
    "pwsh": "install PowerShell, or use another shell",
    "python": "put actions/setup-python before this step, or install it: apt-get install "
    "python-is-python3",
    "python3": "install it: apt-get install python3",
    "uv": "put astral-sh/setup-uv before this step, or: pip install 'agentmesh-runtime[uv]'",
}


def find(command: Command) -> str:
    """The path of a command's program, relative names being looked for on its PATH.

    Raises SetupError.
    """
    name = command.argv[0]
    if "/" in name:
        return os.path.join(command.cwd, name)
    unusable = ""
    for directory in command.env.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(command.cwd, directory, name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
        if not unusable and os.path.isfile(path):
            unusable = path
    if unusable:
        raise SetupError(f"'{unusable}' is not executable", remedy=f"chmod +x {unusable}")
    raise SetupError(f"the program '{name}' is not on PATH", remedy=_remedy(name))


def check(command: Command) -> None:
    """Refuse what no process can be given. Raises SetupError."""
    if not command.argv or not command.argv[0]:
        raise SetupError("there is no program to run", remedy="name one")
    for text in (*command.argv, command.cwd):
        if "\0" in text:
            raise SetupError(
                f"{text!r} holds a NUL character, which no argument can",
                remedy="pass it in a file",
            )
    for name, value in command.env.items():
        if not name or "=" in name or "\0" in name:
            raise SetupError(
                f"{name!r} can't be the name of an environment variable",
                remedy="use letters, digits and _",
            )
        if "\0" in value:
            raise SetupError(
                f"the environment variable {name!r} holds a NUL character",
                remedy="pass the value in a file",
            )


def not_started(command: Command, program: str, number: int) -> SetupError:
    """Why the kernel refused to run a program, and what to do."""
    reason = os.strerror(number)
    if number == errno.E2BIG:
        size = sum(len(os.fsencode(a)) + 1 for a in command.argv) + _size(command.env)
        return SetupError(
            f"the arguments and the environment of '{program}' are too large together "
            f"({size // 1024} KiB): {reason}",
            remedy="pass large values in files; a single one may have 128 KiB",
        )
    if number == errno.ENOEXEC:
        return SetupError(
            f"'{program}' is in no format that can be run",
            remedy="begin a script with a line that names its interpreter, like #!/bin/sh",
        )
    if number == errno.ENOENT and os.path.exists(program):
        interpreter = _interpreter(program)
        return SetupError(
            f"'{program}' can't be run: its interpreter {interpreter} does not exist",
            remedy=_remedy(os.path.basename(interpreter.strip("'"))),
        )
    if number == errno.ENOENT:
        return SetupError(f"'{program}' does not exist", remedy=_remedy(os.path.basename(program)))
    if number == errno.EACCES:
        return SetupError(f"'{program}' may not be run: {reason}", remedy=f"chmod +x {program}")
    if number in (errno.EAGAIN, errno.ENOMEM):
        return SetupError(
            f"'{program}' could not be started: {reason}",
            remedy="run fewer jobs at once, or raise the limits on processes and memory",
        )
    return SetupError(f"'{program}' could not be started: {reason}", remedy="check the file")


def no_directory(command: Command, number: int) -> SetupError:
    """The working directory can't be entered."""
    return SetupError(
        f"the working directory '{command.cwd}' can't be entered: {os.strerror(number)}",
        remedy="create it in an earlier step, or correct working-directory",
    )


def _remedy(name: str) -> str:
    return _GETTING.get(name, f"install it, or put the folder that holds '{name}' on PATH")


def _size(env: Mapping[str, str]) -> int:
    return sum(len(os.fsencode(k)) + len(os.fsencode(v)) + 2 for k, v in env.items())


def _interpreter(program: str) -> str:
    """What a script's first line names, quoted; or the loader of a binary, not by name."""
    try:
        with open(program, "rb") as file:
            line = file.readline(256)
    except OSError:
        return "or loader"
    if not line.startswith(b"#!"):
        return "or loader"
    words = line[2:].split(None, 1)
    return f"'{os.fsdecode(words[0].rstrip())}'" if words else "''"
