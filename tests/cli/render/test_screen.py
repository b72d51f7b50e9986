"""The live area, byte by byte; what a terminal makes of it is tested with the tree."""

from __future__ import annotations

import pytest

from agentmesh.cli.render.screen import Screen


class Kept:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def take(self) -> str:
        data, self.data = self.data, b""
        return data.decode()


@pytest.fixture
def screen(monkeypatch):
    """A screen of 20 by 5 and what is written to it."""
    kept = Kept()
    made = Screen(kept, descriptor=-1)
    monkeypatch.setattr(made, "size", lambda: (20, 5))
    return made, kept


def test_where_there_is_no_terminal_a_usual_size_is_taken():
    assert Screen(Kept(), descriptor=-1).size() == (80, 24)


def test_the_cursor_is_hidden_once_and_given_back_at_the_end(screen):
    made, kept = screen
    made.draw(["a"])
    made.draw(["b"])
    assert kept.take().count("\x1b[?25l") == 1
    made.close("end\n")
    assert kept.take().endswith("end\n\x1b[?25h")


def test_a_frame_that_did_not_change_is_not_written_again(screen):
    made, kept = screen
    made.draw(["a"])
    kept.take()
    made.draw(["a"])
    assert kept.take() == ""


def test_the_next_frame_starts_where_the_last_one_did(screen):
    made, kept = screen
    made.draw(["a", "b"])
    kept.take()
    made.draw(["c"], above="kept\n")
    text = kept.take()
    assert "\x1b[2A" in text
    assert text.index("kept\n") < text.index("c\n")


def test_lines_wrapped_by_a_narrower_terminal_count_as_the_rows_they_take(screen, monkeypatch):
    made, kept = screen
    made.draw(["x" * 20, "y" * 9])
    kept.take()
    monkeypatch.setattr(made, "size", lambda: (8, 5))
    made.draw(["z"])
    assert "\x1b[5A" in kept.take()  # 3 rows and 2


def test_no_more_lines_than_fit_are_drawn(screen):
    made, kept = screen
    made.draw([str(n) for n in range(50)])
    assert kept.take().count("\n") == 4


def test_a_screen_that_drew_nothing_closes_without_a_word(screen):
    made, kept = screen
    made.close()
    assert kept.take() == ""
