"""Made-up payloads: the keys that workflows read, and what a user's payload keeps."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.app.git import ZEROS, Commit, Person
from agentmesh.app.payload import Facts, Payload, completed, identity, login, made_up, stamp
from agentmesh.lang.events import PULL_REQUEST_EVENTS, TYPES

ADA = Person("Ada Lovelace", "ada@example.com", 1767303245, "-0330")
FACTS = Facts(
    repository="octo/repo",
    default_branch="main",
    branch="topic",
    tag="",
    sha="1" * 40,
    before="2" * 40,
    base_sha="3" * 40,
    actor="ada",
    user="Ada",
    email="ada@example.com",
    commit=Commit("1" * 40, "4" * 40, ("2" * 40,), ADA, ADA, "Title\n\nBody"),
    now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)


@pytest.mark.parametrize("event", sorted(TYPES))
def test_every_event_has_a_payload_that_is_json(event: str) -> None:
    payload = made_up(event, "", FACTS)
    assert payload["repository"]["full_name"] == "octo/repo"
    assert payload["sender"]["login"] == "ada"
    assert "action" not in payload
    assert msgspec.json.decode(msgspec.json.encode(payload)) == payload
    assert made_up(event, "opened", FACTS)["action"] == "opened"


@pytest.mark.parametrize("event", sorted(PULL_REQUEST_EVENTS))
def test_events_of_pull_requests_have_one(event: str) -> None:
    pull = made_up(event, "", FACTS)["pull_request"]
    assert (pull["head"]["ref"], pull["base"]["ref"]) == ("topic", "main")
    assert (pull["title"], pull["body"]) == ("Title", "Body")
    assert pull["labels"] == []


def test_a_commit_has_its_time_with_its_zone() -> None:
    head = made_up("push", "", FACTS)["head_commit"]
    assert head["timestamp"] == "2026-01-01T18:04:05-03:30"
    assert head["author"]["username"] == "Ada-Lovelace"
    assert (head["tree_id"], head["id"]) == ("4" * 40, "1" * 40)


def test_a_push_of_a_tag_has_its_ref() -> None:
    facts = msgspec.structs.replace(FACTS, branch="", tag="v1", before=ZEROS)
    payload = made_up("push", "", facts)
    assert (payload["ref"], payload["created"]) == ("refs/tags/v1", True)
    assert made_up("create", "", facts)["ref_type"] == "tag"


def test_the_same_repository_has_the_same_numbers() -> None:
    assert made_up("push", "", FACTS) == made_up("push", "", FACTS)
    assert identity("octo/repo") != identity("octo/other")


def test_times_are_written_as_github_writes_them() -> None:
    assert stamp(FACTS.now) == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ada Lovelace", "Ada-Lovelace"), ("  ada ", "ada"), ("a.b@c", "a-b-c"), ("", "")],
)
def test_a_login_has_letters_digits_and_dashes(name: str, expected: str) -> None:
    assert login(name) == expected


def test_a_given_payload_is_completed_and_not_changed() -> None:
    given: Payload = {"a": {"x": 1, "n": None}, "l": [1]}
    made: Payload = {"a": {"x": 2, "n": {"deep": 1}, "y": 3}, "l": [1, 2], "b": 4}
    result = completed(given, made)
    assert result == {"a": {"x": 1, "n": None, "y": 3}, "l": [1], "b": 4}
    assert given == {"a": {"x": 1, "n": None}, "l": [1]}


TREES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = st.dictionaries(st.sampled_from("abc"), TREES, max_size=3)


def contains(whole: object, part: object) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    return whole == part


@given(PAYLOADS, PAYLOADS)
def test_a_completed_payload_contains_all_that_was_given(given: Payload, made: Payload) -> None:
    result = completed(given, made)
    assert contains(result, given)
    assert set(result) == set(given) | set(made)
