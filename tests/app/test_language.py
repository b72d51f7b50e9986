"""Expressions with contexts from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentmesh.app.language import evaluate_lines, evaluate_text, read_contexts
from agentmesh.core.errors import WorkflowError


def answer(expression: str, contexts: object = None, directory: str = "/nowhere") -> object:
    seen = read_contexts(json.dumps(contexts or {}), "c.json")
    return json.loads(evaluate_text(expression, seen, directory).json())


def test_a_result_is_one_line_of_json() -> None:
    result = evaluate_text('fromJSON(\'{"a":[1,"é",null]}\')', {}, "/nowhere")
    assert result.json() == '{"kind":"Object","value":{"a":[1,"é",null]}}'


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("NaN", "Number", None),
        ("-Infinity", "Number", None),
        ("-0", "Number", 0),
        ("1.5", "Number", 1.5),
        ("null", "Null", None),
        ("", "Null", None),
        ("github", "Null", None),
        ("github.ref", "Null", None),
        ("secrets.*", "Array", []),
        ("success() && always() && !failure() && !cancelled()", "Boolean", True),
    ],
)
def test_values_have_their_kind(expression: str, kind: str, value: object) -> None:
    assert answer(expression) == {"kind": kind, "value": value}


def test_contexts_of_the_file_are_known_beside_githubs() -> None:
    assert answer("mine.a", {"mine": {"a": 1}}) == {"kind": "Number", "value": 1}
    assert answer("MINE.A", {"Mine": {"a": 1}}) == {"kind": "Number", "value": 1}
    assert answer("github.A", {"GitHub": {"a": 1}}) == {"kind": "Number", "value": 1}
    assert answer("mine.a") == {
        "error": "parsing",
        "message": "Unrecognized named-value: 'mine'. "
        "Located at position 1 within expression: mine.a",
    }


def test_the_environment_keeps_the_case_of_its_names() -> None:
    env = {"env": {"http_proxy": "a", "HTTP_PROXY": "b"}}
    assert answer("format('{0}{1}', env.http_proxy, env.HTTP_PROXY)", env) == {
        "kind": "String",
        "value": "ab",
    }
    assert answer("env.Http_Proxy", env) == {"kind": "Null", "value": None}


def test_other_objects_keep_the_first_of_keys_that_differ_in_case() -> None:
    assert answer("github.*", {"github": {"a": 1, "A": 2}}) == {"kind": "Array", "value": [1]}


@pytest.mark.parametrize(
    ("status", "true"),
    [("success", "success()"), ("failure", "failure()"), ("Cancelled", "cancelled()")],
)
def test_status_functions_follow_the_status_of_the_job(status: str, true: str) -> None:
    for call in ("success()", "failure()", "cancelled()"):
        found = answer(call, {"job": {"status": status}})
        assert found == {"kind": "Boolean", "value": call == true}


def test_files_are_hashed_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    found = answer("hashFiles('a') != '' && hashFiles('b') == ''", None, str(tmp_path))
    assert found == {"kind": "Boolean", "value": True}
    wrong = answer("hashFiles('../a')", None, str(tmp_path))
    assert isinstance(wrong, dict)
    assert wrong["error"] == "evaluation"


def test_lines_have_contexts_of_their_own() -> None:
    lines = [
        '{"expr":"github.a","contexts":{"github":{"a":1}}}\n',
        "\n",
        '{"expr":"github.a"}\n',
        '{"expr":"("}\n',
    ]
    default = read_contexts('{"github":{"a":2}}', "c.json")
    results = [
        json.loads(r.json())
        for r in evaluate_lines((line.encode() for line in lines), default, "/", "b.jsonl")
    ]
    assert [r.get("value", r.get("error")) for r in results] == [1, 2, "parsing"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("[1", "b.jsonl:2:3"),
        ('{"contexts":{}}', "b.jsonl:2:1"),
        ('{"expr":1}', "b.jsonl:2:1"),
        ('{"expr":"1","contexts":[]}', "b.jsonl:2:1"),
        ("[" * 5000 + "]" * 5000, "b.jsonl:2:1"),
    ],
)
def test_a_bad_line_names_its_place(line: str, place: str) -> None:
    results = evaluate_lines([b'{"expr":"1"}', line.encode()], {}, "/", "b.jsonl")
    assert next(results).value == 1
    with pytest.raises(WorkflowError) as raised:
        next(results)
    assert str(raised.value.where) == place
    assert raised.value.remedy


def test_a_bad_contexts_file_names_its_place() -> None:
    for text in ("[]", "1", "{", ""):
        with pytest.raises(WorkflowError) as raised:
            read_contexts(text, "c.json")
        assert str(raised.value.where).startswith("c.json:1:")
