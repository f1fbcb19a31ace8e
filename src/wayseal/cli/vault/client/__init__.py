"""`wayseal vault client`: systems that may call the service."""
