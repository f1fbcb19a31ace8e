"""Trace: who leaked, and how sure that is."""
