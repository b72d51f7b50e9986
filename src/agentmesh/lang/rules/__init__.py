"""What is unwise in a workflow or an action: one module a rule, each pure, each with its page."""
