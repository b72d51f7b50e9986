"""``actions/setup-python``: a Python of this machine for the job alone.

Called by the engine's built-in handler. Versions are read as the published action's "Advanced
usage" page says. Where it would download, this one looks (:mod:`..toolchain.pythons`), and names
what there is. What the job gets is a slot (:mod:`..toolchain.slots`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import msgspec

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.actions.files import digest, search
from agentmesh.actions.toolchain import pyfiles, pythons, slots, versions
from agentmesh.actions.toolchain.pythons import Python
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from agentmesh.plan.model import HOST
from agentmesh.ports.action import ActionInput, Meta, StepContext

META = Meta(
    names=("actions/setup-python",),
    summary="Choose a Python for the job",
    inputs=(
        ActionInput("python-version", description="Versions or ranges, one a line."),
        ActionInput("python-version-file", description="File that names the version."),
        ActionInput("cache", description="`pip`, `pipenv` or `poetry`."),
        ActionInput("architecture", description="`x64`, `arm64`, `x86`; the machine's own."),
        ActionInput("check-latest", "false", description="Accepted; nothing is downloaded."),
        ActionInput("token", "${{ github.token }}", description="Accepted."),
        ActionInput("cache-dependency-path", description="Files that the cache's key depends on."),
        ActionInput("update-environment", "true", description="Set PATH and variables."),
        ActionInput("allow-prereleases", "false", description="Prereleases for `x.y`, if need be."),
        ActionInput("freethreaded", "false", description="The build without the global lock."),
        ActionInput("pip-version", description="Version of pip to install."),
        ActionInput("pip-install", description="What to give to `pip install` at once."),
        ActionInput("ignore-platform-version", description="Accepted."),
    ),
    outputs=("python-version", "cache-hit", "python-path"),
    has_post=True,
    differs=(
        "Interpreters are found, not downloaded: tool cache, pyenv, uv, asdf, mise, PATH. Each job "
        "has a copy of its own, with the pip that the interpreter carries."
    ),
)
LOCKS = "PYTHON_LOCKS"
_LATEST = re.compile(r"(pypy|graalpy)?-?(.*?)(t)?(-dev)?\Z")
_ARCHES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "i686": "x86", "i386": "x86"}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One version that is asked for, read."""

    text: str
    range: versions.Range
    implementation: str = "cpython"
    free_threaded: bool = False
    prereleases: bool = False
    fall_back: bool = False
    """Take a prerelease where no release fits."""


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find each version asked for, lease a slot of it, and put it on PATH; the last one wins."""
    if ctx.spec.platform != HOST:
        raise Unavailable(
            "actions/setup-python gives Pythons of this machine, and the job runs in a container",
            remedy="Use an image that has the Python the job needs.",
        )
    root = os.path.join(ctx.services.shared or ctx.dirs.tools, "python")
    wishes = await ctx.in_thread(_wishes, inputs, ctx)
    there = await ctx.in_thread(
        pythons.find, ctx.env, pythons.user_home(), os.path.join(root, "facts")
    )
    arch = architecture(read.text(inputs, "architecture"))
    outputs: dict[str, str] = {}
    for wish in wishes:
        python = choose(wish, there)
        slot = await ctx.in_thread(slots.lease, python, arch, root)
        ctx.state[LOCKS] = f"{ctx.state.get(LOCKS, '')} {slot.lock}".strip()
        if read.flag(inputs, "update-environment", default=True):
            _environment(slot, ctx)
        program = os.path.join(slot.bin, "python")
        outputs = {"python-version": spoken(python), "python-path": program, "cache-hit": ""}
        ctx.say(f"Successfully set up {_long(python)} (copied from {python.executable})")
        await _packages(inputs, program, ctx)
    if manager := read.text(inputs, "cache"):
        restored = await _cache(manager, inputs, outputs["python-version"], ctx)
        outputs["cache-hit"] = restored
    return outputs


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Save the cache where the job succeeded, and give the slots back."""
    try:
        if ctx.job_status == "success" and read.text(inputs, "cache"):
            await caching.save(ctx)
    finally:
        for lock in ctx.state.get(LOCKS, "").split():
            slots.give_back(int(lock))
        ctx.state[LOCKS] = ""


