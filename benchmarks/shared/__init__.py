"""What benchmarks of several areas use."""
