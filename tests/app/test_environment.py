"""What of the user's environment reaches jobs."""

from __future__ import annotations

import pytest

from agentmesh.app import settings
from agentmesh.app.environment import DEFAULT_PATH


@pytest.fixture
def user(tmp_path):
    def make(environ=None, asked=()):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        repo = tmp_path / "repo"
        repo.mkdir(exist_ok=True)
        if asked:
            (repo / "agentmesh.toml").write_text(f"[env]\npass = {list(asked)!r}\n")
        env = {"HOME": str(home), **(environ or {})}
        return settings.load(directory=str(repo), environ=env, tty=False)

    return make


def test_what_is_known_to_be_harmless_is_passed_and_nothing_else(user):
    env = settings.job_environment(
        user(
            {
                "PATH": "/bin",
                "LC_ALL": "C",
                "https_proxy": "http://proxy:3128",
                "PIP_FIND_LINKS": "/wheels",
                "AWS_SECRET_ACCESS_KEY": "x",
                "SSH_AUTH_SOCK": "/s",
                "GITHUB_TOKEN": "x",
                "LD_PRELOAD": "x",
            }
        )
    )
    assert env == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "https_proxy": "http://proxy:3128",
        "PIP_FIND_LINKS": "/wheels",
    }


def test_there_is_always_a_path(user):
    assert settings.job_environment(user())["PATH"] == DEFAULT_PATH


def test_what_the_configuration_names_is_passed_whatever_it_is(user):
    made = user({"GITHUB_TOKEN": "x", "PIP_INDEX_URL": "https://u:pw@h/"}, ["GITHUB_TOKEN", "GONE"])
    assert settings.job_environment(made)["GITHUB_TOKEN"] == "x"
    assert "GONE" not in settings.job_environment(made)


def test_an_address_with_a_password_is_held_back_and_named(user):
    made = user({"PIP_INDEX_URL": "https://me:pw@host/simple", "PIP_EXTRA_INDEX_URL": "https://h/"})
    env = settings.job_environment(made)
    assert "PIP_INDEX_URL" not in env
    assert env["PIP_EXTRA_INDEX_URL"] == "https://h/"
    assert settings.withheld(made) == ("PIP_INDEX_URL",)


def test_an_address_that_was_asked_for_is_passed_and_its_password_masked(user):
    made = user({"PIP_INDEX_URL": "https://me:pw@host/ https://a:b@c/"}, ["PIP_INDEX_URL"])
    assert "PIP_INDEX_URL" in settings.job_environment(made)
    assert settings.passwords(made) == ("pw", "b")
    assert settings.withheld(made) == ()


def test_toolchains_below_home_are_pointed_to(user, tmp_path):
    made = user({"RUSTUP_HOME": "/opt/rustup"})
    (tmp_path / "home" / ".pyenv").mkdir()
    (tmp_path / "home" / ".rustup").mkdir()
    env = settings.job_environment(made)
    assert env["PYENV_ROOT"] == str(tmp_path / "home" / ".pyenv")
    assert env["RUSTUP_HOME"] == "/opt/rustup"
    assert "NVM_DIR" not in env


def test_settings_of_package_tools_go_into_a_fresh_home(user, tmp_path):
    made = user()
    pip = tmp_path / "home" / ".config" / "pip"
    pip.mkdir(parents=True)
    (pip / "pip.conf").write_text("[global]\nindex-url = https://mirror/simple\n")
    files = settings.home_files(made)
    assert [(file.path, file.data) for file in files] == [
        (".config/pip/pip.conf", (pip / "pip.conf").read_bytes())
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".npmrc", "//host/:_authToken=abc\n"),
        (".npmrc", "_auth=abc\n"),
        (".npmrc", "//host/:_password=abc\n"),
        (".config/pip/pip.conf", "[global]\nindex-url = https://me:pw@host/\n"),
        (".config/uv/uv.toml", "index-url = 'https://me:pw@host/'\n"),
    ],
)
def test_files_with_credentials_stay_where_they_are_and_are_named(user, tmp_path, path, text):
    made = user()
    file = tmp_path / "home" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert settings.home_files(made) == ()
    assert settings.withheld(made) == (f"~/{path}",)


def test_files_are_looked_for_where_xdg_says(user, tmp_path):
    (tmp_path / "xdg" / "pip").mkdir(parents=True)
    (tmp_path / "xdg" / "pip" / "pip.conf").write_text("[global]\n")
    made = user({"XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert [file.path for file in settings.home_files(made)] == [".config/pip/pip.conf"]
