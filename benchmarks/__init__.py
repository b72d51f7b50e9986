"""Benchmarks: agentmesh beside its peer, in alternating runs. ``python -m benchmarks --help``."""
