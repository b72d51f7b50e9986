"""Random expressions with contexts, for the comparison with GitHub's package.

Most are well formed and mean something in their contexts; some are broken on purpose, by cutting,
doubling and swapping characters, so that lexing and parsing errors are compared as well. What is
known to differ (see the table in the test) is left out by construction.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

Case = dict[str, Any]

KEYS = ["a", "b", "A", "Ab", "a-b", "_x", "name", "ref", "0", "true", "é", "ß", "straße", "ı"]
TEXTS = [
    "", " ", "a", "A", "abc", "ABC", "b", "0", "1", "01", "1.0", " 2 ", "-1", "+1", "1e2", "0x1F",
    "0o17", "0b11", "0X1f", "1_0", "Infinity", "-Infinity", "infinity", "NaN", "nan", "true",
    "false", "null", "é", "É", "ß", "SS", "ı", "I", "i", "İ", "\u00a0", "\u00a01", "\ufeff1",
    "\x1f1", "\u2028", "😀", "\uffee", "{0}", "{{", "[1,2]", '{"a":1}', "refs/heads/main",
    ".5", "5.", ".", "1e", "--1", "ΑΣ", "ας", "\n", "a\nb", "'",
]  # fmt: skip
NUMBERS = [
    "0", "1", "2", "-1", "+1", "1.5", ".5", "-.5", "5.", "1e3", "1E+1", "1e-3", "0x0", "0xFF",
    "0o10", "0b11", "-0", "NaN", "Infinity", "-Infinity", "+Infinity", "1e22", "123456789",
    "1e400", "0.1", "3",
]  # fmt: skip
BAD = [
    "'", '"', "=", "&", "|", "$", "{", "}", "-", "+", ".", "*", "@", "#", "\u00a0", "é", "😀",
    "0x", "-0x1", "1..2", "1_000", "0b", "..", "!", "(", ")", "[", "]", ",", "\n", "\t", "\f",
]  # fmt: skip
PATTERNS = [
    "{0}", "{1}", "{0}{1}", "{{{0}}}", "{", "}", "{{", "}}", "{}", "{a}", "{0", "x{0}y", "{ 0 }",
    "{0:x}", "{00}", "{99999999999999999999}", "{0}}", "}}{{", "{{}", "{0}{2}",
]  # fmt: skip
STRING = re.compile(r"'(?:[^']|'')*+'")
LONG_NUMBER = re.compile(r"[0-9.]{15,}|e-[0-9]{2}", re.IGNORECASE)
COUNTS = {"contains": 2, "startsWith": 2, "endsWith": 2, "toJSON": 1, "fromJSON": 1}
NAMES = ["github", "GitHub", "vars", "matrix", "inputs", "needs", "steps", "mine"]
JSON_TEXTS = [
    "[]", "{}", "1", '"x"', "null", "true", " [1, 2] ", "[1,", "", " ", "{a:1}", "'x'", "NaN",
    "[Infinity]", "01", "1.", "-", '"\\u00e9"', '"\\ud83d\\ude00"', '{"a":1,"a":2}',
    '{"a":1,"A":2,"b":{"B":1,"b":2}}', '"\t"', "[1]]", "\ufeff1", "1e400", "-0", "1E5",
    "1e30", "[[[[]]]]", '{"é":"ß"}', "\u00a01", "tru", '"\\x"', "{}{}",
    "[1,2,]", '{"a":[1,{"b":[null,true,-1.5e-7]}],"c":"d"}', "1 2", "// x", '"\\/"', '"\x7f"',
]  # fmt: skip


def known_to_differ(text: str) -> bool:
    """Whether breaking a text may have made what the table of differences explains."""
    quotes = any(found[0][1:-1].count("''") > 1 for found in STRING.finditer(text))
    return quotes or "case" in text.lower() or LONG_NUMBER.search(text) is not None


class Generator:
    """Makes cases from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def case(self) -> Case:
        contexts = {
            name: self.context()
            for name in ("github", "vars", "matrix", "needs", "mine")
            if self.random.random() < 0.6
        }
        depth = self.random.choice([1, 2, 2, 3, 3, 4])
        text = self.expression(depth)
        roll = self.random.random()
        if roll < 0.15:
            broken = self.broken(text)
            text = text if known_to_differ(broken) else broken
        elif roll < 0.2:
            text = self.deep()
        return {"expr": text, "contexts": contexts}

    def context(self) -> Any:
        # Keys of an object never look like array indexes here: see the table of differences.
        return self.value(3, top=True)

    def value(self, depth: int, top: bool = False) -> Any:
        roll = self.random.random()
        if top or (roll < 0.35 and depth):
            return {
                self.random.choice([k for k in KEYS if not k.isdigit()]): self.value(depth - 1)
                for _ in range(self.random.randint(0, 4))
            }
        if roll < 0.55 and depth:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 4))]
        numbers = [0, 1, 2, -1, 1.5, 1e21, 1e-7, 1e300, 255, 0.1, 2**49, 123456789.125]
        return self.random.choice([None, True, False, *numbers, *TEXTS])

    def expression(self, depth: int) -> str:
        if depth <= 0:
            return self.operand()
        pick = self.random.random()
        if pick < 0.25:
            return self.space().join(
                (
                    self.expression(depth - 1),
                    self.random.choice(["==", "!=", "<", "<=", ">", ">="]),
                    self.expression(depth - 1),
                )
            )
        if pick < 0.4:
            items = [self.expression(depth - 1) for _ in range(self.random.randint(2, 4))]
            return self.random.choice([" && ", " || ", "&&", "||"]).join(items)
        if pick < 0.47:
            return self.random.choice(["!", "! ", "!!"]) + self.expression(depth - 1)
        if pick < 0.57:
            return f"({self.expression(depth - 1)})" + self.chain(depth)
        if pick < 0.85:
            return self.call(depth) + (self.chain(depth) if self.random.random() < 0.3 else "")
        return self.operand()

    def operand(self) -> str:
        pick = self.random.random()
        if pick < 0.5:
            return self.random.choice(NAMES) + self.chain(2)
        if pick < 0.65:
            return self.random.choice(NUMBERS)
        if pick < 0.9:
            return self.text()
        return self.random.choice(["true", "false", "null", "TRUE", "Null"])

    def text(self, texts: list[str] = TEXTS) -> str:
        # At most one quote inside: see the table of differences.
        return "'" + self.random.choice(texts).replace("'", "''") + "'"

    def chain(self, depth: int) -> str:
        links = []
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 3])):
            pick = self.random.random()
            if pick < 0.5:
                key = self.random.choice([k for k in KEYS if k.isascii() and not k.isdigit()])
                links.append(f".{key}")
            elif pick < 0.7:
                links.append(self.random.choice([".*", "[*]", " . *", "[ * ]"]))
            else:
                index = self.random.choice([self.text(KEYS), self.random.choice(NUMBERS)])
                if depth > 1 and self.random.random() < 0.3:
                    index = self.expression(depth - 2)
                links.append(f"[{index}]")
        return "".join(links)

    def call(self, depth: int) -> str:
        def arg() -> str:
            return self.expression(depth - 1)

        name = self.random.choice(
            ["contains", "startsWith", "endsWith", "join", "format", "toJSON", "fromJSON", "case",
             "success", "always", "failure", "cancelled", "nope"]
        )  # fmt: skip
        count = COUNTS.get(name)
        if count is None:
            count = self.random.choice([1, 2, 2, 3])
        if name in ("success", "always", "failure", "cancelled"):
            count = 0
        if name == "case":
            count = 3
        if name == "nope" and self.random.random() < 0.7:
            name, count = "toJson", 1
        if self.random.random() < 0.03:
            count += self.random.choice([-1, 1])
        args = [arg() for _ in range(count)]
        if name == "fromJSON" and args and self.random.random() < 0.8:
            args[0] = self.text(JSON_TEXTS)
        if name == "format" and args and self.random.random() < 0.8:
            args[0] = self.text(PATTERNS)
        if name == "case" and len(args) == 3:
            # A branch not taken must not fail, as theirs evaluates it: see the table.
            args = [self.random.choice(["true", "false", "1 == 1", "null", "1"]), "'x'", "2"]
        if self.random.random() < 0.3:
            name = self.random.choice([name.lower(), name.upper(), name.title()])
        between = self.random.choice([",", ", "])
        return f"{name}{self.random.choice(['', '', ' '])}({between.join(args)})"

    def space(self) -> str:
        return self.random.choice([" ", " ", "", "  ", "\n", "\t"])

    def broken(self, text: str) -> str:
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randint(0, len(text))
            match self.random.randint(0, 3):
                case 0:
                    text = text[:at]
                case 1:
                    text = text[:at] + self.random.choice(BAD) + text[at:]
                case 2:
                    text = text[:at] + text[at + 1 :]
                case _:
                    text = text[at:] + text[:at]
        return text

    def deep(self) -> str:
        """Something near the limit of depth."""
        n = self.random.choice([3, 10, 45, 46, 47, 48, 49, 50, 51, 60])
        core = self.random.choice(["1", "github", "github.a", "true || false", "!true"])
        match self.random.randint(0, 5):
            case 0:
                return "(" * n + core + ")" * n
            case 1:
                return "!" * n + core
            case 2:
                return "github" + ".a" * n
            case 3:
                return "github" + "[0]" * n
            case 4:
                return "join(" * n + core + ")" * n
        return " || ".join([core] * n)


@pytest.fixture(scope="session")
def generate() -> Callable[[int, int], list[Case]]:
    """``generate(seed, count)``: that many cases, always the same for a seed."""

    def cases(seed: int, count: int) -> list[Case]:
        generator = Generator(seed)
        made = [generator.case() for _ in range(count)]
        assert all(json.loads(json.dumps(case)) == case for case in made[:100])
        return made

    return cases
