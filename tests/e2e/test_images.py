"""Images, from the workflow to the registry: what a user's jobs with the actions of docker/ do."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.images import HTPASSWD, Registry, need, program, registry

WORKFLOW = """
on: push
env:
  REGISTRY: {registry}
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/setup-qemu-action@v3
        with:
          platforms: arm64
      - uses: docker/setup-buildx-action@v3
      - uses: docker/login-action@v3
        with:
          registry: ${{{{ env.REGISTRY }}}}
          username: ada
          password: ${{{{ secrets.PASSWORD }}}}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ${{{{ env.REGISTRY }}}}/octo/app
          tags: |
            type=ref,event=branch
            type=sha
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: .
          platforms: linux/amd64,linux/arm64
          push: true
          tags: ${{{{ steps.meta.outputs.tags }}}}
          labels: ${{{{ steps.meta.outputs.labels }}}}
          cache-from: type=gha
          cache-to: type=gha,mode=max
      - name: digest
        run: echo "${{{{ steps.build.outputs.digest }}}}"
"""
DOCKERFILE = """\
FROM scratch
ARG TARGETARCH
COPY hello-$TARGETARCH /hello
RUN ["/hello"]
COPY src.txt /
"""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Registry]:
    need("buildah", "qemu-aarch64-static")
    with registry(tmp_path / "registry", passwords=HTPASSWD) as running:
        yield running


def lay(repo: Path, git: Callable[..., str]) -> None:
    """A Dockerfile and a program for each of two processors."""
    for arch in ("amd64", "arm64"):
        path = repo / f"hello-{arch}"
        path.write_bytes(program(arch, f"this is {arch}\n"))
        path.chmod(0o755)
    (repo / "Dockerfile").write_text(DOCKERFILE)
    (repo / "src.txt").write_text("1\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "The image")


@pytest.mark.slow
def test_an_image_for_two_processors_is_named_built_pushed_and_kept_warm(
    locked: Registry,
    repository: Callable[..., Path],
    git: Callable[..., str],
    run_cli: Callable[..., Any],
    tmp_path: Path,
) -> None:
    repo = repository({".github/workflows/ci.yml": WORKFLOW.format(registry=locked.host)})
    lay(repo, git)
    arguments = ("run", "--json", "--event", "push", "--secret", "PASSWORD=s3cret")
    ran = run_cli(*arguments, cwd=repo)
    assert ran.jobs == {"image": "success"}, ran.stdout[-4000:]
    log = "\n".join(ran.log("image"))
    assert "Using cache" not in log
    assert "s3cret" not in ran.stdout
    (digest,) = ran.log("image", "digest")
    assert digest.startswith("sha256:")
    (repo / "src.txt").write_text("2\n")
    again = run_cli(*arguments, cwd=repo)
    assert again.jobs == {"image": "success"}
    assert "\n".join(again.log("image")).count("Using cache") == 6
    assert again.log("image", "digest") != [digest]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*.json"))
    assert b"s3cret" not in kept


PLAIN = """
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/setup-buildx-action@v3
      - run: docker build -t app:1 . && docker images
"""


def test_a_run_step_builds_with_docker(
    repository: Callable[..., Path], git: Callable[..., str], run_cli: Callable[..., Any]
) -> None:
    need("buildah")
    repo = repository({".github/workflows/ci.yml": PLAIN})
    lay(repo, git)
    ran = run_cli("run", "--json", "--event", "push", cwd=repo)
    assert ran.jobs == {"image": "success"}, ran.stdout[-3000:]
    log = "\n".join(ran.log("image"))
    assert 'RUN ["/hello"]' in log
    assert "docker.io/library/app" in log


def test_a_base_image_that_cannot_be_had_fails_the_step_and_names_the_setting(
    repository: Callable[..., Path], git: Callable[..., str], run_cli: Callable[..., Any]
) -> None:
    need("buildah")
    files = {".github/workflows/ci.yml": PLAIN, "Dockerfile": "FROM localhost:1/none:1\n"}
    ran = run_cli("run", "--json", "--event", "push", cwd=repository(files))
    assert ran.code == 1
    assert ran.jobs == {"image": "failure"}
    assert any("[images] of agentmesh.toml" in line for line in ran.log())


def test_a_stand_in_is_taken_by_setting_alone_and_said(
    repository: Callable[..., Path], git: Callable[..., str], run_cli: Callable[..., Any]
) -> None:
    need("buildah")
    repo = repository(
        {
            ".github/workflows/ci.yml": PLAIN,
            "agentmesh.toml": '[images]\n"base:1" = "oci:image"\n',
        }
    )
    lay(repo, git)
    write_layout(repo / "image")
    (repo / "Dockerfile").write_text("FROM base:1\nCOPY src.txt /\n")
    git(repo, "add", "-A")
    ran = run_cli("run", "--json", "--event", "push", cwd=repo)
    assert ran.jobs == {"image": "success"}, ran.stdout[-3000:]
    assert any("base:1 is taken from oci:" in line for line in ran.log())


def write_layout(folder: Path) -> None:
    """An OCI layout with an image of no layers."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def store(value: object, kind: str) -> dict[str, object]:
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    start = "application/vnd.oci.image."
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    manifest = {
        "schemaVersion": 2,
        "config": store(config, f"{start}config.v1+json"),
        "layers": [],
    }
    index = {"schemaVersion": 2, "manifests": [store(manifest, f"{start}manifest.v1+json")]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


@pytest.mark.parametrize(
    ("line", "place"),
    [('"a" = ""', "agentmesh.toml:2:1"), ('"a" = 1', "agentmesh.toml:2:1")],
)
def test_a_setting_that_means_nothing_is_named_with_its_place(
    line: str, place: str, repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    repo = repository({".github/workflows/ci.yml": PLAIN, "agentmesh.toml": f"[images]\n{line}\n"})
    ran = run_cli("run", "--event", "push", cwd=repo)
    assert ran.code == 2
    assert place in ran.stderr
