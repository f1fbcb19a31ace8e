"""How a service hears that it is to end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def handle_signals(act: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT call `act` meanwhile; afterwards they do what they did before.

    Args:
        act: Is called where a signal is handled: it logs nothing and waits for nothing.

    Returns:
        What a `with` opens.
    """

    def handle(sig: int, frame: FrameType | None) -> None:
        act()

    before = {sig: signal.signal(sig, handle) for sig in SIGNALS}
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)
