"""The collector of reference cycles, held off where it only costs time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without the cycle collector, for work that leaves no cycles and makes many small objects that stay.

    Looking through them again and again, and through all that is loaded, takes up to two thirds of such work's time.
    It is on again afterwards if it was on before.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
