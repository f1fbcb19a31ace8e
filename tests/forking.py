"""Processes that run our code at once: forked from one that has loaded it, which costs three seconds of CPU."""

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from typing import Any

_LOADED = ["tests.server.starting"]
"""With it, all that the vault and its service load."""


def forked(target: Callable[..., object], *args: Any) -> ForkServerProcess:
    """A process that runs `target`, which its module's name leads to."""
    context = get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    process = context.Process(target=target, args=args)
    process.start()
    return process
