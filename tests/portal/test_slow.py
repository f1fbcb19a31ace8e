"""Whoever sends slowly keeps nobody out: places for what is sent are few, and go to others where these wait."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from tests.portal.world import ADDRESS, TEXT, World

PLACES = 24
"""As many bodies are read at a time."""
HEADERS = {"content-type": "multipart/form-data; boundary=b", "accept-language": "en"}
NGINX = Path(__file__).parents[2] / "deploy/nginx-portal.conf"


def _fields(world: World) -> bytes:
    held = world.visitor().go("/report?type=sale").form()[1] | TEXT
    parts = (f'--b\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n{held[one]}\r\n' for one in held)
    return "".join(parts).encode() + b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'


async def _slowly(fields: bytes) -> AsyncIterator[bytes]:
    yield fields + bytes(3 << 19)  # a quick beginning is no excuse
    while True:
        await asyncio.sleep(0.02)
        yield b"\x80"


async def _beside_slow_ones(world: World, forms: list[bytes]) -> tuple[Any, list[int]]:
    """The answer to the last form, and of those who send slowly meanwhile, whom it put out."""
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=HEADERS) as browser:
        slow = [asyncio.create_task(browser.post("/report", content=_slowly(one))) for one in forms[:-1]]
        await asyncio.sleep(0.3)
        world.sleep(20)
        await asyncio.sleep(0.2)
        assert not any(one.done() for one in slow)  # nobody waits: they may
        answer = await asyncio.wait_for(browser.post("/report", content=forms[-1] + b"\x80\r\n--b--\r\n"), 15)
        ended = [one.result().status_code for one in slow if one.done()]
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
    return answer, ended


def test_slow_ones_keep_nobody_out(world: World) -> None:
    forms = [_fields(world) for _ in range(PLACES + 1)]
    world.sleep(10)
    answer, ended = asyncio.run(_beside_slow_ones(world, forms))
    assert answer.status_code == 200
    assert len(re.findall(r"<span>(\d{4})</span>", answer.text)) == 4
    assert ended
    assert set(ended) == {400}
    assert [one.text for one in world.letters()] == [TEXT["text"]]


def test_one_address_takes_less_than_half_of_the_places() -> None:
    found = re.search(r"limit_conn wayseal_portal (\d+);", NGINX.read_text("utf-8"))
    assert found is not None
    assert int(found[1]) < PLACES / 2
