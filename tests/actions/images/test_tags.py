"""Which tags an event gives: the tables of the published action's README, and beyond."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agentmesh.actions.images.tags import Flavor, Occasion, expression, flavor, tagged
from agentmesh.core.errors import AgentmeshError

SHA = "860c1904a1ce19322e91ac35af1ab07466440c37"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def occasion(event: str, ref: str) -> Occasion:
    return Occasion(
        event=event,
        ref=ref,
        sha=SHA,
        now=NOW,
        default_branch="main",
        base_ref="main" if event == "pull_request" else "",
        commit_date=datetime(2025, 12, 31, 23, 0, 0, tzinfo=UTC),
    )


MAIN = ("push", "refs/heads/main")
BRANCH = ("push", "refs/heads/my/branch")
TAG = ("push", "refs/tags/v1.2.3")
BETA = ("push", "refs/tags/v2.0.8-beta.67")
PR = ("pull_request", "refs/pull/2/merge")
CRON = ("schedule", "refs/heads/main")
NO_TAG: tuple[str, ...] = ()

TABLE = [
    # the default entries
    ("", MAIN, ("main",)),
    ("", BRANCH, ("my-branch",)),
    ("", TAG, ("v1.2.3", "latest")),
    ("", PR, ("pr-2",)),
    ("", CRON, ("nightly", "main")),
    # schedule
    ("type=schedule", MAIN, NO_TAG),
    ("type=schedule", CRON, ("nightly",)),
    ("type=schedule,pattern=cron", CRON, ("cron",)),
    ("type=schedule,pattern={{date 'YYYYMMDD'}}", CRON, ("20260102",)),
    (
        "type=schedule,pattern={{date 'YYYYMMDD-hhmmss' tz='Asia/Tokyo'}}",
        CRON,
        ("20260102-120405",),
    ),
    # semver
    ("type=semver,pattern={{raw}}", TAG, ("v1.2.3", "latest")),
    ("type=semver,pattern={{version}}", TAG, ("1.2.3", "latest")),
    ("type=semver,pattern={{major}}.{{minor}}", TAG, ("1.2", "latest")),
    ("type=semver,pattern=v{{major}}", TAG, ("v1", "latest")),
    ("type=semver,pattern={{raw}}", BETA, ("v2.0.8-beta.67",)),
    ("type=semver,pattern={{version}}", BETA, ("2.0.8-beta.67",)),
    ("type=semver,pattern={{major}}.{{minor}}", BETA, ("2.0.8-beta.67",)),
    ("type=semver,pattern={{version}}", MAIN, NO_TAG),
    ("type=semver,pattern={{version}},value=v3.4.5", MAIN, ("3.4.5", "latest")),
    (r"type=semver,pattern={{version}},match=app-(.*),value=app-1.0.0", MAIN, ("1.0.0", "latest")),
    ("type=semver,pattern={{version}},prefix=x-,suffix=-y", TAG, ("x-1.2.3-y", "latest")),
    # pep440
    ("type=pep440,pattern={{version}}", TAG, ("1.2.3", "latest")),
    ("type=pep440,pattern={{major}}.{{minor}}", ("push", "refs/tags/v1.2"), ("1.2", "latest")),
    ("type=pep440,pattern={{raw}}", ("push", "refs/tags/1.2.3rc2"), ("1.2.3rc2",)),
    ("type=pep440,pattern={{major}}", ("push", "refs/tags/1.2.3rc2"), ("1.2.3rc2",)),
    ("type=pep440,pattern={{version}}", ("push", "refs/tags/1.2.3.dev4"), ("1.2.3.dev4",)),
    # match
    (r"type=match,pattern=\d.\d.\d", TAG, ("1.2.3", "latest")),
    (r"type=match,pattern=v(.*),group=1", TAG, ("1.2.3", "latest")),
    (r"type=match,pattern=/V(\d+)/i,group=1", TAG, ("1", "latest")),
    (r"type=match,pattern=\d{8},value=p1/v20260102", MAIN, ("20260102", "latest")),
    (r"type=match,pattern=x", TAG, NO_TAG),
    (r"type=match,pattern=\d,group=3", TAG, NO_TAG),
    (r"type=match,pattern=\d", MAIN, NO_TAG),
    # edge
    ("type=edge", MAIN, ("edge",)),
    ("type=edge", BRANCH, NO_TAG),
    ("type=edge,branch=my/branch", BRANCH, ("edge",)),
    ("type=edge", TAG, NO_TAG),
    # ref
    ("type=ref,event=branch", BRANCH, ("my-branch",)),
    ("type=ref,event=branch,prefix=b-", MAIN, ("b-main",)),
    ("type=ref,event=branch", TAG, NO_TAG),
    ("type=ref,event=tag", TAG, ("v1.2.3", "latest")),
    ("type=ref,event=tag", ("push", "refs/tags/a/b"), ("a-b", "latest")),
    ("type=ref,event=pr", PR, ("pr-2",)),
    ("type=ref,event=pr,prefix=", PR, ("2",)),
    ("type=ref,event=pr", MAIN, NO_TAG),
    # raw
    ("type=raw,value=foo", MAIN, ("foo",)),
    ("foo", MAIN, ("foo",)),
    ("type=raw,value=latest,enable={{is_default_branch}}", MAIN, ("latest",)),
    ("type=raw,value=latest,enable={{is_default_branch}}", BRANCH, NO_TAG),
    ("type=raw,value=x,enable={{is_not_default_branch}}", BRANCH, ("x",)),
    ("type=raw,value={{branch}}-{{sha}}", BRANCH, ("my-branch-860c190",)),
    ("type=raw,value={{tag}}", TAG, ("v1.2.3",)),
    ("type=raw,value={{base_ref}}-x", PR, ("main-x",)),
    ("type=raw,value={{commit_date 'YYYY-MM-DD'}}", MAIN, ("2025-12-31",)),
    ("type=raw,enable=false,value=foo", MAIN, NO_TAG),
    ("type=raw,value=a b/c", MAIN, ("a-b-c",)),
    # sha
    ("type=sha", MAIN, ("sha-860c190",)),
    ("type=sha,prefix=", MAIN, ("860c190",)),
    ("type=sha,format=long", MAIN, (f"sha-{SHA}",)),
    ("type=sha,prefix={{branch}}-", BRANCH, ("my-branch-860c190",)),
    # several, by priority
    ("type=sha\ntype=ref,event=branch", MAIN, ("main", "sha-860c190")),
    ("type=sha,priority=1001\ntype=ref,event=branch", MAIN, ("sha-860c190", "main")),
    (
        "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\n"
        "type=semver,pattern={{major}}\ntype=sha",
        TAG,
        ("1.2.3", "1.2", "1", "sha-860c190", "latest"),
    ),
    ("type=ref,event=tag\ntype=semver,pattern={{raw}}", TAG, ("v1.2.3", "latest")),
    ("type=raw,value=a\ntype=raw,value=b\ntype=raw,value=a", MAIN, ("a", "b")),
    ("type=raw,value=x\ntype=semver,pattern={{version}}", BETA, ("2.0.8-beta.67", "x")),
    ("type=edge\ntype=ref,event=branch", MAIN, ("edge", "main")),
]


@pytest.mark.parametrize(("lines", "event", "names"), TABLE)
def test_entries_give_tags(lines: str, event: tuple[str, str], names: tuple[str, ...]) -> None:
    found = tagged(tuple(lines.split("\n")) if lines else (), Flavor(), occasion(*event))
    assert found.names == names


@pytest.mark.parametrize(
    ("lines", "event", "names"),
    [
        (("latest=true",), MAIN, ("main", "latest")),
        (("latest=false",), TAG, ("v1.2.3",)),
        (("prefix=foo-",), TAG, ("foo-v1.2.3", "latest")),
        (("prefix=foo-,onlatest=true",), TAG, ("foo-v1.2.3", "foo-latest")),
        (("latest=true", "suffix=-alpine,onlatest=true"), MAIN, ("main-alpine", "latest-alpine")),
        (("prefix={{branch}}-",), MAIN, ("main-main",)),
        (("prefix=foo-",), PR, ("pr-2",)),
    ],
)
def test_the_flavor_holds_for_all_tags(
    lines: tuple[str, ...], event: tuple[str, str], names: tuple[str, ...]
) -> None:
    assert tagged((), flavor(lines), occasion(*event)).names == names


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("type=other", "Unknown tag type"),
        ("event=branch", "Missing type"),
        ("type=ref", "Missing event"),
        ("type=ref,event=push", "Invalid event"),
        ("type=raw", "Missing value"),
        ("type=semver", "Missing pattern"),
        ("type=match", "Missing pattern"),
        ("type=sha,format=tiny", "Invalid format"),
        ("type=sha,colour=red", "Unknown attribute colour"),
        ("type=sha,priority=high", "Invalid priority"),
        ("type=raw,value=a,enable=yes", "Invalid value for enable"),
        ("type=match,pattern=(", "no regular expression"),
    ],
)
def test_wrong_entries_are_named(line: str, why: str) -> None:
    with pytest.raises(AgentmeshError, match=why):
        tagged((line,), Flavor(), occasion(*TAG))


@pytest.mark.parametrize("line", ["latest=maybe", "colour=red"])
def test_a_wrong_flavor_is_named(line: str) -> None:
    with pytest.raises(AgentmeshError, match="Invalid flavor"):
        flavor((line,))


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("type=semver,pattern={{version}},value=next", "next is not a valid semver"),
        ("type=pep440,pattern={{version}},value=next", "next is not a valid pep440"),
        ("type=match,pattern=x", "x does not match v1.2.3"),
        ("type=match,pattern=v,group=4", "Group 4 does not exist"),
        ("type=semver,pattern={{version}},match=z", "z does not match v1.2.3"),
    ],
)
def test_what_gives_no_tag_is_explained(line: str, note: str) -> None:
    found = tagged((line,), Flavor(), occasion(*TAG))
    assert found.names == ()
    assert note in found.notes[0]


def test_expressions_are_those_of_javascript() -> None:
    found = expression("/(?<name>V)/im").search("v")
    assert found is not None
    assert found["name"] == "v"
