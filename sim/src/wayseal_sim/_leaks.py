"""What the buyer writes down (the contract's `leaks`), and the truth that the buyer does not know."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from wayseal import __version__
from wayseal.store import arrow_schema
from wayseal_sim._calendar import Calendar
from wayseal_sim._leakers import Candidates, LeakSource
from wayseal_sim._market import BANDS, Sales
from wayseal_sim._network import Network
from wayseal_sim._numbers import render
from wayseal_sim._scenario import Buyer, Scenario
from wayseal_sim.text import fixed_width, hexes, mix
from wayseal_sim.types import DAY, HOUR, MINUTE, NEVER, Ints, stream

_ASKED, _ABSENT, _RESOLD = 0.6, 0.35, 0.2
_OTHER_SELLERS = 3
_TIME = pa.timestamp("us", tz="UTC")


def leaks_and_truth(
    scenario: Scenario,
    calendar: Calendar,
    network: Network,
    sources: Sequence[LeakSource],
    piles: Sequence[Candidates],
    sales: Sales,
    seed: int,
) -> tuple[pa.Table, dict[str, object]]:
    """The rows of `leaks` in order of `seen_at`, and the truth as JSON can hold it.

    sold <= seen_at always; a number of an issuing interface is seen before its pickup.
    """
    rng = stream(seed, 7)
    sold, n = sales.sold, len(sales.sold)
    number, origin, destination, since, until = _gather(piles, sales)
    lag = (rng.standard_exponential(n) * 8 * MINUTE).astype(np.int64) + MINUTE
    seen = np.minimum(sold + lag, sold + (until - sold) // 2)
    asked = np.where(rng.random(n) < _ASKED, seen - _minutes(rng, n, 2, 60), NEVER)
    if len(sales.asked):
        asked = np.where(sales.asked != NEVER, sales.asked, asked)
        since = np.where(sales.read != NEVER, sales.read, since)
    absent = np.where(rng.random(n) < _ABSENT, sold - _minutes(rng, n, 5, 180), NEVER)
    seller = _sellers(rng, sales.pile, len(sources))
    order = np.argsort(seen, kind="stable")
    waybill = fixed_width(render(number[order]))
    seen, asked, absent = (_by_clock(scenario, at) for at in (seen, asked, absent))
    salt = int(stream(seed, 8).integers(1 << 62))
    table = pa.table(
        {
            "waybill": waybill,
            "seen_at": pa.array(seen[order], _TIME),
            "asked_at": pa.array(asked[order], _TIME, mask=asked[order] == NEVER),
            "absent_at": pa.array(absent[order], _TIME, mask=absent[order] == NEVER),
            "found_by": pa.array(["purchase"] * n, pa.string()),
            "seller": hexes("shop-", mix(seller[order], salt)),
            "asked": _wishes(scenario, network, sales, origin[order], destination[order]),
        },
        schema=arrow_schema("leaks"),
    )
    truth = _truth(scenario, calendar, sources, piles, sales, seed)
    truth["numbers"] = _numbers(waybill.to_pylist(), sources, sales.pile[order], since[order], sold[order])
    return table, truth


def reported(piles: Sequence[Candidates], sales: Sales, seed: int) -> pa.Table:
    """Rows of `leaks` for numbers that were sold to others: a recipient reports the call, hours after the sale."""
    rng, n = stream(seed, 13), len(sales.sold)
    number = _gather(piles, sales)[0]
    seen = sales.sold + (rng.standard_exponential(n) * 3 * HOUR).astype(np.int64) + MINUTE
    order = np.argsort(seen, kind="stable")
    schema = arrow_schema("leaks")
    told = {
        "waybill": fixed_width(render(number[order])),
        "seen_at": pa.array(seen[order], _TIME),
        "found_by": pa.array(["report"] * n, pa.string()),
    }
    return pa.table([told.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)


def _gather(piles: Sequence[Candidates], sales: Sales) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    names = ("number", "origin", "destination", "since", "until")
    out = [np.zeros(len(sales.sold), np.int64) for _ in names]
    for k, pile in enumerate(piles):
        mine = sales.pile == k
        for column, name in zip(out, names, strict=True):
            column[mine] = getattr(pile, name)[sales.item[mine]]
    return out[0], out[1], out[2], out[3], out[4]


def _by_clock(scenario: Scenario, at: Ints) -> Ints:
    """Times as the buyer's clock has them."""
    fast = round(scenario.buyer_clock_h * HOUR)
    out: Ints = np.where(at == NEVER, NEVER, at + np.where(at == NEVER, 0, fast))
    return out


