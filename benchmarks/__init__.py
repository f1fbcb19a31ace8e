"""What was asked of Wayseal, measured: `python -m benchmarks` lists it, `python -m benchmarks run NAME` runs one."""
