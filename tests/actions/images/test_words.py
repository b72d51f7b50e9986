"""Platforms, references, key=value lists, and what a Dockerfile starts from."""

from __future__ import annotations

import pytest

from agentmesh.actions.images import words
from agentmesh.core.errors import AgentmeshError


@pytest.mark.parametrize(
    ("text", "said", "folder"),
    [
        ("linux/amd64", "linux/amd64", "linux_amd64"),
        ("amd64", "linux/amd64", "linux_amd64"),
        ("linux/x86_64", "linux/amd64", "linux_amd64"),
        ("linux/arm64/v8", "linux/arm64", "linux_arm64"),
        ("Linux/ARM64", "linux/arm64", "linux_arm64"),
        ("linux/arm", "linux/arm/v7", "linux_arm_v7"),
        ("linux/arm/v6", "linux/arm/v6", "linux_arm_v6"),
        ("armel", "linux/arm/v5", "linux_arm_v5"),
    ],
)
def test_a_platform_is_written_in_many_ways(text: str, said: str, folder: str) -> None:
    found = words.platform(text)
    assert (str(found), found.folder) == (said, folder)


@pytest.mark.parametrize("text", ["windows/amd64", "linux/z80", "linux/arm/v7/x", ""])
def test_what_is_no_platform_is_named(text: str) -> None:
    with pytest.raises(AgentmeshError, match="no platform"):
        words.platform(text)


def test_platforms_keep_their_order_and_come_once() -> None:
    found = words.platforms(["linux/arm64", "amd64", "linux/amd64", " "])
    assert [str(each) for each in found] == ["linux/arm64", "linux/amd64"]


@pytest.mark.parametrize(
    ("machine", "said"),
    [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64"), ("armv7l", "linux/arm/v7")],
)
def test_the_machine_has_a_platform(machine: str, said: str) -> None:
    assert str(words.native(machine)) == said


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.11-slim", "docker.io/library/python:3.11-slim"),
        ("me/app", "docker.io/me/app:latest"),
        ("index.docker.io/me/app:1", "docker.io/me/app:1"),
        ("localhost/app:1", "localhost/app:1"),
        ("localhost:5000/a/b:1", "localhost:5000/a/b:1"),
        ("ghcr.io/me/app", "ghcr.io/me/app:latest"),
        (f"ghcr.io/me/app@sha256:{'0' * 64}", f"ghcr.io/me/app@sha256:{'0' * 64}"),
        (f"app:1@sha256:{'0' * 64}", f"docker.io/library/app:1@sha256:{'0' * 64}"),
    ],
)
def test_a_reference_is_made_whole(text: str, full: str) -> None:
    assert str(words.reference(text)) == full


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ghcr.io/Me/App:1", "must be lowercase"),
        ("app:", "invalid reference"),
        ("a b", "invalid reference"),
        ("app:-x", "invalid reference"),
        ("app@sha256:12", "invalid reference"),
        ("/app", "invalid reference"),
    ],
)
def test_what_is_no_reference_is_refused_in_dockers_words(text: str, why: str) -> None:
    with pytest.raises(AgentmeshError, match=why):
        words.reference(text)


@pytest.mark.parametrize(
    ("registry", "is_it"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:80", True),
        ("127.1.2.3", True),
        ("[::1]:5000", True),
        ("localhost.example.com", False),
        ("127.example.com:5000", False),
        ("ghcr.io", False),
    ],
)
def test_loopback_is_told_by_the_name(registry: str, is_it: bool) -> None:
    assert words.is_loopback(registry) is is_it


def test_key_value_lists_are_taken_apart() -> None:
    assert words.fields("type=gha,mode=max,scope=a", bare="ref") == {
        "type": "gha",
        "mode": "max",
        "scope": "a",
    }
    assert words.fields("user/app:cache", bare="ref") == {
        "type": "registry",
        "ref": "user/app:cache",
    }
    assert words.fields("out", bare="dest") == {"type": "local", "dest": "out"}
    assert words.fields('type=raw,"value=a,b"', bare="x")["value"] == "a,b"
    with pytest.raises(AgentmeshError, match="no key=value"):
        words.fields("type=gha,max", bare="ref")


def test_lists_have_lines_or_commas() -> None:
    assert words.listed("a,b\n c \n\n# no\n", commas=True) == ("a", "b", "c")
    assert words.listed('A=1,2\n"B=x ""y"""\n# no') == ("A=1,2", 'B=x "y"')


def test_pairs_need_a_name() -> None:
    assert words.pairs(("A=1=2", "B="), "label") == (("A", "1=2"), ("B", ""))
    for wrong in ("A", "=1"):
        with pytest.raises(AgentmeshError, match="no label"):
            words.pairs((wrong,), "label")


DOCKERFILE = """\
ARG VERSION=3.11
ARG VARIANT=slim
FROM --platform=$BUILDPLATFORM python:${VERSION}-${VARIANT} AS build
FROM node:${NODE:-20}
COPY --from=build /a /a
COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/
RUN --mount=type=bind,from=busybox:1,target=/b \\
    true
COPY --from=1 /a /a
FROM scratch
"""


def test_the_base_images_of_a_dockerfile_are_found() -> None:
    assert words.base_images(DOCKERFILE, {"VERSION": "3.12", "OTHER": "x"}) == (
        "python:3.12-slim",
        "node:20",
        "ghcr.io/astral-sh/uv:0.5",
        "busybox:1",
    )
