"""Writes docs/reference/ from the code: ``python tools/reference.py [--check]``.

Called by ``make docs``, and with ``--check`` by ``make test``, which fails where a page is not what
the code says now. Nothing in these pages is written by hand.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import re
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import msgspec

from agentmesh.actions.registry import ACTIONS, find
from agentmesh.app import config, environment, settings
from agentmesh.cli.dispatch import INTERRUPTED, top
from agentmesh.core import errors, events
from agentmesh.ports.action import Meta

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/reference"
HEAD = "<!-- Written by `make docs` from the code; changes here are lost. -->\n"
WIDTH = 100


def sentence(text: str | None) -> str:
    """A docstring as one paragraph of Markdown: its first paragraph, without Sphinx roles."""
    paragraph = re.split(r"\n\s*\n", (text or "").strip())[0]
    plain = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", " ".join(paragraph.split()))
    return plain.replace("``", "`")


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A Markdown table."""

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *map(line, rows), ""]


def type_name(annotation: object) -> str:
    """A type as a reader of JSON or TOML would say it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or annotation is type(None):
        return "none"
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {type_name(arguments[0])}"
    if origin is dict:
        return f"table of {type_name(arguments[1])}"
    if arguments:
        return " or ".join(type_name(each) for each in arguments if each is not type(None))
    names = {"str": "text", "int": "integer", "float": "number", "bool": "true or false"}
    names["datetime"] = "UTC, RFC 3339"
    name = getattr(annotation, "__name__", str(annotation))
    if name == "object":
        return "anything"
    return names.get(name, name)


# -- pages ------------------------------------------------------------------------------------


def commands() -> list[str]:
    """Every command with its help, as it prints it."""
    lines = ["# Commands", ""]
    context = click.Context(top, info_name="agentmesh", max_content_width=WIDTH)
    for name, command in walk(context, top):
        info = click.Context(command, info_name=name, terminal_width=WIDTH - 12)
        info.max_content_width = WIDTH - 12
        lines += [f"## {name}", "", "```text", command.get_help(info), "```", ""]
    return lines


def walk(context: click.Context, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """All commands below a group, by their full name."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise LookupError(f"{name} is listed and cannot be had")
        full = f"{context.info_name} {name}"
        yield full, command
        if isinstance(command, click.Group):
            yield from walk(click.Context(command, info_name=full), command)


def actions() -> list[str]:
    """Every built-in action with its inputs, its outputs, and what is different."""
    lines = ["# Built-in actions", ""]
    lines += ["They stand in for the published action of the same name, at any ref. With"]
    lines += ["`--no-builtin-actions` the published action runs instead.", ""]
    by_module: dict[str, Meta] = {}
    for name, module in ACTIONS.items():
        action = find(name)
        if action is None:
            raise LookupError(f"{name} is registered and cannot be had")
        by_module[module] = action.META
    for meta in sorted(by_module.values(), key=lambda meta: meta.names):
        lines += [f"## {', '.join(meta.names)}", "", meta.summary, ""]
        if meta.differs:
            lines += [f"**Differs:** {meta.differs}", ""]
        rows = [
            (f"`{each.name}`", each.description, f"`{each.default}`" if each.default else "")
            for each in meta.inputs
        ]
        lines += table(("input", "meaning", "default"), rows) if rows else []
        if meta.outputs:
            lines += ["Outputs: " + ", ".join(f"`{name}`" for name in meta.outputs) + ".", ""]
    return lines


def event_page() -> list[str]:
    """Every event of `agentmesh run --json` with its fields."""
    lines = ["# Events", "", "`agentmesh run --json` prints one event a line. Fields that hold"]
    lines += ["their default are left out; a `log` event is written for each line.", ""]
    shared = {field.name for field in msgspec.structs.fields(events.JobEvent)}
    lines += ["## Fields of all events", ""]
    lines += table(
        ("field", "type", "in"),
        [
            ("`type`", "text", "all events"),
            *field_rows(events.Event, set(), "all events"),
            *field_rows(events.JobEvent, own(events.Event), "events of a job"),
            *field_rows(events.StepEvent, shared, "events of a step"),
        ],
    )
    kinds: tuple[type[events.Event], ...] = typing.get_args(events.AnyEvent)
    for event in kinds:
        base = events.StepEvent if issubclass(event, events.StepEvent) else events.JobEvent
        lines += [f"## {event.__struct_config__.tag}", ""]
        if event is events.Logged:
            # A batch of lines in this process, one event a line in JSON.
            lines += ["A line of a step's output, masked; `line` is its number in the step.", ""]
            rows: list[tuple[str, ...]] = [("`text`", "text"), ("`line`", "integer")]
        else:
            lines += [sentence(event.__doc__), ""]
            rows = [row[:2] for row in field_rows(event, own(base), "")]
        lines += table(("field", "type"), rows) if rows else []
    lines += ["## JobInfo", "", sentence(events.JobInfo.__doc__), ""]
    return lines + table(
        ("field", "type"), [row[:2] for row in field_rows(events.JobInfo, set(), "")]
    )


def own(struct: type[msgspec.Struct]) -> set[str]:
    """The names of a struct's fields."""
    return {field.name for field in msgspec.structs.fields(struct)}


def field_rows(struct: type[msgspec.Struct], known: set[str], where: str) -> list[tuple[str, ...]]:
    """Rows for the fields that are not known yet."""
    return [
        (f"`{field.encode_name}`", type_name(field.type), where)
        for field in msgspec.structs.fields(struct)
        if field.name not in known
    ]


