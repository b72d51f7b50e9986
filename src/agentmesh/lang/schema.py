"""The vocabulary of the tables in :mod:`agentmesh.lang.data`: what may stand where.

A table maps names to :class:`Kind` values, which name each other, so that reading a table builds
nothing but flat values. :mod:`agentmesh.lang.parse.check` reads a file against one.
"""

from __future__ import annotations

import msgspec


class Keys(msgspec.Struct, frozen=True):
    """A mapping: the keys it knows with the kinds of their values, and what other keys may be.

    ``others`` is the kind of the values of all other keys, and empty where there may be none;
    ``filled`` asks for names that are not empty. The absence of a ``required`` key is an error, of
    an ``advised`` one a warning. ``told_by`` is a key with the values that tell this shape from
    the others of a kind; without it the keys alone tell.
    """

    known: dict[str, str] = {}
    required: tuple[str, ...] = ()
    others: str = ""
    filled: bool = True
    advised: tuple[str, ...] = ()
    told_by: tuple[str, tuple[str, ...]] = ("", ())


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a value may be; each field allows one more thing.

    ``names`` lists contexts, and functions with the number of their arguments, that expressions
    may use here and further in, in addition to those of the place around it.
    """

    null: bool = False
    boolean: bool = False
    number: bool = False
    text: bool = False
    """Any string."""
    filled: bool = False
    """A string that is not empty."""
    words: tuple[str, ...] = ()
    """These strings."""
    items: str = ""
    """A sequence of this kind."""
    keys: tuple[Keys, ...] = ()
    """A mapping of one of these shapes, told apart by their keys."""
    names: tuple[str, ...] = ()
    condition: bool = False
    """A text that is an expression as a whole, with ``${{ }}`` around it or not."""
    soft: bool = False
    """A scalar of another type is merely unwise: a warning."""


Table = dict[str, Kind]

ANY = Kind(
    null=True,
    boolean=True,
    number=True,
    text=True,
    items="any",
    keys=(Keys(others="any", filled=False),),
)
TEXT = Kind(text=True)
FILLED = Kind(filled=True)
BOOLEAN = Kind(boolean=True)
NUMBER = Kind(number=True)
NULL = Kind(null=True)
FILLED_LIST = Kind(items="filled")
FILLED_ONE_OR_MORE = Kind(filled=True, items="filled")

COMMON: Table = {
    "any": ANY,
    "text": TEXT,
    "filled": FILLED,
    "boolean": BOOLEAN,
    "number": NUMBER,
    "null": NULL,
    "texts": Kind(items="text"),
    "filled-list": FILLED_LIST,
    "filled-one-or-more": FILLED_ONE_OR_MORE,
}
