"""``docker/login-action``."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import docker_login
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from fakes.images import HTPASSWD, Registry, need, registry

PASSWORD = "s3cret"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Registry]:
    """A registry that lets Ada in."""
    with registry(tmp_path / "registry", passwords=HTPASSWD) as running:
        yield running


def config(bench: Any) -> Any:
    return json.loads((bench.home / ".docker/config.json").read_text())


def test_the_registry_is_asked_and_the_credentials_stay_in_the_job(
    bench: Any, locked: Registry
) -> None:
    need("buildah")
    done = bench.use(docker_login, registry=locked.host, username="ada", password=PASSWORD)
    token = base64.b64encode(b"ada:s3cret").decode()
    assert config(bench)["auths"] == {locked.host: {"auth": token}}
    assert (bench.home / ".docker/config.json").stat().st_mode & 0o777 == 0o600
    assert set(done.ctx.masked) == {PASSWORD, token}
    assert PASSWORD not in done.ctx.log + str(done.ctx.ran) + str(done.ctx.state)
    bench.finish(docker_login, done)
    assert config(bench)["auths"] == {}


def test_credentials_stay_where_logout_is_off(bench: Any, locked: Registry) -> None:
    need("buildah")
    given = {"registry": f"https://{locked.host}/", "username": "ada", "password": PASSWORD}
    done = bench.use(docker_login, logout="false", **given)
    bench.finish(docker_login, done, logout="false")
    assert list(config(bench)["auths"]) == [locked.host]


def test_a_wrong_password_fails_the_step(bench: Any, locked: Registry) -> None:
    need("buildah")
    with pytest.raises(AgentmeshError, match=r"(?i)invalid username/password|unauthorized"):
        bench.use(docker_login, registry=locked.host, username="ada", password="wrong-one")
    assert not (bench.home / ".docker/config.json").exists()


def test_several_registries_in_one_step(bench: Any, locked: Registry) -> None:
    need("buildah")
    entries = f"- registry: {locked.host}\n  username: ada\n  password: {PASSWORD}\n"
    done = bench.use(docker_login, registry_auth=entries)
    assert list(config(bench)["auths"]) == [locked.host]
    bench.finish(docker_login, done)


def test_a_registry_that_is_not_there_is_named(bench: Any) -> None:
    need("buildah")
    with pytest.raises(SetupError, match="refused"):
        bench.use(docker_login, registry="localhost:1", username="ada", password=PASSWORD)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "Username and password required"),
        ({"username": "ada"}, "Password required"),
        ({"registry_auth": "a: ["}, "no YAML"),
        ({"registry_auth": "a: 1"}, "no list of registries"),
    ],
)
def test_what_is_missing_is_named(bench: Any, given: dict[str, str], why: str) -> None:
    with pytest.raises(AgentmeshError, match=why):
        bench.use(docker_login, **given)


def test_keys_of_aws_are_not_exchanged(bench: Any) -> None:
    host = "1.dkr.ecr.eu-west-1.amazonaws.com"
    with pytest.raises(Unavailable, match="keys of AWS"):
        bench.use(docker_login, registry=host, username="a", password="b", ecr="auto")


@pytest.mark.parametrize("name", ["", "docker.io", "https://index.docker.io/v1/"])
def test_docker_hub_has_one_name(name: str) -> None:
    (account,) = docker_login.accounts({"registry": name, "username": "a", "password": "b"})
    assert account.registry == ""
    assert "b" not in repr(account).replace("Account", "")


def test_without_a_client_the_step_says_what_to_install(bench: Any, tmp_path: Path) -> None:
    bench.env["PATH"] = str(tmp_path)
    with pytest.raises(Unavailable, match="neither docker nor buildah"):
        bench.use(docker_login, username="a", password="b", scope="x")


def test_a_broken_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(AgentmeshError, match="no JSON"):
        docker_login._forget(str(tmp_path / "config.json"), "x")
