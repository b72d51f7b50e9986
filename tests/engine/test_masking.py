"""Masking: nothing of a secret is left, and nothing else is touched."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.engine.masking import Masker

SECRET = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda s: s.strip() != ""
)


@given(st.lists(SECRET, min_size=1, max_size=5), st.lists(st.text(max_size=5), max_size=4))
def test_no_secret_is_left(secrets: list[str], between: list[str]):
    text = "".join(a + b for a, b in zip(between, secrets, strict=False)) + secrets[0]
    masked = Masker(secrets).mask_text(text)
    for piece in masked.split("***"):
        assert not any(secret in piece for secret in secrets)


@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=4), st.text("abcd"))
def test_exactly_the_characters_of_secrets_are_masked(secrets: list[str], text: str):
    """Against the plain rule: each occurrence marks its characters, each marked range is stars."""
    marked = [False] * len(text)
    starts = [False] * len(text)
    for secret in secrets:
        for at in range(len(text) - len(secret) + 1):
            if text.startswith(secret, at):
                marked[at : at + len(secret)] = [True] * len(secret)
                starts[at] = True
    expected = ""
    for at, character in enumerate(text):
        if not marked[at]:
            expected += character
        elif at == 0 or not marked[at - 1]:
            expected += "***"
    assert Masker(secrets).mask_text(text) == expected


@given(st.text())
def test_without_secrets_nothing_changes(text: str):
    masker = Masker(["", " ", "\n\t"])
    assert not masker
    assert masker.mask_text(text) is text


@given(st.lists(SECRET, max_size=8), st.text())
def test_added_later_is_as_good_as_given_at_once(secrets: list[str], text: str):
    later = Masker()
    for secret in secrets:
        later.add(secret)
        later.mask_text(text)
    text += "".join(secrets)
    assert later.mask_text(text) == Masker(secrets).mask_text(text)


def test_many_masks_added_one_by_one_are_all_known():
    masker = Masker(f"first-secret-{i}" for i in range(50))
    for i in range(400):
        masker.add(f"later-secret-{i}")
        assert masker.mask_text(f"<later-secret-{i}>") == "<***>"
    assert masker.mask_text("first-secret-7 later-secret-3") == "*** ***"


def test_each_line_of_a_secret_is_a_secret():
    masker = Masker(["-----BEGIN KEY-----\r\nMIIabc\n  indented\n\n-----END KEY-----\n"])
    text = "MIIabc|-----END KEY-----|  indented"
    assert masker.mask_text(text) == "***|***|***"


def test_blanks_around_a_secret_need_not_be_printed():
    assert Masker([" hunter2\n"]).mask_text("[hunter2]") == "[***]"


@pytest.mark.parametrize(
    "shown",
    [
        "hun&ter2",
        base64.b64encode(b"hun&ter2").decode(),
        base64.b64encode(b"user:hun&ter2").decode(),
        "hun%26ter2",
        "hun&amp;ter2",
        "hun\\u0026ter2",
        json.dumps("hun&ter2"),
        b"hun&ter2".hex(),
        "hun\x1b[31m&ter2",
        "\x1b[1mh\x1b[0mu\x1b[38;5;9mn&ter2",
        "hun\x1b]8;;http://x\x07&ter2",
    ],
)
def test_all_forms_are_masked(shown: str):
    masked = Masker(["hun&ter2"]).mask_text(f"<{shown}>")
    assert "***" in masked
    for part in ("hun", "ter2", "aHVu", "6874"):
        assert part not in masked


def test_colour_codes_in_a_secret_stay_in_effect():
    masked = Masker(["secret"]).mask(b"a sec\x1b[31mret b\x1b[0m secret")
    assert masked == b"a ***\x1b[31m b\x1b[0m ***"


def test_secrets_that_overlap_or_touch_become_one():
    assert Masker(["abcd", "cdef"]).mask(b"abcdef abcdabcd xcdefx") == b"*** *** x***x"


@given(st.binary(), SECRET)
def test_any_bytes_can_be_masked(data: bytes, secret: str):
    masked = Masker([secret]).mask(data + secret.encode())
    assert masked.endswith(b"***")


def test_lone_surrogates_are_masked():
    broken = b"caf\xe9-token".decode("utf-8", "surrogateescape")
    assert Masker([broken]).mask_text(f"<{broken}>") == "<***>"
    assert Masker(["\ud800x"]).mask_text("<\ud800x>") == "<***>"


def test_a_place_to_cut_is_never_inside_a_secret():
    masker = Masker(["0123456789"])
    data = b"a" * 20 + b"0123456789" + b"b" * 50
    for at in range(5, 40):
        cut = masker.cut(data, at)
        assert cut <= at
        masked = masker.mask(data[:cut]) + masker.mask(data[cut:])
        assert masked == masker.mask(data)


def test_the_longest_pattern_is_known():
    masker = Masker(["abc"])
    before = masker.longest
    masker.add("a much longer secret")
    assert masker.longest >= 2 * len("a much longer secret") > before
