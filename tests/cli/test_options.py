"""The options of a run, checked."""

from __future__ import annotations

import shlex

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli.options import arguments, command_line, run_options


@click.command()
@run_options
def probe(**options):
    return arguments(directory=".", **options)


def parsed(*argv):
    return probe.main(list(argv), standalone_mode=False)


def test_every_option_arrives_under_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "event.json").write_text("{}")
    (tmp_path / "secrets").write_text("")
    (tmp_path / "lint").mkdir()
    got = parsed(
        *("a.yml", "b.yml", "--event", "push", "--event-path", "event.json", "--job", "x"),
        *("--job", "y", "--matrix", "os:linux", "--matrix", "os:mac", "--matrix", "v:a:b"),
        *("--input", "n=1=2", "--secret", "S=v", "--secret", "T", "--secret-file", "secrets"),
        *("--var", "V=", "--env", "E=x", "--platform", "My-Label=docker://img:1"),
        *("--action-source", "a/b@v1=lint", "--no-builtin-actions", "--committed"),
        "--skip-unavailable",
    )
    assert got.workflows == ("a.yml", "b.yml")
    assert (got.event, got.event_path) == ("push", str(tmp_path / "event.json"))
    assert got.jobs == ("x", "y")
    assert got.matrix == {"os": ("linux", "mac"), "v": ("a:b",)}
    assert got.inputs == {"n": "1=2"}
    assert got.secrets == {"S": "v", "T": None}
    assert got.secret_files == (str(tmp_path / "secrets"),)
    assert (got.vars, got.env) == ({"V": ""}, {"E": "x"})
    assert got.platforms == {"my-label": "docker://img:1"}
    assert got.action_sources == {"a/b@v1": str(tmp_path / "lint")}
    assert (got.builtin_actions, got.committed, got.skip_unavailable) == (False, True, True)


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["--matrix", "os"], "KEY:VALUE"),
        (["--input", "=v"], "NAME=VALUE"),
        (["--env", "A-B=v"], "letters, digits and underscores"),
        (["--var", "v"], "NAME=VALUE"),
        (["--secret", "1A=v"], "--secret"),
        (["--platform", "x=vm"], "host or docker://IMAGE"),
        (["--platform", "x=docker://"], "host or docker://IMAGE"),
        (["--action-source", "x=."], "OWNER/REPO"),
        (["--action-source", "a/b=nowhere"], "there is no folder 'nowhere'"),
        (["--event-path", "nowhere.json"], "there is no such file"),
        (["--secret-file", "nowhere"], "there is no such file"),
    ],
)
def test_what_is_wrong_is_a_usage_error_that_says_so(argv, part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError) as error:
        parsed(*argv)
    assert part in error.value.format_message()


def test_a_malformed_secret_is_not_repeated():
    with pytest.raises(click.UsageError) as error:
        parsed("--secret", "=hunter2")
    assert "hunter2" not in error.value.format_message()


def test_files_are_looked_for_in_the_folder_too(tmp_path, monkeypatch):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "event.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    @click.command()
    @run_options
    def there(**options):
        return arguments(directory="repo", **options)

    got = there.main(["--event-path", "event.json"], standalone_mode=False)
    assert got.event_path == str(tmp_path / "repo" / "event.json")


def test_the_command_line_holds_no_value_of_a_secret():
    got = parsed("--secret", "S=hunter2", "--job", "x")
    assert got.command == ("agentmesh", "run", "--job", "x", "--secret", "S")


def test_the_command_line_names_the_folder_where_it_is_not_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = parsed("ci.yml")
    assert command_line(plain, "/") == ("agentmesh", "run", "ci.yml", "--directory", "/")
    assert command_line(plain, str(tmp_path)) == ("agentmesh", "run", "ci.yml")


def test_printing_the_arguments_shows_no_value():
    assert "hunter2" not in repr(parsed("--secret", "S=hunter2", "--input", "i=hunter2"))


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.lists(NAMES, max_size=3),
    st.booleans(),
)
def test_the_command_line_asks_for_the_same_again(inputs, matrix, jobs, committed):
    argv = [word for k, v in inputs.items() for word in ("--input", f"{k}={v}")]
    argv += [word for k, v in matrix.items() for word in ("--matrix", f"{k}:{v}")]
    argv += [word for job in jobs for word in ("--job", job)]
    argv += ["--committed"] * committed
    first = parsed(*argv)
    again = parsed(*shlex.split(shlex.join(command_line(first)[2:])))
    assert again == first
