"""TOML with places."""

from __future__ import annotations

import pytest

from agentmesh.app.toml import read

TEXT = '''title = "x"
[a.b]
c = 1
"d e".f = 2
text = """
[not.a.table]
g = 3
"""
  h = 4
[[list]]
i = 5
'''


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(TEXT)
    return read(str(path), shown="x.toml")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("title",), (1, 1)),
        (("a",), (2, 2)),
        (("a", "b"), (2, 2)),
        (("a", "b", "c"), (3, 1)),
        (("a", "b", "d e", "f"), (4, 1)),
        (("a", "b", "h"), (9, 3)),
        (("list", "i"), (11, 1)),
        (("a", "b", "unknown"), (2, 2)),
        (("unknown",), (1, 1)),
        (("not", "a", "table"), (1, 1)),
    ],
)
def test_every_key_has_its_place(document, path, place):
    span = document.place(path)
    assert (span.file, (span.line, span.column)) == ("x.toml", place)
