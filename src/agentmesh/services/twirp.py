"""Twirp over JSON: bodies in, bodies out, errors as clients read them.

Called by cache_v2.py and artifact_v4.py. Follows the error codes of Twirp's specification; names of
fields are read in both of protobuf's spellings, and 64-bit numbers as texts.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agentmesh.services.http import Reply, Request

MOST_BYTES = 1 << 20
_STATUS = {
    "invalid_argument": 400,
    "malformed": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "bad_route": 404,
    "already_exists": 409,
    "internal": 500,
    "unavailable": 503,
}
JSON = (("content-type", "application/json"),)


class Failure(Exception):
    """A call that did not succeed: Twirp's code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def reply(self) -> Reply:
        """What the client gets."""
        body = msgspec.json.encode({"code": self.code, "msg": self.message})
        return Reply(status=_STATUS[self.code], body=body, headers=JSON)


class Body:
    """The fields of a call. Getting one raises Failure where it is not of the type."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """A text; empty where it is absent."""
        value = self._get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Failure("malformed", f"{name} must be a string")
        return value

    def number(self, name: str) -> int:
        """A number, or one written as a text; 0 where it is absent."""
        value = self._get(name)
        try:
            return int(value or 0)
        except (TypeError, ValueError):
            raise Failure("malformed", f"{name} must be a number") from None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where it is absent."""
        value = self._get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Failure("malformed", f"{name} must be a list of strings")
        return tuple(value)

    def _get(self, name: str) -> Any:
        first, *rest = name.split("_")
        camel = first + "".join(map(str.capitalize, rest))
        return self._fields.get(name, self._fields.get(camel))


def read(request: Request) -> Body:
    """The body of a call. Raises Failure, and TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method != "POST" or kind != "application/json":
        raise Failure("bad_route", "calls are POST requests of application/json")
    try:
        fields = msgspec.json.decode(request.read(MOST_BYTES), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure("malformed", f"the body is no JSON object: {error}") from error
    return Body(fields)


def reply(fields: dict[str, Any]) -> Reply:
    """The answer to a call that succeeded."""
    return Reply(body=msgspec.json.encode(fields), headers=JSON)
