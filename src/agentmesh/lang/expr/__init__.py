"""Expressions: read, evaluated, explained."""
