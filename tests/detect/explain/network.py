"""A small courier of which every read is explained."""

import numpy as np

from tests.detect.explain.worlds import Row
from tests.detect.making import DAY, HOUR
from tests.ledger.helpers import at

CITIES, EACH, PARCELS = 10, 2, 600
OUTLETS = [f"o-{n:02d}" for n in range(CITIES * EACH)]


def city(outlet: str) -> int:
    return int(outlet[2:]) // EACH


def world(seed: int = 1) -> dict[str, list[Row]]:
    """Twenty outlets in ten cities, two clerks each who read their parcels; ten agents with tickets, in pairs."""
    rng = np.random.default_rng(seed)
    tables: dict[str, list[Row]] = {name: [] for name in ("actors", "waybills", "scans", "tickets", "accesses")}
    tables["outlets"] = [{"outlet": o, "kind": "outlet", "city": f"c-{city(o)}", "region": "r"} for o in OUTLETS]
    tables["actors"] = [
        *({"actor": f"u-{o}-{k}", "kind": "person", "role": "clerk", "outlet": o} for o in OUTLETS for k in range(2)),
        *({"actor": f"a-{k}", "kind": "person", "role": "agent", "region": f"r-{k // 2}"} for k in range(10)),
    ]
    for n in range(PARCELS):
        origin, destination = (OUTLETS[k] for k in rng.choice(len(OUTLETS), 2, replace=False))
        when = int(rng.integers(0, 10 * DAY))
        waybill = f"YT{n}"
        tables["waybills"].append(
            {
                "waybill": waybill, "issued_at": at(when), "channel": "app", "origin_outlet": origin,
                "destination_outlet": destination,
            }
        )  # fmt: skip
        tables["scans"].append({"waybill": waybill, "at": at(when + HOUR), "kind": "pickup", "outlet": origin})
        tables["accesses"].append(read(when + HOUR, f"u-{origin}-{n % 2}", waybill))
        if n % 4 == 0:
            agent = f"a-{n // 4 % 10}"
            tables["tickets"].append(
                {"ticket": f"k-{n}", "waybill": waybill, "opened_at": at(when + 2 * HOUR), "actor": agent}
            )
            tables["accesses"].append(read(when + 3 * HOUR, agent, waybill))
    return tables


def read(when: int, actor: str, waybill: str) -> Row:
    return {"at": at(when), "actor": actor, "waybill": waybill, "action": "view"}
