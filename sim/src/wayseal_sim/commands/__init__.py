"""`wayseal simulate` and `wayseal demo`, which the command line finds by entry points."""
