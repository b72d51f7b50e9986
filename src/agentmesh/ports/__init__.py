"""The map of replaceable parts: one small protocol a file. Types only: nothing here acts."""
