"""Where the processes of a job run."""
