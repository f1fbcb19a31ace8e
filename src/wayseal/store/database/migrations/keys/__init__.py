"""Changes of the tables that hold wrapped keys."""
