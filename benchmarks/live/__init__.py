"""Stream: kills, damages, delay."""
