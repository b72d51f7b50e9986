"""Which built-in action stands in for which published one: name → module, imported when used.

Called by the engine's resolver for ``uses: owner/repo/path@ref``, whatever the ref. A test holds
the table to the ``META.names`` of the modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentmesh.ports.action import Action

_MODULES: dict[str, str] = {
    "actions-rs/toolchain": "rust_toolchain",
    "actions-rust-lang/setup-rust-toolchain": "rust_toolchain",
    "actions/attest": "refusals",
    "actions/attest-build-provenance": "refusals",
    "actions/attest-sbom": "refusals",
    "actions/cache": "cache",
    "actions/cache/restore": "cache_restore",
    "actions/cache/save": "cache_save",
    "actions/checkout": "checkout",
    "actions/configure-pages": "configure_pages",
    "actions/create-github-app-token": "refusals",
    "actions/create-release": "refusals",
    "actions/deploy-pages": "refusals",
    "actions/download-artifact": "download_artifact",
    "actions/github-script": "github_script",
    "actions/setup-go": "setup_go",
    "actions/setup-node": "setup_node",
    "actions/setup-python": "setup_python",
    "actions/upload-artifact": "upload_artifact",
    "actions/upload-artifact/merge": "merge_artifacts",
    "actions/upload-pages-artifact": "pages_artifact",
    "astral-sh/setup-uv": "setup_uv",
    "buildpulse/buildpulse-action": "notices",
    "changesets/action": "refusals",
    "codacy/codacy-coverage-reporter-action": "notices",
    "codecov/basic-test-results-action": "notices",
    "codecov/codecov-action": "notices",
    "codecov/test-results-action": "notices",
    "codspeedhq/action": "codspeed",
    "coverallsapp/github-action": "notices",
    "deepsourcelabs/test-coverage-action": "notices",
    "docker/build-push-action": "build_push",
    "docker/login-action": "docker_login",
    "docker/metadata-action": "docker_metadata",
    "docker/setup-buildx-action": "setup_buildx",
    "docker/setup-qemu-action": "setup_qemu",
    "dsherret/rust-toolchain-file": "rust_toolchain",
    "dtolnay/rust-toolchain": "rust_toolchain",
    "github/codeql-action/upload-sarif": "notices",
    "hynek/setup-cached-uv": "setup_uv",
    "jamesives/github-pages-deploy-action": "refusals",
    "js-devtools/npm-publish": "refusals",
    "ncipollo/release-action": "refusals",
    "peaceiris/actions-gh-pages": "refusals",
    "peter-evans/create-pull-request": "refusals",
    "pnpm/action-setup": "setup_pnpm",
    "pnpm/setup": "setup_pnpm",
    "pypa/gh-action-pypi-publish": "refusals",
    "re-actors/alls-green": "alls_green",
    "satackey/action-docker-layer-caching": "docker_layer_caching",
    "sigstore/gh-action-sigstore-python": "refusals",
    "softprops/action-gh-release": "refusals",
    "step-security/harden-runner": "notices",
    "tibdex/github-app-token": "refusals",
    "trunk-io/analytics-uploader": "notices",
}

ACTIONS: dict[str, str] = {name: f"agentmesh.actions.{module}" for name, module in _MODULES.items()}
"""Names are lower case: GitHub ignores case in owner and repository."""


def find(name: str) -> Action | None:
    """The action for ``owner/repo`` or ``owner/repo/path``; None where there is no built-in."""
    module = ACTIONS.get(name.lower().rstrip("/"))
    if module is None:
        return None
    from importlib import import_module
    from typing import cast

    return cast("Action", import_module(module))
