"""What running steps call on loopback: caches, artifacts and identity tokens, as on GitHub."""
