"""Places in JavaScript that can hold a variable."""

from __future__ import annotations

import pytest

from agentmesh.lang.rules.script_javascript import javascript

PLACES = {
    "f(`a @ b`)": "${process.env.X}",
    "f(`a ${g(`@`)} b`)": "${process.env.X}",
    "f(`${ {a: 1}.a } @`)": "${process.env.X}",
    "f('@')": "process.env.X",
    'f("@")': "process.env.X",
    "const a = b / c; // it's\nf('@')": "process.env.X",
    "/* ' */ f('@')": "process.env.X",
    "f('\\'', '@')": "process.env.X",
    "f('a @')": None,
    "f(@)": None,
    "// `@`": None,
    "/* `@` */": None,
    "x.replace(/'/g, '@')": None,
    "f(`${@}`)": None,
}


@pytest.mark.parametrize("script", PLACES)
def test_each_place_is_told(script: str) -> None:
    at = script.index("@")
    (put,) = javascript(script, [(at, at + 1)])
    wanted = PLACES[script]
    if put is None or wanted is None:
        assert put is wanted
        return
    start, end, form = put
    assert form.replace("@", "X") == wanted
    assert script[start:end] in ("@", "'@'", '"@"')
