"""The reads behind reasons that are no single suspects: by the cells that a detector found odd.

A detector says which cells are odd: account and day, and as it counts also hour of the day, device or address, action,
purpose, fields. A read belongs to a reason if it lies in one of its cells. One walk serves all reasons. Where others
counted (canaries, partners' contracts), they say which reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect._alerts import AccountAlert, find_moment
from wayseal.detect._cases import CaseInputs
from wayseal.detect._result import MOST_READS, Case, Person, Read, Reason
from wayseal.detect._view import View
from wayseal.detect.facts import DEVICE
from wayseal.ledger import Snapshot
from wayseal.model.arrays import Flags, UInts

_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_COLUMNS = ("at", "actor", "action", "device", "ip", "purpose", "fields")


@dataclass(slots=True, kw_only=True)
class _ReadSearch:
    """One reason whose reads are sought: account key, days of the view, odd cells of these; what was found."""

    actor: int
    since: int
    until: int
    cells: pa.Table
    times: list[npt.NDArray[np.int64]]
    waybills: list[UInts]


UNTIMED = "two_places_at_once"  # its cells say where its odd reads lie, but it counts overlaps


def add_supporting_reads(
    cases: tuple[Case, ...],
    snapshot: Snapshot,
    inputs: CaseInputs,
    alerted: Sequence[AccountAlert],
    lift: npt.NDArray[np.float64],
    external: Mapping[str, Sequence[tuple[str, int, str]]],
    progress: Callable[[str, int, int], None],
) -> tuple[Case, ...]:
    """The cases, each reason with the newest of its reads and how many there are, and each alert at its read.

    lift: float64 (a,), log odds taken off. external: `ExternalEvidence.reads`.
    """
    view, findings = inputs.view, inputs.findings
    cells_of = {f.name: f.odd.cells for f in findings}
    alert_of = {int(view.keys[a.actor]): a for a in alerted}
    sought: dict[tuple[str, str], _ReadSearch] = {}
    for one in (p for c in cases for p in c.people):
        key = int(snapshot.keys([one.actor])[0])
        for reason in one.reasons:
            if (cells := cells_of.get(reason.detector)) is not None:
                sought[one.actor, reason.detector] = _start_search(view, key, reason, cells)
    if sought:
        _walk(snapshot, view, list(sought.values()), progress)

    def person(one: Person) -> Person:
        found_of = {name: each for (actor, name), each in sought.items() if actor == one.actor}
        reasons = [
            _with_reads_found(r, found_of[r.detector], snapshot, one.actor)
            if r.detector in found_of
            else _with_external_reads(r, external.get(r.detector), one.actor)
            for r in one.reasons
        ]
        alert = alert_of.get(int(snapshot.keys([one.actor])[0]))
        at = None if alert is None else _moment_of(alert, inputs, float(lift[alert.actor]), found_of)
        return replace(one, reasons=tuple(reasons), alerted_at=at)

    def whole(case: Case) -> Case:
        people = tuple(person(p) for p in case.people)
        known = [at for p in people if (at := p.alerted_at) is not None]
        return replace(case, people=people, alerted_at=min(known, default=case.alerted_at))

    return tuple(whole(c) for c in cases)


def _moment_of(alert: AccountAlert, inputs: CaseInputs, lift: float, sought: Mapping[str, _ReadSearch]) -> int:
    """When the score reached the level of an alert, by the times of all odd reads of that day."""
    view, s = inputs.view, inputs.view.suspects
    low, high = np.searchsorted(s.actor, [alert.actor, alert.actor + 1])
    times = {}
    for one in inputs.findings:
        if one.odd.suspects is not None:
            mine = one.odd.suspects[low:high] & (s.day[low:high] == alert.day)
            times[one.name] = s.at[low:high][mine]
        elif one.name in sought and one.name != UNTIMED:
            every = np.concatenate([np.zeros(0, np.int64), *sought[one.name].times])
            times[one.name] = np.sort(every[(every + view.offset) // _DAY - view.day == alert.day])
    at = find_moment(view, inputs.findings, inputs.signals, alert, lift, times)
    return alert.at if at is None else min(at, alert.at)


def _start_search(view: View, key: int, reason: Reason, cells: pa.Table) -> _ReadSearch:
    since, until = ((t + view.offset) // _DAY - view.day for t in (reason.since, reason.until))
    place = int(np.flatnonzero(view.keys == np.uint64(key))[0])
    day = cells["day"].to_numpy()
    mine = (cells["actor"].to_numpy() == place) & (day >= since) & (day <= until)
    return _ReadSearch(actor=key, since=since, until=until, cells=cells.filter(pa.array(mine)), times=[], waybills=[])


def _walk(snapshot: Snapshot, view: View, sought: list[_ReadSearch], progress: Callable[[str, int, int], None]) -> None:
    keys = np.unique(np.array([s.actor for s in sought], np.uint64))
    for key_range in snapshot.source_ranges("actor", keys, _COLUMNS):
        reads = key_range.reads
        actor = reads["actor"].to_numpy()
        at = reads["at"].cast(pa.int64()).to_numpy()
        day = (at + view.offset) // _DAY - view.day
        for one in sought:
            rows = np.flatnonzero((actor == np.uint64(one.actor)) & (day >= one.since) & (day <= one.until))
            rows = rows[
                in_cells(reads.take(pa.array(rows)), day[rows], (at[rows] + view.offset) // _HOUR % 24, one.cells)
            ]
            one.times.append(at[rows])
            one.waybills.append(reads["waybill"].to_numpy()[rows])
        progress("reads", key_range.done, key_range.total)


def in_cells(reads: pa.Table, day: npt.NDArray[np.int64], clock: npt.NDArray[np.int64], cells: pa.Table) -> Flags:
    """Which reads of the account lie in one of its odd cells."""
    columns: dict[str, npt.NDArray[np.generic]] = {"day": day, "clock": clock}
    columns |= {n: reads[n].to_numpy() for n in ("action", "purpose", "fields")}
    if "kind" not in cells.column_names:
        return _match(columns, cells)
    out = np.zeros(len(reads), np.bool_)
    for kind in pc.unique(cells["kind"]).to_pylist():
        columns["value"] = reads["device" if kind == DEVICE else "ip"].to_numpy()
        out |= _match(columns, cells.filter(pc.equal(cells["kind"], kind)))
    return out


def _match(columns: dict[str, npt.NDArray[np.generic]], cells: pa.Table) -> Flags:
    names = [n for n in cells.column_names if n not in ("actor", "kind")]
    mine = np.stack([columns[n].astype(np.uint64) for n in names])
    odd = np.stack([cells[n].to_numpy().astype(np.uint64) for n in names])
    both = np.concatenate([mine, odd], axis=1)
    _, code = np.unique(both, axis=1, return_inverse=True)
    out: Flags = np.isin(code[: mine.shape[1]], code[mine.shape[1] :])
    return out


def _with_external_reads(reason: Reason, told: Sequence[tuple[str, int, str]] | None, actor: str) -> Reason:
    """A reason with what others said of its reads: (account, µs, waybill), or nothing."""
    if told is None:
        return reason
    mine = [Read(waybill=w, actor=a, at=t) for a, t, w in told if a == actor and reason.since <= t <= reason.until]
    mine.sort(key=lambda r: (r.at, r.waybill))
    return replace(reason, reads=tuple(mine[-MOST_READS:]), total_reads=max(reason.value, len(mine)))


def _with_reads_found(reason: Reason, mine: _ReadSearch, snapshot: Snapshot, actor: str) -> Reason:
    at = np.concatenate([np.zeros(0, np.int64), *mine.times])
    waybill = np.concatenate([np.zeros(0, np.uint64), *mine.waybills])
    order = np.lexsort((waybill, at))
    last = order[-MOST_READS:]
    numbers = snapshot.names("waybill", waybill[last])
    reads = tuple(Read(waybill=w, actor=actor, at=t) for w, t in zip(numbers, at[last].tolist(), strict=True))
    until = int(at[last[-1]]) if len(last) else reason.until
    return replace(reason, reads=reads, total_reads=len(at), until=until)
