"""`wayseal vault`: what an operator does with a vault."""
