"""A console over a small market, with people who watch it."""

import shutil
from pathlib import Path

from httpx import Client

from tests.console.market_shown import fill_market
from tests.console.world import World
from tests.market.log.lines_of import capture, link, offered, reading
from tests.once import made_once
from wayseal.console import Role
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import OfferRow

PHONE = "13800138000"
NOW = 1_795_000_000_000_000
"""When the market was looked at last."""
HOSTILE_ID = "a/b?c=1&x=<b>#../%2F"
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> \u202e"


class Stall:
    """World, record, and browsers of an analyst, an investigator and an auditor."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder / "market"
        world.clock.at = NOW
        made = made_once(
            "market-shown",
            lambda place: fill_market(place, NOW, offers=60, sellers=9),
            rooms=("market", "merkle", "model", "store"),
            key=f"{NOW} {Path(__file__).with_name('market_shown.py').read_text('utf-8')}",
        )
        shutil.copytree(made, self.folder)
        (folder / "ledger").mkdir()
        world.give_cases(folder / "ledger" / "detect")
        self.holder = world.give_market(self.folder)
        for login, role in (
            ("ann", Role.ANALYST),
            ("bo", Role.ANALYST),
            ("chen", Role.INVESTIGATOR),
            ("zhang", Role.AUDITOR),
        ):
            world.person(login, role)

    @property
    def market(self) -> Market:
        """The record that the console has open."""
        found = self.holder.look()
        assert found is not None
        return found

    @property
    def reads(self) -> Reads:
        return Reads(self.market)

    @property
    def now(self) -> int:
        return self.world.clock.at

    def browser(self, login: str) -> Client:
        return self.world.signed_in(login)

    def first(self, kind: str | None = None) -> OfferRow:
        """The newest offer of a kind that waits."""
        return self.reads.offers(state="new", kind=kind).rows[0]

    def last_line(self) -> Line:
        (*_, (_, line)) = self.market.lines()
        return line

    def add_hostile(self) -> str:
        """An offer of somebody who writes formulas and scripts into all of it, and one that it is linked to."""
        text = f"{HOSTILE} 出面单 加微 {PHONE}0\n客户 {PHONE}"
        whole = f"{HOSTILE}\n{text}"
        said = reading(
            reasons=[
                {"text": HOSTILE, "at": [0, len(HOSTILE)], "weight": 2.0},
                {"text": "面单", "at": [whole.find("面单"), whole.find("面单") + 2], "weight": 3.0},
                {"text": "nowhere", "at": [9000, 9003], "weight": 1.0},
            ],
            handles=[{"kind": "wechat", "value": HOSTILE, "at": [0, 1]}],
            routes=[{"origin": HOSTILE, "destination": "", "at": [0, 1]}],
            couriers=[HOSTILE],
            numbers=[{"number": HOSTILE, "couriers": [], "probability": 0.5, "at": [0, 1]}],
        )  # fmt: skip
        picture = {
            "name": HOSTILE,
            "codes": [[HOSTILE, HOSTILE]],
            "lines": [[f"{HOSTILE} {PHONE}", 0.9]],
            "numbers": [],
        }
        more = {"title": HOSTILE, "text": text, "shop_name": HOSTILE, "url": f"javascript:{HOSTILE}", "price": HOSTILE}
        made = [Line(kind=LineKind.CAPTURED, at=self.now, body=capture(n)) for n in (0, 1)]
        made.append(offered(HOSTILE_ID, self.now, shop=HOSTILE, reading=said, pictures=[picture], **more))
        made.append(offered("tame", self.now, shop="site-a/2", capture=f"{1:064x}", text="出面单"))
        sellers = {HOSTILE_ID: HOSTILE, "tame": HOSTILE}
        made.append(
            Line(kind=LineKind.LINKED, at=self.now, body={"links": [link(HOSTILE_ID, "tame")], "sellers": sellers})
        )
        self.market.append(made)
        return HOSTILE_ID
