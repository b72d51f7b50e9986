"""Events and findings as text, JSON and so on."""
