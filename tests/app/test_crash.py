"""Reports of our own bugs."""

from __future__ import annotations

import os

import pytest

from agentmesh import __version__
from agentmesh.app import crash


@pytest.fixture
def report(tmp_path, monkeypatch):
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path))

    def make(*argv, message="oh no"):
        try:
            raise RuntimeError(message)
        except RuntimeError as error:
            path = crash.report(error, argv)
        with open(path, encoding="utf-8") as file:
            return path, file.read()

    return make


def test_it_holds_versions_arguments_and_the_traceback(report, tmp_path):
    path, text = report("run", "ci.yml")
    assert path.startswith(str(tmp_path / "crashes"))
    assert f"agentmesh {__version__}" in text
    assert "command agentmesh run ci.yml" in text
    assert "raise RuntimeError(message)" in text
    assert "RuntimeError: oh no" in text
    assert os.stat(path).st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "argv",
    [
        ("run", "--secret", "TOKEN=hunter2"),
        ("run", "--secret=TOKEN=hunter2"),
        ("run", "--env", "TOKEN=hunter2"),
        ("run", "--input", "TOKEN=hunter2"),
    ],
)
def test_no_value_that_may_be_secret_stands_in_it(report, argv):
    _, text = report(*argv, message="cannot use hunter2 with https://me:pw@host/")
    assert "hunter2" not in text
    assert "pw@" not in text
    assert "TOKEN=***" in text


def test_the_store_of_the_command_line_gets_the_report(report, tmp_path):
    path, _ = report("run", "--store", str(tmp_path / "other"))
    assert path.startswith(str(tmp_path / "other" / "crashes"))


def test_where_no_file_can_be_written_the_text_itself_comes_back(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "file" / "x"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "file"))
    assert "RuntimeError: oh no" in crash.report(RuntimeError("oh no"), ())
