"""Tables and columns that only some couriers keep: what was sent elsewhere, partners' own logs, orders, goods."""

import numpy as np
import pyarrow as pa

from benchmarks.couriers._plan import Role
from benchmarks.couriers._world import Draft
from wayseal_sim.text import coded, hexes, mix
from wayseal_sim.types import SECOND, Ints

Rng = np.random.Generator
_TIME = pa.timestamp("us", tz="UTC")
_GOODS = ("chilled", "medicine", "phones", "clothes", "papers", "cosmetics")


def further_columns(draft: Draft, salt: int) -> dict[str, pa.Array]:
    """Columns of `waybills` that only some couriers have."""
    p, work, out = draft.parcels, draft.plan.work, {}
    if (work.pieces or work.legs) and not draft.plan.gaps.no_order:
        out["order_ref"] = hexes("o", mix(p.order, salt + 8))
    if work.goods:
        out["goods_class"] = coded(p.goods - 1, pa.array(_GOODS[: work.goods], pa.string()))
    return out


def changes(draft: Draft, waybills: pa.Array) -> pa.Table:
    """Which parcels were sent to another outlet, and when."""
    parcels, at = draft.redirected
    order = np.argsort(at, kind="stable")
    order = order[(at[order] >= draft.span.start) & (at[order] < draft.span.end)]
    some = parcels[order]
    return pa.table(
        {
            "waybill": waybills.take(pa.array(some)),
            "at": pa.array(at[order], _TIME),
            "column": pa.array(["destination_outlet"] * len(some), pa.string()),
            "value": coded(draft.parcels.destination[some], pa.array(draft.places.ids, pa.string())),
        }
    )


def partner_calls(
    draft: Draft, accounts: tuple[str, ...], waybills: pa.Array, rows: tuple[Ints, ...], rng: Rng
) -> pa.Table:
    """What partners' own logs have of their calls: most of them, and none that was a leak's.

    rows: the log in order of time (at, account, parcel, purpose, insider, hand).
    """
    at, account, parcel, _, insider, _ = rows
    mine = np.flatnonzero((draft.staff.role[account] == Role.PARTNER) & (insider < 0))
    mine = mine[rng.random(len(mine)) < draft.plan.gaps.partner_logs]
    when = np.maximum(at[mine] - (rng.uniform(0, 2, len(mine)) * SECOND).astype(np.int64), draft.span.start)
    return pa.table(
        {
            "partner": coded(account[mine], pa.array(accounts, pa.string())),
            "at": pa.array(when, _TIME),
            "waybill": waybills.take(pa.array(parcel[mine])),
        }
    )
