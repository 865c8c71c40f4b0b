"""What the API takes and gives: structs with descriptions, rules and examples that work."""
