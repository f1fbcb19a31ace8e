"""Changes of the console's tables of access, oldest first."""
