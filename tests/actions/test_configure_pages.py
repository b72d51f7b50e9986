"""``actions/configure-pages``."""

from __future__ import annotations

from typing import Any

from agentmesh.actions import configure_pages


def test_a_project_site_lies_below_its_owner(bench: Any) -> None:
    outputs = bench.use(configure_pages).outputs
    assert outputs["base_url"] == "https://octo.github.io/repo"
    assert outputs["base_path"] == "/repo"


def test_an_owners_own_site_has_no_path(bench: Any) -> None:
    bench.github["repository"] = "Octo/octo.github.io"
    outputs = bench.use(configure_pages).outputs
    assert outputs["base_url"] == outputs["origin"] == "https://octo.github.io"
    assert outputs["base_path"] == ""