def _minutes(rng: np.random.Generator, n: int, low: float, high: float) -> Ints:
    out: Ints = (rng.uniform(low, high, n) * MINUTE).astype(np.int64)
    return out


def _sellers(rng: np.random.Generator, pile: Ints, known: int) -> Ints:
    """A source sells through a shop of its own, sometimes through another's; unknown sources through several."""
    shops = known + _OTHER_SELLERS
    elsewhere = known + rng.integers(0, _OTHER_SELLERS, len(pile))
    own = np.where(pile == known, elsewhere, pile)
    out: Ints = np.where(rng.random(len(pile)) < _RESOLD, rng.integers(0, shops, len(pile)), own)
    return out


def _wishes(scenario: Scenario, network: Network, sales: Sales, origin: Ints, destination: Ints) -> pa.Array:
    names = network.cities.name
    start, end = network.unit_city[origin].tolist(), network.unit_city[destination].tolist()
    wishes: list[Mapping[str, object] | None]
    match scenario.buyer:
        case Buyer.ANYTHING | Buyer.OUTLETS_UNSAID:
            wishes = [None] * len(start)
        case Buyer.ORIGIN:
            wishes = [{"origin_city": names[a]} for a in start]
        case Buyer.ROUTE:
            wishes = [{"destination_city": names[b], "origin_city": names[a]} for a, b in zip(start, end, strict=True)]
        case Buyer.OUTLETS:
            few = [network.unit_id[u] for u in sales.outlets]
            wishes = [{"origin_outlet": few}] * len(start)
    texts = [None if w is None else json.dumps(w, ensure_ascii=False) for w in wishes]
    return pa.array(texts, pa.string())


def _iso(at: Ints) -> list[str]:
    return [str(t) + "Z" for t in at.astype("datetime64[us]")]


def _truth(
    scenario: Scenario,
    calendar: Calendar,
    sources: Sequence[LeakSource],
    piles: Sequence[Candidates],
    sales: Sales,
    seed: int,
) -> dict[str, object]:
    sold = np.bincount(sales.pile, minlength=len(piles))
    stock = {
        calendar.day_name(sales.opening + d * DAY): {
            f"{hour:02.0f}:00": round(float(s.at(hour))) for hour in (11.0, 12.0, *BANDS)
        }
        for d, s in enumerate(sales.stocks)
    }
    return {
        "wayseal": __version__,
        "seed": seed,
        "scenario": scenario.as_dict(),
        "leakers": [{"kind": str(s.kind), "id": s.id, "sold": int(k)} for s, k in zip(sources, sold, strict=False)],
        "unknown": int(sold[-1]),
        "stock": stock,
    }


def _numbers(
    waybills: list[str], sources: Sequence[LeakSource], pile: Ints, since: Ints, sold: Ints
) -> list[dict[str, str | None]]:
    ids = [*((str(s.kind), s.id) for s in sources), (None, None)]
    rows = zip(waybills, pile.tolist(), _iso(since), _iso(sold), strict=True)
    return [
        {"waybill": w, "kind": ids[k][0], "source": ids[k][1], "read_at": read, "sold_at": when}
        for w, k, read, when in rows
    ]
