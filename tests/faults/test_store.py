"""Whatever kills a writer, what was stored before is whole and what comes after works.

Writers are real processes, killed at random instants; the instants come from a seed that is
printed. A disk that is full is a small file system of its own where we may mount one, else a limit
on the size of files. The long campaign is ``pytest -m soak``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.ports.cache import CacheScope
from agentmesh.store import holders, index
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.cache import FileCache
from agentmesh.store.care import CacheCare
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout

SCOPE = CacheScope(repository="acme/app", write="main", read=("main",))

HISTORY = """
    from datetime import UTC, datetime, timedelta
    from agentmesh.core.events import *
    from agentmesh.store.history import SqliteHistory
    history = SqliteHistory(layout)
    run, number = history.new_run()
    writer = history.writer(run, number, "acme/app")
    time = datetime.now(UTC)
    of = dict(job="b", job_id="b", key="b")
    writer(RunStarted(time=time, run=run, seq=1, workflows=("w",), event="push"))
    print(flush=True)
    line = 1
    for n in range(1, 100000):
        time += timedelta(milliseconds=3)
        step = dict(of, step="s", number=1)
        text = "\\n".join(f"line {i}" for i in range(line, line + n % 300 + 1))
        writer(Logged(time=time, seq=line, text=text, count=n % 300 + 1, first=line, **step))
        line += n % 300 + 1
        writer(StepStarted(time=time, seq=200000 + n, **dict(step, number=n + 1)))
"""

CACHE = """
    import os
    from agentmesh.ports.cache import CacheScope
    from agentmesh.store.cache import FileCache
    scope = CacheScope(repository="acme/app", write="main", read=("main",))
    cache = FileCache(layout)
    print(flush=True)
    for n in range(100000):
        with open(f"{work}/d/fresh", "w") as file:
            file.write(f"{os.getpid()} {n}" * 2000)
        cache.save_now(scope, f"{os.getpid()}-{n}", ("d",), work, "/nowhere")
"""

CHURN = """
    import os
    from agentmesh.ports.cache import CacheScope
    from agentmesh.store.cache import FileCache, Limits
    from agentmesh.store.care import CacheCare
    scope = CacheScope(repository="acme/app", write="main", read=("main",))
    cache, care = FileCache(layout, Limits(bytes=400_000)), CacheCare(layout)
    me = os.getpid()
    print(flush=True)
    for n in range(100000):
        for k in range(30):
            with open(f"{work}/d/{k}", "w") as file:
                file.write(os.urandom(1000).hex() if k % 10 == n % 10 else f"{k} " * 500)
        cache.save_now(scope, f"{me}-{n}", ("d",), work, "/nowhere")
        cache.restore_now(scope, (f"{me}-{n // 2}", f"{me}-"), ("d",), work, "/nowhere")
        if n % 3 == 2:
            care.prune(prefix=f"{me}-{n - 1}", everything=True)
