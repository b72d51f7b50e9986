"""What of the user's environment reaches jobs.

A job starts from an environment that is complete and known: what stands here on purpose, and what
``[env] pass`` in agentmesh.toml names. Tokens, agents' sockets and whatever else a shell has
gathered stay outside. Toolchains below the user's HOME (pyenv, rustup, nvm) are pointed to, as
their programs on PATH find nothing without. A variable that is passed but holds a password (a
package index with ``user:password@``) is held back too, and :func:`withheld` says so, unless
``[env] pass`` names it.

A job's HOME is fresh, so settings that the user's package tools keep there would be lost.
:func:`home_files` gives them to be written into each HOME. They are copies, not variables that
point to the originals: ``npm config set`` in a job must not write to the user's own file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Protocol

import msgspec

from agentmesh.app.config import Config

_NAMES = (
    # the machine and the user
    "PATH LANG LANGUAGE TZ TERM COLORTERM USER LOGNAME SHELL",
    # proxies
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy",
    # certificates
    "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO GIT_SSL_CAPATH NIX_SSL_CERT_FILE AWS_CA_BUNDLE HTTPLIB2_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    # where packages come from
    "PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_TRUSTED_HOST PIP_CERT",
    "PIP_PROXY PIP_DEFAULT_TIMEOUT PIP_TIMEOUT PIP_RETRIES PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_CONSTRAINT PIP_ROOT_USER_ACTION",
    "UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_NO_INDEX",
    "UV_INDEX_STRATEGY UV_NATIVE_TLS UV_SYSTEM_CERTS UV_INSECURE_HOST UV_HTTP_TIMEOUT UV_OFFLINE",
    "UV_PYTHON_INSTALL_MIRROR UV_PYTHON_PREFERENCE UV_PYTHON_DOWNLOADS",
    "NPM_CONFIG_REGISTRY npm_config_registry NPM_CONFIG_CAFILE npm_config_cafile",
    "NPM_CONFIG_STRICT_SSL npm_config_strict_ssl GOPROXY GONOSUMDB GOSUMDB",
    # toolchains that the user has installed
    "PYENV_ROOT RUSTUP_HOME GOROOT JAVA_HOME NVM_DIR UV_PYTHON_INSTALL_DIR",
    # ours
    "AGENTMESH_TIME_SCALE AGENTMESH_MESH_URL",
)
PASSED = frozenset(" ".join(_NAMES).split())
PREFIXES = ("LC_",)

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_TOOLCHAINS = {"PYENV_ROOT": ".pyenv", "RUSTUP_HOME": ".rustup", "NVM_DIR": ".nvm"}
"""What is looked for below HOME when the variable is not set, and is lost with a fresh HOME."""

# Patterns are compiled where they are needed: most people have none of these files.
# user:password@ of an address; a user name alone (git@host) tells nobody anything
_PASSWORD = r"://[^/\s:@]*:([^/\s@]+)@"
_IN_ADDRESS = rb"://[^/\s:@]*:[^/\s@]+@"
_PACKAGE_FILES = {
    ".config/pip/pip.conf": _IN_ADDRESS + rb"|(?m:^\s*client-cert\s*=)",
    ".pip/pip.conf": _IN_ADDRESS + rb"|(?m:^\s*client-cert\s*=)",
    ".npmrc": _IN_ADDRESS + rb"|(?i:_auth|_password|\bkey\s*=|\bcert\s*=)",
    ".config/uv/uv.toml": _IN_ADDRESS,
}
"""File below HOME → what credentials in it look like."""
_LARGEST_FILE = 1 << 20


class User(Protocol):
    """What is read of the user."""

    @property
    def environ(self) -> Mapping[str, str]: ...

    @property
    def config(self) -> Config: ...


class HomeFile(msgspec.Struct, frozen=True):
    """A file to be written into a job's HOME, with mode 0600; ``path`` is relative to it."""

    path: str
    data: bytes


def job_environment(user: User) -> dict[str, str]:
    """The environment that every job starts from."""
    asked = frozenset(user.config.env.pass_)
    env = {
        name: value
        for name, value in user.environ.items()
        if name in asked or (_passes(name) and not _holds_password(value))
    }
    env.setdefault("PATH", DEFAULT_PATH)
    home = user.environ.get("HOME", "")
    for name, folder in _TOOLCHAINS.items():
        if home and name not in env and os.path.isdir(os.path.join(home, folder)):
            env[name] = os.path.join(home, folder)
    return env


def passwords(user: User) -> tuple[str, ...]:
    """Passwords in addresses that jobs were given on purpose: to be masked like secrets."""
    return tuple(
        found
        for name in user.config.env.pass_
        for found in re.findall(_PASSWORD, user.environ.get(name, ""))
    )


def withheld(user: User) -> tuple[str, ...]:
    """Variables and files that jobs would have been given, did they not hold credentials."""
    asked = frozenset(user.config.env.pass_)
    names = [
        name
        for name, value in user.environ.items()
        if name not in asked and _passes(name) and _holds_password(value)
    ]
    files = [f"~/{path}" for path, data, safe in _package_files(user) if not safe]
    return (*sorted(names), *files)


def home_files(user: User) -> tuple[HomeFile, ...]:
    """Settings of package tools to be written into each job's fresh HOME."""
    return tuple(HomeFile(path, data) for path, data, safe in _package_files(user) if safe)


def _holds_password(value: str) -> bool:
    return "@" in value and re.search(_PASSWORD, value) is not None


def _passes(name: str) -> bool:
    return name in PASSED or name.startswith(PREFIXES)


def _package_files(user: User) -> list[tuple[str, bytes, bool]]:
    """Path below HOME, content, and whether a job may have it."""
    home = user.environ.get("HOME", "")
    config = user.environ.get("XDG_CONFIG_HOME", "")
    found: list[tuple[str, bytes, bool]] = []
    if not home:
        return found
    for path, credentials in _PACKAGE_FILES.items():
        place = os.path.join(home, path)
        if config and path.startswith(".config/"):
            place = os.path.join(config, path.removeprefix(".config/"))
        try:
            with open(place, "rb") as file:
                data = file.read(_LARGEST_FILE)
        except OSError:  # most people have none of them
            continue
        found.append((path, data, re.search(credentials, data) is None))
    return found
