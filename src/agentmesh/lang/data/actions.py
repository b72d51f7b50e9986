"""Well-known actions by what they do that matters to security: publish, and restore caches.

Read by lint rules. Names are ``owner/name`` or ``owner/name/path``, lower case. From the
documentation of each action.
"""

from __future__ import annotations

import msgspec

PUBLISHING = frozenset(
    (
        "actions/create-release",
        "actions/upload-release-asset",
        "changesets/action",
        "cycjimmy/semantic-release-action",
        "elgohr/publish-docker-github-action",
        "goreleaser/goreleaser-action",
        "js-devtools/npm-publish",
        "katyo/publish-crates",
        "ncipollo/release-action",
        "pypa/gh-action-pypi-publish",
        "rubygems/release-gem",
        "softprops/action-gh-release",
        "svenstaro/upload-release-action",
    )
)
"""Actions that give something to the world."""


class Caching(msgspec.Struct, frozen=True):
    """Which input decides whether a cache is restored; ``default`` is whether one is without it.

    Without an input there is always one. ``off`` are the values that switch it off, lower case.
    """

    input: str = ""
    default: bool = True
    off: tuple[str, ...] = ("", "false")


_SWITCHED_OFF = ("true",)
CACHING: dict[str, Caching] = {
    "actions-rust-lang/setup-rust-toolchain": Caching("cache"),
    "actions/cache": Caching(),
    "actions/cache/restore": Caching(),
    "actions/setup-dotnet": Caching("cache", False),
    "actions/setup-go": Caching("cache"),
    "actions/setup-java": Caching("cache", False),
    "actions/setup-node": Caching("cache", False),
    "actions/setup-python": Caching("cache", False),
    "astral-sh/setup-uv": Caching("enable-cache"),
    "gradle/actions/setup-gradle": Caching("cache-disabled", True, _SWITCHED_OFF),
    "mozilla-actions/sccache-action": Caching(),
    "oven-sh/setup-bun": Caching("no-cache", True, _SWITCHED_OFF),
    "pnpm/action-setup": Caching("cache", False),
    "ruby/setup-ruby": Caching("bundler-cache", False),
    "swatinem/rust-cache": Caching("lookup-only", True, _SWITCHED_OFF),
}
"""Actions that restore what another run has left behind."""
