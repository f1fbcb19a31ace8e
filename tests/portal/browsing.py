"""A portal on a port of this machine, for a real browser."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.portal.world import World


@contextmanager
def served(world: World) -> Iterator[str]:
    """Its address."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        config = uvicorn.Config(world.app, log_config=None, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