"""


def run(
    program: str, layout: Layout, work: str = "", stdin: int | None = None
) -> subprocess.Popen[str]:
    """Start a writer, and wait until it writes."""
    head = (
        "import ctypes, sys\nfrom agentmesh.store.layout import Layout\n"
        "ctypes.CDLL(None).prctl(1, 9)\n"  # end when the test does, however that ends
        "layout, work = Layout(sys.argv[1]), sys.argv[2]\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", head + textwrap.dedent(program), layout.root, work],
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def kill(process: subprocess.Popen[str], seconds: float) -> None:
    """Let it go on for a moment, then kill it where it stands."""
    time.sleep(seconds)
    assert process.poll() is None, "the writer ended by itself"
    process.send_signal(signal.SIGKILL)
    process.communicate()


def instants(count: int) -> Iterator[float]:
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))
    print(f"FAULT_SEED={seed}")
    source = random.Random(seed)
    return (source.uniform(0.0, 0.08) for _ in range(count))


def check_history(layout: Layout) -> None:
    """Every run can be read; its log has no gap."""
    history = SqliteHistory(layout)
    for record in history.runs():
        assert record.status == "interrupted"
        list(history.events(record))
        for job in history.jobs(record):
            line = 1
            for part in history.log(record, job):
                assert part.first == line
                assert part.text.split("\n")[0] == f"line {line}"
                line += part.count
    history.close()


def check_cache(layout: Layout, work: Path) -> None:
    """Everything that can be listed is whole, can be restored, and the next save works."""
    care = CacheCare(layout)
    number, broken = care.verify()
    assert broken == []
    cache = FileCache(layout)
    for entry in care.listed()[:3]:
        assert cache.restore_now(SCOPE, (entry.key,), ("d",), str(work), "/nowhere").hit == "exact"
    saved = cache.save_now(SCOPE, f"after-{number}", ("d",), str(work), "/nowhere")
    assert saved.saved, saved.reason
    with index.opened(layout) as connection:
        holders.sweep(layout, connection, time.time() + 7200)
        names = {row[0] for row in connection.execute("SELECT name FROM pack")}
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    root = Path(layout.root)
    there = {
        str(path.relative_to(root))
        for kind in (layout.packs, layout.objects)
        for path in Path(kind).rglob("*")
        if path.is_file()
    }
    assert there == names
    assert os.listdir(layout.tmp) == []


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty store."""
    return Layout(str(tmp_path / "store"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with something to cache."""
    folder = tmp_path / "work"
    (folder / "d").mkdir(parents=True)
    for n in range(200):
        (folder / "d" / str(n)).write_text(f"{n}" * n)
    (folder / "d" / "large").write_bytes(os.urandom(1_500_000))
    return folder


@pytest.mark.slow
def test_a_killed_run_leaves_what_it_has_written(layout: Layout) -> None:
    for seconds in instants(12):
        kill(run(HISTORY, layout), seconds)
        check_history(layout)


@pytest.mark.slow
def test_a_killed_save_leaves_a_cache_that_is_whole(layout: Layout, work: Path) -> None:
    for seconds in instants(12):
        kill(run(CACHE, layout, str(work)), seconds)
        check_cache(layout, work)


@pytest.mark.slow
def test_a_killed_eviction_leaves_a_cache_that_is_whole(layout: Layout, work: Path) -> None:
    for seconds in instants(12):
        kill(run(CHURN, layout, str(work)), seconds)
        check_cache(layout, work)


@pytest.mark.soak
def test_many_killed_writers_leave_whole_stores(layout: Layout, work: Path) -> None:
    for seconds in instants(150):  # three kills each
        for process in [run(HISTORY, layout), *(run(p, layout, str(work)) for p in (CACHE, CHURN))]:
            kill(process, seconds)
        check_history(layout)
        check_cache(layout, work)


@pytest.mark.slow
def test_two_who_save_at_once_do_not_harm_each_other(
    layout: Layout, work: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "d").mkdir(parents=True)
    (other / "d" / "x").write_text("x" * 100)
    pair = [run(CACHE, layout, str(work)), run(CACHE, layout, str(other))]
    for _ in range(20):
        CacheCare(layout).prune(everything=True)
    for process in pair:
        kill(process, 0.05)
    check_cache(layout, work)


def test_of_two_processes_that_save_one_key_exactly_one_wins(
    layout: Layout, tmp_path: Path
) -> None:
    program = """
        import sys
        from agentmesh.ports.cache import CacheScope
        from agentmesh.store.cache import FileCache
        scope = CacheScope(repository="acme/app", write="main", read=("main",))
        print(flush=True)
        sys.stdin.readline()
        for n in range(30):
            saved = FileCache(layout).save_now(scope, f"k{n}", ("d",), work, "/nowhere")
            print(n if saved.saved else -1, flush=True)
    """
    pair = []
    for name in ("one", "two"):
        folder = tmp_path / name / "d"
        folder.mkdir(parents=True)
        for number in range(20):
            (folder / str(number)).write_text(name * 50)
        pair.append(run(program, layout, str(folder.parent), stdin=subprocess.PIPE))
    for process in pair:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [int(line) for process in pair for line in process.communicate()[0].split()]
    assert sorted(number for number in won if number >= 0) == list(range(30))
    assert len(won) == 60
    for number in range(30):
        target = tmp_path / f"t{number}"
        target.mkdir()
        restored = FileCache(layout).restore_now(
            SCOPE, (f"k{number}",), ("d",), str(target), "/nowhere"
        )
        assert restored.hit == "exact"
        texts = {path.read_text() for path in (target / "d").iterdir()}
        assert texts in ({"one" * 50}, {"two" * 50})


def test_a_clock_that_goes_backwards_loses_nothing(layout: Layout, work: Path) -> None:
    now = [5_000_000.0]
    cache = FileCache(layout, clock=lambda: now[0])
    assert cache.save_now(SCOPE, "k-1", ("d",), str(work), "/nowhere").saved
    now[0] -= 1_000_000.0
    assert not cache.save_now(SCOPE, "k-1", ("d",), str(work), "/nowhere").saved
    (work / "d" / "0").write_text("later")
    assert cache.save_now(SCOPE, "k-2", ("d",), str(work), "/nowhere").saved
    for key in ("k-1", "k-2"):
        assert cache.restore_now(SCOPE, (key,), ("d",), str(work), "/nowhere").hit == "exact"
    assert [entry.key for entry in CacheCare(layout).listed()] == ["k-1", "k-2"]
    assert CacheCare(layout, clock=lambda: now[0]).prune().entries == 0
    check_cache(layout, work)


def test_files_of_the_future_are_read_each_time(layout: Layout, work: Path) -> None:
    cache = FileCache(layout)
    future = time.time() + 10_000_000
    file = work / "d" / "5"
    os.utime(file, (future, future))
    assert cache.save_now(SCOPE, "a", ("d",), str(work), "/nowhere").saved
    file.write_text("X" * len(file.read_text()))
    os.utime(file, (future, future))
    assert cache.save_now(SCOPE, "b", ("d",), str(work), "/nowhere").saved
    file.unlink()
    assert cache.restore_now(SCOPE, ("b",), ("d",), str(work), "/nowhere").hit == "exact"
    assert file.read_text() == "X" * 5


def test_the_store_is_its_owners_alone(layout: Layout, work: Path) -> None:
    assert FileCache(layout).save_now(SCOPE, "k", ("d",), str(work), "/nowhere").saved
    for path in (Path(layout.root), *Path(layout.root).rglob("*")):
        if path.is_dir():
            assert path.stat().st_mode & 0o077 == 0, path
    assert Path(layout.index).stat().st_mode & 0o077 == 0


def test_a_store_on_another_file_system_serves_as_well(small_disk: Path, tmp_path: Path) -> None:
    layout = Layout(str(small_disk / "store"))
    work = tmp_path / "work"
    (work / "d").mkdir(parents=True)
    for number in range(20):
        (work / "d" / str(number)).write_text(str(number))
    assert os.stat(small_disk).st_dev != os.stat(work).st_dev
    cache = FileCache(layout)
    assert cache.save_now(SCOPE, "k", ("d",), str(work), "/nowhere").saved
    for number in range(10):
        (work / "d" / str(number)).unlink()
    assert cache.restore_now(SCOPE, ("k",), ("d",), str(work), "/nowhere").files_written == 10
    assert {path.name for path in (work / "d").iterdir()} == {str(n) for n in range(20)}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place))
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root; the limit on file sizes is tested")
    yield place
    subprocess.run(("umount", str(place)), check=True)


def test_a_full_disk_fails_no_run_and_loses_nothing_older(small_disk: Path) -> None:
    layout = Layout(str(small_disk / "store"))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), layout.root],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "incomplete" in done.stdout
    assert "history --prune" in done.stdout or "--store" in done.stdout
    (small_disk / "ballast").unlink()
    history = SqliteHistory(layout)
    assert [r.number for r in history.runs()][-1] == 1
    assert history.new_run()[1] > 1
    history.close()


FULL = """
    import sys
    from datetime import UTC, datetime, timedelta
    from agentmesh.core.events import *
    from agentmesh.store.history import SqliteHistory
    from agentmesh.store.layout import Layout
    history = SqliteHistory(Layout(sys.argv[1]))
    time = datetime.now(UTC)
    for full in (False, True):
        run, number = history.new_run()
        writer = history.writer(run, number, "acme/app")
        writer(RunStarted(time=time, run=run, seq=1, workflows=("w",), event="push"))
        if full:
            with open(sys.argv[1] + "/../ballast", "wb", buffering=0) as file:
                try:
                    while file.write(bytes(4096)):
                        pass
                except OSError:
                    pass
        step = dict(job="b", job_id="b", key="b", step="s", number=1)
        for n in range(400):
            time += timedelta(milliseconds=20)
            text = f"{n * 7919}" * 100
            writer(Logged(time=time, seq=n + 2, text=text, first=n + 1, **step))
            writer(StepStarted(time=time, seq=1000 + n, **dict(step, number=n + 2)))
        writer(RunCompleted(time=time, run=run, seq=2000, conclusion="success"))
        writer.close()
        print(writer.failure)
        assert bool(writer.failure) is full, (full, writer.failure)
    history.close()
"""


def test_a_full_disk_saves_no_cache_and_says_so(small_disk: Path, tmp_path: Path) -> None:
    layout = Layout(str(small_disk / "store"))
    work = tmp_path / "work"
    (work / "d").mkdir(parents=True)
    (work / "d" / "x").write_text("small")
    cache = FileCache(layout)
    assert cache.save_now(SCOPE, "small", ("d",), str(work), "/h").saved
    (work / "d" / "y").write_bytes(os.urandom(3 << 20))
    with pytest.raises(SetupError, match="No space left") as caught:
        cache.save_now(SCOPE, "large", ("d",), str(work), "/h")
    assert caught.value.remedy
    assert os.listdir(layout.tmp) == []
    (work / "d" / "y").unlink()
    assert cache.restore_now(SCOPE, ("small",), ("d",), str(work), "/h").hit == "exact"
    assert cache.save_now(SCOPE, "large", ("d",), str(work), "/h").saved


def test_a_restore_onto_a_full_disk_is_a_miss_that_leaves_it_as_it_was(
    small_disk: Path, layout: Layout, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    (work / "d").mkdir(parents=True)
    (work / "d" / "a").write_text("cached")
    (work / "d" / "y").write_bytes(os.urandom(3 << 20))
    cache = FileCache(layout)
    assert cache.save_now(SCOPE, "k", ("d",), str(work), "/h").saved
    target = small_disk / "work"
    (target / "d").mkdir(parents=True)
    (target / "d" / "a").write_text("mine")
    restored = cache.restore_now(SCOPE, ("k",), ("d",), str(target), "/h")
    assert restored.hit == "none"
    assert "No space left" in restored.reason
    assert sorted(p.name for p in target.rglob("*")) == ["a", "d"]
    assert (target / "d" / "a").read_text() == "mine"


def test_a_limit_on_file_sizes_is_an_error_with_a_remedy(layout: Layout, work: Path) -> None:
    program = """
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        from agentmesh.core.errors import SetupError
        from agentmesh.store.artifacts import FileArtifacts
        from agentmesh.store.layout import Layout
        artifacts = FileArtifacts(Layout(sys.argv[1]))
        artifacts.upload_now("r", "small", (("0", sys.argv[2] + "/d/0"),))
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
        try:
            artifacts.upload_now("r", "large", (("x", sys.argv[2] + "/d/large"),))
        except SetupError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), layout.root, str(work)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "remedy:" in done.stdout
    assert [a.name for a in FileArtifacts(layout).list_now("r")] == ["small"]
    assert os.listdir(layout.tmp) == []


def test_a_damaged_database_is_told_and_left_alone(layout: Layout) -> None:
    os.makedirs(layout.root)
    for path in (layout.history, layout.index):
        Path(path).write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    for attempt in (
        lambda: SqliteHistory(layout).new_run(),
        lambda: SqliteHistory(layout).runs(),
        lambda: CacheCare(layout).listed(),
        lambda: FileArtifacts(layout).list_now("r"),
    ):
        before = Path(layout.history).read_bytes(), Path(layout.index).read_bytes()
        with pytest.raises(SetupError) as caught:
            attempt()
        assert caught.value.remedy
        assert (Path(layout.history).read_bytes(), Path(layout.index).read_bytes()) == before
