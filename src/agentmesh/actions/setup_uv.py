"""``astral-sh/setup-uv``: uv on PATH, its cache kept between runs.

Called by the engine's built-in handler. The uv that is there (the extra ``uv`` of agentmesh, or on
PATH) serves where its version fits; another version is installed from the package index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

import msgspec

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.actions.files import digest, search
from agentmesh.actions.toolchain import versions
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from agentmesh.plan.model import HOST
from agentmesh.ports.action import ActionInput, Meta, StepContext

_GLOBS = (
    "**/*requirements*.txt",
    "**/*requirements*.in",
    "**/*constraints*.txt",
    "**/*constraints*.in",
    "**/pyproject.toml",
    "**/uv.lock",
    "**/*.py.lock",
)
META = Meta(
    names=("astral-sh/setup-uv", "hynek/setup-cached-uv"),
    summary="Put uv on PATH",
    inputs=(
        ActionInput("version", description="Version or range of uv."),
        ActionInput("version-file", description="File with `required-version`."),
        ActionInput("python-version", description="What to set UV_PYTHON to."),
        ActionInput("activate-environment", "false", description="Make and activate a venv."),
        ActionInput("venv-path", description="Its folder; `.venv` by default."),
        ActionInput("working-directory", "${{ github.workspace }}", description="Where to look."),
        ActionInput("checksum", description="Accepted; the package index has its own."),
        ActionInput("github-token", "${{ github.token }}", description="Accepted."),
        ActionInput("enable-cache", "auto", description="Keep uv's cache between runs."),
        ActionInput("cache-dependency-glob", "\n".join(_GLOBS), description="What its key is of."),
        ActionInput("restore-cache", "true", description="Restore it."),
        ActionInput("save-cache", "true", description="Save it."),
        ActionInput("cache-suffix", description="Suffix of its key."),
        ActionInput("cache-local-path", description="Its folder."),
        ActionInput("prune-cache", "true", description="Prune it before it is saved."),
        ActionInput("cache-python", "false", description="Keep Pythons that uv installed, too."),
        ActionInput("ignore-nothing-to-cache", "false", description="Be silent when it is empty."),
        ActionInput(
            "ignore-empty-workdir", "false", description="Be silent about an empty folder."
        ),
        ActionInput("tool-dir", description="UV_TOOL_DIR."),
        ActionInput("tool-bin-dir", description="UV_TOOL_BIN_DIR."),
        ActionInput("manifest-file", description="Accepted; nothing is downloaded from it."),
        ActionInput("add-problem-matchers", "true", description="Accepted."),
        ActionInput("resolution-strategy", "highest", description="Accepted."),
        # of hynek/setup-cached-uv
        ActionInput("cache-dependency-path", description="A file the cache's key depends on."),
        ActionInput("use-cache-if", "true", description="Keep the cache."),
    ),
    outputs=(
        "uv-version",
        "uv-path",
        "uvx-path",
        "cache-hit",
        "cache-key",
        "venv",
        "python-version",
        "python-cache-hit",
    ),
    has_post=True,
    differs=(
        "uv comes from agentmesh's extra `uv`, PATH, or the package index. Its cache keeps the "
        "wheels it downloaded: fetching them again is what costs here."
    ),
)
_REQUIRED = re.compile(r'^\s*required-version\s*=\s*["\']([^"\']+)["\']', re.MULTILINE)


class Uv(msgspec.Struct, frozen=True):
    """A uv: its program and version."""

    executable: str
    version: versions.Version


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find or install uv, then do what the inputs ask for."""
    if ctx.spec.platform != HOST:
        raise Unavailable(
            "astral-sh/setup-uv gives the uv of this machine, and the job runs in a container",
            remedy="Use an image that has uv.",
        )
    folder = os.path.join(ctx.dirs.workspace, read.text(inputs, "working-directory"))
    asked = await ctx.in_thread(_asked, inputs, folder)
    uv = await _get(asked, ctx)
    place = await ctx.in_thread(_put_on_path, uv, ctx)
    _tools(inputs, ctx)
    outputs = {
        "uv-version": str(uv.version),
        "uv-path": os.path.join(place, "uv"),
        "uvx-path": os.path.join(place, "uvx"),
        "cache-hit": "false",
        "python-version": read.text(inputs, "python-version"),
        "python-cache-hit": "false",
    }
    ctx.say(f"Successfully installed uv version {uv.version} ({uv.executable})")
    if python := outputs["python-version"]:
        ctx.export("UV_PYTHON", python)
    if read.flag(inputs, "activate-environment"):
        outputs["venv"] = await _activate(inputs, outputs["uv-path"], folder, ctx)
    if cached(inputs):
        outputs |= await _cache(inputs, folder, outputs["python-version"], ctx)
    return outputs


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Prune and save the cache where the job succeeded."""
    saves = cached(inputs) and read.flag(inputs, "save-cache", default=True)
    place = ctx.state.get(caching.PATHS, "").split("\n")[0]
    if ctx.job_status != "success" or not saves or not place:
        return
    if not os.path.isdir(place):
        if not read.flag(inputs, "ignore-nothing-to-cache"):
            ctx.say(f"There is nothing to cache: {place} does not exist.")
        return
    if read.flag(inputs, "prune-cache", default=True) and not _hit(ctx):
        await ctx.run(("uv", "cache", "prune"), env={"UV_CACHE_DIR": place})
    await caching.save(ctx)


def _hit(ctx: StepContext) -> bool:
    return caching.same_key(ctx.state.get(caching.KEY, ""), ctx.state.get(caching.MATCHED, "-"))


def cached(inputs: Mapping[str, str]) -> bool:
    """Whether uv's cache is kept; ``auto`` means yes, as on GitHub's machines."""
    auto = read.text(inputs, "enable-cache").lower() in {"", "auto"}
    wanted = auto or read.flag(inputs, "enable-cache")
    return wanted and read.flag(inputs, "use-cache-if", default=True)


def _asked(inputs: Mapping[str, str], folder: str) -> str:
    """The version that is asked for, by input or file; empty for any. Blocks."""
    if text := read.text(inputs, "version"):
        return "" if text == "latest" else text
    named = read.text(inputs, "version-file")
    for file in (named,) if named else ("uv.toml", "pyproject.toml"):
        path = os.path.join(folder, file)
        try:
            with open(path, encoding="utf-8") as opened:
                text = opened.read()
        except (OSError, UnicodeDecodeError):
            text = ""
        if os.path.basename(file) == ".tool-versions":
            found = re.search(r"^\s*uv\s+(\S+)", text, re.MULTILINE)
        else:
            found = _REQUIRED.search(text)
        if found:
            return found[1]
        if named:
            raise AgentmeshError(
                f"Could not determine uv version from file: {file}",
                remedy="Name it there as `required-version`, or give `version`.",
            )
    return ""


def wanted(text: str) -> versions.Range:
    """The range that a version input means. Raises AgentmeshError where it is none."""
    found = versions.parse_range(text) or versions.from_specifier(text)
    if found is None:
        raise AgentmeshError(
            f"The uv version '{text}' is neither a version nor a range",
            remedy="Write it like '0.9.0', '0.9.x' or '>=0.8,<1'.",
        )
    return found


async def _get(asked: str, ctx: StepContext) -> Uv:
    """A uv that fits. Raises Unavailable where there is none and none can be had."""
    there = await ctx.in_thread(_find, ctx.env.get("PATH", ""))
    if not asked and there:
        return there[0]
    range_ = wanted(asked or "*")
    best = versions.newest(there, lambda u: u.version, range_)
    if best is not None:
        return best
    return await _install(asked, there, ctx)


def _find(path: str) -> tuple[Uv, ...]:
    """The uv of agentmesh's own environment, then those on PATH."""
    from importlib.util import find_spec

    places = []
    if find_spec("uv") is not None:
        import sysconfig

        places.append(os.path.join(sysconfig.get_path("scripts"), "uv"))
    places += [os.path.join(folder, "uv") for folder in path.split(":") if folder]
    found: dict[str, Uv] = {}
    for place in places:
        real = os.path.realpath(place)
        if real not in found and os.access(place, os.X_OK) and (version := _ask(place)):
            found[real] = Uv(place, version)
    return tuple(found.values())


