"""Whatever ends a run, and whenever: its events, its history and its processes agree.

Random workflows are run by the real command and ended at random instants: by Ctrl-C once or twice,
by SIGTERM, by SIGKILL, by a store that is full, or not at all. The seed is printed; FAULT_SEED
repeats the workflows and the instants, as far as the machine is as fast. The long campaign is
``pytest -m soak``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout

Json = dict[str, Any]
DEADLINE = 120
"""Seconds after which a run hangs, and its test fails."""
FULL = os.geteuid() == 0
"""Whether we may mount a small disk."""
SIGNALS = {
    "nothing": (),
    "ctrl-c": (signal.SIGINT,),
    "ctrl-c twice": (signal.SIGINT, signal.SIGINT),
    "term": (signal.SIGTERM,),
    "kill": (signal.SIGKILL,),
    "full": (),
    "full and ctrl-c": (signal.SIGINT,),
}

SCRIPTS = (
    "echo one; echo two >&2",
    "seq 1 $((RANDOM % 4000))",
    "sleep 0.$((RANDOM % 5))",
    "sleep 20",
    "setsid sleep 300 > /dev/null 2>&1 &",
    "trap 'exit 7' INT; sleep 5 & wait",
    "trap '' INT; sleep 0.4",
    "exit 1",
    "kill -9 $$",
    "head -c 300000 /dev/urandom",
    "yes a-line-of-output | head -n 20000",
    'echo "value=$RANDOM" >> "$GITHUB_OUTPUT"; echo "A=$RANDOM" >> "$GITHUB_ENV"',
    "(sleep 0.2; echo late) &",
    "printf 'no newline'",
)


def workflow(choose: random.Random) -> Json:
    """One to six jobs that end within seconds, or sleep until they are told to end."""
    jobs: Json = {}
    for number in range(choose.randint(1, 6)):
        job: Json = {"runs-on": "ubuntu-latest"}
        if jobs and choose.random() < 0.5:
            job["needs"] = choose.sample(sorted(jobs), choose.randint(1, min(2, len(jobs))))
        if choose.random() < 0.3:
            job["if"] = choose.choice(["always()", "failure()", "!cancelled()", "cancelled()"])
        if choose.random() < 0.3:
            job["strategy"] = {
                "matrix": {"n": list(range(choose.randint(1, 4)))},
                "fail-fast": choose.random() < 0.5,
                "max-parallel": choose.randint(1, 3),
            }
        if choose.random() < 0.1:
            job["timeout-minutes"] = 0.01
        job["steps"] = [step(choose) for _ in range(choose.randint(1, 4))]
        jobs[f"j{number}"] = job
    return {"on": "push", "defaults": {"run": {"shell": "bash"}}, "jobs": jobs}


def step(choose: random.Random) -> Json:
    made: Json = {"run": "\n".join(choose.sample(SCRIPTS, choose.randint(1, 2)))}
    if choose.random() < 0.2:
        made["if"] = choose.choice(["always()", "failure()", "cancelled()"])
        made["run"] = "echo afterwards"
    elif choose.random() < 0.1:
        made["timeout-minutes"] = 0.005
    elif choose.random() < 0.1:
        made["background"] = True
    if choose.random() < 0.2:
        made["continue-on-error"] = True
    return made


def marked(marker: str) -> list[int]:
    """Processes whose environment holds the marker; those of a job all do."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@contextmanager
