"""How an expression of a script is handed over in ``env`` instead, as edits.

Called by the ``fix`` of :mod:`agentmesh.lang.rules.untrusted_input`. All such expressions of a step
share one insertion, so that their fixes go together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakKeyDictionary

import msgspec

from agentmesh.core.problem import Span
from agentmesh.lang import shell, yaml
from agentmesh.lang.model import Map, Step, Text, Tree
from agentmesh.lang.references import reference
from agentmesh.lang.rules.edit import Edit
from agentmesh.lang.rules.script_javascript import javascript
from agentmesh.lang.rules.source import Expression, Source
from agentmesh.lang.untrusted import untrusted

_PROGRAMS = r"(?:ba|z|da|k)?sh|su|python[\d.]*|node|perl|ruby|psql|mysql|jq|awk"
_INNER_PROGRAM = re.compile(
    r"\b(?:eval|ssh|exec|trap|source)\b"
    rf"|\b(?:{_PROGRAMS})\s[^;|&\n]{{0,200}}?(?:-\w*[ceE]\s|<<)"
    rf"|\|\s*(?:sudo\s+)?(?:{_PROGRAMS})\b"
)
"""What reads a part of a script as a program of its own, where a variable's text may be code."""
_UNSAFE_IN_PLAIN = re.compile(r": |\s#|[\r\n]")
_WORD = re.compile(r"\w+", re.ASCII)
_NOT_NAMES = ("github", "event", "*")
_RESERVED = re.compile(r"(?i)(GITHUB|RUNNER|ACTIONS|INPUT)_.*|CI|PATH|HOME|ENV|SHELL|USER|PWD|IFS")


class Change(msgspec.Struct, frozen=True):
    """Characters of a script that become something else."""

    start: int
    end: int
    with_: str
    name: str
    value: str


_KNOWN: WeakKeyDictionary[Source, dict[Span, tuple[Edit, ...]]] = WeakKeyDictionary()
"""What has been worked out, as each finding of a file asks for its part."""


def edits(file: Source, scripts: Callable[[Expression], bool]) -> dict[Span, tuple[Edit, ...]]:
    """The edits for each untrusted expression of a script that can be handed over safely, by its
    place. ``scripts`` tells which expressions stand in a script."""
    if file not in _KNOWN:
        by_text: dict[tuple[int, int], list[Expression]] = {}
        for each in file.expressions:
            if scripts(each) and untrusted(each.root):
                text = each.value.text
                by_text.setdefault((text.line, text.column), []).append(each)
        _KNOWN[file] = {
            place: edits
            for expressions in by_text.values()
            for place, edits in _of_text(file, expressions)
        }
    return _KNOWN[file]


def _of_text(
    file: Source, expressions: list[Expression]
) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """The edits for the untrusted expressions of one script, which share their insertion."""
    first = expressions[0]
    step, text = first.step, first.value.text
    changes = _changes(file, expressions)
    if step is None or not changes:
        return
    known = _own(step.env)
    new = {each.name: each.value for each, _ in changes if known.get(each.name) != each.value}
    insertion = _insertion(file, step, new) if new else None
    if new and insertion is None:
        return
    shared = (insertion,) if insertion is not None else ()
    for change, expression in changes:
        start = file.offset_in(text, change.start)
        end = file.offset_in(text, change.end - 1) + 1
        written = _written(file, text, start, change.with_)
        if written and file.text[end - 1] == text.source[change.end - 1]:
            yield file.span_of_expression(expression), (*shared, Edit(start, end, written))


def _written(file: Source, text: Text, start: int, form: str) -> str:
    """A form as the style of its scalar wants it; nothing where it cannot stand there."""
    scalar = file.scalar_of(text)
    if scalar is None or (not scalar.style and start == scalar.start and form[0] in "\"'"):
        return ""
    return form.replace('"', '\\"') if scalar.style == '"' else form


def _changes(file: Source, expressions: list[Expression]) -> list[tuple[Change, Expression]]:
    """What can be changed in a script, in its order."""
    first = expressions[0]
    step, script = first.step, first.value.text.source
    if step is None:
        return []
    by_start = {each.start: each for each in expressions}
    spots = [
        (start, end, by_start[at])
        for start, end, source in shell.expressions(script)
        if (at := start + 3 + len(source) - len(source.lstrip())) in by_start
    ]
    places = [(start, end) for start, end, _ in spots]
    if first.value.key == "run":
        if shell.shell_of(step, first.job, file.workflow) not in shell.POSIX:
            return []
        put = _posix(script, places)
    elif first.value.key == "with.script" and _is_javascript(step):
        put = javascript(shell.neutral(script), places)
    else:
        return []
    return _named(file, first, spots, put)


