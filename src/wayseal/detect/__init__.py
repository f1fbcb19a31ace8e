"""Findings on insiders and partner interfaces: reads that no work and no contract explains."""
