"""``dtolnay/rust-toolchain`` and its kin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import rust_toolchain
from agentmesh.core.errors import Unavailable

RUSTUP = """#!/bin/sh
case "$*" in
--version) echo rustup 1.27.0;;
"toolchain list") echo stable-x86_64-unknown-linux-gnu '(default)'; echo 1.80-x86_64-unknown-linux-gnu;;
"component list"*) echo rustc-x86_64; echo clippy-x86_64;;
"target list"*) echo x86_64-unknown-linux-gnu;;
esac
"""
RUSTC = """#!/bin/sh
echo "rustc 1.80.1 (abc 2024-08-06)"
echo "commit-hash: 3f5fd8dd41153bc5fdca9427e9e05be2c767ba23"
echo "commit-date: 2024-08-06"
"""


def programs(machine: Path, **texts: str) -> str:
    folder = machine / "bin"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.fixture
def job(bench: Any, machine: Path) -> Any:
    folder = programs(machine, rustup=RUSTUP, rustc=RUSTC)
    bench.env["PATH"] = f"{folder}:{bench.env['PATH']}"
    return bench


@pytest.mark.parametrize(
    ("uses", "given", "name"),
    [
        ("dtolnay/rust-toolchain@stable", {}, "stable"),
        ("dtolnay/rust-toolchain@1.80", {}, "1.80"),
        ("dtolnay/rust-toolchain@master", {"toolchain": "1.80"}, "1.80"),
        ("dtolnay/rust-toolchain@0123abcd", {}, "stable"),
        (
            "actions-rs/toolchain@v1",
            {"components": "clippy", "target": "x86_64-unknown-linux-gnu"},
            "stable",
        ),
    ],
)
def test_an_installed_toolchain_is_chosen(
    job: Any, uses: str, given: dict[str, str], name: str
) -> None:
    outputs = job.use(rust_toolchain, uses, **given).outputs
    assert outputs == {
        "name": f"{name}-x86_64-unknown-linux-gnu",
        "cachekey": "202408063f5fd8dd4115",
    }
    assert job.env["RUSTUP_TOOLCHAIN"] == outputs["name"]


def test_the_repositorys_file_names_it(job: Any) -> None:
    (job.workspace / "rust-toolchain.toml").write_text('[toolchain]\nchannel = "1.80"\n')
    outputs = job.use(rust_toolchain, "dsherret/rust-toolchain-file@v1").outputs
    assert outputs["name"].startswith("1.80")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"toolchain": "nightly"}, "'nightly' is not on this machine. There are: stable"),
        ({"components": "clippy, miri"}, "The component 'miri' of the Rust toolchain"),
        ({"targets": "wasm32-wasi"}, "The target 'wasm32-wasi' of the Rust toolchain"),
    ],
)
def test_what_is_not_installed_is_said(job: Any, given: dict[str, str], message: str) -> None:
    with pytest.raises(Unavailable, match=message):
        job.use(rust_toolchain, "dtolnay/rust-toolchain@stable", **given)


def test_without_rustup_the_version_must_fit(bench: Any, machine: Path) -> None:
    bench.env["PATH"] = f"{programs(machine, rustc=RUSTC)}:/nowhere"
    bench.env["PATH"] += ":/bin:/usr/bin"
    assert bench.use(rust_toolchain, "dtolnay/rust-toolchain@1.80").outputs["name"] == "1.80.1"
    with pytest.raises(Unavailable, match=r"Rust '1\.81' is not on this machine"):
        bench.use(rust_toolchain, "dtolnay/rust-toolchain@1.81")
