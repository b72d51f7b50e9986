"""Expands an evaluated ``strategy.matrix`` into its cells, as GitHub does.

Called by :mod:`agentmesh.plan.expand`. Follows "Running variations of jobs in a workflow" of
GitHub's documentation, and the matrix builder of the published runner in what that leaves open:

- keys ignore case; a filter compares leaf by leaf with the loose ``==`` of expressions, so that a
  filter's mapping needs to name only a part of a value, and a leaf that is not there is null;
- an ``include`` entry that agrees with cells of the product (excluded ones left out) adds its other
  keys to them; one that agrees with none becomes a cell of its own, at the end;
- a name takes the values of the axes, not what an ``include`` added; the cells that only an
  ``include`` made take all their values.

The work is proportional to the axes, the cells and the matches: a filter is compared with the
values of each axis once, and only the cells it agrees with are visited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

import msgspec

from agentmesh.core.errors import WorkflowError
from agentmesh.lang.expr.values import Value, loose_equal, to_string

LIMIT = 256
"""GitHub makes at most this many jobs of one matrix."""

CEILING = 100_000
"""More cells than this are a mistake, and would only fill the memory."""

NAME_LENGTH = 100
"""Longer names are cut, the last three characters becoming dots."""


class MatrixError(WorkflowError):
    """A matrix that cannot be expanded. ``path`` leads from the matrix to the offending value."""

    def __init__(self, message: str, path: tuple[str | int, ...] = (), remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.path = path


class MatrixCell(msgspec.Struct, frozen=True):
    """One combination: the ``matrix`` context, and the texts that tell it apart in a name."""

    values: dict[str, Value]
    segments: tuple[str, ...]


class _Axis(msgspec.Struct, frozen=True):
    name: str
    values: list[Value]


class _Entry(msgspec.Struct, frozen=True):
    """An ``include`` entry, divided into what selects cells and what it adds to them."""

    filters: dict[str, Value]
    extras: dict[str, Value]


def cells(matrix: Value) -> tuple[MatrixCell, ...]:
    """The cells of a matrix whose expressions have been evaluated, in GitHub's order.

    Raises :class:`MatrixError` where GitHub refuses the matrix.
    """
    mapping = _mapping(matrix, (), "matrix")
    axes = _axes(mapping)
    include = [_entry(item, i, axes) for i, item in _listed(mapping, "include")]
    exclude = [_exclusion(item, i, axes) for i, item in _listed(mapping, "exclude")]
    if not axes and not include:
        raise MatrixError(
            "Matrix must define at least one vector",
            remedy="give the matrix an axis with values, or an include entry",
        )
    count = prod(len(axis.values) for axis in axes.values()) if axes else 0
    if count + len(include) > CEILING:
        raise MatrixError(f"Matrix makes {count + len(include)} jobs, more than {CEILING}")
    dropped = {number for filters in exclude for number in _matching(filters, axes)}
    return _build(axes, include, dropped)


def display_name(base: str, segments: tuple[str, ...]) -> str:
    """What GitHub calls the cell of a job named ``base``."""
    name = f"{base} ({', '.join(segments)})" if segments else base
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 3] + "..."


def selects(wanted: Mapping[str, tuple[str, ...]], values: Mapping[str, Value]) -> bool:
    """Whether a cell has one of the wanted values under each wanted key that it has at all.

    Keys and values ignore case; ``a.b`` finds ``b`` in the mapping at ``a``.
    """
    for key, allowed in wanted.items():
        found, value = _find(values, key)
        if found and not any(_reads(value, text) for text in allowed):
            return False
    return True


def _reads(value: Value, text: str) -> bool:
    return loose_equal(value, text) or to_string(value).lower() == text.lower()


def _build(
    axes: dict[str, _Axis], include: list[_Entry], dropped: set[int]
) -> tuple[MatrixCell, ...]:
    extras: dict[int, dict[str, tuple[str, Value]]] = {}
    alone: list[_Entry] = []
    for entry in include:
        matched = False
        for number in _matching(entry.filters, axes) if axes else ():
            if number in dropped:
                continue
            matched = True
            added = extras.setdefault(number, {})
            for key, value in entry.extras.items():
                spelling = added[key.lower()][0] if key.lower() in added else key
                added[key.lower()] = (spelling, value)
        if not matched:
            alone.append(entry)
    names = [axis.name for axis in axes.values()]
    built: list[MatrixCell] = []
    for number, combination in enumerate(product(*(axis.values for axis in axes.values()))):
        if not axes or number in dropped:
            continue
        values = dict(zip(names, combination, strict=True))
        segments = tuple(text for value in combination for text in _leaves(value))
        values.update(extras[number].values() if number in extras else ())
        built.append(MatrixCell(values, segments))
    for entry in alone:
        values = {**entry.filters, **entry.extras}
        built.append(MatrixCell(values, tuple(t for v in values.values() for t in _leaves(v))))
    return tuple(built)


def _axes(mapping: Mapping[str, Value]) -> dict[str, _Axis]:
    """The axes by lower-case name, in the order of the file."""
    axes: dict[str, _Axis] = {}
    for name, values in mapping.items():
        if name in ("include", "exclude"):
            continue
        if not isinstance(values, list):
            raise MatrixError("A sequence was expected", (name,), _SEQUENCE)
        if not values:
            raise MatrixError(
                f"Matrix vector '{name}' does not contain any values",
                (name,),
                "give it a value, or skip the job with an if that tests for the empty list",
            )
        if name.lower() in axes:
            raise MatrixError(f"'{name}' is already defined", (name,), "keys ignore case")
        axes[name.lower()] = _Axis(name, values)
    return axes


_SEQUENCE = "write a list, or an expression that gives one, such as fromJSON('[1, 2]')"


def _listed(mapping: Mapping[str, Value], key: str) -> Iterator[tuple[int, Value]]:
    items = mapping.get(key)
    if items is None and key not in mapping:
        return iter(())
    if not isinstance(items, list):
        raise MatrixError("A sequence was expected", (key,), _SEQUENCE)
    return iter(enumerate(items))


def _mapping(value: Value, path: tuple[str | int, ...], what: str) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise MatrixError("A mapping was expected", path, f"write the {what} as key: value")
    return value


def _entry(item: Value, index: int, axes: Mapping[str, _Axis]) -> _Entry:
    mapping = _mapping(item, ("include", index), "entry")
    if not mapping:
        raise MatrixError("Matrix include mapping does not contain any values", ("include", index))
    filters = {k: v for k, v in mapping.items() if k.lower() in axes}
    return _Entry(filters, {k: v for k, v in mapping.items() if k.lower() not in axes})


def _exclusion(item: Value, index: int, axes: Mapping[str, _Axis]) -> dict[str, Value]:
    mapping = _mapping(item, ("exclude", index), "entry")
    if not mapping:
        raise MatrixError("Matrix exclude filter must not be empty", ("exclude", index))
    for key in mapping:
        if key.lower() not in axes:
            raise MatrixError(
                f"Matrix exclude key '{key}' does not match any key within the matrix",
                ("exclude", index, key),
                f"its axes are {', '.join(axis.name for axis in axes.values()) or 'none'}",
            )
    return mapping


def _matching(filters: Mapping[str, Value], axes: Mapping[str, _Axis]) -> Iterator[int]:
    """The numbers of the cells of the product that agree with a filter, in order."""
    wanted = {key.lower(): value for key, value in filters.items()}
    allowed: list[list[int]] = []
    stride = prod(len(axis.values) for axis in axes.values())
    for key, axis in axes.items():
        stride //= len(axis.values)
        allowed.append(
            [
                index * stride
                for index, value in enumerate(axis.values)
                if key not in wanted or _agrees(wanted[key], value)
            ]
        )
    return map(sum, product(*allowed))


def _agrees(wanted: Value, value: Value) -> bool:
    """Whether each leaf of ``wanted`` loosely equals what stands at the same place in ``value``."""
    if isinstance(wanted, dict):
        return all(_agrees(item, _look_up(value, key)[1]) for key, item in wanted.items())
    if isinstance(wanted, list):
        given = value if isinstance(value, list) else []
        return all(
            _agrees(item, given[i] if i < len(given) else None) for i, item in enumerate(wanted)
        )
    return loose_equal(value, wanted)


def _look_up(value: Value | Mapping[str, Value], key: str) -> tuple[bool, Value]:
    """Whether a mapping has a key, whatever its case, and what stands there."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name.lower() == key.lower():
                return True, item
    return False, None


def _find(value: Value | Mapping[str, Value], key: str) -> tuple[bool, Value]:
    """The same for a key that a person wrote: where there is none, its dots lead into mappings."""
    found, item = _look_up(value, key)
    head, dot, rest = key.partition(".")
    if found or not dot:
        return found, item
    found, item = _look_up(value, head)
    return _find(item, rest) if found else (False, None)


def _leaves(value: Value) -> Iterator[str]:
    """The texts of a value that stand in a name: neither null nor empty."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and (text := to_string(value)):
        yield text
