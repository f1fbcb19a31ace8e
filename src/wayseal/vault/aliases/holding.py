"""Who has a parcel in hand now, by the rules of custody and the policy's purpose `deliver`.

1. An account may act on a parcel that lies at its outlet: the policy would show it the parcel for delivery, no other
   outlet has it, it hasn't left and isn't delivered. Nobody is told why not, nor whether there is such a parcel.
2. What somebody else than the vault wrote counts for nothing (`row_macs`).
3. Nothing is shown by it, so no disclosure stands in the log, and no budget counts.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Ask
from wayseal.vault import Caller, Vault
from wayseal.vault import tables as t
from wayseal.vault._disclose import DecisionInputs, decide_one
from wayseal.vault._sql import chosen
from wayseal.vault.directory import actor_of
from wayseal.vault.policy.budgets import OVER
from wayseal.vault.requests import DiscloseJob

PURPOSE = "deliver"
_NO_DAY = -1
"""Nothing was counted on it, so that neither a budget nor a day's bulk is used up (rule 3)."""


def rows_of(vault: Vault, waybills: Sequence[str]) -> dict[str, Any]:
    """The vault's rows of parcels, by number (rule 2)."""
    rows = vault.main.read(lambda c: chosen(c, t.waybills, "waybill", waybills))
    return {row.waybill: row for row in vault.marks.holding(t.waybills, rows)}


def find_held(vault: Vault, caller: Caller, waybill: str, *, now: int) -> Any | None:
    """The vault's row of a parcel that the caller's outlet has in hand; None: it hasn't (rule 1)."""
    client = vault.client(caller.client)
    may = {} if client is None or client.disabled_at is not None else {client.client: client.acts_for}
    inputs = DecisionInputs(policy=vault.policy, keyring=vault.keyring, marks=vault.marks, seen=frozenset(), may=may)
    job = DiscloseJob(caller=caller, asks=(Ask(waybill=waybill, purpose=PURPOSE, reason=PURPOSE),))

    def work(connection: Connection) -> Any | None:
        decided, _ = decide_one(connection, job, inputs, now=now, day=_NO_DAY)
        actor, row = actor_of(connection, vault.marks, caller.actor), decided.parcel
        over = decided.decision.rule in {one.rule for one in OVER.values()}
        if actor is None or actor.outlet is None or row is None or not (decided.decision.allowed or over):
            return None
        held = row.outlet == actor.outlet and row.until is None and row.departed is None
        return row if held else None

    return vault.main.read(work)


def is_out_for_delivery(vault: Vault, row: Any) -> bool:
    """Check whether a parcel was scanned as out for delivery where it is, since it came there."""
    here = (t.scans.c.waybill == row.waybill) & (t.scans.c.outlet == row.outlet) & (t.scans.c.at >= row.since)
    out = sa.select(t.scans).where(here & (t.scans.c.kind == ScanKind.OUT_FOR_DELIVERY.value))
    return any(True for _ in vault.marks.holding(t.scans, vault.main.read(lambda c: c.execute(out).all())))
