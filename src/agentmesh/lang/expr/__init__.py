"""Expressions: lex, parse, check, evaluate."""
