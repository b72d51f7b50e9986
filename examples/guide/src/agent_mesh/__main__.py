"""``python -m agent_mesh``: run a node until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import List, Optional

from agent_mesh import __version__
from agent_mesh.service import Node, PeerFailed


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="agent-mesh", description="A node of the mesh.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--name", default="node-1", help="how other nodes call this one")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 listens to everybody")
    parser.add_argument("--port", type=int, default=8080, help="0 takes any free port")
    parser.add_argument("--peer", action="append", default=[], help="URL of another node")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds")
    parser.add_argument("--pages", type=Path, help="folder of the web page (src/web)")
    args = parser.parse_args(argv)

    node = Node(args.name, args.port, args.pages, args.host)
    stop = threading.Event()

    def stopped(number: int, frame: Optional[FrameType]) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    serving = {"poll_interval": 0.05}  # how soon a node stops when told to
    threading.Thread(target=node.serve_forever, kwargs=serving, daemon=True).start()
    print(f"{args.name} listens on {node.url}", flush=True)
    while not stop.wait(args.interval):
        if args.peer:
            try:
                node.gossip(args.peer)
            except PeerFailed as error:
                print(f"gossip failed: {error}", file=sys.stderr, flush=True)
    node.shutdown()
    node.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
