"""Tokens: believed where they are ours, young and whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.services.tokens import Signer, decoded, encoded

SIGNER = Signer(b"k" * 32)


def test_a_token_says_what_was_put_into_it() -> None:
    token = SIGNER.token({"exp": 100, "scp": "x"})
    assert SIGNER.claims(token, 99.0) == {"exp": 100, "scp": "x"}
    assert json.loads(decoded(token.split(".")[1]))["scp"] == "x"


def test_a_token_is_good_until_it_expires() -> None:
    assert SIGNER.claims(SIGNER.token({"exp": 100}), 100.0) is None
    assert SIGNER.claims(SIGNER.token({}), 0.0) is None
    assert SIGNER.claims(SIGNER.token({"exp": "never"}), 0.0) is None


def test_a_token_of_another_key_is_not_believed() -> None:
    assert SIGNER.claims(Signer(b"other").token({"exp": 100}), 0.0) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_not_believed(token: str) -> None:
    assert SIGNER.claims(token, 0.0) is None


@given(st.data())
def test_no_changed_token_is_believed(data: st.DataObject) -> None:
    token = SIGNER.token({"exp": 2_000_000_000, "jti": "a"})
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii"))
    changed = token[:at] + other + token[at + 1 :]
    claims = SIGNER.claims(changed, 0.0)
    assert claims is None or changed == token


def test_a_seal_is_of_the_very_texts() -> None:
    seal = SIGNER.seal("in", "name", "1")
    assert SIGNER.sealed(seal, "in", "name", "1")
    assert not SIGNER.sealed(seal, "out", "name", "1")
    assert not SIGNER.sealed(seal, "in", "name", "2")
    assert not SIGNER.sealed("", "in", "name", "1")


@given(st.binary())
def test_what_is_encoded_can_be_decoded(data: bytes) -> None:
    assert decoded(encoded(data)) == data
