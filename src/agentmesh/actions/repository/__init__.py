"""Git repositories as checkout needs them: read on this machine, laid out anew in a workspace."""
