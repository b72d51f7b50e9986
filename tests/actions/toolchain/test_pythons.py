"""Finding interpreters."""

from __future__ import annotations

import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agentmesh.actions.toolchain import pythons


def program(path: Path, text: str = "#!/bin/sh\nexit 1\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def found(env: dict[str, str], home: Path) -> list[str]:
    return [str(p) for p in pythons.find(env, str(home)) if str(home) in p.executable]


def test_folders_named_after_versions_are_taken_at_their_word(tmp_path: Path) -> None:
    for place in (
        "tools/Python/3.12.4/x64",
        "tools/Python/3.13.1/x64-freethreaded",
        "tools/PyPy/3.10.14/x64",
        ".pyenv/versions/3.11.7",
        ".pyenv/versions/3.14.0rc1",
        ".pyenv/versions/pypy3.9-7.3.16",
        ".pyenv/versions/2.7.18",
        ".pyenv/versions/my-environment",
        ".local/share/uv/python/cpython-3.10.15-linux-x86_64-gnu",
        ".local/share/uv/python/cpython-3.13.0+freethreaded-linux-x86_64-gnu",
    ):
        program(tmp_path / place / "bin/python3", place)
        program(tmp_path / place / "bin/pypy3", place + "pypy")
    (tmp_path / ".pyenv/versions/3.11").symlink_to("3.11.7")
    env = {"RUNNER_TOOL_CACHE": str(tmp_path / "tools"), "PATH": ""}
    assert found(env, tmp_path) == [
        "3.12.4",
        "3.13.1t",
        "pypy3.10.14",
        "3.11.7",
        "3.14.0-rc.1",
        "pypy3.9.0",
        "3.10.15",
        "3.13.0t",
    ]


def test_programs_on_path_are_asked_and_remembered(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(os.path.realpath(sys.executable))
    program(tmp_path / "bin/python3.99")
    program(tmp_path / "pyenv/shims/python3")
    program(tmp_path / "venv/bin/python3")
    (tmp_path / "venv/pyvenv.cfg").touch()
    path = ":".join(str(tmp_path / p) for p in ("venv/bin", "pyenv/shims", "bin", "nowhere"))
    notes = tmp_path / "notes"
    for _ in range(2):
        (only,) = (
            p
            for p in pythons.find({"PATH": path}, str(tmp_path), str(notes))
            if p.origin == str(tmp_path / "bin")
        )
        assert str(only).startswith(platform.python_version())
        assert len(list(notes.iterdir())) == 1


def test_a_broken_note_is_written_again(tmp_path: Path) -> None:
    first = pythons.ask(sys.executable, str(tmp_path))
    (note,) = tmp_path.iterdir()
    note.write_text("{")
    assert pythons.ask(sys.executable, str(tmp_path)) == first


def test_many_may_ask_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: pythons.ask(sys.executable, str(tmp_path)), range(16)))
    assert len(set(map(str, answers))) == 1
    assert len(list(tmp_path.iterdir())) == 1