def _ask(executable: str) -> versions.Version | None:
    try:
        done = subprocess.run(
            (executable, "--version"), capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    parts = done.stdout.split()
    return versions.parse(parts[1]) if done.returncode == 0 and len(parts) > 1 else None


def requirement(asked: str) -> str:
    """What to ask the package index for."""
    if not asked:
        return "uv"
    plain = re.fullmatch(r"v?(\d+(?:\.\d+)*)(\.[xX*])*", asked.strip())
    if plain:
        whole = plain[1].count(".") == 2
        return f"uv=={plain[1]}" + ("" if whole else ".*")
    return "uv" + ",".join(asked.replace(",", " ").split())


async def _install(asked: str, there: tuple[Uv, ...], ctx: StepContext) -> Uv:
    """Install a version from the package index, once for all jobs."""
    spec = requirement(asked)
    label = re.sub(r"[^0-9A-Za-z.=<>~,*-]", "_", spec)
    root = os.path.join(ctx.services.shared or ctx.dirs.tools, "uv")
    folder = os.path.join(root, label)
    program = os.path.join(folder, "bin", "uv")
    if not os.access(program, os.X_OK):
        fresh = await ctx.in_thread(_room, root)
        where = ("--target", fresh, spec)
        with_uv = (there[0].executable, "pip", "install", "--quiet", *where) if there else ()
        command = with_uv or ("python3", "-m", "pip", "install", "--quiet", *where)
        ctx.say(f"uv {asked or 'of any version'} is not on this machine: installing {spec}")
        done = await ctx.run(command)
        if done.code != 0:
            names = ", ".join(str(u.version) for u in there) or "none"
            raise Unavailable(
                f"uv '{asked}' is not on this machine and could not be installed. "
                f"There are: {names}.",
                remedy="Install it (`pip install 'agentmesh-runtime[uv]'`), or ask for another.",
            )
        await ctx.in_thread(_settle, fresh, folder)
    version = await ctx.in_thread(_ask, program)
    if version is None:
        raise SetupError(f"{program} does not work", remedy=f"Remove {folder} and try again.")
    return Uv(program, version)


def _room(root: str) -> str:
    """A folder to install into, before it is renamed."""
    import tempfile

    os.makedirs(root, exist_ok=True)
    return tempfile.mkdtemp(dir=root)


def _settle(fresh: str, folder: str) -> None:
    """Rename a finished installation into its place; another job may have been first."""
    try:
        os.rename(fresh, folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)


def _put_on_path(uv: Uv, ctx: StepContext) -> str:
    """A folder with uv and uvx alone, first on PATH."""
    place = os.path.join(ctx.dirs.root, "uv", str(uv.version))
    os.makedirs(place, exist_ok=True)
    for name in ("uv", "uvx"):
        source = os.path.join(os.path.dirname(os.path.realpath(uv.executable)), name)
        link = os.path.join(place, name)
        if os.path.exists(source) and not os.path.lexists(link):
            os.symlink(source, link)
    ctx.add_path(place)
    return place


def _tools(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Where ``uv tool`` puts things."""
    if folder := read.text(inputs, "tool-dir"):
        ctx.export("UV_TOOL_DIR", folder)
    if folder := read.text(inputs, "tool-bin-dir"):
        ctx.export("UV_TOOL_BIN_DIR", folder)
        ctx.add_path(folder)
    else:
        home = ctx.env.get("HOME", ctx.dirs.home)
        ctx.add_path(ctx.env.get("XDG_BIN_HOME") or os.path.join(home, ".local", "bin"))


async def _activate(inputs: Mapping[str, str], uv: str, folder: str, ctx: StepContext) -> str:
    """Make a virtual environment and activate it for the steps that follow."""
    place = os.path.join(folder, read.text(inputs, "venv-path") or ".venv")
    python = read.text(inputs, "python-version")
    version = ("--python", python) if python else ()
    done = await ctx.run((uv, "venv", *version, place), cwd=folder)
    if done.code != 0:
        raise AgentmeshError(
            f"uv venv failed with exit code {done.code}", remedy="See the message of uv."
        )
    ctx.add_path(os.path.join(place, "bin"))
    ctx.export("VIRTUAL_ENV", place)
    return place


async def _cache(
    inputs: Mapping[str, str], folder: str, python: str, ctx: StepContext
) -> dict[str, str]:
    """Give the job a cache folder, and restore it; the outputs."""
    place = read.text(inputs, "cache-local-path") or ctx.env.get("UV_CACHE_DIR", "")
    place = place or os.path.join(ctx.dirs.temp, "setup-uv-cache")
    ctx.export("UV_CACHE_DIR", place)
    patterns = read.lines(inputs, "cache-dependency-path")
    patterns = patterns or read.lines(inputs, "cache-dependency-glob")
    found = await ctx.in_thread(search, patterns, folder, ctx.dirs.home)
    hashed = await ctx.in_thread(digest, found.files) or "no-dependency-glob"
    suffix = read.text(inputs, "cache-suffix")
    arch = ctx.env.get("RUNNER_ARCH", "X64")
    key = f"setup-uv-Linux-{arch}-{python or 'any'}-{hashed}" + (f"-{suffix}" if suffix else "")
    paths = [place]
    if read.flag(inputs, "cache-python"):
        home = ctx.env.get("HOME", ctx.dirs.home)
        pythons = ctx.env.get("UV_PYTHON_INSTALL_DIR")
        paths.append(pythons or os.path.join(home, ".local/share/uv/python"))
    if not read.flag(inputs, "restore-cache", default=True):
        ctx.state[caching.KEY], ctx.state[caching.PATHS] = key, "\n".join(paths)
        return {"cache-key": key}
    restored = await caching.restore(ctx, (key,), tuple(paths))
    return {"cache-key": key, "cache-hit": "true" if restored.hit == "exact" else "false"}
