"""Filter patterns: the rows of GitHub's cheat sheet, and two engines that must agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang import globs
from agentmesh.lang.globs import matches, selected

BRANCHES = [
    ("feature/*", "feature/my-branch", True),
    ("feature/*", "feature/a/b", False),
    ("feature/**", "feature/beta-a/my-branch", True),
    ("feature/**", "feature/your/branch", True),
    ("main", "main", True),
    ("main", "mainly", False),
    ("*", "main", True),
    ("*", "releases", True),
    ("*", "all/the/branches", False),
    ("**", "all/the/branches", True),
    ("*feature", "mona-feature", True),
    ("*feature", "ver-10-feature", True),
    ("v2*", "v2", True),
    ("v2*", "v2.9", True),
    ("v[12].[0-9]+.[0-9]+", "v1.10.1", True),
    ("v[12].[0-9]+.[0-9]+", "v2.0.0", True),
    ("v[12].[0-9]+.[0-9]+", "v3.0.0", False),
]
PATHS = [
    ("*", "README.md", True),
    ("*", "server.rb", True),
    ("*", "docs/a", False),
    ("*.jsx?", "page.js", True),
    ("*.jsx?", "page.jsx", True),
    ("*.jsx?", "page.jsxx", False),
    ("**", "all/the/files.md", True),
    ("*.js", "app.js", True),
    ("*.js", "src/app.js", False),
    ("**.js", "index.js", True),
    ("**.js", "src/js/app.js", True),
    ("docs/*", "docs/README.md", True),
    ("docs/*", "docs/mona/hello.txt", False),
    ("docs/**", "docs/mona/octocat.txt", True),
    ("docs/**", "docs", False),
    ("docs/**/*.md", "docs/README.md", True),
    ("docs/**/*.md", "docs/a/markdown/file.md", True),
    ("**/docs/**", "docs/hello.md", True),
    ("**/docs/**", "dir/docs/my-file.txt", True),
    ("**/docs/**", "space/docs/plan/space.doc", True),
    ("**/docs/**", "mydocs/x", False),
    ("**/README.md", "README.md", True),
    ("**/README.md", "js/README.md", True),
    ("**/*src/**", "a/src/app.js", True),
    ("**/*src/**", "my-src/code/js/app.js", True),
    ("**/*-post.md", "my-post.md", True),
    ("**/*-post.md", "path/their-post.md", True),
    ("**/migrate-*.sql", "migrate-10909.sql", True),
    ("**/migrate-*.sql", "db/sept/migrate-v1.sql", True),
    (".github/**", ".github/workflows/ci.yml", True),
]
CORNERS = [
    (r"a\*b", "a*b", True),
    (r"a\*b", "axb", False),
    (r"\!a", "!a", True),
    ("a+", "aaa", True),
    ("a+", "", False),
    ("a?b", "b", True),
    ("?a", "?a", True),
    ("[a-c_]x", "_x", True),
    ("[a-c_]x", "dx", False),
    ("[ab", "[ab", True),
    ("a[]b", "a[]b", True),
    ("a**/b", "a/b", True),
    ("a**/b", "ab", False),
    ("a.c", "abc", False),
    ("", "", True),
    ("é*", "été", True),
    ("é*", "étoile", True),
    ("a*", "a\nb", True),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), [*BRANCHES, *PATHS, *CORNERS])
def test_matches_as_documented(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(("pattern", "text", "expected"), [*BRANCHES, *PATHS, *CORNERS])
def test_the_set_of_states_says_the_same(pattern: str, text: str, expected: bool) -> None:
    assert globs._states(globs._atoms(pattern))(text) is expected


def test_the_last_pattern_that_fits_decides() -> None:
    patterns = ("releases/**", "!releases/**-alpha", "releases/1-alpha")
    assert selected(patterns, "releases/10") == (True, "releases/**")
    assert selected(patterns, "releases/beta/mona") == (True, "releases/**")
    assert selected(patterns, "releases/10-alpha") == (False, "!releases/**-alpha")
    assert selected(patterns, "releases/1-alpha") == (True, "releases/1-alpha")
    assert selected(patterns, "main") == (False, "")


def test_nothing_is_selected_by_negative_patterns_alone() -> None:
    assert selected(("!a",), "b") == (False, "")


def test_many_wildcards_do_not_backtrack_without_end() -> None:
    # With backtracking, this takes longer than anybody would wait.
    assert not matches("*a" * 30 + "b", "a" * 2000)
    assert matches("*a" * 30, "a" * 2000)


PATTERNS = st.text(alphabet="ab/*?+[]-\\!é.", max_size=10)
TEXTS = st.text(alphabet="ab/-é.*", max_size=8)


@given(PATTERNS, TEXTS)
def test_both_engines_agree(pattern: str, text: str) -> None:
    atoms = globs._atoms(pattern)
    by_regex = globs.re.compile(globs._regex(atoms), globs.re.DOTALL).fullmatch(text) is not None
    assert globs._states(atoms)(text) is by_regex


@given(TEXTS)
def test_an_escaped_text_matches_itself_alone(text: str) -> None:
    pattern = "".join(f"\\{char}" for char in text)
    assert matches(pattern, text)
    assert not matches(pattern, text + "x")
