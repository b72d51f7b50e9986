"""How nodes tell each other what is new: each round, each node exchanges with one peer.

With peers chosen in a ring of growing steps, all of N nodes know of a change after at most
ceil(log2 N) rounds, and which peer is asked when does not hang on luck.
"""

from __future__ import annotations

from typing import Sequence

from agent_mesh.registry import Registry


def peer_for_round(peers: Sequence[str], node: str, number: int) -> str:
    """Whom to ask in a round: the node 1, 2, 4, … places on in the ring of all nodes."""
    if not peers:
        raise ValueError("a node without peers has nobody to ask")
    ring = sorted({*peers, node})
    here = ring.index(node)
    steps = max(1, (len(ring) - 1).bit_length())
    offset = 1 << (number % steps)
    return ring[(here + offset) % len(ring)]


def exchange(ours: Registry, theirs: Registry) -> int:
    """One exchange between two registries of this process; the number of entries that moved."""
    for_us = theirs.newer_than(ours.digest())
    for_them = ours.newer_than(theirs.digest())
    return ours.merge(for_us) + theirs.merge(for_them)
