"""What the API accepts and returns: structs with descriptions, rules and examples that work."""
