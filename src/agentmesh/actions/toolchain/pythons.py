"""The Python interpreters of this machine. Blocks: call it in a thread.

Looked for, in this order: the tool cache of a GitHub runner, pyenv, uv, asdf and mise, and every
folder of PATH. Folders that are named after versions are taken at their word; a program on PATH is
asked for its version, once, as long as it does not change.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from agentmesh.actions.toolchain.versions import Version, parse

_NAMED = re.compile(
    r"(?:cpython-)?(\d+\.\d+\.\d+(?:-?(?:a|b|rc|alpha\.|beta\.|rc\.)\d+)?)(t|\+freethreaded)?"
)
_PYPY = re.compile(r"pypy-?(\d+\.\d+)(?:\.(\d+))?(?:-v?(\d+\.\d+\.\d+))?")
_PROGRAM = re.compile(r"(?:python3(?:\.\d+t?)?|python|pypy3(?:\.\d+)?)\Z")

_ASK = """
import json, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3] + (
        "" if sys.version_info[3] == "final" else "%s%d" % sys.version_info[3:]),
    "implementation": sys.implementation.name,
    "prefix": sys.base_prefix,
    "stdlib": paths["stdlib"],
    "platstdlib": paths["platstdlib"],
    "include": paths["include"],
    "tag": sys.implementation.cache_tag or "",
    "gil": not sysconfig.get_config_var("Py_GIL_DISABLED"),
    "wheels": sysconfig.get_config_var("WHEEL_PKG_DIR") or "",
    "build": ".".join(map(str, getattr(sys, "pypy_version_info", ())[:3])),
}))
"""


class Python(msgspec.Struct, frozen=True, kw_only=True):
    """An interpreter that was found. ``build`` is PyPy's own version."""

    executable: str
    version: Version
    implementation: str = "cpython"
    free_threaded: bool = False
    origin: str = ""
    build: str = ""

    def __str__(self) -> str:
        name = "" if self.implementation == "cpython" else self.implementation
        return f"{name}{self.version}{'t' if self.free_threaded else ''}"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an interpreter says of itself; paths are absolute."""

    version: str
    implementation: str
    prefix: str
    stdlib: str
    platstdlib: str
    include: str
    tag: str
    gil: bool = True
    wheels: str = ""
    build: str = ""


def ask(executable: str, remembered: str = "") -> Facts | None:
    """Ask an interpreter; None where it does not work. ``remembered`` is a folder where answers
    are kept, by the file's path, size and time."""
    note = ""
    if remembered:
        from hashlib import sha256

        facts = os.stat(executable)
        key = f"{os.path.realpath(executable)}\0{facts.st_size}\0{facts.st_mtime_ns}\0{_ASK}"
        note = os.path.join(remembered, sha256(os.fsencode(key)).hexdigest()[:20] + ".json")
        try:
            with open(note, "rb") as file:
                return msgspec.json.decode(file.read(), type=Facts)
        except (FileNotFoundError, ValueError):
            os.makedirs(remembered, exist_ok=True)
    try:
        done = subprocess.run(
            (executable, "-I", "-S", "-c", _ASK),
            capture_output=True,
            check=False,
            timeout=60,
            env={"PATH": "/usr/bin:/bin"},
        )
        answer = msgspec.json.decode(done.stdout, type=Facts)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    if note:
        import tempfile

        handle, fresh = tempfile.mkstemp(dir=remembered)
        with open(handle, "wb") as file:
            file.write(msgspec.json.encode(answer))
        os.replace(fresh, note)
    return answer


def user_home() -> str:
    """The user's real home, where version managers keep what they installed; a job has its own."""
    import pwd

    return pwd.getpwuid(os.getuid()).pw_dir


def find(env: Mapping[str, str], home: str, remembered: str = "") -> tuple[Python, ...]:
    """Every interpreter of version 3, best source first; each real file once."""
    seen: set[str] = set()
    found = []
    for python in (*_named(env, home), *_on_path(env.get("PATH", ""), remembered)):
        real = os.path.realpath(python.executable)
        if real not in seen and python.version.major == 3:
            seen.add(real)
            found.append(python)
    return tuple(found)


def _named(env: Mapping[str, str], home: str) -> Iterator[Python]:
    """Interpreters in folders that are named after their versions."""
    caches = [env.get("AGENT_TOOLSDIRECTORY", ""), env.get("RUNNER_TOOL_CACHE", "")]
    for root in dict.fromkeys(c for c in (*caches, "/opt/hostedtoolcache") if c):
        for kind in ("Python", "PyPy"):
            for version in _listed(f"{root}/{kind}"):
                for arch in _listed(f"{root}/{kind}/{version}"):
                    named = version + ("t" if "freethreaded" in arch else "")
                    folder = f"{root}/{kind}/{version}/{arch}"
                    yield from _at(folder, named if kind == "Python" else "pypy" + named, root)
    pyenv = [env.get("PYENV_ROOT", ""), f"{home}/.pyenv", *_shims(env.get("PATH", ""))]
    uv = env.get("UV_PYTHON_INSTALL_DIR") or f"{home}/.local/share/uv/python"
    roots = [f"{root}/versions" for root in pyenv if root]
    roots += [uv, f"{home}/.asdf/installs/python", f"{home}/.local/share/mise/installs/python"]
    for root in dict.fromkeys(roots):
        for name in _listed(root):
            yield from _at(f"{root}/{name}", name, root)


def _shims(path: str) -> Iterable[str]:
    """Roots of pyenv, told by its folder on PATH."""
    return [p.removesuffix("/shims") for p in path.split(":") if p.endswith("pyenv/shims")]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _at(folder: str, name: str, origin: str) -> Iterator[Python]:
    """The interpreter in a folder, where its name tells a version and a program is there."""
    if os.path.islink(folder):
        return  # an alias, such as 3.12 for 3.12.1
    free_threaded = False
    if pypy := _PYPY.match(name):
        version = parse(f"{pypy[1]}.{pypy[2] or 0}")
        executable = f"{folder}/bin/pypy3"
    else:
        named = _NAMED.match(name)
        if named is None:
            return
        version = parse(named[1])
        executable = f"{folder}/bin/python3"
        free_threaded = bool(named[2])
    if version is not None and os.access(executable, os.X_OK):
        yield Python(
            executable=executable,
            version=version,
            implementation="pypy" if pypy else "cpython",
            free_threaded=free_threaded,
            origin=origin,
            build=(pypy[3] or "") if pypy else "",
        )


def _on_path(path: str, remembered: str) -> Iterator[Python]:
    """Programs on PATH, but pyenv's shims and those of virtual environments."""
    for folder in dict.fromkeys(path.split(":")):
        if not folder or folder.endswith("/shims"):
            continue
        if os.path.exists(os.path.join(os.path.dirname(folder), "pyvenv.cfg")):
            continue
        for name in sorted(filter(_PROGRAM.match, _listed(folder)), key=len, reverse=True):
            executable = os.path.join(folder, name)
            if os.access(executable, os.X_OK) and (facts := ask(executable, remembered)):
                version = parse(facts.version)
                if version is not None:
                    yield Python(
                        executable=executable,
                        version=version,
                        implementation=facts.implementation,
                        free_threaded=not facts.gil,
                        origin=folder,
                        build=facts.build,
                    )
