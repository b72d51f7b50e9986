"""Bodies of calls, in both of protobuf's spellings, and errors as clients read them."""

from __future__ import annotations

import json

import pytest

from agentmesh.services import twirp
from agentmesh.services.http import Request, TooLarge
from agentmesh.services.twirp import Body, Failure

JSON = {"content-type": "application/json; charset=utf-8"}


def call(body: bytes, method: str = "POST", headers: dict[str, str] = JSON) -> Request:
    return Request(method, "/twirp/x", headers, iter([body]))


def test_fields_have_either_spelling() -> None:
    for text in (
        '{"size_bytes": "12", "restore_keys": ["a"]}',
        '{"sizeBytes": 12, "restoreKeys": ["a"]}',
    ):
        body = twirp.read(call(text.encode()))
        assert body.number("size_bytes") == 12
        assert body.texts("restore_keys") == ("a",)


def test_what_is_absent_is_empty() -> None:
    assert (Body({}).text("a"), Body({}).number("a"), Body({}).texts("a")) == ("", 0, ())


@pytest.mark.parametrize("fields", [{"a": 1}, {"a": ["x"]}, {"a": True}])
def test_a_text_of_another_type_is_malformed(fields: dict[str, object]) -> None:
    with pytest.raises(Failure, match="a must be a string"):
        Body(fields).text("a")


def test_numbers_and_lists_of_another_type_are_malformed() -> None:
    with pytest.raises(Failure, match="number"):
        Body({"a": "many"}).number("a")
    with pytest.raises(Failure, match="list"):
        Body({"a": ["x", 1]}).texts("a")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"x"'])
def test_what_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Failure) as failed:
        twirp.read(call(body))
    assert failed.value.reply().status == 400


def test_another_method_or_type_is_a_bad_route() -> None:
    for request in (
        call(b"{}", "GET"),
        call(b"{}", headers={"content-type": "application/protobuf"}),
    ):
        with pytest.raises(Failure) as failed:
            twirp.read(request)
        assert failed.value.reply().status == 404


def test_a_large_body_is_not_read_to_its_end() -> None:
    with pytest.raises(TooLarge):
        twirp.read(call(b" " * (twirp.MOST_BYTES + 1)))


def test_a_failure_has_a_code_and_a_message() -> None:
    reply = Failure("already_exists", "taken").reply()
    assert reply.status == 409
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body) == {"code": "already_exists", "msg": "taken"}
