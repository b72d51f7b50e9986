"""Versions as image tags have them: Semantic Versioning and PEP 440. Pure.

Called by :mod:`agentmesh.actions.images.tags`. Follows semver.org 2.0 (a leading ``v`` is allowed,
as tags of git have one) and PEP 440, "Appendix B".
"""

from __future__ import annotations

import re

import msgspec

_SEMVER = re.compile(
    r"[v=\s]*(?P<major>0|[1-9]\d*)\.(?P<minor>0|[1-9]\d*)\.(?P<patch>0|[1-9]\d*)"
    r"(?:-(?P<pre>(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+(?P<build>[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)
_PEP440 = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d+)?)?"
    r"(?P<post>-(?P<post_n1>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n2>\d+)?)?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d+)?)?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.ASCII | re.IGNORECASE,
)
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version's parts, as tag patterns name them. ``final`` is False for pre-releases."""

    raw: str
    version: str
    major: str
    minor: str
    patch: str
    prerelease: str = ""
    final: bool = True


def semver(text: str) -> Version | None:
    """A semantic version; None where the text is none."""
    found = _SEMVER.fullmatch(text.strip())
    if found is None:
        return None
    numbers = ".".join((found["major"], found["minor"], found["patch"]))
    return Version(
        raw=text,
        version=numbers + (f"-{found['pre']}" if found["pre"] else ""),
        major=found["major"],
        minor=found["minor"],
        patch=found["patch"],
        prerelease=found["pre"] or "",
        final=found["pre"] is None,
    )


def pep440(text: str) -> Version | None:
    """A version of Python's packages, in its normal form; None where the text is none."""
    found = _PEP440.fullmatch(text.strip())
    if found is None:
        return None
    release = [str(int(part)) for part in found["release"].split(".")]
    pre = found["pre"]
    short = f"{_PRE.get(pre.lower(), pre.lower())}{int(found['pre_n'] or 0)}" if pre else ""
    post = found["post"]
    after = f".post{int(found['post_n1'] or found['post_n2'] or 0)}" if post else ""
    dev = f".dev{int(found['dev_n'] or 0)}" if found["dev"] else ""
    epoch = f"{int(found['epoch'])}!" if found["epoch"] and int(found["epoch"]) else ""
    local = "+" + re.sub(r"[-_]", ".", found["local"].lower()) if found["local"] else ""
    padded = [*release, "0", "0"]
    return Version(
        raw=text,
        version=f"{epoch}{'.'.join(release)}{short}{after}{dev}{local}",
        major=padded[0],
        minor=padded[1],
        patch=padded[2],
        prerelease=short,
        final=not (pre or post or dev),
    )
