"""Benchmarks of the stream."""
