"""The command line: rooms are put together here and nowhere else."""

from wayseal.cli._main import app, main

__all__ = ["app", "main"]
