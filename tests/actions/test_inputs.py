"""Reading inputs."""

from __future__ import annotations

import pytest

from agentmesh.actions import inputs
from agentmesh.core.errors import AgentmeshError


def test_names_ignore_case_and_values_are_trimmed() -> None:
    assert inputs.text({"Fetch-Depth": " 3\n"}, "fetch-depth") == "3"
    assert inputs.text({}, "fetch-depth") == ""


def test_a_required_input_must_be_there() -> None:
    assert inputs.required({"key": "k"}, "key") == "k"
    with pytest.raises(AgentmeshError, match="Input required and not supplied: key"):
        inputs.required({"key": "  "}, "key")


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_booleans_of_the_core_schema(text: str) -> None:
    assert inputs.flag({"x": text}, "x")
    assert not inputs.flag({"x": "false"}, "x", default=True)
    assert inputs.flag({"x": ""}, "x", default=True)


@pytest.mark.parametrize("text", ["yes", "1", "tRUE", "on"])
def test_other_words_are_no_booleans(text: str) -> None:
    with pytest.raises(AgentmeshError, match="Core Schema"):
        inputs.flag({"x": text}, "x")


def test_lines_numbers_and_words() -> None:
    assert inputs.lines({"x": " a \n\n b\r\n"}, "x") == ("a", "b")
    assert inputs.whole({"x": "12"}, "x", default=1) == 12
    assert inputs.whole({}, "x", default=1) == 1
    for bad in ("-1", "1.5", "x", "²"):
        with pytest.raises(AgentmeshError, match="not a whole number"):
            inputs.whole({"x": bad}, "x", default=1)
    assert inputs.one_of({}, "x", ("a", "b"), "b") == "b"
    with pytest.raises(AgentmeshError, match="Available options: a, b"):
        inputs.one_of({"x": "c"}, "x", ("a", "b"), "b")
