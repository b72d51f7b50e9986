"""``actions/setup-go``: a Go of this machine, first on PATH. Called by the built-in handler."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.actions.files import digest, search
from agentmesh.actions.toolchain import programs, versions
from agentmesh.actions.toolchain.programs import Program
from agentmesh.actions.toolchain.pythons import user_home
from agentmesh.core.errors import AgentmeshError, Unavailable
from agentmesh.plan.model import HOST
from agentmesh.ports.action import ActionInput, Meta, StepContext

META = Meta(
    names=("actions/setup-go",),
    summary="Choose a Go for the job",
    inputs=(
        ActionInput("go-version", description="Version, range, `stable` or `oldstable`."),
        ActionInput("go-version-file", description="go.mod, go.work, .go-version, .tool-versions."),
        ActionInput("check-latest", "false", description="Accepted; nothing is downloaded."),
        ActionInput("token", "${{ github.token }}", description="Accepted."),
        ActionInput("cache", "true", description="Keep modules and build results."),
        ActionInput("cache-dependency-path", description="Files the cache's key depends on."),
        ActionInput("architecture", description="The machine's own."),
        ActionInput("go-download-base-url", description="Accepted; nothing is downloaded."),
    ),
    outputs=("go-version", "cache-hit"),
    has_post=True,
    differs="Versions are found, not downloaded: PATH, GOROOT, /usr/local/go, tool cache, goenv.",
)


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find the version, put it on PATH, restore the cache."""
    if ctx.spec.platform != HOST:
        raise Unavailable(
            "actions/setup-go gives a Go of this machine, and the job runs in a container",
            remedy="Use an image that has Go.",
        )
    asked = await ctx.in_thread(_asked, inputs, ctx.dirs.workspace)
    there = await ctx.in_thread(_find, ctx.env)
    go = choose(asked, there)
    folder = os.path.join(ctx.dirs.root, "go", str(go.version))
    linked = [go.path, os.path.join(go.folder, "gofmt")]
    await ctx.in_thread(programs.link_all, linked, folder)
    home = ctx.env.get("HOME", ctx.dirs.home)
    gopath = ctx.env.get("GOPATH") or os.path.join(home, "go")
    ctx.add_path(os.path.join(gopath, "bin"))
    ctx.add_path(folder)
    # the machine's Go must not fetch another one behind the workflow's back
    ctx.export("GOTOOLCHAIN", ctx.env.get("GOTOOLCHAIN") or "local")
    ctx.say(f"Successfully set up Go version {go.version} ({go.path})")
    hit = ""
    if read.flag(inputs, "cache", default=True):
        hit = await _cache(inputs, str(go.version), gopath, home, ctx)
    return {"go-version": str(go.version), "cache-hit": hit}


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Save the cache where the job succeeded."""
    if ctx.job_status == "success":
        await caching.save(ctx)


def _find(env: Mapping[str, str]) -> tuple[Program, ...]:
    folders = [*env.get("PATH", "").split(":"), os.path.join(env.get("GOROOT", ""), "bin")]
    folders.append("/usr/local/go/bin")
    home = user_home()
    caches = (env.get("AGENT_TOOLSDIRECTORY"), env.get("RUNNER_TOOL_CACHE"), "/opt/hostedtoolcache")
    roots = [f"{cache}/go" for cache in caches if cache]
    for root in (*roots, f"{home}/.goenv/versions", f"{home}/sdk", "/usr/lib"):
        try:
            names = os.listdir(root)
        except OSError:
            continue
        for name in sorted(names):
            if re.match(r"(?:go-?)?\d", name):
                folders += [
                    f"{root}/{name}/bin",
                    f"{root}/{name}/x64/bin",
                    f"{root}/{name}/arm64/bin",
                ]
    return programs.find("go", folders, ("version",))


def _asked(inputs: Mapping[str, str], workspace: str) -> str:
    """The version that is asked for; empty for any. Blocks."""
    if text := read.text(inputs, "go-version"):
        return text
    file = read.text(inputs, "go-version-file")
    if not file:
        return ""
    try:
        with open(os.path.join(workspace, file), encoding="utf-8") as opened:
            text = opened.read()
    except OSError as error:
        raise AgentmeshError(
            f"The specified go version file at: {file} does not exist",
            remedy="Check out first, or mend `go-version-file`.",
        ) from error
    found = from_file(text, os.path.basename(file))
    if not found:
        raise AgentmeshError(f"No Go version was found in {file}", remedy="Name one there.")
    return found


def from_file(text: str, name: str) -> str:
    """The version in a file."""
    if name in {"go.mod", "go.work"}:
        found = re.search(r"^toolchain go(\S+)", text, re.MULTILINE) or re.search(
            r"^go (\d+(?:\.\d+)*\S*)", text, re.MULTILINE
        )
    elif name == ".tool-versions":
        found = re.search(r"^golang\s+(\S+)", text, re.MULTILINE)
    else:
        found = re.search(r"(?:go)?(\d\S*)", text)
    return found[1] if found else ""


def choose(asked: str, there: tuple[Program, ...]) -> Program:
    """The newest that fits. Raises Unavailable, naming those there are."""
    text = "*" if asked in {"", "stable", "oldstable"} else asked.removeprefix("go")
    wanted = versions.parse_range(text)
    if wanted is None:
        exact = versions.parse(text)
        wanted = ((versions.Comparator("=", exact),),) if exact else None
    if wanted is None:
        raise AgentmeshError(
            f"The Go version '{asked}' is neither a version nor a range",
            remedy="Write it like '1.22', '1.22.x' or 'stable'.",
        )
    go = versions.newest(there, lambda p: p.version, wanted)
    if go is None:
        names = ", ".join(str(p.version) for p in there) or "none"
        raise Unavailable(
            f"Go '{asked or 'of any version'}' is not on this machine. There are: {names}.",
            remedy="Install it (Debian: golang-go), and have it on PATH.",
        )
    return go


async def _cache(
    inputs: Mapping[str, str], version: str, gopath: str, home: str, ctx: StepContext
) -> str:
    """Restore modules and build results; the output ``cache-hit``."""
    given = read.lines(inputs, "cache-dependency-path")
    found = await ctx.in_thread(search, given or ("go.mod",), ctx.dirs.workspace, home)
    if not found.files:
        ctx.annotate(
            "warning",
            "Restore cache failed: Dependencies file is not found in "
            f"{ctx.dirs.workspace}. Supported file pattern: go.mod",
        )
        return ""
    hashed = await ctx.in_thread(digest, found.files)
    base = ctx.env.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    paths = (
        ctx.env.get("GOMODCACHE") or os.path.join(gopath, "pkg/mod"),
        ctx.env.get("GOCACHE") or os.path.join(base, "go-build"),
    )
    arch = ctx.env.get("RUNNER_ARCH", "X64").lower()
    key = f"setup-go-Linux-{arch}-go-{version}-{hashed}"
    restored = await caching.restore(ctx, (key,), paths)
    return "true" if restored.hit == "exact" else "false"
