"""Labels: read again when they are damaged, and how quickly they are made."""
