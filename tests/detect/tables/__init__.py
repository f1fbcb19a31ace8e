"""What each table is worth."""
