"""Docker's command line, done by buildah."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.actions.images import docker
from agentmesh.actions.images.order import Secret, Shelf
from agentmesh.core.errors import AgentmeshError
from fakes.images import Registry, write_program


def parse(line: str) -> Any:
    return docker.parse(line.split(), "/work", {"TOKEN": "t"})


def test_the_guides_command_is_understood() -> None:
    order, options = parse("--platform linux/amd64,linux/arm64,linux/arm/v7 --push -t r/app:1")
    assert [str(each) for each in order.platforms] == ["linux/amd64", "linux/arm64", "linux/arm/v7"]
    assert order.push
    assert order.tags == ("r/app:1",)
    assert order.context == "."
    assert options.no_context


def test_flags_come_in_all_spellings() -> None:
    order, options = parse(
        "-t a -tb --tag=c -f D --build-arg A=1 --build-arg=TOKEN --label l=1 --no-cache --pull "
        "--secret id=s,src=f --secret id=t,env=TOKEN --cache-from type=gha --cache-to me/app:c "
        "-o out --iidfile id --metadata-file meta --provenance=false --sbom=true --target x "
        "--progress plain --build-context n=../n --add-host h:1 --network host src"
    )
    assert order.tags == ("a", "b", "c")
    assert (order.file, order.target, order.context) == ("D", "x", "src")
    assert order.build_args == (("A", "1"), ("TOKEN", "t"))
    assert order.secrets == (Secret(id="s", file="f"), Secret(id="t", variable="TOKEN"))
    assert order.cache_from == ({"type": "gha"},)
    assert order.cache_to == ({"type": "registry", "ref": "me/app:c"},)
    assert order.outputs == ({"type": "local", "dest": "out"},)
    assert order.attests == ("sbom=true",)
    assert order.no_cache
    assert order.pull
    assert not order.load
    assert (options.id_file, options.metadata_file, options.no_context) == ("id", "meta", False)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a b", "requires 1 argument"),
        ("--colour .", "unknown flag: --colour"),
        ("--tag", "flag needs an argument"),
        ("--ssh default .", "hands no keys"),
        ("-", "standard input"),
    ],
)
def test_what_docker_would_refuse_is_refused(line: str, why: str) -> None:
    with pytest.raises(docker.Usage, match=why):
        parse(line)


def test_a_platform_that_is_none_is_an_error() -> None:
    with pytest.raises(AgentmeshError):
        parse("--platform z80 .")


@pytest.fixture
def run(shelf: Shelf, place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command in a process of its own: it becomes another program."""
    file = tmp_path / "shelf.json"
    file.write_bytes(msgspec.json.encode(shelf))
    monkeypatch.chdir(tmp_path)

    def call(line: str) -> int:
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                code = docker.main(line.split(), place.env, str(file), "")
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    return call


@pytest.mark.usefixtures("builder")
def test_an_image_is_built_named_listed_and_pushed(
    run: Any, tmp_path: Path, pushed: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    write_program(tmp_path / "hello", "amd64", "ran\n")
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY hello /\nRUN ["/hello"]\n')
    name = f"{pushed.host}/app"
    assert run(f"build -t {name}:1 --iidfile id --metadata-file meta .") == 0
    said = capfd.readouterr()
    assert "STEP 3/3" in said.err
    assert said.out == ""
    assert run("build -q .") == 0
    said = capfd.readouterr()
    assert said.out == (tmp_path / "id").read_text() + "\n"
    assert said.err == ""
    assert (tmp_path / "id").read_text().startswith("sha256:")
    assert (tmp_path / "meta").exists()
    assert run(f"tag {name}:1 {name}:2") == 0
    assert run("images") == 0
    assert name in capfd.readouterr().out
    assert run(f"push {name}:2") == 0
    assert pushed.manifest("app", "2")[1].startswith("sha256:")
    assert run(f"rmi {name}:2") == 0
    assert run(f"pull {name}:2") == 0
    assert run(f"image rm {name}:2") == 0
    assert run(f"buildx build --push -t {name}:3") == 0
    assert "::warning::docker buildx build has no context" in capfd.readouterr().err
    assert pushed.manifest("app", "3")[1].startswith("sha256:")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("run x", "docker run needs a container engine"),
        ("buildx bake", "docker buildx bake is not there"),
        ("push", "requires exactly 1 argument"),
        ("tag a", "requires exactly 2 arguments"),
        ("push A:1", "must be lowercase"),
        ("build --what .", "unknown flag"),
    ],
)
def test_what_cannot_be_done_fails_and_says_why(
    run: Any, line: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(line) == 1
    assert why in capfd.readouterr().err
