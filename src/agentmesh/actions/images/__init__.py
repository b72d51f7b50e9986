"""Container images: what the actions of ``docker/`` have in common, whichever builder there is."""
