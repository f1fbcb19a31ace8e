"""Rooms whose parts are loaded when they are asked for, so that a command pays only for what it uses (PEP 562)."""

from collections.abc import Callable, Mapping
from importlib import import_module


def load_when_asked(room: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Make a room's `__getattr__`.

    Args:
        room: The room's `__name__`.
        homes: Exported name → the module of the room that defines it.

    Returns:
        A function that imports that module and gives the name out of it.

    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{homes[name]}"), name)

    return load
