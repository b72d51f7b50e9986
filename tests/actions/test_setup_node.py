"""``actions/setup-node``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import setup_node
from agentmesh.actions.toolchain.nodes import Node
from agentmesh.actions.toolchain.versions import parse
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable


@pytest.fixture
def job(bench: Any, machine: Path) -> Any:
    """A job on a machine that has Node.js 96, 98 and 99 in its tool cache."""
    for version in ("96.1.0", "98.0.2", "99.2.1"):
        folder = machine / f"cache/node/{version}/x64/bin"
        folder.mkdir(parents=True)
        for name in ("node", "npm", "npx"):
            (folder / name).write_text(f"#!/bin/sh\necho {name} v{version}\n")
            (folder / name).chmod(0o755)
    bench.env["AGENT_TOOLSDIRECTORY"] = str(machine / "cache")
    return bench


def node(text: str) -> Node:
    version = parse(text)
    assert version is not None
    return Node(version, {"node": f"/{text}/node"})


def test_the_version_asked_for_comes_first_on_path(job: Any) -> None:
    done = job.use(setup_node, node_version="98")
    assert done.outputs == {"node-version": "v98.0.2", "cache-hit": ""}
    job.use(setup_node, node_version="98")  # finds what the first one left on PATH
    assert job.sh("node; npm; npx").splitlines() == ["node v98.0.2", "npm v98.0.2", "npx v98.0.2"]
    assert job.sh("command -v python3").startswith(("/usr", "/bin"))
    assert job.env["NPM_CONFIG_PREFIX"].startswith(job.dirs.root)
    assert f"{job.env['NPM_CONFIG_PREFIX']}/bin" in job.env["PATH"]


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        (".nvmrc", "# ours\n98\n", "98.0.2"),
        (".node-version", "v96.1\n", "96.1.0"),
        (".tool-versions", "python 3\nnodejs 98.0.2\n", "98.0.2"),
        ("package.json", '{"engines": {"node": ">=96 <98"}}', "96.1.0"),
        ("package.json", '{"volta": {"node": "98.0.2"}, "engines": {"node": "1"}}', "98.0.2"),
        (
            "package.json",
            '{"devEngines": {"runtime": {"name": "node", "version": "^96"}}}',
            "96.1.0",
        ),
    ],
)
def test_a_file_names_the_version(job: Any, name: str, text: str, version: str) -> None:
    (job.workspace / name).write_text(text)
    outputs = job.use(setup_node, node_version_file=name).outputs
    assert outputs["node-version"] == f"v{version}"


def test_a_file_without_a_version_is_an_error(job: Any) -> None:
    with pytest.raises(AgentmeshError, match="does not exist"):
        job.use(setup_node, node_version_file=".nvmrc")
    (job.workspace / "package.json").write_text("{}")
    with pytest.raises(AgentmeshError, match="No Node"):
        job.use(setup_node, node_version_file="package.json")
    (job.workspace / "package.json").write_text("{")
    with pytest.raises(AgentmeshError, match=r"package\.json: "):
        job.use(setup_node, node_version_file="package.json")


def test_a_version_that_is_not_there_names_those_that_are(job: Any) -> None:
    with pytest.raises(Unavailable, match=r"There are: 96\.1\.0, 98\.0\.2, 99\.2\.1"):
        job.use(setup_node, node_version="97")
    with pytest.raises(AgentmeshError, match="neither a version nor a range"):
        job.use(setup_node, node_version="newest")


def test_the_choice_among_several() -> None:
    there = (node("20.1.0"), node("22.2.0"), node("23.1.0"), node("18.0.0"))
    assert str(setup_node.choose("", there).version) == "20.1.0"
    assert str(setup_node.choose("lts/*", there).version) == "22.2.0"
    assert str(setup_node.choose("latest", there).version) == "23.1.0"


def test_a_registry_gets_an_npmrc(job: Any) -> None:
    url = "https://npm.example.com/x"
    job.use(setup_node, node_version="98", registry_url=url, scope="octo", always_auth="true")
    assert Path(job.env["NPM_CONFIG_USERCONFIG"]).read_text() == (
        "//npm.example.com/x/:_authToken=${NODE_AUTH_TOKEN}\n"
        "@octo:registry=https://npm.example.com/x/\nalways-auth=true\n"
    )
    assert job.env["NODE_AUTH_TOKEN"] == "XXXXX-XXXXX-XXXXX-XXXXX"


def test_npms_cache_is_kept_by_lock_file(job: Any) -> None:
    (job.workspace / "package-lock.json").write_text("{}")
    first = job.use(setup_node, node_version="98", cache="npm")
    assert first.outputs["cache-hit"] == "false"
    (job.home / ".npm").mkdir()
    (job.home / ".npm/x").write_text("x")
    job.finish(setup_node, first, cache="npm")
    (job.home / ".npm/x").unlink()
    assert job.use(setup_node, node_version="98", cache="npm").outputs["cache-hit"] == "true"
    assert (job.home / ".npm/x").exists()


def test_package_json_alone_may_ask_for_the_cache(job: Any) -> None:
    (job.workspace / "package.json").write_text(json.dumps({"packageManager": "npm@10.1.0"}))
    assert job.use(setup_node, node_version="98").outputs["cache-hit"] == ""
    (job.workspace / "package-lock.json").write_text("{}")
    assert job.use(setup_node, node_version="98").outputs["cache-hit"] == "false"
    off = job.use(setup_node, node_version="98", package_manager_cache="false")
    assert off.outputs["cache-hit"] == ""


def test_a_cache_needs_a_lock_file_and_a_manager_that_is_known(job: Any) -> None:
    with pytest.raises(SetupError, match="Dependencies lock file is not found"):
        job.use(setup_node, node_version="98", cache="yarn")
    with pytest.raises(AgentmeshError, match="Caching for 'bower' is not supported"):
        job.use(setup_node, node_version="98", cache="bower")


def test_cache_folders_follow_the_environment() -> None:
    assert setup_node.cache_folders("npm", {"npm_config_cache": "/c"}, "/h") == ("/c",)
    assert setup_node.cache_folders("yarn", {}, "/h") == ("/h/.cache/yarn", "/h/.yarn/berry/cache")
    assert setup_node.cache_folders("pnpm", {"HOME": "/x"}, "/h") == ("/x/.local/share/pnpm/store",)