def exit_codes() -> list[str]:
    """What the exit code says."""
    meanings = {
        0: "Success.",
        1: "The run failed, or problems were found.",
        errors.WorkflowError.exit_code: "Unusable input: a file of yours, or the command line.",
        errors.SetupError.exit_code: "Something is missing on this machine; the message says what.",
        errors.Refused.exit_code: "Refused by a gate or a policy.",
        5: "Could not tell: inconclusive, neutral, invalid.",
        70: "A bug of agentmesh; a report file says more.",
        INTERRUPTED: "Interrupted.",
    }
    rows = [(str(code), meanings[code]) for code in sorted(meanings)]
    return ["# Exit codes", "", *table(("code", "meaning"), rows)]


def configuration() -> list[str]:
    """agentmesh.toml, and the variables of the environment that agentmesh reads."""
    module = importlib.import_module(config.Config.__module__)
    sample = re.search(r"::\n\n((?:    .*\n|\n)+)", module.__doc__ or "")
    lines = ["# Configuration", "", "## agentmesh.toml", "", introduction(module.__doc__), ""]
    if sample:
        text = "\n".join(line[4:] for line in sample[1].rstrip().splitlines())
        lines += ["```toml", text, "```", ""]
    structs: list[type[msgspec.Struct]] = [config.Config, *tables()]
    for struct in structs:
        title = "The whole file" if struct is config.Config else struct.__name__
        lines += [f"### {title}", "", sentence(struct.__doc__), ""]
        rows = [row[:2] for row in field_rows(struct, set(), "")]
        lines += table(("key", "type"), rows)
    lines += ["## Environment", "", "```text"]
    lines += [(settings.__doc__ or "").split("agentmesh's own:\n\n")[-1].strip(), "```", ""]
    passed = ", ".join(f"`{name}`" for name in sorted(environment.PASSED))
    prefixes = ", ".join(f"`{prefix}*`" for prefix in environment.PREFIXES)
    lines += ["## What jobs see of your environment", ""]
    lines += [(environment.__doc__ or "").split("\n\n", 1)[1].strip().replace("``", "`"), ""]
    lines[-2] = re.sub(r":\w+:`(\w+)`", r"`\1`", lines[-2])
    return [*lines, f"Passed: {passed}, and {prefixes}.", ""]


def introduction(doc: str | None) -> str:
    """The second paragraph of a module's docstring, without what it says to programmers."""
    paragraph = (doc or "").split("\n\n")[1]
    sentences = " ".join(paragraph.split()).split(". ", 1)
    return (sentences[1] if len(sentences) > 1 else sentences[0]).replace("``", "`").removesuffix(
        "::"
    ) + "."


def rules() -> list[str]:
    """Every rule of lint with its page."""
    from agentmesh.lang.rules import catalogue

    lines = [
        "# Rules",
        "",
        "What `agentmesh lint` finds; `agentmesh explain RULE` prints one. Errors are",
    ]
    lines += ["what GitHub refuses to run, warnings what is unwise, infos what is worth knowing. A"]
    lines += [
        "comment takes a finding back, behind it or in the line above, in the head of the file for"
    ]
    lines += ["all of it: `# agentmesh: ignore[RULE] the reason`.", ""]
    known = catalogue.rules()
    rows = [(f"[{rule.id}](#{rule.id})", rule.severity, rule.summary) for rule, _ in known]
    lines += table(("rule", "severity", "finds"), rows)
    for rule, page in known:
        lines += [
            f"## {rule.id}",
            "",
            f"Severity: {rule.severity}.{mends(rule.id)}",
            "",
            page.strip(),
            "",
        ]
    return lines


def mends(rule: str) -> str:
    """Whether ``--fix`` mends what a rule finds, as a sentence."""
    from agentmesh.lang.rules.registry import find as find_rule

    return " `--fix` mends it where that is safe." if hasattr(find_rule(rule), "fix") else ""


def tables() -> list[type[msgspec.Struct]]:
    """The tables of agentmesh.toml that have keys of their own."""
    found = vars(config).values()
    return [
        each
        for each in found
        if isinstance(each, type)
        and issubclass(each, config.Table)
        and each not in (config.Table, config.Config)
    ]


PAGES: dict[str, Callable[[], list[str]]] = {
    "commands.md": commands,
    "actions.md": actions,
    "events.md": event_page,
    "exit-codes.md": exit_codes,
    "configuration.md": configuration,
    "rules.md": rules,
}


def render(page: Callable[[], list[str]]) -> str:
    """A page as a file."""
    lines = "\n".join(page()).splitlines()
    return HEAD + "\n" + "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def check() -> int:
    """Compare the pages with the code; says how they differ."""
    stale = 0
    for name, page in PAGES.items():
        path, wanted = FOLDER / name, render(page)
        there = path.read_text() if path.exists() else ""
        if there != wanted:
            stale += 1
            diff = difflib.unified_diff(
                there.splitlines(), wanted.splitlines(), str(path.relative_to(ROOT)), "the code"
            )
            sys.stderr.write("\n".join(list(diff)[:40]) + "\n")
    if stale:
        sys.stderr.write(f"{stale} pages of docs/reference are not fresh: make docs" + "\n")
    return 1 if stale else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; 1 where they differ")
    if parser.parse_args().check:
        return check()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(render(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
