"""Detection: who pulls, and at what price."""
