"""`wayseal vault actor`: people and systems that may ask."""
