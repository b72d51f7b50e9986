"""agentmesh.toml."""

from __future__ import annotations

import pytest

from agentmesh.app.config import Config, Mesh, Retention, Size, load
from agentmesh.core.errors import WorkflowError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(folder, text, name="agentmesh.toml") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(WorkflowError) as error:
        load(str(folder))
    assert error.value.remedy
    return str(error.value).split("\n")[0]


def test_a_folder_without_a_file_has_the_defaults(folder):
    assert load(str(folder)) == Config()


def test_every_table_is_read(folder):
    (folder / "lint").mkdir()
    (folder / "agentmesh.toml").write_text(
        """
[platforms]
My-Label = "docker://img"
[action-sources]
"a/lint@v1" = "lint"
[sizes.ubuntu-latest-4-cores]
cpus = 4
price-per-minute = 0.016
[env]
pass = ["TOKEN"]
[retention]
days = 7
[mesh]
retry-on-loss = ["build"]
[deploy.web]
target = "local"
command = ["serve", "{port}"]
health-timeout = 3
[egress]
allow = ["x"]
"""
    )
    config = load(str(folder))
    assert config.platforms == {"my-label": "docker://img"}
    assert config.action_sources == {"a/lint@v1": str(folder / "lint")}
    assert config.sizes == {"ubuntu-latest-4-cores": Size(cpus=4, price_per_minute=0.016)}
    assert config.env.pass_ == ("TOKEN",)
    assert config.retention == Retention(days=7)
    assert config.mesh == Mesh(retry_on_loss=("build",))
    assert config.deploy["web"].command == ("serve", "{port}")
    assert config.without_effect == ("mesh", "deploy", "egress")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[platfroms]\n", "agentmesh.toml:1:2: Unexpected value 'platfroms'"),
        ('\n[env]\npas = ["A"]\n', "agentmesh.toml:3:1: Unexpected value 'pas'"),
        ('[sizes."a b"]\n  cpu = 4\n', "agentmesh.toml:2:3: Unexpected value 'cpu'"),
        ("sizes.x.cpu = 4\n", "agentmesh.toml:1:1: Unexpected value 'cpu'"),
        (
            "[env]\npass = 3\n",
            "agentmesh.toml:2:1: Unexpected value: expected array, got int",
        ),
        (
            "[sizes.x]\ncpus = 'many'\n",
            "agentmesh.toml:2:1: Unexpected value: expected float | null, got str",
        ),
        ("[platforms]\nx = 'vm'\n", "agentmesh.toml:2:1: Unexpected value 'vm'"),
        ("[action-sources]\n'a/b' = 'no'\n", "agentmesh.toml:2:1: there is no folder 'no'"),
    ],
)
def test_what_does_not_belong_is_an_error_with_its_place(folder, text, expected):
    assert refused(folder, text) == expected


def test_a_broken_file_says_where(folder):
    assert refused(folder, "[env]\npass = [\n").startswith("agentmesh.toml:")


def test_a_file_that_is_not_utf_8_says_so(folder):
    (folder / "agentmesh.toml").write_bytes(b"# \xff\n")
    with pytest.raises(WorkflowError, match="not UTF-8"):
        load(str(folder))


def test_a_misspelled_key_gets_a_hint(folder):
    (folder / "agentmesh.toml").write_text("[retention]\ndayz = 1\n")
    with pytest.raises(WorkflowError) as error:
        load(str(folder))
    assert error.value.remedy == "did you mean 'days'?"


def test_a_table_of_pyproject_is_read(folder):
    (folder / "pyproject.toml").write_text('[tool.agentmesh.env]\npass = ["A"]\n')
    assert load(str(folder)).env.pass_ == ("A",)


def test_a_wrong_key_in_pyproject_has_its_place_there(folder):
    text = "[project]\nname = 'x'\n[tool.agentmesh]\nplatform = 1\n"
    assert refused(folder, text, "pyproject.toml") == (
        "pyproject.toml:4:1: Unexpected value 'platform'"
    )


def test_a_pyproject_that_only_mentions_us_is_none_of_ours(folder):
    (folder / "pyproject.toml").write_text("# see tool.agentmesh\n[project]\nname = 'x'\n")
    assert load(str(folder)) == Config()


def test_the_file_may_lie_beside_the_workflows(folder):
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "agentmesh.toml").write_text("[env]\npass = ['A']\n")
    assert load(str(folder)).env.pass_ == ("A",)


def test_two_files_at_once_are_an_error(folder):
    (folder / "agentmesh.toml").write_text("")
    assert "two configurations" in refused(folder, "[tool.agentmesh]\n", "pyproject.toml")


def test_what_has_the_name_of_a_configuration_and_is_no_file_is_refused(folder):
    (folder / "agentmesh.toml").mkdir()
    with pytest.raises(WorkflowError, match="directory"):
        load(str(folder))