def disk(place: Path, kibibytes: int) -> Iterator[None]:
    """A small file system at a place, while it is needed."""
    place.mkdir()
    size = f"size={kibibytes}k"
    subprocess.run(("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)), check=True)
    try:
        yield
    finally:
        subprocess.run(("umount", str(place)), check=True)


def one_run(choose: random.Random, repo: Path, store: Path) -> None:
    """Make a run, end it, and look at what is left. Raises AssertionError."""
    made = workflow(choose)
    end = choose.choice([name for name in SIGNALS if FULL or not name.startswith("full")])
    after = choose.uniform(0.0, choose.choice((0.5, 1.5)))
    (repo / "ci.yml").write_text(json.dumps(made, indent=1))
    marker = f"MARKER={os.getpid()}-{choose.randrange(10**12)}"
    # what sleeps until it is told to end is told to, even when nothing else ends the run
    patience = 3.0
    if end.startswith("full"):
        with disk(store, choose.randint(200, 2000)):
            perform(end, after, patience, repo, store, marker)
    else:
        perform(end, after, patience, repo, store, marker)


def perform(end: str, after: float, patience: float, repo: Path, store: Path, marker: str) -> None:
    command = [str(Path(sys.executable).with_name("agentmesh")), "--store", str(store), "run"]
    process = subprocess.Popen(
        [*command, "ci.yml", "--json", "--event", "push", "--env", marker],
        cwd=repo,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(repo), "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    signals = list(SIGNALS[end])
    out = err = b""
    try:
        for number in (*signals, signal.SIGINT, signal.SIGINT):
            try:
                out, err = process.communicate(timeout=after if signals else patience)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(number)
                after = 0.3
            signals = signals[1:]
        else:
            out, err = process.communicate(timeout=DEADLINE)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    said = err.decode()
    # before main() runs, Ctrl-C is Python's
    assert "Traceback" not in said or (not out and ", in main" not in said), said
    judge(end, process.returncode, [json.loads(x) for x in out.split(b"\n")[:-1]], said)
    leaves(end, marker)
    remembers(end, store, [json.loads(x) for x in out.split(b"\n")[:-1]])


def judge(end: str, code: int, events: list[Json], said: str) -> None:
    """The events are those of a whole run, or begin like one that was killed."""
    codes = {0, 1, 130}
    if end == "kill":
        codes.add(-signal.SIGKILL)
    if end == "term" or "Traceback" in said:
        codes |= {-signal.SIGTERM, -signal.SIGINT}
    if end.startswith("full"):
        codes.add(3)
    assert code in codes, (code, said)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    kinds = Counter(event["type"] for event in events)
    ended = Counter(e["key"] for e in events if e["type"] == "job.completed")
    assert all(number == 1 for number in ended.values()), ended
    steps = [(e["key"], e["number"]) for e in events if e["type"] == "step.completed"]
    assert len(steps) == len(set(steps))
    if code < 0 or not events:
        return
    assert kinds["run.started"] == kinds["run.completed"] == 1
    assert events[0]["type"] == "run.started"
    assert events[-1]["type"] == "run.completed"
    assert {e["key"] for e in events if e["type"] in ("job.queued", "job.started")} <= ended.keys()
    begun = {(e["key"], e["number"]) for e in events if e["type"] == "step.started"}
    assert begun <= set(steps)
    heard = {e["job_id"] for e in events if e["type"] == "job.completed"}
    assert heard == {job["job_id"] for job in events[0]["jobs"]}
    for event in events:
        if event["type"] == "log":
            assert "\n" not in event["text"]


def leaves(end: str, marker: str) -> None:
    """No process of the run is left. After a kill, those who clean up are given some time."""
    deadline = time.monotonic() + (20 if end in ("kill", "term") else 0)
    while (left := marked(marker)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left


def remembers(end: str, store: Path, events: list[Json]) -> None:
    """The history has what was said; of a run that was killed or had no space, the beginning."""
    if not events:
        return
    history = SqliteHistory(Layout(str(store)))
    try:
        (record,) = history.find(events[0]["run"])
        kept = [(event.seq, type(event).__struct_config__.tag) for event in history.events(record)]
        logged = sum(p.count for job in history.jobs(record) for p in history.log(record, job))
        conclusions = {job.key: job.conclusion for job in history.jobs(record)}
    finally:
        history.close()
    if events[-1]["type"] != "run.completed":
        assert record.status == "interrupted"
        return
    if end.startswith("full"):
        return
    assert record.status == events[-1]["conclusion"]
    assert kept == [(e["seq"], e["type"]) for e in events if e["type"] != "log"]
    assert logged == sum(event["type"] == "log" for event in events)
    ended = {e["key"]: e["conclusion"] for e in events if e["type"] == "job.completed"}
    assert conclusions == ended


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository for the workflows, which no commit has."""
    root = tmp_path / "repo"
    root.mkdir()
    subprocess.run(("git", "init", "-q", "-b", "main", str(root)), check=True)
    return root


def campaign(runs: int, repo: Path, place: Path) -> None:
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))
    for number in range(runs):
        print(f"FAULT_SEED={seed + number}")
        one_run(random.Random(seed + number), repo, place / str(number))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_runs_that_end_at_any_instant_leave_everything_in_agreement(
    part: int, repo: Path, tmp_path: Path
) -> None:
    campaign(5, repo, tmp_path)


@pytest.mark.soak
def test_hundreds_of_runs_that_end_at_any_instant(repo: Path, tmp_path: Path) -> None:
    campaign(400, repo, tmp_path)
