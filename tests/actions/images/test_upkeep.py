"""Storage neither grows for ever nor loses what is in use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentmesh.actions.images import upkeep
from agentmesh.actions.images.upkeep import Root

NOW = 1_000_000_000.0
DAY = 86_400


@pytest.mark.parametrize(
    ("roots", "going"),
    [
        ([Root("a", NOW, 10)], ()),
        ([Root("a", NOW - 8 * DAY, 1), Root("b", NOW - 6 * DAY, 1)], ("a",)),
        ([Root("new", NOW, 60), Root("old", NOW - DAY, 60)], ("old",)),
        ([Root("new", NOW, 160), Root("old", NOW - DAY, 60)], ("old", "new")),
        ([Root("x", NOW - 9 * DAY, 90), Root("y", NOW, 90)], ("x",)),
    ],
)
def test_the_longest_unused_go_first_and_only_until_all_fit(
    roots: list[Root], going: tuple[str, ...]
) -> None:
    found = upkeep.doomed(roots, NOW, limit=100, days=7)
    assert tuple(root.path for root in found) == going


def storage(shared: Path, name: str, *, days: float = 0.0) -> Path:
    """A storage root that was used some days ago."""
    root = shared / "repo/own/default" / name
    (root / "overlay-images").mkdir(parents=True)
    (root / "overlay-images/images.json").write_text("x" * 10_000)
    os.close(upkeep.hold(str(root)))
    lock = Path(f"{root}.lock")
    used = lock.stat().st_mtime - days * DAY
    os.utime(lock, (used, used))
    return root


def test_what_was_not_used_for_a_week_goes_once_a_day(tmp_path: Path) -> None:
    old, new = storage(tmp_path, "old", days=8), storage(tmp_path, "new")
    said = upkeep.tidy(str(tmp_path))
    assert len(said) == 1
    assert str(old) in said[0]
    assert not old.exists()
    assert new.exists()
    again = storage(tmp_path, "again", days=8)
    assert upkeep.tidy(str(tmp_path)) == ()
    assert again.exists()


def test_what_a_build_holds_stays(tmp_path: Path) -> None:
    old = storage(tmp_path, "old", days=8)
    lock = upkeep.hold(str(old))
    try:
        assert upkeep.tidy(str(tmp_path), limit=0) == ()
    finally:
        os.close(lock)
    assert old.exists()


def test_stand_ins_count_too(tmp_path: Path) -> None:
    (tmp_path / "stand-ins").mkdir()
    (tmp_path / "stand-ins/a.tar").write_text("x" * 1000)
    assert "a.tar" in upkeep.tidy(str(tmp_path), limit=10)[0]


def test_containers_count_as_abandoned_only_where_nobody_builds(tmp_path: Path) -> None:
    root = str(tmp_path / "root")
    mine = upkeep.hold(root)
    assert not upkeep.abandoned(root, mine)
    containers = Path(root, "overlay-containers/containers.json")
    containers.parent.mkdir()
    containers.write_text("[]")
    assert not upkeep.abandoned(root, mine)
    containers.write_text('[{"id": "left"}]')
    other = upkeep.hold(root)
    assert not upkeep.abandoned(root, mine)
    os.close(other)
    assert upkeep.abandoned(root, mine)
    os.close(upkeep.hold(root))
    os.close(mine)
