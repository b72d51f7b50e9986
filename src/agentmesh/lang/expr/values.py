"""The values of expressions, and how they turn into one another.

A value is plain Python data: None, a bool, a number, a text, a list or a dict. Texts compare
without regard to case and in the order of UTF-16 units, numbers are IEEE doubles (integral ones
are kept as ``int``), and objects ignore the case of their keys unless they are
:class:`CaseSensitive`. Follows https://docs.github.com/actions/reference/workflows-and-actions/expressions
and GitHub's published expressions package; numbers print with 15 significant digits, as the
runner does.
"""

from __future__ import annotations

import math
import re
from typing import Literal

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
"""What an expression may be about."""

Kind = Literal["Null", "Boolean", "Number", "String", "Array", "Object"]


class CaseSensitive(dict[str, Value]):
    """An object whose keys keep their case: ``env`` on Linux and macOS."""


class Filtered(list[Value]):
    """What ``.*`` selected: a further property or index applies to each of its items."""


SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What JavaScript takes for white space, as the inside of a regular expression's set."""

EXACT = 2**53
"""The integers below are doubles without loss."""

_STRIP = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_BASES = {"x": 16, "o": 8, "b": 2}
_KINDS: dict[type, Kind] = {
    type(None): "Null",
    bool: "Boolean",
    int: "Number",
    float: "Number",
    str: "String",
    list: "Array",
    Filtered: "Array",
    dict: "Object",
    CaseSensitive: "Object",
}


def kind(value: Value) -> Kind:
    """The kind of a value."""
    found = _KINDS.get(type(value))
    if found is not None:
        return found
    return "Array" if isinstance(value, list | tuple) else "Object"


def is_primitive(value: Value) -> bool:
    """Whether a value is neither an array nor an object."""
    return kind(value) not in ("Array", "Object")


def truthy(value: Value) -> bool:
    """Whether a value counts as true: not null, false, 0, NaN or the empty text."""
    if isinstance(value, float):
        return value != 0 and value == value  # noqa: PLR0124 - NaN is not equal to itself
    return bool(value) or isinstance(value, list | dict)


def strip(text: str) -> str:
    """A text without the white space around it, as JavaScript sees white space."""
    return text.strip(_STRIP)


def number(value: float) -> int | float:
    """A number in its one form: ``int`` where it is integral and exact, else ``float``."""
    if value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return value


def parse_number(text: str) -> int | float:
    """A text as a number, as JavaScript's ``Number()`` reads it; NaN where it is none."""
    text = strip(text)
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return number(float(text))
    if _RADIX.fullmatch(text):
        return number(_double(int(text[2:], _BASES[text[1].lower()])))
    if text.endswith("Infinity") and text[:-8] in ("", "+", "-"):
        return -math.inf if text[0] == "-" else math.inf
    return math.nan


def to_number(value: Value) -> float:
    """A value as a double; arrays and objects are NaN."""
    if value is None:
        return 0.0
    if isinstance(value, str):
        return float(parse_number(value))
    if isinstance(value, int):
        return _double(value)
    return value if isinstance(value, float) else math.nan


def to_string(value: Value) -> str:
    """A value as a text; arrays and objects are the words ``Array`` and ``Object``."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return kind(value)


def number_text(value: float) -> str:
    """A number with at most 15 significant digits, written as JavaScript writes numbers."""
    if isinstance(value, int):
        if -(10**15) < value < 10**15:
            return str(value)
        value = _double(value)
    return javascript(float(f"{value:.15g}"))


def javascript(value: float) -> str:
    """A number in full precision, as JavaScript writes it: 1, 0.1, 1e+21, 1e-7."""
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    point = len(whole) + int(power or 0)
    digits = whole + fraction
    bare = digits.lstrip("0")
    point -= len(digits) - len(bare)
    return sign + _place(bare.rstrip("0"), point)


def _place(digits: str, point: int) -> str:
    """Digits with the decimal point after ``point`` of them."""
    if 0 < point <= 21:
        if len(digits) <= point:
            return digits.ljust(point, "0")
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    exponent = point - 1
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def fold(text: str) -> str:
    """A text as it is compared: in upper case, but the dotless i stays what it is."""
    if "ı" not in text:
        return text.upper()
    return "ı".join(part.upper() for part in text.split("ı"))


def _sort_key(text: str) -> str | bytes:
    """Orders texts by UTF-16 units; ASCII texts are in that order already."""
    return fold(text).encode("utf-16-be", "surrogatepass")


def loose_equal(left: Value, right: Value) -> bool:
    """``left == right``: texts without regard to case, objects by identity, else as numbers."""
    left_kind, right_kind = kind(left), kind(right)
    if left_kind != right_kind:
        if left_kind in ("Array", "Object") or right_kind in ("Array", "Object"):
            return False
        return to_number(left) == to_number(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right or fold(left) == fold(right)
    if left_kind in ("Array", "Object"):
        return left is right
    return left is None or to_number(left) == to_number(right)


def loose_less(left: Value, right: Value) -> bool:
    """``left < right``, with the coercions of :func:`loose_equal`."""
    if isinstance(left, str) and isinstance(right, str):
        return _sort_key(left) < _sort_key(right)  # type: ignore[operator]
    if left is None and right is None:
        return False
    return to_number(left) < to_number(right)


def lookup(value: dict[str, Value], key: str) -> tuple[Value] | None:
    """The value of a key in a tuple, or None where the object has no such key."""
    if key in value:
        return (value[key],)
    if isinstance(value, CaseSensitive):
        return None
    lower = key.lower()
    for name, found in value.items():
        if name.lower() == lower:
            return (found,)
    return None


def without_twins(value: dict[str, Value]) -> dict[str, Value]:
    """An object without the keys that differ from an earlier one in case alone."""
    if len({key.lower() for key in value}) == len(value):
        return value
    seen: dict[str, str] = {}
    for key in value:
        seen.setdefault(key.lower(), key)
    return {key: value[key] for key in seen.values()}


def folded(value: Value) -> Value:
    """A value whose objects, however deep, are :func:`without_twins`."""
    if isinstance(value, dict):
        return {key: folded(item) for key, item in without_twins(value).items()}
    if isinstance(value, list):
        return [folded(item) for item in value]
    return value
