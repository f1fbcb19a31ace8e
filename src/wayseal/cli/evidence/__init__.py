"""The commands of `wayseal evidence`."""
