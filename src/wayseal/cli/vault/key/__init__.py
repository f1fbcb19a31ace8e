"""`wayseal vault key`: the keys of a vault."""
