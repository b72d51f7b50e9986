"""Toolchains that set-up actions find on this machine: versions, interpreters, their places."""
