"""How long an answer takes doesn't tell whether a number exists: measured; `tests/vault/test_existence.py` counts."""

import random
import statistics
import time

import httpx
import pytest

from tests.server.test_http_protocol import served
from tests.server.world import ADMIN, NOW, World

ASKS = 1500
"""Of each kind, in random turns, so that whatever else the machine does falls upon all alike."""
CLOSE = 0.05


@pytest.mark.deep
def test_how_long_an_answer_takes_does_not_tell(service: World) -> None:
    kinds = {
        kind: [f"YT7{place}000000000{n:02}" for n in range(20)]
        for place, kind in enumerate(("unknown", "elsewhere", "erased"))
    }
    for number in kinds["elsewhere"] + kinds["erased"]:
        service.seal(number)
        service.arrive(number, "GZ-9")
    service.vault.erase(ADMIN, kinds["erased"], now=NOW)
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    chance = random.Random(1)
    headers = service.headers(actor="courier-1")
    with served(service) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
        for _ in range(ASKS):
            for kind in chance.sample(list(kinds), len(kinds)):
                place = f"/v1/waybills/{chance.choice(kinds[kind])}/disclose"
                begun = time.perf_counter()
                answer = http.post(place, json={"purpose": "deliver", "reason": "route 12"})
                taken[kind].append(time.perf_counter() - begun)
                assert (answer.status_code, answer.json()["rule"]) == (403, "custody")
    medians = {kind: statistics.median(some) for kind, some in taken.items()}
    print({kind: f"{1e6 * median:,.0f} us" for kind, median in medians.items()})
    assert max(medians.values()) <= (1 + CLOSE) * min(medians.values()), medians
