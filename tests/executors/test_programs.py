"""Finding programs, and what is said when one can't be had."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.executors import programs
from agentmesh.ports.executor import Command


def command(*argv: str, path: str = "/bin", cwd: str = "/", **env: str) -> Command:
    return Command(argv=argv, env={"PATH": path, **env}, cwd=cwd)


def script(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_first_program_on_path_that_can_be_run_counts(tmp_path: Path):
    script(tmp_path / "a" / "tool", mode=0o644)
    (tmp_path / "b" / "tool").mkdir(parents=True)
    found = script(tmp_path / "c" / "tool")
    script(tmp_path / "d" / "tool")
    path = ":".join(str(tmp_path / name) for name in "abcd")
    assert programs.find(command("tool", path=path)) == str(found)


def test_a_name_with_a_slash_is_relative_to_the_directory(tmp_path: Path):
    assert programs.find(command("./tool", cwd=str(tmp_path))) == f"{tmp_path}/./tool"
    assert programs.find(command("/x/tool", cwd=str(tmp_path))) == "/x/tool"


def test_a_relative_folder_on_path_is_relative_to_the_directory(tmp_path: Path):
    found = script(tmp_path / "bin" / "tool")
    assert programs.find(command("tool", path="bin", cwd=str(tmp_path))) == str(found)


def test_what_is_not_there_is_named_with_the_way_to_get_it():
    with pytest.raises(SetupError) as caught:
        programs.find(command("node", path="/nowhere"))
    assert caught.value.message == "the program 'node' is not on PATH"
    assert "apt-get install nodejs" in caught.value.remedy


def test_what_can_not_be_run_is_named_with_the_way_to_mend_it(tmp_path: Path):
    path = script(tmp_path / "bin" / "tool", mode=0o644)
    with pytest.raises(SetupError) as caught:
        programs.find(command("tool", path=str(path.parent)))
    assert caught.value.remedy == f"chmod +x {path}"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (command(), "there is no program to run"),
        (command(""), "there is no program to run"),
        (command("a\0b"), "NUL character, which no argument can"),
        (command("a", cwd="/\0"), "NUL character, which no argument can"),
        (Command(argv=("a",), env={"A=B": ""}, cwd="/"), "'A=B' can't be the name"),
        (Command(argv=("a",), env={"": ""}, cwd="/"), "'' can't be the name"),
        (command("a", X="\0"), "variable 'X' holds a NUL character"),
    ],
)
def test_what_no_process_can_be_given_is_refused(wrong: Command, message: str):
    with pytest.raises(SetupError, match=message) as caught:
        programs.check(wrong)
    assert caught.value.remedy


def test_odd_names_of_variables_are_allowed():
    programs.check(Command(argv=("a",), env={"a.b-c d": "é\n"}, cwd="/"))


def test_a_missing_interpreter_is_named(tmp_path: Path):
    path = script(tmp_path / "bin" / "tool", "#!/usr/bin/node --flag\n")
    error = programs.not_started(command(str(path)), str(path), errno.ENOENT)
    assert "its interpreter '/usr/bin/node' does not exist" in error.message
    assert "apt-get install nodejs" in error.remedy


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.E2BIG, "pass large values in files"),
        (errno.ENOEXEC, "#!/bin/sh"),
        (errno.EACCES, "chmod +x"),
        (errno.ENOENT, "install it"),
        (errno.EAGAIN, "run fewer jobs"),
        (errno.EIO, "check the file"),
    ],
)
def test_every_reason_has_a_remedy(number: int, remedy: str):
    assert remedy in programs.not_started(command("/x/y"), "/x/y", number).remedy


def test_a_directory_that_is_not_there_is_named():
    error = programs.no_directory(command("a", cwd="/no"), errno.ENOENT)
    assert "'/no' can't be entered: No such file or directory" in error.message
