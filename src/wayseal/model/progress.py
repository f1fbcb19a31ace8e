"""How long work says how far it is: one callback, whatever shows it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, what is done of it, and what there is in all (0: not known)."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """The callback that says nothing."""
