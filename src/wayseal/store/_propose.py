"""A first mapping file from a sample of a log."""

from pathlib import Path


def propose_mapping(sample: Path) -> str:
    """A mapping file (TOML with comments) for the log that the sample is from; a person corrects it."""
    raise NotImplementedError(sample)
