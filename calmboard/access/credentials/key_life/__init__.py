"""What becomes of a key after its first day: replaced, changed, limited, cut off, found by others."""
