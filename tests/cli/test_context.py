"""What every command shares."""

from __future__ import annotations

import click
import pytest

from agentmesh.cli.context import Where, add_shared_options, pass_settings


@pytest.fixture
def probe(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "home"))

    @click.group()
    def group():
        pass

    @group.command()
    @click.option("--directory")
    @pass_settings
    def own(settings, /, directory):
        return settings.store, directory

    @group.command()
    @pass_settings
    def shared(settings, /):
        return settings.store, settings.directory

    add_shared_options(group)

    def call(*argv, obj=None):
        return group.main(list(argv), standalone_mode=False, obj=obj)

    return call


def test_without_options_the_environment_and_the_current_folder_decide(probe, tmp_path):
    assert probe("shared") == (str(tmp_path / "home"), str(tmp_path))


def test_options_may_stand_before_and_after_and_the_later_one_wins(probe, tmp_path):
    (tmp_path / "sub").mkdir()
    assert probe("--store", "a", "--directory", "sub", "shared", "--store", "b") == (
        str(tmp_path / "b"),
        str(tmp_path / "sub"),
    )


def test_what_the_top_was_given_is_kept(probe, tmp_path):
    assert probe("shared", obj=Where(store="s"))[0] == str(tmp_path / "s")


def test_a_command_with_a_directory_of_its_own_keeps_it(probe, tmp_path):
    assert probe("own", "--directory", "x", "--store", "s") == (str(tmp_path / "s"), "x")


def test_adding_them_twice_changes_nothing():
    command = click.Command("c")
    add_shared_options(command)
    add_shared_options(command)
    assert [p.opts for p in command.params] == [["--store"], ["--directory", "-C"]]
