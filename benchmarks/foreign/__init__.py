"""Foreign systems: logs and dumps of other makers, brought in by strangers."""
