"""Credentials that a checkout keeps for the git commands of later steps, and takes away again.

As the published action: a token becomes an extra header for the server's address in the
repository's own settings, a key a file outside the workspace and an SSH command that uses it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.ports.action import StepContext

DIRECTORY = "CREDENTIALS_DIRECTORY"
SECTION = "CREDENTIALS_SETTING"
KEY_FILE = "CREDENTIALS_KEY"


async def keep(inputs: Mapping[str, str], ctx: StepContext, directory: str, server: str) -> None:
    """Put token or key into the repository's settings, unless ``persist-credentials`` is false."""
    if read.text(inputs, "persist-credentials").lower() != "true":
        return
    config = os.path.join(directory, ".git", "config")
    key, token = read.text(inputs, "ssh-key"), read.text(inputs, "token")
    if not (key or token) or not os.path.isfile(config):
        return
    ctx.state[DIRECTORY] = directory
    if key:
        path = await ctx.in_thread(_write_key, inputs, key, ctx.dirs.temp)
        ctx.state[KEY_FILE] = path
        ctx.state[SECTION] = "core.sshCommand"
        text = f'[core]\n\tsshCommand = "{_ssh(inputs, path)}"\n'
    else:
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        ctx.mask(basic)
        ctx.state[SECTION] = f"http.{server}/.extraheader"
        text = f'[http "{server}/"]\n\textraheader = AUTHORIZATION: basic {basic}\n'
    await ctx.in_thread(_append, config, text)


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def _write_key(inputs: Mapping[str, str], key: str, temp: str) -> str:
    """The key's file, readable for its owner alone, with the known hosts beside it."""
    import secrets

    path = os.path.join(temp, f"key_{secrets.token_hex(8)}")
    for name, text in (
        (path, key),
        (path + "_known_hosts", read.text(inputs, "ssh-known-hosts")),
    ):
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(opened, "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
    return path


def _ssh(inputs: Mapping[str, str], key: str) -> str:
    """The SSH command, escaped for a quoted setting."""
    import shlex

    strict = read.text(inputs, "ssh-strict").lower() != "false"
    options = ["-o", "StrictHostKeyChecking=yes", "-o", "CheckHostIP=no"] if strict else []
    hosts = ["-o", f"UserKnownHostsFile={key}_known_hosts ~/.ssh/known_hosts"]
    command = shlex.join(["ssh", "-i", key, *options, *hosts])
    return command.replace("\\", "\\\\").replace('"', '\\"')


async def remove(ctx: StepContext) -> None:
    """Take out what :func:`keep` has put in; steps may have removed the repository meanwhile."""
    directory, name = ctx.state.get(DIRECTORY), ctx.state.get(SECTION)
    if directory and name and os.path.isdir(os.path.join(directory, ".git")):
        await ctx.run(("git", "config", "--local", "--unset-all", name), cwd=directory, quiet=True)
    if key := ctx.state.get(KEY_FILE):
        for path in (key, key + "_known_hosts"):
            if os.path.exists(path):
                os.unlink(path)
