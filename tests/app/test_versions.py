"""What is installed here."""

from __future__ import annotations

from agentmesh import __version__
from agentmesh.app import settings
from agentmesh.app.versions import MISSING, package_version, versions


def test_it_names_what_is_there_and_what_is_not(tmp_path):
    made = settings.load(
        store=str(tmp_path / "s"), directory=str(tmp_path), environ={"PATH": ""}, tty=False
    )
    found = versions(made)
    assert found["agentmesh"] == __version__
    assert found["git"] == MISSING
    assert found["store"] == str(tmp_path / "s")


def test_a_program_is_asked_for_its_version(tmp_path):
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 9\n")
    (tmp_path / "git").chmod(0o755)
    made = settings.load(
        directory=str(tmp_path), environ={"PATH": str(tmp_path), "HOME": "/"}, tty=False
    )
    assert versions(made)["git"] == f"git version 9 ({tmp_path / 'git'})"


def test_a_package_that_is_not_installed_is_missing():
    assert package_version("no-such-package-anywhere") == MISSING
