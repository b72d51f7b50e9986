"""``actions/configure-pages``: where a site would be, from the repository's name."""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("actions/configure-pages",),
    summary="Say where the site of this repository would be",
    inputs=(
        ActionInput("static_site_generator", description="Accepted; no file is changed."),
        ActionInput("generator_config_file", description="Accepted; no file is changed."),
        ActionInput("token", "${{ github.token }}", description="Accepted."),
        ActionInput("enablement", "false", description="Accepted."),
    ),
    outputs=("base_url", "origin", "host", "base_path"),
    differs="The addresses are made of the repository's name; GitHub is not asked.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Outputs as GitHub gives them for a site without a domain of its own."""
    repository = str(ctx.spec.github.get("repository") or ctx.spec.source.repository)
    owner, _, name = repository.partition("/")
    host = f"{owner.lower()}.github.io"
    path = "" if name.lower() == host else f"/{name}"
    origin = f"https://{host}"
    ctx.annotate("notice", f"GitHub Pages was not asked: {origin}{path} is assumed.")
    return {"base_url": origin + path, "origin": origin, "host": host, "base_path": path}
