"""Secrets: found wherever they stand, shown nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.core.errors import WorkflowError
from agentmesh.store.secrets import RunSecrets, load, read_file


def test_names_ignore_case() -> None:
    secrets = RunSecrets({"Token": "x"})
    assert secrets.names() == ("TOKEN",)
    assert secrets.get("tOkEn") == "x"
    assert secrets.get("other") is None


def test_options_win_over_files_and_later_files_over_earlier(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("A=1\nB=1\nC=1\n")
    (tmp_path / "two").write_text("b=2\nC=2\n")
    files = (str(tmp_path / "one"), str(tmp_path / "two"))
    secrets = load({"C": "3", "D": None}, files, {"D": "env"})
    assert [secrets.get(name) for name in "ABCD"] == ["1", "2", "3", "env"]


def test_a_value_that_the_environment_lacks_is_an_error() -> None:
    with pytest.raises(WorkflowError, match="the secret KEY has no value") as caught:
        load({"KEY": None}, (), {})
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1", {"A": "1"}),
        ("# c\n\n  export A = 1 # not this\nB=x#y\n", {"A": "1", "B": "x#y"}),
        ('A=\'a # b\'\nB="c\\nd\\t\\"e\\"\\\\\\$" # c\n', {"A": "a # b", "B": 'c\nd\t"e"\\$'}),
        ('KEY="-----BEGIN\nabc=\n-----END"\nB=2', {"KEY": "-----BEGIN\nabc=\n-----END", "B": "2"}),
        ("A='line 1\nline 2'\n", {"A": "line 1\nline 2"}),
        ("A='\\n'\n", {"A": "\\n"}),
        ("A=\nB=''\nC=\"\"", {"A": "", "B": "", "C": ""}),
        ("A=a=b==\r\nB=2\r\n", {"A": "a=b==", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("A=#none", {"A": ""}),
        ('A=it\'s "so"', {"A": 'it\'s "so"'}),
        ("A=ä €", {"A": "ä €"}),
        ("", {}),
    ],
)
def test_a_file_is_read_as_written(tmp_path: Path, text: str, values: dict[str, str]) -> None:
    path = tmp_path / "secrets"
    path.write_bytes(text.encode())
    assert read_file(str(path)) == values


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("A=1\nhunter2\n", 2, 1),
        ("A=1\n\n  1A=2", 3, 1),
        ("A='hunter2\n", 1, 3),
        ('A="hunter2\\"\n', 1, 3),
        ("B=1\nA='x' hunter2", 2, 6),
    ],
)
def test_a_mistake_is_told_with_its_place_and_without_the_value(
    tmp_path: Path, text: str, line: int, column: int
) -> None:
    path = tmp_path / "secrets"
    path.write_text(text)
    with pytest.raises(WorkflowError) as caught:
        read_file(str(path))
    assert caught.value.where is not None
    assert (caught.value.where.line, caught.value.where.column) == (line, column)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"A=\xff\xfe")
    for name in ("none", "binary"):
        with pytest.raises(WorkflowError):
            read_file(str(tmp_path / name))


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True),
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r")),
    )
)
def test_any_value_can_be_written_in_double_quotes(values: dict[str, str]) -> None:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", encoding="utf-8") as file:
        for name, value in values.items():
            escaped = re.sub(r'(["\\])', r"\\\1", value)
            file.write(f'{name}="{escaped}"\n')
        file.flush()
        assert read_file(file.name) == values


def test_no_representation_shows_a_value() -> None:
    assert "hunter2" not in repr(RunSecrets({"A": "hunter2"}))
