"""Files that name a Python version, for setup-python. Blocks, as it reads them."""

from __future__ import annotations

import os
import re

from agentmesh.core.errors import AgentmeshError


def read_versions(workspace: str, file: str) -> tuple[str, ...]:
    """The versions or ranges that a file names, in order; none where it names none.

    Knows ``.python-version``, ``.tool-versions``, ``pyproject.toml``, ``Pipfile`` and any other
    file as lines of versions. Raises AgentmeshError where it is missing or broken.
    """
    path = os.path.join(workspace, file)
    try:
        with open(path, encoding="utf-8-sig") as opened:
            text = opened.read()
    except FileNotFoundError:
        raise AgentmeshError(
            f"The specified python version file at: {path} doesn't exist.",
            remedy="Check out first, or mend `python-version-file`.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AgentmeshError(f"{file} cannot be read: {error}", remedy="Mend the file.") from error
    name = os.path.basename(file)
    if name.endswith(".toml"):
        return _pyproject(text, file)
    if name == "Pipfile":
        return _pipfile(text, file)
    if name == ".tool-versions":
        return _tool_versions(text)
    return tuple(_plain(text))


def _plain(text: str) -> list[str]:
    """Lines of versions; comments, and names of pyenv's virtual environments, are no versions."""
    lines = [line.strip() for line in text.splitlines()]
    versions = [line.removeprefix("python-") for line in lines if line and not line.startswith("#")]
    return [v for v in versions if re.match(r"(?:\d|pypy|graalpy|[<>=~^])", v)]


def _tool_versions(text: str) -> tuple[str, ...]:
    """asdf: ``python 3.12.1 3.11.4`` names the first choice and what to fall back to."""
    for line in text.splitlines():
        parts = line.split("#")[0].split()
        if parts[:1] == ["python"]:
            return tuple(parts[1:2])
    return ()


def _table(text: str, file: str) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AgentmeshError(f"{file}: {error}", remedy="Mend the file.") from error


def _within(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _pyproject(text: str, file: str) -> tuple[str, ...]:
    table = _table(text, file)
    for keys in (("project", "requires-python"), ("tool", "poetry", "dependencies", "python")):
        value = _within(table, *keys)
        if isinstance(value, dict):
            value = value.get("version")
        if isinstance(value, str) and value.strip():
            return (value.strip(),)
    return ()


def _pipfile(text: str, file: str) -> tuple[str, ...]:
    table = _table(text, file)
    for key in ("python_full_version", "python_version"):
        value = _within(table, "requires", key)
        if isinstance(value, str) and value.strip():
            return (value.strip(),)
    return ()
