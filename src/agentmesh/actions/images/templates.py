"""``{{branch}}``, ``{{date 'YYYYMMDD' tz='Europe/Berlin'}}``: the expressions of image tags. Pure.

Called by :mod:`agentmesh.actions.images.tags`. Follows "Global expressions" of the README of
``docker/metadata-action``: Handlebars without blocks, dates in the format of Moment.js.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from agentmesh.core.errors import AgentmeshError

Value = str | Callable[[tuple[str, ...], Mapping[str, str]], str]
"""A text, or what makes one of its arguments and options."""

_EXPRESSION = re.compile(r"\{\{\{?\s*(.*?)\s*\}?\}\}", re.DOTALL)
_WORD = re.compile(r"""(?:(\w+)=)?(?:'([^']*)'|"([^"]*)"|([^\s'"]+))""")


def render(text: str, values: Mapping[str, Value]) -> str:
    """A text with its expressions put in; what has no value is empty, as in Handlebars.

    Raises AgentmeshError for blocks, and for a time zone or date format that is not known.
    """

    def value(match: re.Match[str]) -> str:
        inner = match[1]
        if inner[:1] in {"#", "/", ">", "^", "!"}:
            raise AgentmeshError(
                f"'{match[0]}' is a block of Handlebars, and tags take plain expressions here",
                remedy="Decide with `enable=${{ … }}` instead.",
            )
        words = list(_WORD.finditer(inner))
        if not words:
            return ""
        found = values.get(words[0][4] or "", "")
        if isinstance(found, str):
            return found
        arguments = tuple(_text(word) for word in words[1:] if not word[1])
        return found(arguments, {word[1]: _text(word) for word in words[1:] if word[1]})

    return _EXPRESSION.sub(value, text)


def _text(word: re.Match[str]) -> str:
    return next((part for part in word.groups()[1:] if part is not None), "")


def dates(moment: datetime) -> Value:
    """The ``date`` of a moment in a format and a time zone."""

    def date(arguments: tuple[str, ...], options: Mapping[str, str]) -> str:
        layout = arguments[0] if arguments else "YYYY-MM-DDTHH:mm:ssZ"
        return formatted(moment.astimezone(_zone(options.get("tz", "UTC"))), layout)

    return date


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise AgentmeshError(
            f"'{name}' is no time zone that this machine knows", remedy="Write it like Europe/Oslo."
        ) from error


_TOKENS = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|Mo|M|DDDD|DDD|DD|Do|D|dddd|ddd|d|E|HH|H|hh|h|kk|k|mm|m|"
    r"ss|s|S{1,9}|A|a|ZZ|Z|z|X|x|WW|W|ww|w|GGGG|GG|Qo|Q"
)
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"


def formatted(at: datetime, layout: str) -> str:
    """A moment in Moment.js's format; a text in brackets stands for itself."""
    parts = _parts(at)
    return _TOKENS.sub(lambda m: m[1] if m[1] is not None else _part(at, m[0], parts), layout)


def _part(at: datetime, token: str, parts: Mapping[str, str]) -> str:
    if token.startswith("S"):
        return f"{at.microsecond:06d}000"[: len(token)]
    return parts[token]


def _parts(at: datetime) -> dict[str, str]:
    iso = at.isocalendar()
    month, day = _MONTHS.split()[at.month - 1], _DAYS.split()[at.weekday()]
    hour, number = at.hour % 12 or 12, at.timetuple().tm_yday
    # weeks of Moment's own locale begin on Sunday, and the first one holds January 1
    first = (at.replace(month=1, day=1).weekday() + 1) % 7
    week = (number - 1 + first) // 7 + 1
    if at.month == 12 and week > 52 and (at.replace(day=31).weekday() + 1) % 7 < 6:
        week = week if at.day + (6 - (at.weekday() + 1) % 7) <= 31 else 1
    offset = at.strftime("%z") or "+0000"
    return {
        **{"YYYY": f"{at.year:04d}", "YY": f"{at.year % 100:02d}"},
        **{"MMMM": month, "MMM": month[:3], "MM": f"{at.month:02d}", "M": str(at.month)},
        **{"Mo": _ordinal(at.month), "Do": _ordinal(at.day), "DDDD": f"{number:03d}"},
        **{"DDD": str(number), "DD": f"{at.day:02d}", "D": str(at.day)},
        **{"dddd": day, "ddd": day[:3], "d": str((at.weekday() + 1) % 7), "E": str(iso.weekday)},
        **{"HH": f"{at.hour:02d}", "H": str(at.hour), "hh": f"{hour:02d}", "h": str(hour)},
        **{"kk": f"{at.hour or 24:02d}", "k": str(at.hour or 24)},
        **{"mm": f"{at.minute:02d}", "m": str(at.minute)},
        **{"ss": f"{at.second:02d}", "s": str(at.second)},
        **{"A": "PM" if at.hour > 11 else "AM", "a": "pm" if at.hour > 11 else "am"},
        **{"ZZ": offset, "Z": f"{offset[:3]}:{offset[3:5]}", "z": at.tzname() or ""},
        **{"X": str(int(at.timestamp())), "x": str(int(at.timestamp() * 1000))},
        **{"WW": f"{iso.week:02d}", "W": str(iso.week), "ww": f"{week:02d}", "w": str(week)},
        **{"GGGG": f"{iso.year:04d}", "GG": f"{iso.year % 100:02d}"},
        **{"Q": str((at.month + 2) // 3), "Qo": _ordinal((at.month + 2) // 3)},
    }


def _ordinal(number: int) -> str:
    if 10 < number % 100 < 14:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
