"""`wayseal serve`: services that answer over HTTP."""