def architecture(asked: str) -> str:
    """GitHub's word for the machine's architecture. Raises Unavailable for another one."""
    machine = os.uname().machine
    mine = _ARCHES.get(machine, machine)
    if asked and asked.lower() not in {mine, machine}:
        raise Unavailable(
            f"There is no Python for the architecture '{asked}' on this machine ({mine})",
            remedy="Leave `architecture` out, or run this leg elsewhere.",
        )
    return mine


def _wishes(inputs: Mapping[str, str], ctx: StepContext) -> tuple[Wish, ...]:
    """What the inputs ask for. Blocks, as it may read files."""
    texts = read.lines(inputs, "python-version")
    file = read.text(inputs, "python-version-file")
    workspace = ctx.dirs.workspace
    if texts and file:
        ctx.annotate(
            "warning",
            "Both python-version and python-version-file inputs are specified, "
            "only python-version will be used.",
        )
    if texts:
        allow = read.flag(inputs, "allow-prereleases")
        threads = read.flag(inputs, "freethreaded")
        return tuple(wish(text, prereleases=allow, free_threaded=threads) for text in texts)
    if not file and os.path.exists(os.path.join(workspace, ".python-version")):
        file = ".python-version"
    if not file:
        ctx.annotate(
            "warning",
            "Neither 'python-version' nor 'python-version-file' inputs were supplied. "
            "The newest Python of this machine is used.",
        )
        return (wish("3.x"),)
    found = pyfiles.read_versions(workspace, file)
    if not found:
        raise AgentmeshError(
            f"No supported version was found in file {file}",
            remedy="Name a version there, or give `python-version`.",
        )
    ctx.say(f"Resolved {file} as {', '.join(found)}")
    return tuple(wish(text) for text in found)


def wish(text: str, *, prereleases: bool = False, free_threaded: bool = False) -> Wish:
    """Read one version or range. Raises AgentmeshError where it is neither."""
    found = _LATEST.match(text.strip())
    assert found is not None
    kind, plain, threads, dev = found.groups()
    if kind == "graalpy":
        raise Unavailable("GraalPy is not looked for on this machine", remedy="Use CPython.")
    if kind == "pypy":
        plain = re.split(r"-v?|_", plain)[0] or "3.x"
    wanted = versions.parse_range(plain)
    if wanted is None:
        exact = versions.parse(plain)
        bound = (versions.Comparator("=", exact),) if exact else None
        wanted = (bound,) if bound else versions.from_specifier(plain)
    if wanted is None or not plain:
        raise AgentmeshError(
            f"The version '{text}' is neither a version nor a range",
            remedy="Write it like '3.12', '3.x' or '>=3.10 <3.13', in quotes.",
        )
    return Wish(
        text=text.strip(),
        range=wanted,
        implementation="pypy" if kind == "pypy" else "cpython",
        free_threaded=free_threaded or bool(threads),
        prereleases=bool(dev),
        fall_back=prereleases,
    )


def choose(wanted: Wish, there: tuple[Python, ...]) -> Python:
    """The newest interpreter that fits. Raises Unavailable, naming those there are."""
    kind = tuple(
        p
        for p in there
        if (p.implementation, p.free_threaded) == (wanted.implementation, wanted.free_threaded)
    )
    best = versions.newest(kind, _version, wanted.range, prereleases=wanted.prereleases)
    if best is None and wanted.fall_back:
        best = versions.newest(kind, _version, wanted.range, prereleases=True)
    if best is not None:
        return best
    names = ", ".join(str(p) for p in sorted(there, key=_version)) or "none"
    hint = ""
    if wanted.text == "3.1":
        hint = " Write '3.10' in quotes: without them YAML reads 3.1."
    raise Unavailable(
        f"The version '{wanted.text}' of Python is not on this machine. There are: {names}.{hint}",
        remedy=f"Install it, for example with `uv python install {wanted.text}`, or pyenv.",
    )


def _version(python: Python) -> versions.Version:
    return python.version


