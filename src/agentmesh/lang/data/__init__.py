"""Tables of what GitHub accepts in its files, as plain data."""
