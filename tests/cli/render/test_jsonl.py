"""Events as JSON lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli.render.jsonl import JsonLines
from agentmesh.core.events import AnyEvent, JobCompleted, JobQueued, Logged

NOW = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
OF = {"time": NOW, "run": "9", "job": 'a "quoted" job', "job_id": "a", "key": "a#0"}


class Kept:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data


def lines_of(*events):
    kept = Kept()
    view = JsonLines(kept)
    for event in events:
        view(event)
    view.close()
    assert kept.data.endswith(b"\n")
    return [json.loads(line) for line in kept.data.split(b"\n")[:-1]]


def test_an_event_is_one_line_with_its_type_run_number_and_time():
    (event,) = lines_of(JobCompleted(**OF, seq=4, conclusion="success"))
    assert event == {
        "type": "job.completed",
        "run": "9",
        "seq": 4,
        "time": "2026-01-02T03:04:05.678900Z",
        "job": 'a "quoted" job',
        "job_id": "a",
        "key": "a#0",
        "conclusion": "success",
    }


def test_a_batch_of_lines_becomes_one_event_a_line_without_a_gap():
    text = 'one\n\n"three" \\ \x1b[31m\u2028'
    events = lines_of(
        Logged(**OF, seq=7, step="s", number=2, text=text, count=3, first=11),
        JobCompleted(**OF, seq=10, conclusion="failure"),
    )
    assert [e["seq"] for e in events] == [7, 8, 9, 10]
    assert [e["text"] for e in events[:-1]] == text.split("\n")
    assert [e["line"] for e in events[:-1]] == [11, 12, 13]
    assert {e["type"] for e in events[:-1]} == {"log"}
    assert {e["step"] for e in events[:-1]} == {"s"}
    assert "count" not in events[0]


def test_what_utf_8_cannot_say_is_replaced():
    events = lines_of(
        Logged(**OF, seq=1, step="s", text="half \udc80"), JobQueued(**OF, seq=2, why="\udcff")
    )
    assert events[0]["text"] == "half ?"
    assert events[1]["why"] == "?"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_line_can_be_read_back_as_an_event(text):
    kept = Kept()
    count = text.count("\n") + 1
    JsonLines(kept)(Logged(**OF, seq=1, step="s", text=text, count=count))
    decoder = msgspec.json.Decoder(AnyEvent)
    read = [decoder.decode(line) for line in kept.data.split(b"\n")[:-1]]
    assert "\n".join(event.text for event in read) == text
    assert [event.seq for event in read] == list(range(1, count + 1))


@pytest.mark.parametrize("text", ["", "\n", '","text":""'])
def test_odd_texts_keep_their_lines(text):
    events = lines_of(Logged(**OF, seq=1, step=text or "s", text=text, count=text.count("\n") + 1))
    assert [e["text"] for e in events] == text.split("\n")
