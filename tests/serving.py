"""An app on a port of this machine, for a real browser or a proxy."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def on_a_port(app_at: Callable[[str], Any]) -> Iterator[str]:
    """Its address. app_at: makes the app that is at an address."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        address = f"http://127.0.0.1:{place.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app_at(address), log_config=None, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()
