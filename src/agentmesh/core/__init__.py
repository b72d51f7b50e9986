"""Words that all parts share: events, places, problems, errors, conclusions."""
