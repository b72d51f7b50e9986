"""The values of a matrix cell as a person writes them after ``--matrix``. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def leaves(matrix: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Key and value of each scalar; ``a.b`` for a mapping within one. Lists cannot be asked for."""
    for key, value in matrix.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from leaves(value, here)
        elif isinstance(value, bool) or value is None:
            yield here, "" if value is None else str(value).lower()
        elif isinstance(value, (str, int, float)):
            whole = isinstance(value, float) and value.is_integer()
            yield here, str(int(value) if whole else value)