def spoken(python: Python) -> str:
    """The output ``python-version``."""
    if python.implementation == "pypy":
        minor = f"{python.version.major}.{python.version.minor}"
        return f"pypy{minor}" + (f"-v{python.build}" if python.build else "")
    return f"{python.version}{'t' if python.free_threaded else ''}"


def _long(python: Python) -> str:
    kind = "PyPy" if python.implementation == "pypy" else "CPython"
    return f"{kind} ({python.version}{', free-threaded' if python.free_threaded else ''})"


def _environment(slot: slots.Slot, ctx: StepContext) -> None:
    """PATH and variables, as the published action sets them."""
    place = slot.prefix
    libraries = [f"{place}/lib", *filter(None, ctx.env.get("LD_LIBRARY_PATH", "").split(":"))]
    for name, value in (
        ("pythonLocation", place),
        ("PKG_CONFIG_PATH", f"{place}/lib/pkgconfig"),
        ("Python_ROOT_DIR", place),
        ("Python2_ROOT_DIR", place),
        ("Python3_ROOT_DIR", place),
        ("LD_LIBRARY_PATH", ":".join(dict.fromkeys(libraries))),
    ):
        ctx.export(name, value)
    ctx.add_path(place)
    ctx.add_path(slot.bin)


async def _packages(inputs: Mapping[str, str], program: str, ctx: StepContext) -> None:
    """``pip-version`` and ``pip-install``."""
    asked: list[tuple[str, ...]] = []
    if version := read.text(inputs, "pip-version"):
        asked.append(("--upgrade", f"pip=={version}"))
    if packages := read.text(inputs, "pip-install"):
        import shlex

        asked.append(tuple(shlex.split(packages)))
    for arguments in asked:
        done = await ctx.run((program, "-m", "pip", "install", *arguments))
        if done.code != 0:
            raise AgentmeshError(
                f"pip install {' '.join(arguments)} failed with exit code {done.code}",
                remedy="See the message of pip.",
            )


_PATTERNS = {
    "pip": ("**/requirements.txt", "**/pyproject.toml"),
    "pipenv": ("**/Pipfile.lock",),
    "poetry": ("**/poetry.lock",),
}


async def _cache(manager: str, inputs: Mapping[str, str], version: str, ctx: StepContext) -> str:
    """Restore the package manager's cache; the output ``cache-hit``."""
    if manager not in _PATTERNS:
        raise AgentmeshError(
            f"Caching for '{manager}' is not supported",
            remedy=f"Use one of {', '.join(_PATTERNS)} for `cache`.",
        )
    given = read.lines(inputs, "cache-dependency-path")
    patterns = given or _PATTERNS[manager]
    for tried in (patterns,) if given else ((p,) for p in patterns):
        found = await ctx.in_thread(search, tried, ctx.dirs.workspace, ctx.dirs.home)
        if found.files:
            break
    else:
        raise SetupError(
            f"No file in {ctx.dirs.workspace} matched to [{' or '.join(patterns)}], "
            "make sure you have checked out the target repository",
            remedy="Check out first, or name the files in `cache-dependency-path`.",
        )
    files = await ctx.in_thread(digest, found.files)
    prefix = f"setup-python-Linux-{ctx.env.get('RUNNER_ARCH', 'X64')}-python-{version}-{manager}"
    restored = await caching.restore(
        ctx, (f"{prefix}-{files}", f"{prefix}-"), (cache_folder(manager, ctx.env, ctx.dirs.home),)
    )
    return "true" if restored.hit == "exact" else "false"


def cache_folder(manager: str, env: Mapping[str, str], home: str) -> str:
    """Where a package manager keeps what it has downloaded."""
    base = env.get("XDG_CACHE_HOME") or os.path.join(env.get("HOME", home), ".cache")
    named = {"pip": "PIP_CACHE_DIR", "pipenv": "PIPENV_CACHE_DIR", "poetry": "POETRY_CACHE_DIR"}
    folder = {"pip": "pip", "pipenv": "pipenv", "poetry": "pypoetry"}[manager]
    return env.get(named[manager]) or os.path.join(base, folder)
