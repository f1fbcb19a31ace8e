"""A gate in this process over a numbers' database of its own, with visitors who have an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx import Client, Response

from tests.console.world import InProcess
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.gate.app import Gate, create_app
from wayseal.gate.errors import GateError
from wayseal.gate.serve import Pulse, open_gate
from wayseal.gate.settings import KEYS, TOKENS, GateSettings
from wayseal.model.times import SECOND_US, now_us
from wayseal.numbers.breaches import KeptBreach, after
from wayseal.numbers.codec import Series
from wayseal.numbers.codes import KeySet, courier_code, make_secret, open_keys
from wayseal.numbers.moves import BlockAsk, Numbers
from wayseal.numbers.rules import Move, MoveKind
from wayseal.numbers.tables import CHAIN
from wayseal.service import make_log
from wayseal.service.tokens import add_token

HOUR_US = 3600 * SECOND_US
SHOP, OTHER = "shop", "other-shop"


@dataclass
class Parcels:
    """Numbers of a shop: 40 that are under way, then 5 closed long ago, 5 bound and 5 issued."""

    keys: KeySet
    live: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)

    def secret(self, number: str) -> str:
        return make_secret(self.keys.secret, number)


def make_parcels(folder: Path, size: int = 55, url: str | None = None) -> Parcels:
    """Makes `numbers.sqlite`, and the gate's keys and folder beside it."""
    (folder / "gate").mkdir(parents=True)
    keys, now = open_keys(folder / "numbers.key", make=True), now_us()
    keys.gate_part().write(folder / "gate" / KEYS)
    with open_database(url or folder / "numbers.sqlite") as database:
        upgrade(database, CHAIN)
        numbers = Numbers(database, keys, folder / "numbers.key.issued")
        numbers.add_series(Series(prefix="YT", digits=13, epoch=1), now - 30 * 24 * HOUR_US)
        made = list(numbers.issue(BlockAsk(holder=SHOP, channel="api", size=size), now - 20 * 24 * HOUR_US).numbers)
        parcels = Parcels(keys, made[:-15], made[-15:-10], made[-10:-5], made[-5:])

        def scans(kind: str, city: str) -> dict[str, Any]:
            return {"move": MoveKind.SCAN, "by": "hub", "kind": kind, "city": city}

        bound = [*parcels.live, *parcels.closed, *parcels.bound]
        numbers.move([Move(number=one, move=MoveKind.BIND, by=SHOP, order_tag=one.encode()) for one in bound],
                     now - 19 * 24 * HOUR_US)  # fmt: skip
        numbers.move([Move(number=one, **scans("pickup", "上海")) for one in parcels.closed], now - 18 * 24 * HOUR_US)
        numbers.move([Move(number=one, move=MoveKind.CLOSE, by="hub") for one in parcels.closed],
                     now - 17 * 24 * HOUR_US)  # fmt: skip
        for hours, kind, city in ((30, "pickup", "上海"), (9, "arrive", "北京"), (1, "out_for_delivery", "北京")):
            numbers.move([Move(number=one, **scans(kind, city)) for one in parcels.live], now - hours * HOUR_US)
    return parcels


@dataclass
class World:
    folder: Path
    gate: Gate
    pulse: Pulse
    parcels: Parcels

    @property
    def app(self) -> Any:
        return create_app(self.gate)

    def breaches(self) -> list[KeptBreach]:
        """Those that are written once the pulse beat."""
        self.pulse.beat()
        with open_database(self.folder / "numbers.sqlite") as database:
            return list(database.read(after, 0))

    def code(self, number: str) -> str:
        return courier_code(self.parcels.keys.courier, number, self.gate.numbers.clock() // (60 * SECOND_US))

    def token(self, account: str) -> str:
        return add_token(self.folder / "gate" / TOKENS, account, GateError)

    def visitor(self, address: str = "192.0.2.8", **headers: str) -> Client:
        app = self.app

        async def at(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "client": (address, 4711)}, receive, send)

        base = "https://track.example"
        return Client(transport=InProcess(at), base_url=base, headers={"accept-language": "en", **headers})

    def ask(self, number: str, secret: str = "", address: str = "192.0.2.8", **headers: str) -> Response:
        """By a program."""
        given = {"x-shipment-secret": secret} if secret else {}
        return self.visitor(address, **given, **headers).get("/v1/track", params={"number": number})


@contextmanager
def open_world(folder: Path, parcels: Parcels | None = None, **settings: Any) -> Iterator[World]:
    """A gate. parcels: those that are there already."""
    parcels = parcels or make_parcels(folder)
    given: dict[str, Any] = {"miss_milliseconds": 5, "numbers": str(folder / "numbers.sqlite")} | settings
    made = GateSettings(folder=folder / "gate", **given)
    with open_gate(made, make_log()) as (gate, pulse):
        yield World(folder, gate, pulse, parcels)
