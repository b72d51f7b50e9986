"""Log files: whole after any end, small or large, readable by zstd's own tools."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zstandard import ZstdDecompressor

from agentmesh.store import logs
from agentmesh.store.layout import Layout
from agentmesh.store.logs import LogWriter

_text = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=60)


def lines(path: str, step: int | None = None) -> dict[int, list[str]]:
    """What a file holds, by step; checks that the parts follow one another."""
    found: dict[int, list[str]] = {}
    for part, _ in logs.read(path, step):
        texts = part.text.split("\n")
        assert len(texts) == part.count
        assert part.first == len(found.setdefault(part.step, [])) + 1
        found[part.step] += texts
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.lists(_text, min_size=1), st.booleans())))
def test_what_was_written_is_read(batches: list[tuple[int, list[str], bool]]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        layout = Layout(folder)
        writer = LogWriter(layout, 1)
        expected: dict[int, list[str]] = {}
        for step, texts, flush in batches:
            first = len(expected.setdefault(step, [])) + 1
            writer.add(7, step, first, len(texts), "\n".join(texts))
            expected[step] += texts
            if flush:
                writer.flush()
        writer.close()
        assert lines(layout.log(1, 7)) == expected


def test_a_long_log_is_compressed_in_order(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    expected = []
    for batch in range(400):
        texts = [f"line {batch * 100 + n} of many that look alike" for n in range(100)]
        writer.add(1, 1, batch * 100 + 1, 100, "\n".join(texts))
        expected += texts
    writer.close()
    path = layout.log(1, 1)
    assert lines(path)[1] == expected
    assert os.path.getsize(path) < sum(map(len, expected)) / 5


def test_a_file_is_a_zstd_stream_of_the_text(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    texts = ["short", "x" * 300_000, "ä" * 50]
    for number, text in enumerate(texts, 1):
        writer.add(1, number, 1, 1, text)
        writer.end_step(1, number)
        writer.flush()
    writer.close()
    with open(layout.log(1, 1), "rb") as file:
        reader = ZstdDecompressor().stream_reader(file, read_across_frames=True)
        assert reader.read().decode() == "".join(f"{text}\n" for text in texts)


@pytest.mark.parametrize("size", [0, 1, 127, 128 * 1024 - 1, 128 * 1024, 300_000])
def test_frames_made_by_hand_are_frames(size: int) -> None:
    data = os.urandom(size)
    frame = logs.raw_frame(data)
    assert ZstdDecompressor().decompress(frame) == data


def test_every_prefix_of_a_file_gives_the_records_before_it(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    for number in range(1, 6):
        writer.add(1, 1, number, 1, f"line {number}")
        writer.flush()
    writer.close()
    path = Path(layout.log(1, 1))
    whole = path.read_bytes()
    ends = [offset for _, offset in logs.read(str(path))]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        assert sum(len(texts) for texts in lines(str(path)).values()) == sum(
            end <= cut for end in ends
        )


def test_a_damaged_record_ends_what_is_read_without_an_error(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    for number in (1, 2, 3):
        writer.add(1, 1, number, 1, f"line {number}")
        writer.flush()
    writer.close()
    path = Path(layout.log(1, 1))
    data = bytearray(path.read_bytes())
    (_, first), *_ = logs.read(str(path))
    for at in range(first, len(data), 7):
        broken = bytearray(data)
        broken[at] ^= 0x55
        path.write_bytes(broken)
        assert next(logs.read(str(path)))[0].text == "line 1"


def test_reading_goes_on_from_where_it_was(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    path = layout.log(1, 1)
    offset, seen = 0, []
    for number in range(1, 8):
        writer.add(1, 1, number, 1, f"line {number}")
        writer.flush()
        for part, after in logs.read(path, start=offset):
            seen.append(part.text)
            offset = after
    writer.close()
    assert seen == [f"line {number}" for number in range(1, 8)]


def test_a_file_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert list(logs.read(str(tmp_path / "none"))) == []


def test_little_output_is_stored_without_importing_a_compressor(tmp_path: Path) -> None:
    program = (
        "import sys; from agentmesh.store.logs import LogWriter\n"
        "from agentmesh.store.layout import Layout\n"
        "w = LogWriter(Layout(sys.argv[1]), 1)\n"
        "for s in range(50): w.add(1, s, 1, 1, 'ok'); w.end_step(1, s)\n"
        "w.close(); sys.exit('zstandard' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, tmp_path], check=False).returncode == 0
    assert len(lines(Layout(str(tmp_path)).log(1, 1))) == 50


def test_a_disk_that_takes_no_more_is_an_error_that_comes_again(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    os.makedirs(layout.log(1, 1))  # a folder where the file should be
    writer.add(1, 1, 1, 1, "x" * 400_000)
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        writer.close()


def test_halves_of_characters_are_no_reason_to_fail(layout: Layout) -> None:
    writer = LogWriter(layout, 1)
    writer.add(1, 1, 1, 1, "before \ud800 after")
    writer.close()
    assert lines(layout.log(1, 1)) == {1: ["before ? after"]}
