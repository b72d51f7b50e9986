"""``actions/setup-node``: a Node.js of this machine, first on PATH.

Called by the engine's built-in handler. The job gets a folder of links to node, npm, npx and
corepack, and a prefix of its own for ``npm install --global``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.actions.files import digest, search
from agentmesh.actions.toolchain import nodes, versions
from agentmesh.actions.toolchain.nodes import Node
from agentmesh.actions.toolchain.pythons import user_home
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from agentmesh.plan.model import HOST
from agentmesh.ports.action import ActionInput, Meta, StepContext

META = Meta(
    names=("actions/setup-node",),
    summary="Choose a Node.js for the job",
    inputs=(
        ActionInput("node-version", description="Version, range, `lts/*` or `latest`."),
        ActionInput("node-version-file", description="File that names the version."),
        ActionInput("architecture", description="The machine's own."),
        ActionInput("check-latest", "false", description="Accepted; nothing is downloaded."),
        ActionInput("registry-url", description="Registry to write into an .npmrc."),
        ActionInput("scope", description="Scope of that registry."),
        ActionInput("token", "${{ github.token }}", description="Accepted."),
        ActionInput("cache", description="`npm`, `yarn` or `pnpm`."),
        ActionInput(
            "package-manager-cache", "true", description="Cache where package.json says npm."
        ),
        ActionInput("cache-dependency-path", description="Lock files the cache's key depends on."),
        ActionInput("mirror", description="Accepted; nothing is downloaded."),
        ActionInput("mirror-token", description="Accepted."),
        ActionInput("always-auth", "false", description="Write `always-auth` into the .npmrc."),
    ),
    outputs=("cache-hit", "node-version"),
    has_post=True,
    differs=(
        "Versions are found, not downloaded: tool cache, nvm, fnm, volta, asdf, mise, PATH, and "
        "the extra `node` of agentmesh. Global packages of npm go into the job's own prefix."
    ),
)
LOCKS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
}


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find the version, put it on PATH, restore the cache."""
    if ctx.spec.platform != HOST:
        raise Unavailable(
            "actions/setup-node gives a Node.js of this machine, and the job runs in a container",
            remedy="Use an image that has the Node.js the job needs.",
        )
    text = await ctx.in_thread(_version, inputs, ctx.dirs.workspace)
    there = await ctx.in_thread(nodes.find, ctx.env, user_home())
    node = choose(text, there)
    await ctx.in_thread(_put_on_path, node, ctx)
    if registry := read.text(inputs, "registry-url"):
        await ctx.in_thread(_registry, registry, inputs, ctx)
    ctx.say(f"Using Node.js {node.version} ({node.executable})")
    manager, automatic = _manager(inputs, ctx.dirs.workspace)
    hit = await _cache(manager, inputs, ctx, automatic=automatic) if manager else ""
    return {"node-version": f"v{node.version}", "cache-hit": hit}


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Save the cache where the job succeeded."""
    if ctx.job_status == "success":
        await caching.save(ctx)


def choose(text: str, there: tuple[Node, ...]) -> Node:
    """The newest that fits; the first on this machine where nothing is asked for. Raises
    Unavailable, naming those there are."""
    names = ", ".join(str(n.version) for n in there) or "none"
    if not text and there:
        return there[0]
    wanted = nodes.wanted(text or "*")
    if wanted is None:
        raise AgentmeshError(
            f"The Node.js version '{text}' is neither a version nor a range",
            remedy="Write it like '20', '20.x', 'lts/*' or 'latest'.",
        )
    node = versions.newest(there, lambda n: n.version, wanted)
    if node is None:
        raise Unavailable(
            f"Node.js '{text}' is not on this machine. There are: {names}.",
            remedy=f"Install it, for example with `nvm install {text}`.",
        )
    return node


def _version(inputs: Mapping[str, str], workspace: str) -> str:
    """What the inputs ask for; empty where they ask for none. Blocks."""
    file = read.text(inputs, "node-version-file")
    if text := read.text(inputs, "node-version"):
        return text
    if not file:
        return ""
    path = os.path.join(workspace, file)
    try:
        with open(path, encoding="utf-8-sig") as opened:
            text = opened.read()
    except OSError as error:
        raise AgentmeshError(
            f"The specified node version file at: {path} does not exist",
            remedy="Check out first, or mend `node-version-file`.",
        ) from error
    found = from_package(text) if file.endswith(".json") else from_lines(text, file)
    if not found:
        raise AgentmeshError(
            f"No Node.js version was found in {file}", remedy="Name one there, or `node-version`."
        )
    return found


def from_package(text: str) -> str:
    """The version a package.json asks for: volta, then devEngines, then engines."""
    try:
        package = json.loads(text)
    except ValueError as error:
        raise AgentmeshError(f"package.json: {error}", remedy="Mend the file.") from error

    def at(*keys: str) -> object:
        value: object = package
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    runtime = at("devEngines", "runtime")
    runtimes = runtime if isinstance(runtime, list) else [runtime]
    named = [r.get("version") for r in runtimes if isinstance(r, dict) and r.get("name") == "node"]
    for value in (at("volta", "node"), *named, at("engines", "node")):
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def from_lines(text: str, file: str) -> str:
    """The version in a .nvmrc, .node-version or .tool-versions."""
    tools = os.path.basename(file) == ".tool-versions"
    for raw in text.splitlines():
        line = raw.split("#")[0].strip()
        if tools:
            found = re.match(r"node(?:js)?\s+(\S+)", line)
            if found:
                return found[1]
        elif line:
            return line
    return ""


def _put_on_path(node: Node, ctx: StepContext) -> None:
    """A folder of links, so that nothing else of a shared folder comes first on PATH."""
    root = os.path.join(ctx.dirs.root, "node", str(node.version))
    for folder in ("bin", "global/bin", "global/lib"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for name, path in node.programs.items():
        link = os.path.join(root, "bin", name)
        if path == link:
            continue  # an earlier step of the job has put it there
        if os.path.lexists(link):
            os.unlink(link)
        if os.access(path, os.X_OK):
            os.symlink(path, link)
        else:
            with open(link, "w", encoding="utf-8") as file:
                file.write(f'#!/bin/sh\nexec "{node.executable}" "{path}" "$@"\n')
            os.chmod(link, 0o755)
    ctx.add_path(os.path.join(root, "bin"))
    ctx.add_path(os.path.join(root, "global/bin"))
    ctx.export("NPM_CONFIG_PREFIX", os.path.join(root, "global"))


def _registry(registry: str, inputs: Mapping[str, str], ctx: StepContext) -> None:
    """An .npmrc that reads its token from NODE_AUTH_TOKEN."""
    address = registry if registry.endswith("/") else registry + "/"
    scope = read.text(inputs, "scope")
    if scope and not scope.startswith("@"):
        scope = "@" + scope
    path = os.path.join(ctx.dirs.temp, ".npmrc")
    bare = re.sub(r"^\w+:", "", address).lower()
    text = f"{bare}:_authToken=${{NODE_AUTH_TOKEN}}\n"
    text += f"{scope + ':' if scope else ''}registry={address}\n"
    if read.flag(inputs, "always-auth"):
        text += "always-auth=true\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    ctx.export("NPM_CONFIG_USERCONFIG", path)
    ctx.export("NODE_AUTH_TOKEN", ctx.env.get("NODE_AUTH_TOKEN") or "XXXXX-XXXXX-XXXXX-XXXXX")


def _manager(inputs: Mapping[str, str], workspace: str) -> tuple[str, bool]:
    """Whose cache, and whether package.json alone says so."""
    if manager := read.text(inputs, "cache"):
        return manager, False
    if read.flag(inputs, "package-manager-cache", default=True):
        try:
            with open(os.path.join(workspace, "package.json"), encoding="utf-8") as file:
                package = json.load(file)
        except (OSError, ValueError):
            return "", True
        named = package.get("packageManager", "") if isinstance(package, dict) else ""
        if isinstance(named, str) and named.split("@")[0] == "npm":
            return "npm", True
    return "", True


async def _cache(
    manager: str, inputs: Mapping[str, str], ctx: StepContext, *, automatic: bool
) -> str:
    """Restore a package manager's cache; the output ``cache-hit``."""
    if manager not in LOCKS:
        raise AgentmeshError(
            f"Caching for '{manager}' is not supported",
            remedy=f"Use one of {', '.join(LOCKS)} for `cache`.",
        )
    patterns = read.lines(inputs, "cache-dependency-path") or LOCKS[manager]
    found = await ctx.in_thread(search, patterns, ctx.dirs.workspace, ctx.dirs.home)
    if not found.files:
        if automatic:
            return ""
        raise SetupError(
            f"Dependencies lock file is not found in {ctx.dirs.workspace}. "
            f"Supported file patterns: {','.join(patterns)}",
            remedy="Check out first, or name the file in `cache-dependency-path`.",
        )
    files = await ctx.in_thread(digest, found.files)
    key = f"node-cache-Linux-{ctx.env.get('RUNNER_ARCH', 'X64').lower()}-{manager}-{files}"
    restored = await caching.restore(ctx, (key,), cache_folders(manager, ctx.env, ctx.dirs.home))
    return "true" if restored.hit == "exact" else "false"


def cache_folders(manager: str, env: Mapping[str, str], home: str) -> tuple[str, ...]:
    """Where a package manager keeps what it has downloaded."""
    place = env.get("HOME", home)
    cache = env.get("XDG_CACHE_HOME") or f"{place}/.cache"
    if manager == "npm":
        return (env.get("NPM_CONFIG_CACHE") or env.get("npm_config_cache") or f"{place}/.npm",)
    if manager == "yarn":
        return (env.get("YARN_CACHE_FOLDER") or f"{cache}/yarn", f"{place}/.yarn/berry/cache")
    data = env.get("XDG_DATA_HOME") or f"{place}/.local/share"
    return (f"{data}/pnpm/store",)
