"""A Python of one's own for each job, ready in milliseconds. Blocks: call it in a thread.

GitHub's ``setup-python`` gives a job an interpreter that it may change at will: ``pip install``,
``uv pip install --system``, ``pip install --user`` all work, and ``sys.prefix`` is
``$pythonLocation``. A virtual environment is not that (uv passes it over with ``--system``, pip
refuses ``--user``). So a job leases a *slot*: a prefix with a copy of the program, links to the
standard library and headers of the interpreter it was copied from, and its own ``site-packages``,
``bin`` and ``include``. Nothing installed there reaches the machine's interpreter.

Slots outlast jobs, at the same place, for two reasons: a job that finds one ready waits for
nothing (measured: 2.5 s for ``python -m venv``, 0.15 s for uv's, 2 ms for a slot that is there),
and a virtual environment made from it, kept in a cache, finds its interpreter in the next run. A
lock file says who uses a slot; the kernel drops the lock when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator

import msgspec

from agentmesh.actions.toolchain.pythons import Facts, Python, ask
from agentmesh.actions.toolchain.seeds import Seed, link_packages, seed
from agentmesh.core.errors import SetupError

_LIB_NAMES = ("libpython", "pkgconfig", "itcl", "tcl", "tk", "thread", "engines-", "ossl-modules")


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A leased slot. ``lock`` is the descriptor whose closing gives it back."""

    prefix: str
    lock: int

    @property
    def bin(self) -> str:
        return os.path.join(self.prefix, "bin")


