"""Actions that only tell a service on the network: they succeed here, and say that nobody was told.

Called by the engine's built-in handler. One module for all, as each does the same: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.ports.action import Meta, StepContext, no_post

WHAT: dict[str, str] = {
    "codecov/codecov-action": "No coverage was uploaded to Codecov",
    "codecov/test-results-action": "No test results were uploaded to Codecov",
    "codecov/basic-test-results-action": "No test results were uploaded to Codecov",
    "coverallsapp/github-action": "No coverage was uploaded to Coveralls",
    "codacy/codacy-coverage-reporter-action": "No coverage was uploaded to Codacy",
    "deepsourcelabs/test-coverage-action": "No coverage was uploaded to DeepSource",
    "step-security/harden-runner": "Network traffic is not watched or blocked",
    "github/codeql-action/upload-sarif": "No findings were uploaded to code scanning",
    "trunk-io/analytics-uploader": "No test results were uploaded to Trunk",
    "buildpulse/buildpulse-action": "No test results were uploaded to BuildPulse",
}
"""Name → what did not happen."""

META = Meta(
    names=tuple(WHAT),
    summary="Succeeds, and says that nothing was uploaded or watched",
    differs="Nothing leaves this machine.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """A notice; no outputs."""
    name = ctx.uses.partition("@")[0].lower()
    did_not = WHAT.get(name, "Nothing was uploaded")
    ctx.annotate("notice", f"{did_not}: this run is local.", title=ctx.uses)
    return {}
