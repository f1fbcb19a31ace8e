"""Virtual numbers, handovers and the courier's code, put together over a vault. Times: µs since 1970, UTC.

1. Ledger before light: the phone behind an alias comes out of a disclosure that stands in the log, goes to the
   provider, and is kept nowhere here.
2. An alias ends `LASTS` after its parcel was signed for, and at most `MOST` after it was given.
3. A pair is in the pool's tables before the provider binds it and until it has unbound it: what a crash leaves between,
   the next sweep unbinds.
4. A stranger's call names who was given the alias: one viewer, or all who share it. That is a lead: who calls from
   another phone of their own is a stranger, too.
5. A code is told to whoever has the shipment's secret, and to the courier at the door; neither is kept.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from wayseal.database import Connection, Database
from wayseal.model.records import Time
from wayseal.model.runtime import Closing
from wayseal.model.times import DAY_US, MINUTE_US, clock, time_at
from wayseal.numbers import breaches
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.codes import KeySet, courier_code, handover_code, make_secret, parse_secret
from wayseal.store.tables import arrow_schema
from wayseal.vault import Caller, Vault, check
from wayseal.vault.aliases import handover, pool
from wayseal.vault.aliases.handover import Handover
from wayseal.vault.aliases.holding import PURPOSE, find_held, is_out_for_delivery, rows_of
from wayseal.vault.aliases.provider import AliasProvider, CallKind, ProviderError
from wayseal.vault.errors import VaultError
from wayseal.vault.sealing import seal_reason

LASTS, MOST = 7 * DAY_US, 90 * DAY_US
_UNSHOWN = 600_000_000
"""So long after it was opened a pair that was never shown is a crash's."""
OVERRIDDEN = "handover_overridden"
_FOUND_BY = {CallKind.CALL: "spam_call", CallKind.TEXT: "spam_sms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasShown:
    """A viewer's virtual number for a parcel. shared: others have the same one; recording: of calls over it."""

    alias: str
    until: Time
    shared: bool
    recording: Literal[False] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown:
    """Six digits. until: when they end; None: with the parcel's stay."""

    code: str
    until: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasLeak:
    """Strangers' calls to an alias. at: of the first, µs; viewers: to whom it was given, one of whom passed it on."""

    waybill: str
    alias: str
    kind: CallKind
    viewers: tuple[str, ...]
    at: int
    calls: int


class Aliases(Closing):
    """See above; closes its `database` (tables of `CHAIN`). keys, numbers: of the numbers, and their database."""

    def __init__(
        self, vault: Vault, database: Database, provider: AliasProvider, keys: KeySet, numbers: Database
    ) -> None:
        self.vault, self.database = vault, database
        self._provider, self._keys, self._numbers = provider, keys, numbers

    def bind(self, viewer: str, waybill: str, phone: str, recipient: str, *, now: int) -> AliasShown:
        """A viewer's alias for a parcel (rules 1 to 3); asked for again, it is the same one with the phones of now.

        phone: the viewer's own; recipient: the recipient's, out of a disclosure. VaultError: the pool is used up.
        """
        until = max(self._ends([waybill], now)[waybill], now + DAY_US)
        row = self.database.write(pool.open_pair, waybill, viewer, secrets.token_hex(16), now=now, until=until)
        if row is None:
            raise VaultError("all virtual numbers are given out, or cool: the pool needs more of them")
        try:
            if row.shown_at is not None:
                self._provider.swap(row.pair, phone, recipient)
                self._provider.extend(row.pair, until)
            elif self._provider.bind(row.pair, row.alias, phone, recipient, until):
                raise ProviderError("the provider would record calls: nothing is bound")
        except Exception:
            if row.shown_at is None:
                self._end(row.pair, now)
            raise
        sharing = self.database.write(pool.mark_shown, row.pair, now=now, until=until)
        if sharing is None:
            raise ProviderError("the virtual number was taken back meanwhile: ask again")
        return AliasShown(alias=row.alias, until=time_at(until), shared=sharing > 1)

    def _end(self, pair: str, now: int) -> None:
        self._provider.unbind(pair)
        self.database.write(pool.close_pair, pair, now)

    def _ends(self, waybills: Sequence[str], now: int) -> dict[str, int]:
        """Rule 2."""
        rows = rows_of(self.vault, waybills)
        signed = {one: rows[one].until if one in rows else None for one in waybills}
        return {one: (now if at is None else at) + LASTS for one, at in signed.items()}

    def sweep(self, *, now: int) -> int:
        """Extends what goes on, ends what is over, frees what has cooled; how many pairs ended (rules 2 to 4)."""
        ending = self.database.read(pool.ending_pairs, now + DAY_US, now - _UNSHOWN)
        ends, over = self._ends([row.waybill for row in ending], now), 0
        for row in ending:
            until = min(ends[row.waybill], row.opened_at + MOST)
            if row.shown_at is not None and until > max(row.until, now):
                self._provider.extend(row.pair, until)
                self.database.write(pool.mark_shown, row.pair, now=now, until=until)
            elif row.shown_at is None or row.until <= now:
                self._end(row.pair, now)
                over += 1
        self.database.write(pool.cool, self._strangers(now - pool.COOLING), now)
        found = [
            Breach(
                kind=BreachKind.ALIAS_CALLED, number=one.waybill, at=one.at, facts={"viewers": len(one.viewers)},
                asker=one.viewers[0] if len(one.viewers) == 1 else "",
            )
            for one in self.leaks(now - pool.COOLING)
        ]  # fmt: skip
        self._numbers.write(breaches.add, *found)
        return over

    def _strangers(self, since: int) -> list[tuple[str, CallKind, int]]:
        return [(one.alias, one.kind, one.at) for one in self._provider.events(since) if one.side is None]

    def leaks(self, since: int = 0) -> list[AliasLeak]:
        """Strangers' calls since then to aliases that somebody was given (rule 4), by the time of the first."""
        strangers = self._strangers(since)

        def work(connection: Connection) -> list[AliasLeak]:
            found: dict[tuple[str, CallKind, str, tuple[str, ...]], list[int]] = {}
            for alias, kind, at in strangers:
                if (given := pool.holders(connection, alias, at)) is not None:
                    found.setdefault((alias, kind, *given), []).append(at)
            return [
                AliasLeak(waybill=waybill, alias=alias, kind=kind, viewers=viewers, at=times[0], calls=len(times))
                for (alias, kind, waybill, viewers), times in found.items()
            ]

        return self.database.read(work)

    def hand_over(self, caller: Caller, waybill: str, code: str, *, now: int) -> Handover | None:
        """Takes a code at the caller's outlet; None: the parcel isn't in its hands."""
        row = find_held(self.vault, caller, check.waybill(waybill), now=now)
        if row is None:
            return None
        tried = (row.waybill, row.outlet, code, self._handover_code(row))
        made, alarm = self.database.write(handover.check_code, *tried, who=caller.actor, now=now)
        if alarm:
            guessed = Breach(kind=BreachKind.HANDOVER_GUESSED, number="", at=now, asker=row.outlet)
            self._numbers.write(breaches.add, guessed)
        return made

    def override(self, caller: Caller, waybill: str, reason: str, *, now: int) -> Handover | None:
        """Hands over without a code, once it is locked, by one of the policy's approvers; None: that can't be.

        That it was asked for stands in the vault's log, with the sealed reason, before anything is done.
        """
        number, reason = check.waybill(waybill), check.reason(reason)
        row, actor = rows_of(self.vault, [number]).get(number), self.vault.actor(caller.actor)
        purpose = self.vault.policy.purposes.get(PURPOSE)
        if row is None or row.outlet is None or actor is None or purpose is None or actor.blocked_at is not None:
            return None
        if actor.role not in purpose.approvers or not (actor.valid_at(now) and actor.trained_at(now)):
            return None
        sealed = seal_reason(self.vault.keyring, caller.request.encode(), reason).hex()
        self.vault.record_act(caller, OVERRIDDEN, now=now, waybill=number, outlet=row.outlet, reason=sealed)
        return self.database.write(handover.override, number, row.outlet, who=caller.actor, now=now)

    def handover_code(self, caller: Caller, waybill: str, secret: str, *, now: int) -> CodeShown | None:
        """The code for the outlet at which a parcel lies; None: it lies nowhere, or the secret isn't the shipment's."""
        del caller, now
        number = check.waybill(waybill)
        right = secrets.compare_digest(parse_secret(secret) or "", make_secret(self._keys.secret, number))
        row = rows_of(self.vault, [number]).get(number)
        lies = row is not None and row.outlet is not None and row.until is None and row.departed is None
        return CodeShown(code=self._handover_code(row)) if right and lies else None

    def _handover_code(self, row: Any) -> str:
        day = time_at(row.since).astimezone(clock()).date().isoformat()
        return handover_code(self._keys.handover, row.waybill, row.outlet, day)

    def courier_code(self, caller: Caller, waybill: str, *, now: int) -> CodeShown | None:
        """The code of the minute, for a courier whose outlet has the parcel out for delivery; else None."""
        row = find_held(self.vault, caller, check.waybill(waybill), now=now)
        if row is None or not is_out_for_delivery(self.vault, row):
            return None
        code = courier_code(self._keys.courier, row.waybill, now // MINUTE_US)
        return CodeShown(code=code, until=time_at((now // MINUTE_US + 1) * MINUTE_US))

    def close(self) -> None:
        """Lets go of the database."""
        self.database.close()


def leaks_table(leaks: Sequence[AliasLeak]) -> pa.Table:
    """Leaks in the contract's schema; the table knows no viewers."""
    rows = [{"waybill": one.waybill, "seen_at": one.at, "found_by": _FOUND_BY[one.kind]} for one in leaks]
    return pa.Table.from_pylist(rows, schema=arrow_schema("leaks"))
