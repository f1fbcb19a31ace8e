"""Changes of the vault's tables but for those of the keys."""
