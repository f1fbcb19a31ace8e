"""Measured claims: speed and accuracy, each beside a baseline."""
