"""Labels of GitHub's runners, from "GitHub-hosted runners reference" and its announcements.

Read by the rule about runner labels. Labels are in lower case, as case does not matter.
"""

from __future__ import annotations

HOSTED = frozenset(
    (
        *("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-slim"),
        *("ubuntu-24.04-arm", "ubuntu-22.04-arm"),
        *("windows-latest", "windows-2025", "windows-2022", "windows-11-arm"),
        *("windows-2025-vs2026",),
        *("macos-latest", "macos-26", "macos-15", "macos-14"),
        *("macos-26-intel", "macos-15-intel", "macos-latest-large", "macos-latest-xlarge"),
        *(f"macos-{version}-{size}" for version in (14, 15, 26) for size in ("large", "xlarge")),
    )
)
"""What a job gets a machine of GitHub's for."""

OWN = frozenset(("self-hosted", "linux", "windows", "macos", "x64", "x86", "arm", "arm64"))
"""What every machine of one's own is called."""

REMOVED: dict[str, str] = {
    **dict.fromkeys(("ubuntu-16.04", "ubuntu-18.04", "ubuntu-20.04"), "ubuntu-24.04"),
    **dict.fromkeys(("windows-2016", "windows-2019"), "windows-2022"),
    **dict.fromkeys(("macos-10.15", "macos-11", "macos-12", "macos-13"), "macos-15"),
    **dict.fromkeys(("macos-11.0", "macos-12-large", "macos-13-large"), "macos-15-large"),
    **dict.fromkeys(("macos-12-xlarge", "macos-13-xlarge"), "macos-15-xlarge"),
}
"""Labels that GitHub has machines for no more → what comes closest."""

SHELLS = ("bash", "cmd", "powershell", "pwsh", "python", "sh")
"""Names that ``shell`` knows; anything else is a command with ``{0}`` for the script."""
