"""The folders of a run, and what killed runs left."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

from agentmesh.app.work import claimed


def memory(tmp_path: Path) -> dict[str, str]:
    place = tmp_path / "runtime"
    place.mkdir(exist_ok=True)
    return {"XDG_RUNTIME_DIR": str(place)}


def test_a_run_has_folders_on_disk_and_in_memory_and_leaves_none(tmp_path: Path):
    with claimed(str(tmp_path / "store"), "1", memory(tmp_path)) as work:
        assert work.disk == str(tmp_path / "store" / "work")
        assert work.memory == str(tmp_path / "runtime" / "agentmesh")
        assert stat.S_IMODE(os.stat(work.memory).st_mode) == 0o700
        os.mkdir(os.path.join(work.disk, "1"))
    assert os.listdir(work.disk) == []


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path):
    store = str(tmp_path / "store")
    program = (
        "import os, sys\nfrom agentmesh.app.work import claimed\n"
        "with claimed(sys.argv[1], 'dead', {'XDG_RUNTIME_DIR': sys.argv[2]}) as work:\n"
        "    for place in (work.disk, work.memory):\n"
        "        os.makedirs(place + '/dead/build')\n"
        "        open(place + '/dead/build/file', 'w').close()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    runtime = memory(tmp_path)
    subprocess.run([sys.executable, "-c", program, store, runtime["XDG_RUNTIME_DIR"]], check=False)
    left = [tmp_path / "store/work/dead", tmp_path / "runtime/agentmesh/dead"]
    assert all(place.exists() for place in left)
    with claimed(store, "2", runtime) as work:
        deadline = time.monotonic() + 30
        while any(place.exists() for place in left):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert sorted(os.listdir(work.disk)) == ["2.lock"]


def test_a_run_that_lives_is_left_alone(tmp_path: Path):
    store, runtime = str(tmp_path / "store"), memory(tmp_path)
    with claimed(store, "1", runtime) as work:
        os.makedirs(os.path.join(work.disk, "1", "build"))
        with claimed(store, "2", runtime):
            assert os.path.isdir(os.path.join(work.disk, "1", "build"))
        os.rmdir(os.path.join(work.disk, "1", "build"))


def test_a_folder_that_others_could_change_is_not_used(tmp_path: Path):
    with claimed(str(tmp_path / "store"), "1", {}) as work:
        assert work.memory.startswith(("/dev/shm/agentmesh-", str(tmp_path)))