def _is_javascript(step: Step) -> bool:
    found = reference(step.uses.source) if step.uses else None
    return found is not None and found.action == "actions/github-script"


def _named(
    file: Source,
    expression: Expression,
    spots: list[tuple[int, int, Expression]],
    put: list[tuple[int, int, str] | None],
) -> list[tuple[Change, Expression]]:
    """Gives each spot that can be changed a variable, the same one for the same value."""
    step = expression.step
    around = _visible(file, expression)
    own = _own(step.env) if step else {}
    names = {value: name for name, value in own.items()}
    taken = {*around, *own}
    script = expression.value.text.source
    used = set(_WORD.findall(script))
    changes: list[tuple[Change, Expression]] = []
    for (_, _, each), place in zip(spots, put, strict=True):
        if place is None:
            continue
        value = "${{ " + each.source + " }}"
        if value not in names:
            names[value] = _name(each, taken | used)
            taken.add(names[value])
        start, end, form = place
        change = Change(start, end, form.replace("@", names[value]), names[value], value)
        changes.append((change, each))
    return changes


def _posix(script: str, spots: list[tuple[int, int]]) -> list[tuple[int, int, str] | None]:
    """For each spot what is to be replaced by what, ``@`` for the variable's name."""
    plain = shell.neutral(script)
    if _INNER_PROGRAM.search(plain):
        return [None] * len(spots)
    put: list[tuple[int, int, str] | None] = []
    for (start, end), quoting in zip(
        spots, shell.quotings(plain, [start for start, _ in spots]), strict=True
    ):
        if quoting == "other":
            put.append(None)
        elif quoting == "bare":
            put.append((start, end, '"$@"'))
        else:
            follows = plain[end : end + 1]
            bare = not (follows.isalnum() or follows in {"_", "["}) or not follows
            put.append((start, end, "$@" if bare else "${@}"))
    return put


def _own(env: Tree) -> dict[str, str]:
    """The variables of one ``env`` with the texts of their values."""
    if not isinstance(env, Map):
        return {}
    return {key.source: value.source if isinstance(value, Text) else "" for key, value in env.items}


def _visible(file: Source, expression: Expression) -> set[str]:
    """Names that the step sees already."""
    levels: Iterable[Tree] = (
        file.workflow.env if file.workflow else None,
        expression.job.env if expression.job else None,
    )
    return {name for env in levels for name in _own(env)}


def _name(expression: Expression, taken: set[str]) -> str:
    """A name that says what the value is, and that nobody uses yet."""
    way = untrusted(expression.root).split(".")
    words = [word for word in way if word not in _NOT_NAMES]
    name = re.sub(r"\W", "_", "_".join(words), flags=re.ASCII).upper() or "VALUE"
    if _RESERVED.fullmatch(name) or name[0].isdigit():
        name = f"EVENT_{name}"
    number, base = 2, name
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _insertion(file: Source, step: Step, new: dict[str, str]) -> Edit | None:
    """The variables, in the step's ``env`` or in a new one in front of the script."""
    node = file.node_of(step)
    if not isinstance(node, yaml.Mapping) or file.text[_at(file, node)] == "{":
        return None
    if any(_UNSAFE_IN_PLAIN.search(value) for value in new.values()):
        return None
    pairs = {key.text: (key, value) for key, value in node.items if isinstance(key, yaml.Scalar)}
    line_end = "\r\n" if "\r\n" in file.text else "\n"
    if "env" in pairs:
        env = pairs["env"][1]
        if not isinstance(env, yaml.Mapping) or not env.items:
            return None
        at = _at(file, env)
        if file.text[at] == "{":
            return None
        margin = line_end + " " * (env.column - 1)
        return Edit(at, at, "".join(f"{name}: {value}{margin}" for name, value in new.items()))
    key = (pairs.get("run") or pairs.get("with") or pairs.get("uses") or (None,))[0]
    if key is None:
        return None
    margin = line_end + " " * (key.column - 1)
    lines = "".join(f"{margin}  {name}: {value}" for name, value in new.items())
    return Edit(key.start, key.start, f"env:{lines}{margin}")


def _at(file: Source, node: yaml.Mapping) -> int:
    return file.offset(node.line, node.column)
