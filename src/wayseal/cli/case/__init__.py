"""`wayseal case`: cases of detection, and the recorded acts around them."""
