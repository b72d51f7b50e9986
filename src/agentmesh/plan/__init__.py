"""Planning: workflows, an event and values in; a graph of jobs out. Pure."""
