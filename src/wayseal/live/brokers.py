"""How NATS is reached, once for each asking: who asked tries again. Secrets: `wayseal.client.brokers`."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from wayseal.client.brokers import nats_secrets
from wayseal.live.errors import SourceError

Published = tuple[str, bytes, dict[str, str] | None]
"""A message: subject, body, headers."""


def nats_options(server: str, seconds: float) -> dict[str, Any]:
    """How a client of NATS connects. server: HOST:PORT; seconds: that it has; SourceError as of `nats_secrets`."""
    return {
        "servers": f"nats://{server}", "allow_reconnect": False, "max_reconnect_attempts": 1, "reconnect_time_wait": 0,
        "connect_timeout": int(seconds), "error_cb": _ignore, "name": "wayseal", **nats_secrets(SourceError),
    }  # fmt: skip


def publish_nats(server: str, seconds: float, make: Callable[[int], Iterable[Published]]) -> None:
    """Publishes to JetStream, each message once it has the one before; OSError, TimeoutError, NATS' Error, SourceError.

    server: HOST:PORT; seconds: that all of it may take; make: the messages, by how many bytes the server takes of one.
    """
    from nats.aio.client import Client

    async def work() -> None:
        client = Client()
        await client.connect(**nats_options(server, seconds / 2))
        try:
            stream = client.jetstream(timeout=seconds / 2)
            for subject, body, headers in make(client.max_payload):
                await stream.publish(subject, body, headers=headers)
        finally:
            await client.close()

    asyncio.run(asyncio.wait_for(work(), seconds))


async def _ignore(_error: Exception) -> None:
    """It is raised where it matters."""
