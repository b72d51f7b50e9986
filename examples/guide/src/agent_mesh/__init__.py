"""agent-mesh: a directory of agents that several nodes keep together by gossip."""

__version__ = "1.4.0"
