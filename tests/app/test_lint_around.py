"""What lint finds out about the files around one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agentmesh.app.lint_around import Around, Lazy, Places
from agentmesh.lang.rules.source import Surroundings

ACTION = (
    "name: n\ndescription: d\ninputs: {i: {description: d}}\nruns: {using: node24, main: a.js}\n"
)
COMMIT = "a" * 40


def around(root: Path, **places: object) -> Surroundings:
    return Around(Places(**places)).surroundings(str(root), lambda uses: None)  # type: ignore[arg-type]


def write(folder: Path, text: str = ACTION) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "action.yml").write_text(text)


@pytest.mark.parametrize("uses", ["./tool", "$/tool", "./tool/"])
def test_a_local_action_is_read_from_the_repository(tmp_path: Path, uses: str) -> None:
    write(tmp_path / "tool")
    action = around(tmp_path).actions.get(uses)
    assert action is not None
    assert [each.name for each in action.inputs] == ["i"]


@pytest.mark.parametrize(
    "uses", ["./missing", "docker://debian", "${{ github.x }}", "x", "a/b@v1", "./a/../../.."]
)
def test_what_is_not_known_is_nothing(tmp_path: Path, uses: str) -> None:
    assert around(tmp_path).actions.get(uses) is None


def test_a_broken_action_is_nothing(tmp_path: Path) -> None:
    write(tmp_path / "tool", "runs: 1")
    assert around(tmp_path).actions.get("./tool") is None


def test_a_folder_that_the_user_named_stands_for_the_repository(tmp_path: Path) -> None:
    write(tmp_path / "mirror" / "sub")
    known = around(tmp_path, mirrors={"Octo/Tool": str(tmp_path / "mirror")})
    assert known.actions.get("octo/tool/sub@v3") is not None
    assert known.actions.get("octo/tool@v3") is None
    exact = around(tmp_path, mirrors={"octo/tool@v3": str(tmp_path / "mirror")})
    assert exact.actions.get("octo/tool/sub@v3") is not None
    assert exact.actions.get("octo/tool/sub@v4") is None


def test_an_action_that_was_fetched_before_is_known(tmp_path: Path) -> None:
    write(tmp_path / "store/actions/octo/tool" / COMMIT)
    known = around(tmp_path, store=str(tmp_path / "store"))
    assert known.actions.get(f"Octo/tool@{COMMIT}") is not None
    assert known.actions.get(f"octo/tool@{'b' * 40}") is None
    assert known.actions.get("octo/tool@v1") is None


def test_a_built_in_action_stands_in_for_the_published_one(tmp_path: Path) -> None:
    action = around(tmp_path).actions.get("Actions/Checkout@v6")
    assert action is not None
    assert "fetch-depth" in {each.name for each in action.inputs}
    assert action.using == "builtin"


def test_the_repository_is_called_as_its_origin(tmp_path: Path) -> None:
    assert around(tmp_path).repository == ""
    subprocess.run(("git", "init", "-q", tmp_path), check=True)
    url = "https://github.com/octo/tool.git"
    subprocess.run(("git", "-C", tmp_path, "remote", "add", "origin", url), check=True)
    assert around(tmp_path).repository == "octo/tool"


def test_each_thing_is_looked_up_once() -> None:
    asked: list[str] = []

    def look_up(key: str) -> str | None:
        asked.append(key)
        return key.upper() if key != "none" else None

    lazy = Lazy(look_up)
    assert [lazy.get("a"), lazy.get("a"), lazy.get("none"), lazy.get("none")] == [
        "A",
        "A",
        None,
        None,
    ]
    assert asked == ["a", "none"]
    assert dict(lazy) == {"a": "A"}
    assert len(lazy) == 1


def test_the_likes_of_a_published_action_do_not_tell_their_inputs(tmp_path: Path) -> None:
    around = Around(Places()).surroundings(str(tmp_path), lambda uses: None)
    assert around.actions["astral-sh/setup-uv@v7"].inputs
    assert around.actions["hynek/setup-cached-uv@v2"].inputs == ()
