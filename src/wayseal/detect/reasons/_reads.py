"""Reads one by one, each with what it came through and what work was near it: from the ledger to plain values.

1. The reads of a case are those behind its reasons, or all of its accounts on its days (`_odd_reads`).
2. Who reads something of a person is a person: session, address and device stand only where the look was recorded, and
   accounts under the name that may be shown.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import PlainSerializer, WrapSerializer

from wayseal import __version__
from wayseal.detect._odd_reads import ReadFilter, find_odd_reads
from wayseal.detect.explain import Template
from wayseal.detect.reasons._pair import TABLES, ReadJudge, TemplateStep, read_world, step_document
from wayseal.detect.reasons._world import Parcel, World, parcels_of
from wayseal.ledger import Snapshot
from wayseal.model.arrays import UInts
from wayseal.model.kinds import Action
from wayseal.model.progress import Progress
from wayseal.page.programs import Day, Moment, OrNull, alias

TEXTS = ("session", "ip", "device")
"""Ids that lead to a person (rule 2)."""
_AT_ONCE = 8_192
"""Waybills whose tables are read together."""
_ACTIONS = ("", *(action.value for action in Action))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRead:
    """One read. Texts are "" where the log says none, or where they are kept back.

    source, row: what `wayseal ledger prove` knows it by. file: name of the source. at: µs. actor: under the name that
    may be shown. has_access_id: whether its log gave it an id of its own (`access`). reasons: detectors that count it.
    verdict: see `_judge.classify`. near: what explains it or comes nearest; None where no table has anything to do
    with it.
    """

    source: int
    row: int
    file: str
    at: Moment
    waybill: str
    actor: str
    session: OrNull
    ip: OrNull
    device: OrNull
    action: OrNull
    via: OrNull
    purpose: OrNull
    has_access_id: bool
    reasons: tuple[str, ...]
    verdict: str
    near: Annotated[TemplateStep, PlainSerializer(step_document)] | None

    @property
    def id(self) -> str:
        """Source and row: what proves it."""
        return f"{self.source}:{self.row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadsResult:
    """A list of reads, by time.

    case: whose they are, "" for those of a waybill. since, until: local days since 1970 that were looked at, both
    included; None for all. reasons: detectors that were asked for. unlisted: of these, those whose reads can't be
    listed. everything: whether reads that none counts are there, too. kept_back: whether sessions, addresses and
    devices are left out. missing: tables that explanations are made of and the ledger lacks.
    """

    wayseal: str
    ledger_digest: Annotated[str, alias("inputs"), PlainSerializer(lambda digest: {"ledger": digest})]
    case: OrNull
    waybill: OrNull
    since: Annotated[Day | None, alias("from")]
    until: Annotated[Day | None, alias("to")]
    reasons: tuple[str, ...]
    unlisted: Annotated[tuple[str, ...], alias("unlisted_reasons")]
    everything: bool
    kept_back: bool
    missing: Annotated[tuple[str, ...], alias("missing_tables")]
    reads: tuple[Annotated[ListedRead, WrapSerializer(lambda read, row: {"read": read.id, **row(read)})], ...]


def list_case_reads(
    snapshot: Snapshot,
    wanted: ReadFilter,
    case: str,
    templates: Sequence[Template],
    offset: int,
    folder: Path | None,
    name: Callable[[str], str],
    progress: Progress,
) -> ReadsResult:
    """The reads of a case (rule 1), with the work near each.

    case: its id; offset: of local days, µs ahead of UTC; folder: where detection's facts are kept, None for nowhere;
    name: under which an account may be shown. LedgerError; TooManyReadsError; OSError: facts can't be kept.
    """
    found = find_odd_reads(snapshot, wanted, templates, offset, folder, progress)
    counted = [tuple(compress(wanted.detectors, row)) for row in found.counted.tolist()]
    return ReadsResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        case=case,
        waybill=wanted.waybill,
        since=found.first,
        until=found.last,
        reasons=wanted.detectors,
        unlisted=found.unlisted,
        everything=wanted.everything,
        kept_back=False,
        missing=_missing(snapshot),
        reads=tuple(_Listing(snapshot, templates, name, kept_back=False).reads(found.reads, counted)),
    )


def list_waybill_reads(
    snapshot: Snapshot,
    waybill: str,
    templates: Sequence[Template],
    name: Callable[[str], str],
    *,
    kept_back: bool,
    world: World | None = None,
) -> ReadsResult:
    """All reads of a waybill (a clean number), with the work near each. LedgerError.

    name: under which an account may be shown; kept_back: sessions, addresses and devices are left out (rule 2);
    world: the ledger's, for whoever asks often (`read_world`).
    """
    reads = snapshot.reads(snapshot.keys([waybill]))
    return ReadsResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        case="",
        waybill=waybill,
        since=None,
        until=None,
        reasons=(),
        unlisted=(),
        everything=True,
        kept_back=kept_back,
        missing=_missing(snapshot),
        reads=tuple(
            _Listing(snapshot, templates, name, kept_back=kept_back, world=world).reads(reads, [()] * len(reads))
        ),
    )


def _missing(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(table for table in TABLES if table not in snapshot.tables)


class _Listing:
    """Makes plain values of rows."""

    def __init__(
        self,
        snapshot: Snapshot,
        templates: Sequence[Template],
        name: Callable[[str], str],
        *,
        kept_back: bool,
        world: World | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._templates = templates
        self._name = name
        self._kept_back = kept_back
        self._world: World = read_world(snapshot) if world is None else world

    def reads(self, rows: pa.Table, reasons: Sequence[tuple[str, ...]]) -> Iterator[ListedRead]:
        """In the order of the rows."""
        if not len(rows):
            return
        texts = {name: self._texts(rows, name) for name in ("waybill", "actor", "via", "purpose")}
        texts |= {name: [""] * len(rows) if self._kept_back else self._texts(rows, name) for name in TEXTS}
        parcels = self._parcels(rows["waybill"].to_numpy())
        sources = self._snapshot.manifest.sources
        times = rows["at"].cast(pa.int64()).to_pylist()
        for nth, row in enumerate(rows.select(["source", "row", "action", "access"]).to_pylist()):
            action, number, actor = _action(row["action"]), texts["waybill"][nth], texts["actor"][nth]
            verdict, near = self._judge(actor, parcels.get(number, Parcel())).nearest(times[nth], action)
            yield ListedRead(
                source=row["source"],
                row=row["row"],
                file=Path(sources[row["source"]].name).name,
                at=times[nth],
                waybill=number,
                actor=self._name(actor),
                action=action,
                has_access_id=bool(row["access"]),
                reasons=reasons[nth],
                verdict=verdict,
                near=near,
                **{name: texts[name][nth] for name in ("via", "purpose", *TEXTS)},
            )

    def _judge(self, actor: str, parcel: Parcel) -> ReadJudge:
        account = self._world.account(actor)
        return ReadJudge(account=account, parcel=parcel, world=self._world, templates=self._templates, name=self._name)

    def _texts(self, rows: pa.Table, name: str) -> list[str]:
        return self._snapshot.names(name, rows[name].fill_null(0).to_numpy())

    def _parcels(self, keys: UInts) -> dict[str, Parcel]:
        """The tables' rows on each waybill, by number."""
        snapshot, out = self._snapshot, dict[str, Parcel]()
        every = np.unique(keys)
        for start in range(0, len(every), _AT_ONCE):
            some = every[start : start + _AT_ONCE]
            out |= parcels_of(snapshot.waybills(some), snapshot.scans(some), snapshot.table("tickets", some))
        return out


def _action(kept: Any) -> str:
    """An action as the contract has it; rows of a walk have its place, others its text."""
    return _ACTIONS[kept] if isinstance(kept, int) else kept or ""
