"""agentmesh: runs CI/CD workflows on this machine, or on a mesh of machines."""

__version__ = "0.1.0"
