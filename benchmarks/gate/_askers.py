"""Who asks a gate over raw connections: one request after the other on each, and how long every answer took."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_DATE, _LENGTH = re.compile(rb"date: [^\r]*\r\n"), re.compile(rb"content-length: (\d+)")


class _Asker(asyncio.Protocol):
    def __init__(self, todo: list[tuple[str, bytes]], found: list[tuple[str, float, str]], done: asyncio.Event) -> None:
        self._todo, self._found, self._done = todo, found, done
        self._held, self._why, self._began = b"", "", 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, _, body = self._held.partition(b"\r\n\r\n")
        size = _LENGTH.search(head)
        if size is not None and len(body) >= int(size[1]):
            took, said = time.perf_counter() - self._began, hashlib.sha256(_DATE.sub(b"", self._held)).hexdigest()
            self._found.append((self._why, took, f"{self._held[9:12].decode()} {said[:16]}"))
            self._held = b""
            self._next()

    def _next(self) -> None:
        if self._todo:
            self._why, request = self._todo.pop()
            self._began = time.perf_counter()
            self._transport.write(request)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done.set()


def ask(port: int, file: str, connections: int) -> dict[str, Any]:
    """Ask for the numbers of a file: why, number, secret and address; times and what was answered, by why."""
    asked: Sequence[tuple[str, str, str, str]] = json.loads(Path(file).read_text())
    todo = [
        (why, f"GET /v1/track?number={number} HTTP/1.1\r\nhost: t\r\nx-shipment-secret: {secret}\r\n"
         f"x-forwarded-for: {address}\r\n\r\n".encode())
        for why, number, secret, address in reversed(asked)
    ]  # fmt: skip
    found: list[tuple[str, float, str]] = []

    async def run() -> float:
        loop, ends = asyncio.get_running_loop(), [asyncio.Event() for _ in range(connections)]
        began = time.perf_counter()
        for end in ends:
            await loop.create_connection(lambda end=end: _Asker(todo, found, end), "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*(end.wait() for end in ends))
        return time.perf_counter() - began

    seconds = asyncio.run(run())
    by: dict[str, Any] = {}
    for why, took, said in found:
        its = by.setdefault(why, {"times": [], "said": {}})
        its["times"].append(took)
        its["said"][said] = its["said"].get(said, 0) + 1
    return {"seconds": seconds, "answered": len(found), "by": by}
