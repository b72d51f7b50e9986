"""What the environment and the folder decide."""

from __future__ import annotations

import os

import pytest

from agentmesh.app import settings
from agentmesh.core.errors import WorkflowError


def load(tmp_path, *, tty=False, **environ):
    return settings.load(directory=str(tmp_path), environ=environ, tty=tty)


def test_the_store_is_where_it_is_asked_for(tmp_path):
    given = settings.load(
        store=str(tmp_path / "given"),
        directory=str(tmp_path),
        environ={"AGENTMESH_HOME": "/other"},
        tty=False,
    )
    assert given.store == str(tmp_path / "given")
    assert load(tmp_path, AGENTMESH_HOME=str(tmp_path / "env")).store == str(tmp_path / "env")


def test_the_default_store_lies_in_the_users_data_folder(tmp_path):
    assert load(tmp_path, HOME="/h").store == "/h/.local/share/agentmesh"
    assert load(tmp_path, HOME="/h", XDG_DATA_HOME="/d").store == "/d/agentmesh"
    assert load(tmp_path, HOME="/h", XDG_DATA_HOME="rel").store == "/h/.local/share/agentmesh"


def test_a_store_that_is_a_file_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkflowError, match="is not a folder"):
        load(tmp_path, AGENTMESH_HOME=str(tmp_path / "file"))


def test_a_folder_that_is_not_there_cannot_be_worked_in(tmp_path):
    with pytest.raises(WorkflowError, match="there is no folder"):
        settings.load(directory=str(tmp_path / "none"), environ={}, tty=False)


@pytest.mark.parametrize(
    ("tty", "environ", "terminal", "color"),
    [
        (True, {"TERM": "xterm"}, True, True),
        (True, {"TERM": "dumb"}, False, False),
        (True, {}, False, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True, True),
        (True, {"TERM": "xterm", "CLICOLOR": "0"}, True, False),
        (False, {"TERM": "xterm"}, False, False),
        (False, {"FORCE_COLOR": "1"}, False, True),
        (False, {"CLICOLOR_FORCE": "0"}, False, False),
        (False, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colour_and_drawing_follow_the_conventions(tmp_path, tty, environ, terminal, color):
    got = load(tmp_path, tty=tty, **environ)
    assert (got.terminal, got.color) == (terminal, color)


@pytest.mark.parametrize("text", ["0", "-1", "x", "inf", "nan"])
def test_a_time_scale_that_makes_no_sense_is_refused(tmp_path, text):
    with pytest.raises(WorkflowError, match="AGENTMESH_TIME_SCALE"):
        load(tmp_path, AGENTMESH_TIME_SCALE=text)


def test_a_time_scale_is_a_number(tmp_path):
    assert load(tmp_path, AGENTMESH_TIME_SCALE="0.1").time_scale == 0.1
    assert load(tmp_path).time_scale == 1.0


def test_the_configuration_of_the_folder_is_read(tmp_path):
    (tmp_path / "agentmesh.toml").write_text('[platforms]\nX = "host"\n')
    assert load(tmp_path).config.platforms == {"x": "host"}


def test_printing_settings_shows_nothing_of_the_environment(tmp_path):
    assert "hunter2" not in repr(load(tmp_path, TOKEN="hunter2"))


def test_the_process_is_asked_when_nobody_says_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "s"))
    monkeypatch.chdir(tmp_path)
    got = settings.load()
    assert (got.store, got.directory) == (str(tmp_path / "s"), os.getcwd())
