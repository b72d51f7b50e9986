"""Whose layers a build reads and writes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agentmesh.actions.images import shelf
from agentmesh.actions.images.order import Order, Shelf
from agentmesh.actions.images.words import platform
from agentmesh.core.errors import SetupError
from agentmesh.lang.model import Job
from agentmesh.plan.model import JobSpec, Source


def spec(event: str, **request: object) -> JobSpec:
    return JobSpec(
        run="r",
        key="a",
        id="a",
        name="a",
        job=Job(id="a"),
        workflow_path="w",
        github={
            "repository": "octo/repo",
            "event_name": event,
            "event": {"pull_request": {"number": 7, **request}} if request else {},
        },
        source=Source(directory="/", repository="octo/repo"),
    )


def of(name: str) -> dict[str, object]:
    return {"repo": {"full_name": name}}


@pytest.mark.parametrize(
    ("job", "tier"),
    [
        (spec("push"), "own"),
        (spec("pull_request", head=of("octo/repo")), "own"),
        (spec("pull_request", head=of("mallory/repo")), "pr-7"),
        (spec("pull_request", head={"repo": None}), "fork"),
        (spec("pull_request_target", head=of("octo/repo")), "target"),
        (spec("pull_request"), "own"),
    ],
)
def test_a_strangers_change_has_layers_of_its_own(job: JobSpec, tier: str) -> None:
    assert shelf.tier(job) == tier


@pytest.mark.parametrize(
    ("cache_to", "cache_from", "scope"),
    [
        ((), (), "default"),
        ((), ({"type": "gha"},), "default"),
        (({"type": "gha", "mode": "max"},), (), "default"),
        (({"type": "gha", "scope": "web"},), ({"type": "gha", "scope": "api"},), "gha-web"),
        ((), ({"type": "gha", "scope": "api"},), "gha-api"),
        (({"type": "inline"},), ({"type": "registry", "ref": "me/app:c"},), None),
    ],
)
def test_the_scope_is_what_the_cache_is_called(
    cache_to: tuple[dict[str, str], ...], cache_from: tuple[dict[str, str], ...], scope: str | None
) -> None:
    found = shelf.scope(Order(folder="/", cache_to=cache_to, cache_from=cache_from))
    assert found == scope if scope else found.startswith("registry-me_app_c-")


def test_a_local_cache_that_is_moved_into_place_is_one_cache() -> None:
    first = Order(
        folder="/",
        cache_from=({"type": "local", "src": "/tmp/cache"},),
        cache_to=({"type": "local", "dest": "/tmp/cache-new"},),
    )
    second = Order(folder="/", cache_from=({"type": "local", "src": "/tmp/cache"},))
    assert shelf.scope(first) == shelf.scope(second)


def test_platforms_and_scopes_have_roots_of_their_own() -> None:
    on = Shelf(root="/r", shared="/s", temp="/t", machine=platform("amd64"))
    roots = {
        shelf.storage(on, scope, platform(name))
        for scope in ("default", "gha-a")
        for name in ("amd64", "arm64")
    }
    assert roots == {
        "/r/default/linux_amd64",
        "/r/default/linux_arm64",
        "/r/gha-a/linux_amd64",
        "/r/gha-a/linux_arm64",
    }


def test_names_become_parts_of_paths_and_stay_different() -> None:
    assert shelf.plain("web") == "web"
    assert "/" not in shelf.plain("octo/repo")
    assert shelf.plain("octo/repo") != shelf.plain("octo_repo")
    assert shelf.plain("..") not in ("..", ".", "")
    assert len(shelf.plain("x" * 300)) < 50


def test_a_step_finds_its_shelf_below_what_the_machine_lends(bench: Any) -> None:
    class Ctx:
        services = bench.services
        spec = bench.spec
        dirs = bench.dirs
        env = bench.env

    found = shelf.of(Ctx())  # type: ignore[arg-type]  # what it reads of a context
    assert found.root.startswith(bench.services.shared)
    assert found.root.endswith("/own")
    assert found.temp.startswith(bench.dirs.temp)


def test_a_machine_that_lends_nothing_is_named(bench: Any) -> None:
    class Ctx:
        services = msgspec.structs.replace(bench.services, shared="")

    with pytest.raises(SetupError, match="keeps no images"):
        shelf.of(Ctx())  # type: ignore[arg-type]  # what it reads of a context
