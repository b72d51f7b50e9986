"""The lock file: the same text for the same pins, strict about what differs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.core.errors import Refused, WorkflowError
from agentmesh.store import lockfile
from agentmesh.store.lockfile import Pin

PIN = Pin("c" * 40, "blake3:" + "t" * 64)


def test_a_folder_has_one_at_its_root_or_beside_the_workflows(tmp_path: Path) -> None:
    assert lockfile.find(str(tmp_path)) == ""
    beside = tmp_path / ".github" / "workflows" / "agentmesh.lock"
    beside.parent.mkdir(parents=True)
    beside.touch()
    assert lockfile.find(str(tmp_path)) == str(beside)
    (tmp_path / "agentmesh.lock").touch()
    assert lockfile.find(str(tmp_path)) == str(tmp_path / "agentmesh.lock")


def test_an_empty_file_has_no_pins_and_takes_some(tmp_path: Path) -> None:
    path = tmp_path / "agentmesh.lock"
    path.touch()
    assert lockfile.read(str(path)) == {}
    lockfile.add(str(path), "b/b@v1", PIN)
    lockfile.add(str(path), "a/a@v1", PIN)
    lockfile.add(str(path), "a/a@v1", Pin("other", "other"))  # the first one stays
    assert lockfile.read(str(path)) == {"a/a@v1": PIN, "b/b@v1": PIN}
    assert path.read_text().index("a/a") < path.read_text().index("b/b")
    assert [p.name for p in tmp_path.iterdir()] == ["agentmesh.lock"]


@given(
    st.dictionaries(st.text(), st.builds(Pin, st.text(), st.text())).filter(
        lambda pins: "version" not in pins
    )
)
def test_any_pins_survive_being_written(pins: dict[str, Pin]) -> None:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("wb") as file:
        try:
            file.write(lockfile.render(pins).encode())
        except UnicodeEncodeError:
            return
        file.flush()
        assert lockfile.read(file.name) == pins


def test_pins_added_at_once_are_all_there(tmp_path: Path) -> None:
    path = str(tmp_path / "agentmesh.lock")
    Path(path).touch()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: lockfile.add(path, f"a/{n}@v1", PIN), range(24)))
    assert len(lockfile.read(path)) == 24


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<<<<<<< HEAD\n", "no TOML"),
        ('["a/b@c"]\ncommit = 1\ntree = ""\n', "damaged"),
        ('["a/b@c"]\ncommit = ""\ntree = ""\nmore = 1\n', "damaged"),
        ("version = 2\n", "newer version"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "agentmesh.lock"
    path.write_text(text)
    with pytest.raises(WorkflowError, match=words) as caught:
        lockfile.read(str(path))
    assert caught.value.where is not None
    assert caught.value.remedy


def test_the_same_is_fine_and_anything_else_refused() -> None:
    lockfile.check("f", "a/b@v1", PIN, PIN)
    lockfile.check("f", "a/b@v1", PIN, Pin("", PIN.tree))  # a folder has no commit
    for other in (Pin("d" * 40, PIN.tree), Pin(PIN.commit, "blake3:x")):
        with pytest.raises(Refused) as caught:
            lockfile.check("f", "a/b@v1", PIN, other)
        assert caught.value.exit_code == 4
        assert 'remove ["a/b@v1"]' in caught.value.remedy
