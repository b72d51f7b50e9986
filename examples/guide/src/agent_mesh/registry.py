"""The directory one node holds, and how two of them become one.

An entry carries a version that only grows; merging keeps the newer one, and where versions are
equal the greater node name, so that nodes agree in whatever order they hear of a change. A removed
agent leaves a tombstone, or the next gossip would bring it back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Tuple


@dataclass(frozen=True, order=True)
class Entry:
    """What is known of one agent. ``address`` is None once it has been removed."""

    version: int
    node: str
    name: str
    address: Optional[str]

    @property
    def rank(self) -> Tuple[int, str, str]:
        """What decides between two entries of the same agent."""
        return (self.version, self.node, self.address or "")


class Registry:
    """The agents that a node knows of."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._entries: Dict[str, Entry] = {}

    def register(self, name: str, address: str) -> Entry:
        """Add an agent, or move it to another address."""
        if not name or "/" in name:
            raise ValueError(f"not a name for an agent: {name!r}")
        return self._write(name, address)

    def remove(self, name: str) -> bool:
        """Forget an agent everywhere; False if there is none of that name."""
        if self.find(name) is None:
            return False
        self._write(name, None)
        return True

    def find(self, name: str) -> Optional[str]:
        """The agent's address, or None."""
        entry = self._entries.get(name)
        return entry.address if entry else None

    def agents(self) -> Dict[str, str]:
        """Name → address of all agents there are, by name."""
        return {
            entry.name: entry.address
            for entry in sorted(self._entries.values(), key=lambda entry: entry.name)
            if entry.address is not None
        }

    def digest(self) -> Dict[str, Tuple[int, str]]:
        """What this node knows, in short: what a peer needs to find what it lacks."""
        return {name: (entry.version, entry.node) for name, entry in self._entries.items()}

    def newer_than(self, digest: Mapping[str, Iterable[object]]) -> List[Entry]:
        """The entries that a node with this digest lacks."""
        return [
            entry
            for name, entry in sorted(self._entries.items())
            if name not in digest or (entry.version, entry.node) > tuple(digest[name])
        ]

    def merge(self, entries: Iterable[Entry]) -> int:
        """Take over what is newer; the number of entries that changed."""
        changed = 0
        for entry in entries:
            known = self._entries.get(entry.name)
            if known is None or entry.rank > known.rank:
                self._entries[entry.name] = entry
                changed += 1
        return changed

    def _write(self, name: str, address: Optional[str]) -> Entry:
        known = self._entries.get(name)
        entry = Entry(known.version + 1 if known else 1, self.node, name, address)
        self._entries[name] = entry
        return entry


def to_json(entries: Iterable[Entry]) -> List[Dict[str, object]]:
    """Entries as they travel."""
    return [asdict(entry) for entry in entries]


def from_json(items: object) -> List[Entry]:
    """Entries from what travelled; ValueError where it is something else."""
    if not isinstance(items, list):
        raise ValueError("a list of entries was expected")
    entries = []
    for item in items:
        try:
            entry = Entry(item["version"], item["node"], item["name"], item["address"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an entry: {item!r}") from error
        if not isinstance(entry.version, int) or not isinstance(entry.name, str):
            raise ValueError(f"not an entry: {item!r}")
        entries.append(entry)
    return entries


def digest_of(value: object) -> Dict[str, Tuple[int, str]]:
    """A digest from what travelled; ValueError where it is something else."""
    if not isinstance(value, dict):
        raise ValueError("a digest is an object")
    try:
        return {name: (int(version), str(node)) for name, (version, node) in value.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a digest: {value!r}") from error
