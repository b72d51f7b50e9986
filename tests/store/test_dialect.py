"""The client's names for sets of paths."""

from __future__ import annotations

from agentmesh.store import dialect, index
from agentmesh.store.layout import Layout


def test_versions_are_those_of_the_published_client() -> None:
    """Values that @actions/cache 6.3 gives for these paths."""
    assert dialect.versions(("node_modules", "~/.npm")) == {
        dialect.ZSTD: ZSTD_OF_TWO,
        dialect.GZIP: GZIP_OF_TWO,
    }


ZSTD_OF_TWO = "1cbc60d75cb9cbdfdc7cee051451c7a3706c8311eed5c886ca3ea62cbc8efee6"
GZIP_OF_TWO = "a072ae0a60f18e624fcb0d2dc43832b7a31e011c968ff64b1c67dc23125cdc7f"


def test_lines_are_read_as_the_action_reads_its_input() -> None:
    assert dialect.lines(("a\n  b \n\n", "! c")) == ["a", "b", "!c"]
    assert dialect.versions(("a\nb",)) == dialect.versions(("a", " b"))
    assert dialect.versions(("a", "b")) != dialect.versions(("b", "a"))


def test_a_version_that_was_noted_leads_to_ours(layout: Layout) -> None:
    with index.opened(layout) as connection:
        assert dialect.native(connection, ZSTD_OF_TWO) is None
        for _ in range(2):
            dialect.note(connection, ("node_modules", "~/.npm"), "ours")
        assert dialect.native(connection, ZSTD_OF_TWO) == ("ours", dialect.ZSTD)
        assert dialect.native(connection, GZIP_OF_TWO) == ("ours", dialect.GZIP)
