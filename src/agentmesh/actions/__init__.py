"""Built-in actions, one file each, listed in the registry."""
