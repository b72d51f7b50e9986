"""The command ``agentmesh eval``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.cli.dispatch import dispatch

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_eval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Run:
    """Run ``agentmesh eval ARGS…`` in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "store"))

    def run(*args: str) -> tuple[int, str, str]:
        code = dispatch(["eval", *args])
        captured = capfdbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    return run


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("1", '{"kind":"Number","value":1}'),
        ("-1", '{"kind":"Number","value":-1}'),
        ("!true", '{"kind":"Boolean","value":false}'),
        ("'it''s é'", '{"kind":"String","value":"it\'s é"}'),
        ("", '{"kind":"Null","value":null}'),
        ("fromJSON('[1, {}]')", '{"kind":"Array","value":[1,{}]}'),
    ],
)
def test_prints_the_value_and_succeeds(run_eval: Run, expression: str, line: str) -> None:
    assert run_eval(expression) == (0, f"{line}\n", "")
    assert run_eval(expression, "--json") == (0, f"{line}\n", "")


@pytest.mark.parametrize(
    ("expression", "kind", "message"),
    [
        (
            "'a",
            "lexing",
            "Unexpected symbol: ''a'. Located at position 1 within expression: 'a",
        ),
        (
            "nope.a",
            "parsing",
            "Unrecognized named-value: 'nope'. Located at position 1 within expression: nope.a",
        ),
        ("format('{')", "evaluation", "The following format string is invalid: {"),
    ],
)
def test_prints_the_error_and_fails(
    run_eval: Run, expression: str, kind: str, message: str
) -> None:
    code, out, err = run_eval(expression)
    assert (code, json.loads(out), err) == (1, {"error": kind, "message": message}, "")


def test_contexts_come_from_a_file(run_eval: Run, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"github":{"ref":"x"},"own":{"a":1}}')
    code, out, _ = run_eval("GITHUB.REF == 'X' && own.a", "--contexts", "c.json")
    assert (code, json.loads(out)) == (0, {"kind": "Number", "value": 1})


def test_files_are_hashed_where_one_stands(run_eval: Run, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("x")
    code, out, _ = run_eval("hashFiles('lock')")
    assert code == 0
    assert len(json.loads(out)["value"]) == 64


def test_a_batch_gives_a_line_for_each(run_eval: Run, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text(
        '{"expr":"github.a","contexts":{"github":{"a":"x"}}}\n{"expr":"nope","contexts":{}}\n'
    )
    code, out, _ = run_eval("--batch", "b.jsonl")
    assert code == 0
    first, second = map(json.loads, out.splitlines())
    assert first == {"kind": "String", "value": "x"}
    assert second["error"] == "parsing"


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("1", "--batch", "b.jsonl"),
        ("1", "--contexts", "missing.json"),
        ("1", "--contexts", "bad.json"),
        ("--batch", "bad.json"),
        ("1", "2"),
    ],
)
def test_what_cannot_be_used_is_exit_2(
    run_eval: Run, tmp_path: Path, args: tuple[str, ...]
) -> None:
    (tmp_path / "bad.json").write_text('{"github":')
    (tmp_path / "b.jsonl").write_text("")
    code, out, err = run_eval(*args)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert err.startswith("agentmesh: error:")


def test_lone_surrogates_are_printed(run_eval: Run) -> None:
    code, out, _ = run_eval("fromJSON('\"\\ud800\"')")
    assert (code, out) == (0, '{"kind":"String","value":"\\ud800"}\n')


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'{"expr":"1"}\n{"expr":"\xff"}\n', "odd:2:10"),
        (b"\x89PNG\r\n\x1a\n", "odd:1:1"),
        (b'{"expr":"1"}\n\n{"expr": \n', "odd:3:9"),
        (b'{"expr":"1"}\n[]\n', "odd:2:1"),
        (b'{"expr":"1","contexts":"x"}', "odd:1:1"),
        (b"[" * 100_000, "odd:1:1"),
        (b'{"expr":"1"}\x00', "odd:1:13"),
    ],
)
def test_a_batch_that_cannot_be_used_is_exit_2_with_the_place(
    run_eval: Run, tmp_path: Path, content: bytes, place: str
) -> None:
    (tmp_path / "odd").write_bytes(content)
    code, _, err = run_eval("--batch", "odd")
    assert code == 2
    assert f"agentmesh: error: {place}: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xff\xfe{", "odd:1:1"),
        (b'{"github":\n {"a": x}}', "odd:2:8"),
        (b"", "odd:1:1"),
        (b"null", "odd:1:1"),
        (b"[" * 100_000 + b"]" * 100_000, "odd:1:1"),
    ],
)
def test_contexts_that_cannot_be_used_are_exit_2_with_the_place(
    run_eval: Run, tmp_path: Path, content: bytes, place: str
) -> None:
    (tmp_path / "odd").write_bytes(content)
    code, out, err = run_eval("1", "--contexts", "odd")
    assert (code, out) == (2, "")
    assert f"agentmesh: error: {place}: " in err
    assert "Traceback" not in err


def test_the_mark_that_some_editors_begin_files_with_is_no_part_of_them(
    run_eval: Run, tmp_path: Path
) -> None:
    (tmp_path / "c.json").write_bytes(b'\xef\xbb\xbf{"github":{"ref":"x"}}')
    assert run_eval("github.ref", "--contexts", "c.json")[1] == '{"kind":"String","value":"x"}\n'
    (tmp_path / "b.jsonl").write_bytes(b'\xef\xbb\xbf{"expr":"1"}\r\n{"expr":"2"}\r\n')
    code, out, _ = run_eval("--batch", "b.jsonl")
    assert (code, len(out.splitlines())) == (0, 2)


def test_a_folder_is_no_file(run_eval: Run) -> None:
    for args in (("--batch", "/"), ("1", "--contexts", "/")):
        assert run_eval(*args)[0] == 2


def test_large_files_are_read(run_eval: Run, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"github": {"a": "x" * 3_000_000}}))
    code, out, _ = run_eval("startsWith(github.a, 'xx')", "--contexts", "c.json")
    assert (code, json.loads(out)["value"]) == (0, True)
