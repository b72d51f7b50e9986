"""Which tags an image gets for an event. Pure.

Called by ``docker/metadata-action``; follows its README: "tags input", "flavor input" and "Notes".
The first tag by priority is the version; ``latest`` is added where the kind of tag that gave the
version says so, unless ``flavor`` decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from agentmesh.actions.images import versions
from agentmesh.actions.images.templates import Value, dates, render
from agentmesh.actions.images.words import fields
from agentmesh.core.errors import AgentmeshError

PRIORITY = {
    "schedule": 1000,
    "semver": 900,
    "pep440": 900,
    "match": 800,
    "edge": 700,
    "ref": 600,
    "raw": 200,
    "sha": 100,
}
DEFAULT = ("type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr")
_KNOWN = {
    "schedule": {"pattern"},
    "semver": {"pattern", "value", "match"},
    "pep440": {"pattern", "value", "match"},
    "match": {"pattern", "group", "value"},
    "edge": {"branch"},
    "ref": {"event"},
    "raw": {"value"},
    "sha": {"format"},
}
_COMMON = {"type", "enable", "priority", "prefix", "suffix"}


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What tags depend on: the event, where it happened, and when (an aware time)."""

    event: str
    ref: str
    sha: str
    now: datetime
    default_branch: str = ""
    base_ref: str = ""
    commit_date: datetime | None = None
    short: int = 7


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all tags of an image."""

    latest: str = "auto"
    prefix: str = ""
    suffix: str = ""
    prefix_latest: bool = False
    suffix_latest: bool = False


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """The version, the other tags in order, and whether there is a ``latest``."""

    version: str = ""
    others: tuple[str, ...] = ()
    latest: str = ""
    notes: tuple[str, ...] = ()
    """Why some entries gave no tag."""

    @property
    def names(self) -> tuple[str, ...]:
        """All tags, each once."""
        found = (self.version, *self.others, self.latest)
        return tuple(dict.fromkeys(name for name in found if name))


def flavor(lines: tuple[str, ...]) -> Flavor:
    """The ``flavor`` input. Raises AgentmeshError for what it does not know."""
    found = Flavor()
    for line in lines:
        parts = fields(line, bare="latest")
        only = parts.pop("onlatest", "false")
        parts.pop("type", None)
        for key, value in parts.items():
            if key == "latest" and value in {"auto", "true", "false"}:
                found = msgspec.structs.replace(found, latest=value)
            elif key == "prefix":
                found = msgspec.structs.replace(found, prefix=value, prefix_latest=only == "true")
            elif key == "suffix":
                found = msgspec.structs.replace(found, suffix=value, suffix_latest=only == "true")
            else:
                raise AgentmeshError(
                    f"Invalid flavor entry: {line}",
                    remedy="Use latest=auto|true|false, prefix=…, suffix=… (with onlatest=true).",
                )
    return found


def entries(lines: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """The ``tags`` input, sorted by priority. Raises AgentmeshError for a line that is wrong."""
    found = [_entry(line) for line in lines or DEFAULT]
    return tuple(sorted(found, key=lambda entry: -int(entry["priority"])))


def _entry(line: str) -> dict[str, str]:
    parts = fields(line, bare="value")
    kind = parts.get("type") or ("raw" if set(parts) <= {"type", "value"} else "")
    if kind not in PRIORITY:
        raise AgentmeshError(
            f"Unknown tag type attribute: {kind}" if kind else f"Missing type attribute: {line}",
            remedy=f"Use one of type={', type='.join(PRIORITY)}.",
        )
    unknown = set(parts) - _KNOWN[kind] - _COMMON
    if unknown:
        raise AgentmeshError(
            f"Unknown attribute {', '.join(sorted(unknown))} in the tag entry {line}",
            remedy=f"A {kind} takes {', '.join(sorted(_KNOWN[kind] | _COMMON))}.",
        )
    needed = {"ref": "event", "raw": "value", "match": "pattern"}.get(kind, "type")
    if kind in {"semver", "pep440"}:
        needed = "pattern"
    entry = {"priority": str(PRIORITY[kind]), "enable": "true", **parts, "type": kind}
    if not entry.get(needed):
        raise AgentmeshError(f"Missing {needed} attribute for {line}", remedy="Add it.")
    if not re.fullmatch(r"-?\d+", entry["priority"]):
        raise AgentmeshError(f"Invalid priority in {line}", remedy="Write a whole number.")
    if kind == "ref" and entry["event"] not in {"branch", "tag", "pr"}:
        raise AgentmeshError(
            f"Invalid event for {line}", remedy="Write event=branch, event=tag or event=pr."
        )
    if kind == "ref" and entry["event"] == "pr":
        entry.setdefault("prefix", "pr-")
    if kind == "sha":
        entry.setdefault("prefix", "sha-")
        if entry.setdefault("format", "short") not in {"short", "long"}:
            raise AgentmeshError(
                f"Invalid format for {line}", remedy="Write format=short or format=long."
            )
    return entry


def expressions(occasion: Occasion) -> dict[str, Value]:
    """The global expressions."""
    branch = _after(occasion.ref, "refs/heads/")
    is_default = bool(branch) and branch == occasion.default_branch
    return {
        "branch": branch,
        "tag": _after(occasion.ref, "refs/tags/"),
        "sha": occasion.sha[: occasion.short],
        "base_ref": occasion.base_ref,
        "is_default_branch": str(is_default).lower(),
        "is_not_default_branch": str(not is_default).lower(),
        "date": dates(occasion.now),
        "commit_date": dates(occasion.commit_date or occasion.now),
    }


def _after(ref: str, start: str) -> str:
    return ref.removeprefix(start) if ref.startswith(start) else ""


def tagged(lines: tuple[str, ...], style: Flavor, occasion: Occasion) -> Tagged:
    """The tags of an event. Raises AgentmeshError for an entry that is wrong."""
    values = expressions(occasion)
    names: list[str] = []
    notes: list[str] = []
    latest: bool | None = None
    for entry in entries(lines):
        enabled = render(entry["enable"], values)
        if enabled not in {"true", "false"}:
            raise AgentmeshError(
                f"Invalid value for enable attribute: {enabled}", remedy="It is true or false."
            )
        if enabled == "false":
            continue
        found = _KINDS[entry["type"]](entry, occasion, values)
        if isinstance(found, Note):
            notes.append(found.text)
            continue
        text, is_latest = found
        name = sanitized(_dressed(text, entry, style, values)) if text else ""
        if name:
            names.append(name)
            latest = is_latest if latest is None else latest
    decided = style.latest == "true" or (style.latest == "auto" and bool(latest))
    return Tagged(
        version=names[0] if names else "",
        others=tuple(dict.fromkeys(name for name in names[1:] if name != names[0])),
        latest=_latest(style, values) if names and decided else "",
        notes=tuple(notes),
    )


def _latest(style: Flavor, values: Mapping[str, Value]) -> str:
    prefix = render(style.prefix, values) if style.prefix_latest else ""
    suffix = render(style.suffix, values) if style.suffix_latest else ""
    return sanitized(f"{prefix}latest{suffix}")


def _dressed(text: str, entry: dict[str, str], style: Flavor, values: Mapping[str, Value]) -> str:
    prefix = render(entry.get("prefix", style.prefix), values)
    return prefix + text + render(entry.get("suffix", style.suffix), values)


def sanitized(name: str) -> str:
    """A name as a tag may be written."""
    return re.sub(r"[^a-zA-Z0-9._-]+", "-", name)


class Note(msgspec.Struct, frozen=True):
    """Why an entry gave no tag, where a person may wonder."""

    text: str


Found = tuple[str, bool] | Note
"""A tag (empty where the entry is not about this event), and whether it makes a ``latest``."""
NONE: Found = ("", False)


def _schedule(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    if occasion.event != "schedule":
        return NONE
    return render(entry.get("pattern") or "nightly", values), False


def _value(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> str:
    """What a version is read from: ``value``, or the tag that was pushed."""
    given = entry.get("value", "")
    return render(given, values) if given else _after(occasion.ref, "refs/tags/")


def _version(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    raw = _value(entry, occasion, values)
    if not raw:
        return NONE
    if entry.get("match"):
        found = expression(entry["match"]).search(raw)
        if found is None:
            return Note(f"{entry['match']} does not match {raw}.")
        raw = found[1] if found.re.groups and found[1] is not None else found[0]
    kind = entry["type"]
    version = (versions.semver if kind == "semver" else versions.pep440)(raw)
    if version is None:
        about = (
            "https://semver.org/"
            if kind == "semver"
            else "https://www.python.org/dev/peps/pep-0440/"
        )
        return Note(f"{raw} is not a valid {kind}. More info: {about}")
    fields_ = {name: str(getattr(version, name)) for name in _PARTS}
    pattern = entry["pattern"]
    if not version.final and not re.fullmatch(r"\{\{\s*raw\s*\}\}", pattern):
        pattern = "{{version}}"  # a pre-release must not move what releases are found by
    return render(pattern, {**values, **fields_}), version.final


_PARTS = ("raw", "version", "major", "minor", "patch", "prerelease")


def expression(text: str) -> re.Pattern[str]:
    """A regular expression as JavaScript writes it, ``/v(.*)/i``, or without the slashes.

    Raises AgentmeshError where it is none.
    """
    found = re.fullmatch(r"/(.+)/([a-z]*)", text, re.DOTALL)
    body, letters = (found[1], found[2]) if found else (text, "")
    flags = re.RegexFlag(0)
    for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL)):
        flags |= flag if letter in letters else 0
    try:
        return re.compile(re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", body), flags | re.ASCII)
    except re.error as error:
        raise AgentmeshError(
            f"{text} is no regular expression: {error}", remedy="Mend the pattern."
        ) from error


def _match(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    raw = _value(entry, occasion, values)
    if not raw:
        return NONE
    found = expression(entry["pattern"]).search(raw)
    if found is None:
        return Note(f"{entry['pattern']} does not match {raw}.")
    group = entry.get("group") or "0"
    if not group.isdigit() or int(group) > found.re.groups:
        return Note(f"Group {group} does not exist for {entry['pattern']} pattern.")
    return found[int(group)] or "", True


def _edge(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    branch = _after(occasion.ref, "refs/heads/")
    wanted = render(entry.get("branch", ""), values) or occasion.default_branch
    return ("edge", False) if branch and branch == wanted else NONE


def _ref(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    kind = entry["event"]
    if kind == "pr":
        return _after(occasion.ref, "refs/pull/").removesuffix("/merge"), False
    start = "refs/heads/" if kind == "branch" else "refs/tags/"
    return _after(occasion.ref, start).replace("/", "-"), kind == "tag"


def _raw(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    return render(entry["value"], values), False


def _sha(entry: dict[str, str], occasion: Occasion, values: dict[str, Value]) -> Found:
    return occasion.sha[: None if entry["format"] == "long" else occasion.short], False


_KINDS = {
    "schedule": _schedule,
    "semver": _version,
    "pep440": _version,
    "match": _match,
    "edge": _edge,
    "ref": _ref,
    "raw": _raw,
    "sha": _sha,
}
