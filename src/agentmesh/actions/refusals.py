"""Actions that publish, sign or get credentials: refused, with the reason.

Called by the engine's built-in handler. A local run must neither release anything by accident nor
pretend that it did. Who means it runs the published action with ``--no-builtin-actions``.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agentmesh.actions import inputs as read
from agentmesh.core.errors import Refused
from agentmesh.ports.action import Meta, StepContext, no_post


class Publisher(msgspec.Struct, frozen=True):
    """What an action would do, and what it takes to be allowed to."""

    would: str
    credentials: tuple[str, ...] = ()
    """Inputs that all hold credentials."""
    oidc: bool = False
    """It may prove who it is with the run's identity token instead."""


PUBLISHERS: dict[str, Publisher] = {
    "pypa/gh-action-pypi-publish": Publisher("publish packages", ("password",), oidc=True),
    "softprops/action-gh-release": Publisher("publish a release on GitHub", ("token",)),
    "ncipollo/release-action": Publisher("publish a release on GitHub", ("token",)),
    "actions/create-release": Publisher("publish a release on GitHub"),
    "actions/deploy-pages": Publisher("deploy a site to GitHub Pages", oidc=True),
    "peaceiris/actions-gh-pages": Publisher("deploy a site to GitHub Pages", ("github_token",)),
    "jamesives/github-pages-deploy-action": Publisher("deploy a site", ("token",)),
    "actions/attest": Publisher("sign an attestation at GitHub", oidc=True),
    "actions/attest-build-provenance": Publisher("sign an attestation at GitHub", oidc=True),
    "actions/attest-sbom": Publisher("sign an attestation at GitHub", oidc=True),
    "sigstore/gh-action-sigstore-python": Publisher("sign files with Sigstore", oidc=True),
    "actions/create-github-app-token": Publisher(
        "get a token of a GitHub App", ("app-id", "private-key")
    ),
    "tibdex/github-app-token": Publisher("get a token of a GitHub App", ("app_id", "private_key")),
    "js-devtools/npm-publish": Publisher("publish a package", ("token",)),
    "changesets/action": Publisher("publish packages and pull requests"),
    "peter-evans/create-pull-request": Publisher("open a pull request", ("token",)),
}

META = Meta(
    names=tuple(PUBLISHERS),
    summary="Refused: a local run publishes nothing",
    differs="The step fails with the reason; `--no-builtin-actions` runs the published action.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Raises Refused, always."""
    name = ctx.uses.partition("@")[0].lower()
    publisher = PUBLISHERS[name]
    raise Refused(
        f"{ctx.uses} would {publisher.would}: {reason(publisher, inputs)}",
        remedy="Skip the step in local runs with `if: ${{ !env.ACT }}`, or run the published "
        "action with `--no-builtin-actions`.",
    )


def reason(publisher: Publisher, inputs: Mapping[str, str]) -> str:
    """Why not, in a clause."""
    missing = [name for name in publisher.credentials if not read.text(inputs, name)]
    if publisher.oidc and (missing or not publisher.credentials):
        return "a local run has no identity token of GitHub's"
    if missing:
        return f"the input{'s' if len(missing) > 1 else ''} {', '.join(missing)} is empty"
    return "a local run publishes nothing by itself"
