"""The truth about a market, in files of its own, and the numbers of a simulated courier that a market can show.

Files are JSON Lines: `sellers`, `shops`, `offers`, `comebacks`, `numbers`, `pictures`; `market.json` has plan, seed,
stock and traps. Times are UTC microseconds. Nothing that is served or exported lies in the same folder.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from wayseal.model.errors import disk_says
from wayseal_sim._errors import SimulateError
from wayseal_sim.market._grammars import FORBIDDEN
from wayseal_sim.market._types import KnownNumber, MarketWorld
from wayseal_sim.types import SECOND

Row = Mapping[str, object]


def write_truth(world: MarketWorld, folder: Path) -> None:
    """Writes the truth.

    Args:
        world: The market.
        folder: Where to; made if need be.

    Raises:
        SimulateError: It can't be written.
    """
    lines: dict[str, Iterator[Row]] = {
        "sellers": _sellers(world),
        "shops": _shops(world),
        "offers": _offers(world),
        "comebacks": _comebacks(world),
        "numbers": _numbers(world),
        "pictures": ({"name": name, **asdict(picture)} for name, picture in sorted(world.pictures.items())),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in lines.items():
            _write(folder / f"{name}.jsonl", rows)
        told = json.dumps(_market(world), ensure_ascii=False, indent=1)
        (folder / "market.json").write_text(told + "\n", "utf-8")
    except OSError as error:
        raise SimulateError("{out} can't be written ({reason})", out=folder, reason=disk_says(error)) from error


def known_numbers(simulated: Path) -> tuple[KnownNumber, ...]:
    """The numbers that a simulated courier's sources sold, with the shop that sold each.

    Args:
        simulated: The folder that `simulate` wrote: `leaks.csv` and `truth.json` are read.

    Returns:
        The numbers, in order of sale.

    Raises:
        SimulateError: One of the files isn't there, or isn't what `simulate` writes.
    """
    try:
        truth = json.loads((simulated / "truth.json").read_text("utf-8"))
        with (simulated / "leaks.csv").open(encoding="utf-8", newline="") as file:
            sellers = {row["waybill"]: row.get("seller") or "" for row in csv.DictReader(file)}
        numbers = [
            KnownNumber(
                waybill=row["waybill"],
                sold_at=_micros(row["sold_at"]),
                seller=sellers.get(row["waybill"], ""),
                kind=row["kind"],
                source=row["source"],
            )
            for row in truth["numbers"]
        ]
    except OSError as error:
        raise SimulateError("{out} can't be read ({reason})", out=simulated, reason=disk_says(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SimulateError("{out} is not what a simulation writes", out=simulated) from error
    return tuple(sorted(numbers, key=lambda number: (number.sold_at, number.waybill)))


def _micros(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.replace(microsecond=0).timestamp()) * SECOND + moment.microsecond


def _write(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _sellers(world: MarketWorld) -> Iterator[Row]:
    for seller in world.sellers:
        yield {
            "seller": seller.id,
            "trade": seller.trade,
            "kind": seller.kind,
            "forbidden": seller.trade in FORBIDDEN,
            "first_contacts": [[c.kind, c.value] for c in seller.contacts],
            "altered": seller.style.altered,
            "agency": seller.agency if seller.agency >= 0 else None,
            "shared": [seller.shared.kind, seller.shared.value] if seller.shared else None,
            "copied": world.sellers[seller.copied].id if seller.copied >= 0 else None,
        }


def _shops(world: MarketWorld) -> Iterator[Row]:
    for shop in world.shops:
        yield {
            "site": shop.site,
            "shop": shop.id,
            "seller": world.sellers[shop.seller].id,
            "names": shop.names,
            "spans": [asdict(span) for span in shop.spans],
        }


def _offers(world: MarketWorld) -> Iterator[Row]:
    for shop in world.shops:
        for offer in shop.offers:
            yield {
                "site": shop.site,
                "offer": offer.key,
                "shop": shop.id,
                "seller": world.sellers[shop.seller].id,
                "kind": world.sellers[shop.seller].kind,
                "changed": [face.since for face in offer.faces],
            }


def _comebacks(world: MarketWorld) -> Iterator[Row]:
    for back in world.comebacks:
        before, after = world.shops[back.before], world.shops[back.after]
        yield {
            "seller": world.sellers[back.seller].id,
            "forbidden": world.sellers[back.seller].trade in FORBIDDEN,
            "before": [before.site, before.id],
            "after": [after.site, after.id],
            "gone_at": back.gone_at,
            "back_at": back.back_at,
            "way": back.way,
            "kept": back.kept,
        }


def _numbers(world: MarketWorld) -> Iterator[Row]:
    for shown in world.shown:
        shop = world.shops[shown.shop]
        yield {
            "number": shown.number,
            "site": shop.site,
            "shop": shop.id,
            "offer": shown.offer,
            "seller": world.sellers[shop.seller].id,
            "since": shown.since,
            "where": shown.where,
            "known": shown.known is not None,
            "kind": shown.known.kind if shown.known else None,
            "source": shown.known.source if shown.known else None,
        }


def _market(world: MarketWorld) -> dict[str, object]:
    plan = asdict(world.plan)
    plan.pop("traps")
    return {
        "seed": world.seed,
        "plan": plan,
        "footers": world.footers,
        "layouts": dict(world.layouts),
        "traps": [asdict(spell) for spell in world.spells],
        "stock": [dict(zip(stock.hours, map(round, stock.numbers), strict=True)) for stock in world.stocks],
    }
