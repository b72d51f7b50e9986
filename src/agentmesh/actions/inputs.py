"""How actions read their inputs. Pure; called by the modules of this package.

Follows ``getInput``, ``getBooleanInput`` and ``getMultilineInput`` of GitHub's toolkit: names
ignore case, values are trimmed, booleans are those of YAML 1.2's core schema.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.core.errors import AgentmeshError

TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")


def text(inputs: Mapping[str, str], name: str) -> str:
    """The trimmed value, or an empty text where the input is not given."""
    value = inputs.get(name)
    if value is None:
        wanted = name.lower()
        value = next((v for key, v in inputs.items() if key.lower() == wanted), "")
    return value.strip()


def required(inputs: Mapping[str, str], name: str) -> str:
    """The trimmed value. Raises AgentmeshError, in the toolkit's words, where there is none."""
    value = text(inputs, name)
    if not value:
        raise AgentmeshError(
            f"Input required and not supplied: {name}", remedy=f"Give `{name}` under `with`."
        )
    return value


def flag(inputs: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A boolean; ``default`` where the input is empty. Raises AgentmeshError for other texts."""
    value = text(inputs, name)
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise AgentmeshError(
        f'Input does not meet YAML 1.2 "Core Schema" specification: {name}',
        remedy=f"Write `{name}: true` or `{name}: false`; it is `{value}`.",
    )


def lines(inputs: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The lines that are not blank, each trimmed."""
    return tuple(part for line in text(inputs, name).splitlines() if (part := line.strip()))


def whole(inputs: Mapping[str, str], name: str, *, default: int) -> int:
    """A number of zero or more. Raises AgentmeshError for anything else."""
    value = text(inputs, name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit():
        raise AgentmeshError(
            f"The value '{value}' of the input '{name}' is not a whole number",
            remedy=f"Give `{name}` a number of zero or more.",
        )
    return int(value)


def one_of(inputs: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    """One of a few words. Raises AgentmeshError for any other."""
    value = text(inputs, name) or default
    if value not in allowed:
        options = ", ".join(allowed)
        raise AgentmeshError(
            f"Unrecognized {name} input. Provided: {value}. Available options: {options}",
            remedy=f"Use one of {options} for `{name}`.",
        )
    return value
