"""The engine: turns job specifications into events by running their steps."""
