"""agentmesh cache."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from agentmesh.cli.dispatch import dispatch


@pytest.fixture
def workspace(tmp_path):
    """A git repository with an origin, and something to cache."""
    folder = tmp_path / "work"
    (folder / "d").mkdir(parents=True)
    (folder / "d" / "x").write_text("text")
    for argv in (
        ("init", "--quiet", "-b", "main"),
        ("remote", "add", "origin", "https://github.com/acme/app.git"),
    ):
        subprocess.run(("git", *argv), cwd=folder, check=True)
    return folder


@pytest.fixture
def call(capfd, tmp_path, workspace):
    def call(*argv, directory=workspace):
        options = ("--store", str(tmp_path / "store"), "--directory", str(directory))
        code = dispatch((*options, "cache", *map(str, argv)))
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture
def answer(call):
    """The JSON document of a call that succeeds."""

    def answer(*argv, **more):
        code, out, err = call(*argv, "--json", **more)
        assert (code, err) == (0, "")
        return json.loads(out)

    return answer


def test_what_was_saved_is_restored(answer, workspace):
    saved = answer("save", "--key", "k-1", "--path", "d")
    assert (saved["saved"], saved["reason"]) == (True, "")
    (workspace / "d" / "x").unlink()
    restored = answer("restore", "--key", "k-1", "--path", "d")
    assert restored["seconds"] > 0
    assert {name: restored[name] for name in ("hit", "key", "files_written", "bytes_written")} == {
        "hit": "exact",
        "key": "k-1",
        "files_written": 1,
        "bytes_written": 4,
    }
    assert (workspace / "d" / "x").read_text() == "text"


def test_restore_keys_are_prefixes(answer):
    answer("save", "--key", "k-1", "--path", "d")
    argv = ("restore", "--key", "k-2", "--restore-key", "z-", "--restore-key", "k-", "--path", "d")
    assert answer(*argv)["hit"] == "prefix"


def test_a_miss_and_an_existing_key_are_exit_0(answer):
    missed = answer("restore", "--key", "k", "--path", "d")
    assert (missed["hit"], missed["key"], missed["files_written"]) == ("none", "", 0)
    assert missed["reason"]
    answer("save", "--key", "k", "--path", "d")
    again = answer("save", "--key", "k", "--path", "d")
    assert again["saved"] is False
    assert "exists already" in again["reason"]


def test_the_list_of_paths_is_part_of_an_entry(answer):
    answer("save", "--key", "k", "--path", "d")
    assert answer("restore", "--key", "k", "--path", "d", "--path", "e")["hit"] == "none"


@pytest.mark.parametrize(
    "argv",
    [
        ("--key", "a,b", "--path", "d"),
        ("--key", "", "--path", "d"),
        ("--key", "x" * 513, "--path", "d"),
        ("--key", "k", "--path", "../d"),
        ("--key", "k", "--path", "d/../../e"),
        ("--key", "k"),
        ("--path", "d"),
    ],
)
@pytest.mark.parametrize("command", ["save", "restore"])
def test_what_is_not_allowed_is_exit_2(call, command, argv):
    code, out, err = call(command, *argv)
    assert (code, out) == (2, "")
    assert err


def test_more_than_ten_keys_are_exit_2(call):
    keys = [word for n in range(10) for word in ("--restore-key", str(n))]
    assert call("restore", "--key", "k", *keys, "--path", "d")[0] == 2
    assert call("restore", "--key", "k", *keys[:-2], "--path", "d")[0] == 0


def test_a_link_in_the_target_is_replaced(answer, workspace, tmp_path):
    answer("save", "--key", "k", "--path", "d")
    (workspace / "d" / "x").unlink()
    (workspace / "d").rmdir()
    (tmp_path / "outside").mkdir()
    (workspace / "d").symlink_to(tmp_path / "outside")
    assert answer("restore", "--key", "k", "--path", "d")["hit"] == "exact"
    assert not (workspace / "d").is_symlink()
    assert list((tmp_path / "outside").iterdir()) == []


def test_another_repository_does_not_see_it(answer, tmp_path):
    answer("save", "--key", "k", "--path", "d")
    other = tmp_path / "other"
    other.mkdir()
    assert answer("restore", "--key", "k", "--path", "d", directory=other)["hit"] == "none"
    assert answer("ls", directory=other)["entries"] == []
    assert len(answer("ls", "--all-repositories", directory=other)["entries"]) == 1


def test_a_branch_reads_the_default_branch_and_not_the_reverse(answer, workspace):
    answer("save", "--key", "of-main", "--path", "d")
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for argv in (
        (*identity, "commit", "--quiet", "--allow-empty", "-m", "x"),
        ("checkout", "--quiet", "-b", "topic"),
    ):
        subprocess.run(("git", *argv), cwd=workspace, check=True)
    assert answer("restore", "--key", "of-main", "--path", "d")["hit"] == "exact"
    answer("save", "--key", "of-topic", "--path", "d")
    subprocess.run(("git", "checkout", "--quiet", "main"), cwd=workspace, check=True)
    missed = answer("restore", "--key", "of-topic", "--path", "d")
    assert missed["hit"] == "none"
    assert "refs/heads/topic" in missed["reason"]


def test_entries_are_listed_and_shown(answer, call):
    answer("save", "--key", "k", "--path", "d")
    (entry,) = answer("ls")["entries"]
    assert (entry["repository"], entry["key"], entry["files"]) == ("acme/app", "k", 1)
    assert (entry["scope"], entry["paths"]) == ("refs/heads/main", ["d"])
    shown = answer("show", "k")
    assert [file["path"] for file in shown["files"]] == ["d", "d/x"]
    assert "d/x" in call("show", "k")[1]
    assert call("ls")[1].splitlines()[1].startswith("k ")
    code, _, err = call("show", "nope")
    assert code == 2
    assert "its keys are k" in err


def test_use_is_told(answer, call):
    assert "nothing is cached" in call("stats")[1]
    answer("save", "--key", "k", "--path", "d")
    answer("restore", "--key", "k", "--path", "d")
    stats = answer("stats")
    assert stats["repositories"][0]["hits"] == {"exact": 1}
    assert stats["bytes_on_disk"] > 0


def test_verify_is_exit_0_while_all_is_whole_and_1_afterwards(call, answer, tmp_path):
    answer("save", "--key", "k", "--path", "d")
    assert answer("verify") == {"ok": True, "entries": 1, "damaged": []}
    for path in Path(tmp_path, "store", "packs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"rubbish")
    code, out, _ = call("verify", "--json")
    assert code == 1
    assert [each["key"] for each in json.loads(out)["damaged"]] == ["k"]
    assert call("verify")[:2] == (0, "0 entries are whole\n")


def test_a_damaged_entry_is_a_miss_and_can_be_saved_anew(answer, tmp_path):
    answer("save", "--key", "k", "--path", "d")
    for path in Path(tmp_path, "store", "packs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"rubbish")
    missed = answer("restore", "--key", "k", "--path", "d")
    assert missed["hit"] == "none"
    assert "damaged" in missed["reason"]
    assert answer("save", "--key", "k", "--path", "d")["saved"]


def test_entries_are_pruned(answer, call):
    answer("save", "--key", "a", "--path", "d")
    answer("save", "--key", "b", "--path", "d")
    assert answer("prune")["entries"] == 0
    assert answer("prune", "--all", "--key", "a")["entries"] == 1
    assert "dropped 1 entry" in call("prune", "--days", "0")[1]
    assert answer("ls")["entries"] == []
    assert answer("stats")["bytes_on_disk"] == 0


def test_a_restore_is_explained(answer, call):
    answer("save", "--key", "k-1", "--path", "d")
    found = answer("explain", "--key", "k", "--path", "d")
    assert (found["hit"], found["key"], found["scope"]) == ("prefix", "k-1", "refs/heads/main")
    assert call("explain", "--key", "k-1", "--path", "d")[1].startswith("exact hit: k-1")
    assert "nearest is 'k-1'" in answer("explain", "--key", "x", "--path", "d")["reason"]


def test_texts_are_for_people(call, workspace):
    assert call("restore", "--key", "k", "--path", "d")[1].startswith("miss: ")
    assert call("save", "--key", "k", "--path", "d")[1].startswith("saved 1 file (")
    assert call("save", "--key", "k", "--path", "d")[1].startswith("not saved: ")
    (workspace / "d" / "x").write_text("other")
    assert "1 file (4 B) written" in call("restore", "--key", "k", "--path", "d")[1]


def test_a_damaged_index_is_exit_3(call, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "index.db").write_bytes(b"not a database at all, but long" * 100)
    for argv in (("ls",), ("save", "--key", "k", "--path", "d"), ("stats",), ("verify",)):
        code, _, err = call(*argv)
        assert code == 3
        assert "remedy: move it away" in err
