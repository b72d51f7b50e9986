"""Where things lie, and that only their owner can see them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.store.layout import Layout, make


def test_everything_lies_below_the_root() -> None:
    layout = Layout("/r")
    paths = (layout.history, layout.index, layout.packs, layout.objects, layout.actions)
    assert all(path.startswith("/r/") for path in (*paths, layout.tmp, layout.log(3, 2)))


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    folder = make(str(tmp_path / "a" / "b"))
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert make(folder) == folder


def test_a_place_that_cannot_be_a_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError) as caught:
        make(str(tmp_path / "file" / "below"))
    assert "--store" in caught.value.remedy
