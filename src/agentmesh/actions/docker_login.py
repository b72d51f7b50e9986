"""``docker/login-action``: credentials for a registry, for this job alone. Called by the handler.

They are written where docker, buildah and skopeo look, into the HOME of the job, which is gone
when it ends; the user's own configuration is neither read nor changed. Whether the registry takes
them is asked at once, so that a wrong password fails here and not in the push.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping

import msgspec

from agentmesh.actions import inputs as read
from agentmesh.actions.images import registries
from agentmesh.actions.images.daemon import answers
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from agentmesh.ports.action import ActionInput, Meta, StepContext

HUB = "https://index.docker.io/v1/"
META = Meta(
    names=("docker/login-action",),
    summary="Log in to a container registry, for this job",
    inputs=(
        ActionInput("registry", description="Its host; Docker Hub's by default."),
        ActionInput("username", description="Who logs in."),
        ActionInput("password", description="The password or token."),
        ActionInput("scope", description="Accepted; the credentials are for the whole registry."),
        ActionInput("ecr", "auto", description="Amazon's registry is not logged in to by keys."),
        ActionInput("logout", "true", description="Take the credentials away after the job."),
        ActionInput("registry-auth", description="Several registries, as YAML."),
    ),
    has_post=True,
    differs="The credentials stay in the job's own HOME. Keys of AWS are not exchanged for a "
    "password.",
)


class Account(msgspec.Struct, frozen=True):
    """One registry and who logs in to it."""

    registry: str
    username: str
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"Account({self.registry!r}, {self.username!r}, …)"


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Ask the registries, and write the credentials down."""
    found = accounts(inputs)
    for account in found:
        ctx.mask(account.password)
        ctx.mask(token(account))
        await _ask(account, ctx)
        await ctx.in_thread(_write, _file(ctx), account)
        ctx.say(f"Login Succeeded: {account.registry or 'Docker Hub'} as {account.username}")
    ctx.state["registries"] = "\n".join(account.registry for account in found)
    return {}


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Take the credentials away, unless told to leave them."""
    if read.flag(inputs, "logout", default=True) and "registries" in ctx.state:
        for registry in ctx.state["registries"].split("\n"):
            await ctx.in_thread(_forget, _file(ctx), registry)


def accounts(inputs: Mapping[str, str]) -> tuple[Account, ...]:
    """Who logs in where. Raises AgentmeshError, in the action's words, where something lacks."""
    several = read.text(inputs, "registry-auth")
    if several:
        return tuple(_account(entry) for entry in _entries(several))
    values = {name: read.text(inputs, name) for name in ("registry", "username", "password")}
    if values["registry"].endswith(".amazonaws.com") and read.text(inputs, "ecr") != "false":
        raise Unavailable(
            "keys of AWS are not exchanged for a password here",
            remedy="Set `ecr: false` and give a password of `aws ecr get-login-password`.",
        )
    return (_account(values),)


def _entries(text: str) -> list[dict[str, str]]:
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise AgentmeshError(
            f"registry-auth is no YAML: {error}", remedy="Write a list of registries."
        ) from error
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise AgentmeshError(
            "registry-auth is no list of registries",
            remedy="Write entries with registry, username and password.",
        )
    return [{str(key): str(each) for key, each in entry.items()} for entry in value]


def _account(values: Mapping[str, str]) -> Account:
    for name in ("username", "password"):
        if not values.get(name):
            raise AgentmeshError(
                "Username and password required" if name == "username" else "Password required",
                remedy="Give them under `with`; a local run gets secrets by --secret NAME=VALUE.",
            )
    registry = values.get("registry", "").removeprefix("https://").removeprefix("http://")
    if registry.rstrip("/") in {"docker.io", "index.docker.io", "index.docker.io/v1"}:
        registry = ""
    return Account(registry.rstrip("/"), values["username"], values["password"])


def token(account: Account) -> str:
    """The credentials as the configuration file holds them."""
    return base64.b64encode(f"{account.username}:{account.password}".encode()).decode()


async def _ask(account: Account, ctx: StepContext) -> None:
    """Have the registry check the credentials. The password is in the environment of one process,
    never in its arguments."""
    home = ctx.env.get("HOME", ctx.dirs.home)
    await ctx.in_thread(registries.allow_plain, [account.registry], home)
    host = account.registry or "docker.io"
    if await answers(ctx, "buildah", "--version"):
        login = 'buildah login --authfile "$A" --username "$U" --password-stdin "$R"'
    elif await answers(ctx, "docker", "--version"):
        login = 'DOCKER_CONFIG="$A" docker login --username "$U" --password-stdin "$R"'
    else:
        raise Unavailable(
            "there is neither docker nor buildah here to log in with",
            remedy="Install buildah (Debian: apt-get install buildah).",
        )
    # a file of its own, thrown away: buildah names Docker Hub as docker does not
    aside = os.path.join(ctx.dirs.temp, f"login-{os.urandom(6).hex()}")
    env = {"A": aside, "U": account.username, "P": account.password, "R": host}
    script = f'printf %s "$P" | ({login}); code=$?; rm -rf "$A"; exit $code'
    done = await ctx.run(("sh", "-c", script), env=env, quiet=True)
    if done.code != 0:
        said = [line for line in done.output.splitlines() if line.strip()] or ["no reason given"]
        text = said[-1].removeprefix("Error: ")
        if "no such host" in text or "refused" in text:
            raise SetupError(text, remedy="Start the registry, or connect to its network.")
        raise AgentmeshError(text, remedy="Mend the username or the password.")


def _file(ctx: StepContext) -> str:
    folder = ctx.env.get("DOCKER_CONFIG") or os.path.join(
        ctx.env.get("HOME", ctx.dirs.home), ".docker"
    )
    return os.path.join(folder, "config.json")


def _read(path: str) -> dict[str, object]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise AgentmeshError(f"{path} is no JSON: {error}", remedy="Mend the file.") from error
    return value if isinstance(value, dict) else {}


def _write(path: str, account: Account) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    config = _read(path)
    auths = config.get("auths")
    known = auths if isinstance(auths, dict) else {}
    _store(path, {**config, "auths": {**known, account.registry or HUB: {"auth": token(account)}}})


def _forget(path: str, registry: str) -> None:
    config = _read(path)
    auths = config.get("auths")
    if isinstance(auths, dict) and (registry or HUB) in auths:
        kept = {name: value for name, value in auths.items() if name != (registry or HUB)}
        _store(path, {**config, "auths": kept})


def _store(path: str, config: Mapping[str, object]) -> None:
    fresh = f"{path}.{os.getpid()}"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(config, file, indent="\t")
    os.replace(fresh, path)