def lease(python: Python, arch: str, root: str) -> Slot:
    """A clean slot for an interpreter, made where none is free.

    ``root`` is the folder that holds slots and what they are made of. Raises SetupError where the
    interpreter does not work from another place.
    """
    facts = ask(python.executable, os.path.join(root, "facts"))
    if facts is None:
        raise SetupError(
            f"{python.executable} does not work", remedy=f"Run `{python.executable} -c 0`."
        )
    folder = os.path.join(root, "Python" if facts.gil else "Python-t", str(python), arch)
    os.makedirs(folder, exist_ok=True)
    number = 0
    while True:
        lock = os.open(os.path.join(folder, f"{number}.lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            number += 1
            continue
        break
    prefix = os.path.join(folder, str(number))
    try:
        _ready(prefix, python, facts, seed(python.executable, facts, root))
    except BaseException:
        os.close(lock)
        raise
    return Slot(prefix=prefix, lock=lock)


def give_back(lock: int) -> None:
    """Let others use a slot; what was installed there goes when the next one leases it."""
    try:
        os.close(lock)
    except OSError:
        return


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs into a clean slot, by path relative to it."""

    folders: frozenset[str]
    """Folders of its own; whatever else lies in them goes."""
    links: dict[str, str]
    copies: dict[str, str]
    """The program, and libraries beside it: they tell the prefix by where they lie."""
    packages: str
    """``site-packages``, where packages are installed."""
    name: str
    """The program in ``bin``."""


def shape(python: Python, facts: Facts) -> Shape:
    """Read an interpreter's folders, and say what a slot of it looks like."""
    base = facts.prefix
    libs = {os.path.relpath(p, base) for p in (facts.stdlib, facts.platstdlib)}
    library = os.path.relpath(facts.stdlib, base)
    include = os.path.relpath(facts.include, base)
    is_system = base in {"/usr", "/usr/local"}
    debian = os.path.isdir("/usr/lib/python3/dist-packages") and base == "/usr"
    packages = os.path.join(library, "dist-packages" if debian else "site-packages")
    folders = {"bin", "lib", "include", packages, *libs, include}
    folders |= {os.path.dirname(p) for p in (*libs, include)}
    if os.path.isdir(os.path.join(base, "lib/pkgconfig")) and not is_system:
        folders.add("lib/pkgconfig")
    links: dict[str, str] = {}
    for folder in sorted(folders):
        for name in _children(os.path.join(base, folder)):
            path = os.path.join(folder, name)
            if path not in folders and _belongs(folder, name, libs, include, is_system=is_system):
                links[path] = os.path.join(base, path)
    if not is_system and os.path.isdir(os.path.join(base, "share/terminfo")):
        folders.add("share")
        links["share/terminfo"] = os.path.join(base, "share/terminfo")
    if debian:
        links["local"] = "."  # Debian's Python installs below $prefix/local
    real = os.path.realpath(python.executable)
    name = os.path.basename(real)
    major_minor = f"{python.version.major}.{python.version.minor}"
    names = ["python", "python3", f"python{major_minor}"]
    if python.free_threaded:
        names.append(f"python{major_minor}t")
    if python.implementation == "pypy":
        names += ["pypy3", f"pypy{major_minor}"]
    links |= {f"bin/{alias}": name for alias in names if alias != name}
    copies = {f"bin/{name}": real}
    for other in _children(os.path.dirname(real)):
        if other.startswith("libpypy"):
            copies[f"bin/{other}"] = os.path.join(os.path.dirname(real), other)
    return Shape(
        folders=frozenset(f for f in folders if f),
        links=links,
        copies=copies,
        packages=packages,
        name=name,
    )


def _belongs(folder: str, name: str, libs: set[str], include: str, *, is_system: bool) -> bool:
    """Whether an entry of an interpreter's folder is part of the interpreter."""
    if folder in libs:
        return name not in {"site-packages", "dist-packages", "EXTERNALLY-MANAGED"}
    if folder == "bin":
        return (
            not is_system
            and name.startswith(("python", "pydoc", "idle", "2to3"))
            and (name.endswith("-config") or not name.startswith("python"))
        )
    if folder == "lib":
        return name.startswith("libpython" if is_system else _LIB_NAMES)
    return folder in {include, "lib/pkgconfig"}


def _children(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _ready(prefix: str, python: Python, facts: Facts, with_pip: Seed | None) -> None:
    """Make a slot, or clean one that was used before."""
    form = shape(python, facts)
    for folder in sorted(form.folders):
        os.makedirs(os.path.join(prefix, folder), exist_ok=True)
    scripts = _scripts(prefix, form.name, python) if with_pip else {}
    pristine = set(with_pip.names) if with_pip else set()
    for path, is_folder in list(_unexpected(prefix, form, scripts, pristine)):
        shutil.rmtree(path) if is_folder else os.unlink(path)
    for relative, source in form.copies.items():
        _copy(source, os.path.join(prefix, relative))
    for relative, target in form.links.items():
        _link(target, os.path.join(prefix, relative))
    if with_pip:
        link_packages(with_pip, os.path.join(prefix, form.packages))
        for relative, text in scripts.items():
            _script(os.path.join(prefix, relative), text)
    checked = os.path.join(prefix, ".checked")
    if not os.path.exists(checked):
        _check(prefix, form.name)
        with open(checked, "w", encoding="utf-8") as file:
            file.write(python.executable)


def _unexpected(
    prefix: str, form: Shape, scripts: dict[str, str], pristine: set[str]
) -> Iterator[tuple[str, bool]]:
    """What a job has left in a slot: paths, and whether each is a folder."""
    known = {*form.folders, *form.links, *form.copies, *scripts, ".checked"}
    known |= {os.path.join(form.packages, name) for name in pristine}
    for folder in ("", *sorted(form.folders)):
        for entry in os.scandir(os.path.join(prefix, folder)):
            if os.path.join(folder, entry.name) not in known:
                yield entry.path, entry.is_dir(follow_symlinks=False)


def _copy(source: str, target: str) -> None:
    """A copy of a file, unless it is there: same size, same time."""
    want = os.stat(source)
    try:
        have = os.lstat(target)
        if stat.S_ISREG(have.st_mode) and (have.st_size, have.st_mtime_ns) == (
            want.st_size,
            want.st_mtime_ns,
        ):
            return
        os.unlink(target)
    except FileNotFoundError:
        pass
    shutil.copy2(source, target)


def _link(text: str, path: str) -> None:
    try:
        if os.readlink(path) == text:
            return
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:  # a job put something else there
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    os.symlink(text, path)


def _scripts(prefix: str, name: str, python: Python) -> dict[str, str]:
    """The pip commands: path in the slot → content."""
    program = os.path.join(prefix, "bin", name)
    first = f"#!{program}\n"
    if len(first) > 120 or " " in program:  # the kernel reads no more of a first line
        first = f"#!/bin/sh\n'''exec' \"{program}\" \"$0\" \"$@\"\n' '''\n"
    text = (
        f"{first}import sys\ntry:\n    from pip._internal.cli.main import main\n"
        "except ImportError:\n    from pip._internal import main\n"
        "if __name__ == '__main__':\n    sys.exit(main())\n"
    )
    names = ("pip", "pip3", f"pip{python.version.major}.{python.version.minor}")
    return {f"bin/{pip}": text for pip in names}


def _script(path: str, text: str) -> None:
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
        os.unlink(path)
    except (FileNotFoundError, UnicodeDecodeError):
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


def _check(prefix: str, name: str) -> None:
    """Raise SetupError where the copied program does not take the slot for its prefix."""
    program = os.path.join(prefix, "bin", name)
    facts = ask(program)
    if facts is None or os.path.realpath(facts.prefix) != os.path.realpath(prefix):
        says = facts.prefix if facts else "nothing"
        raise SetupError(
            f"{program}, a copy for this job, does not find its library there (it says {says})",
            remedy="Install another Python of this version, with pyenv or uv.",
        )
