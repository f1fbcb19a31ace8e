"""What partners say they read: their own log, by their own clock.

It has a call of theirs even where our log lost the row, and lacks a share FORGOTTEN of those that we have; calls that
break a contract aren't in it. A partner's clock is fast or slow by up to SKEW minutes, and each call is logged up to
JITTER_S seconds before or after.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from wayseal.store import arrow_schema
from wayseal_sim._emit import ROWS, Dictionaries, Texts, batch_of, requests
from wayseal_sim._fields import field_lists
from wayseal_sim._reads import ReadReason, Reads
from wayseal_sim._spool import Columns
from wayseal_sim._staff import CHANNELS, Role, Staff
from wayseal_sim.text import coded
from wayseal_sim.types import MINUTE, SECOND, Ints, stream

FORGOTTEN = 0.005
SKEW = (1.0, 8.0)
JITTER_S = 1.5
_TIME = pa.timestamp("us", tz="UTC")
_OPERATIONS = ("order", "track")


class PartnerClocks:
    """The partners' clocks. fast: int64 (actors,), microseconds, of an ordering or tracking client; 0 for others."""

    def __init__(self, staff: Staff, seed: int) -> None:
        rng = stream(seed, 29)
        off = (rng.uniform(*SKEW, len(CHANNELS)) * rng.choice([-1, 1], len(CHANNELS)) * MINUTE).astype(np.int64)
        self._partner, self._ids, self._seed = staff.role == Role.PARTNER, staff.ids, seed
        self.fast = np.zeros(len(staff), np.int64)
        for channel, (order, clients) in enumerate(zip(staff.order, staff.clients, strict=True)):
            own = np.array([order, *clients[clients >= 0]])
            self.fast[own[self._partner[own]]] = off[channel]

    def calls(self, k: int, reads: Reads) -> tuple[Ints, ...]:
        """The partners' rows about the reads of the k-th run of parcels, lost or not.

        Columns: at (theirs), parcel, actor, reason, at (ours).
        """
        rng = stream(self._seed, 30, k)
        mine = np.flatnonzero(self._partner[reads.actor])
        mine = mine[rng.random(len(mine)) >= FORGOTTEN]
        actor, ours = reads.actor[mine].astype(np.int64), reads.at[mine]
        jitter = (rng.uniform(-JITTER_S, JITTER_S, len(mine)) * SECOND).astype(np.int64)
        theirs = ours + self.fast[actor] + jitter
        return theirs, reads.parcel[mine].astype(np.int64), actor, reads.reason[mine].astype(np.int64), ours

    def told(self) -> dict[str, float]:
        """By how many seconds each partner's clock is fast."""
        return {self._ids[k]: round(self.fast[k] / SECOND, 3) for k in np.flatnonzero(self._partner).tolist()}


def call_batches(words: Dictionaries, texts: Texts, at: Ints, columns: Columns) -> Iterator[pa.RecordBatch]:
    """Batches of `partner_calls` in order of time."""
    schema = arrow_schema("partner_calls")
    for low in range(0, len(at), ROWS):
        part = slice(low, low + ROWS)
        parcel, actor, reason, ours = (column[part].astype(np.int64) for column in columns)
        operation = coded((reason == ReadReason.TRACK).astype(np.int8), pa.array(_OPERATIONS, pa.string()))
        named = {
            "partner": coded(actor, words.actors).dictionary_decode(),
            "at": pa.array(at[part], _TIME),
            "waybill": texts.array(parcel),
            "request": requests(words, ours, parcel),
            "operation": operation.dictionary_decode(),
            "ip": coded(words.ip_of[actor], words.ips).dictionary_decode(),
            "fields": field_lists(reason).cast(pa.list_(pa.string())),
        }
        yield batch_of(schema, named, len(parcel))
