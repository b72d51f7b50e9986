"""The forms of a secret, each made by the program that is known for it."""

from __future__ import annotations

import base64
import html
import json
import shlex
import subprocess
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.engine.secret_forms import as_bytes, forms

SECRET = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=80)
AWKWARD = "p@ss'w\"ord & <more>/\\$x`é🙂"


@given(SECRET, st.binary(max_size=5), st.binary(max_size=5))
def test_base64_is_known_wherever_the_value_stands_in_it(value: str, before: bytes, after: bytes):
    data = value.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + data + after)
        assert any(form in encoded for form in forms(value) if form != data)


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=4))
def test_the_encoders_of_the_standard_library_are_known(value: str):
    known = forms(value)
    data = value.encode()
    assert data.hex().encode() in known
    assert data.hex().upper().encode() in known
    assert json.dumps(value)[1:-1].encode() in known
    assert urllib.parse.quote(value, safe="").encode() in known
    assert urllib.parse.quote(value).encode() in known
    assert urllib.parse.quote_plus(value).encode() in known
    assert html.escape(value).encode() in known
    assert html.escape(value, quote=False).encode() in known
    assert repr(value)[1:-1].encode() in known
    assert any(shlex.quote(value).encode() in (f, b"'" + f + b"'") for f in known)


def test_json_in_ascii_is_known():
    assert json.dumps(AWKWARD)[1:-1].encode() in forms(AWKWARD)
    assert json.dumps(AWKWARD, ensure_ascii=False)[1:-1].encode() in forms(AWKWARD)


def test_bash_quoting_is_known():
    value = "p@ss'w\"ord & <more>\\$x`!"
    printed = subprocess.run(
        ["bash", "-c", 'printf "%q\\n%s\\n" "$1" "${1@Q}"', "-", value],
        capture_output=True,
        check=True,
    ).stdout
    quoted, single = printed.splitlines()
    assert quoted in forms(value)
    assert single[1:-1] in forms(value)


@pytest.mark.parametrize("width", [76, 64])
def test_long_base64_is_known_in_lines(width: int):
    value = "0123456789abcdef" * 8
    encoded = base64.b64encode(value.encode())
    lines = [encoded[i : i + width] for i in range(0, len(encoded), width)]
    for line in lines:
        assert any(form in line for form in forms(value))


def test_powershell_shows_a_value_in_two_parts_around_an_ampersand():
    assert {b"secret&", b"passage"} <= forms("secret&xpassage")
    assert {b"secret&+", b"passage"} <= forms("secret&+xpassage")


@pytest.mark.parametrize("value", ["a", "ab", "abc"])
def test_short_values_have_no_form_that_is_everywhere(value: str):
    assert all(len(form) >= 4 for form in forms(value) if form != value.encode())


@given(st.text())
def test_any_text_has_forms_and_none_is_empty(value: str):
    assert b"" not in forms(value)
    assert not value or as_bytes(value) in forms(value)
