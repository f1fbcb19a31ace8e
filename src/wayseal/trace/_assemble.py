"""From beliefs about places to rows about names."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from wayseal.model.sources import SourceKind
from wayseal.model.times import iso
from wayseal.store.types import Leaks, Rejection
from wayseal.trace._evidence import ACTOR, DEVICE, KINDS, SESSION, Floats
from wayseal.trace._exposures import Exposures
from wayseal.trace._leaks import LeakSet, seen_until
from wayseal.trace._likelihood import certain_events, seen_pairs, shares, touch_shares
from wayseal.trace._posterior import Posterior
from wayseal.trace._result import LeakRow, Note, SawRow, SourceRow

SAW_ROWS = 15
"""Bars in the picture "who saw how many"."""

POINTS_LEAST = 0.01
"""A leak is said to point at a source above this probability."""


class Assembly:
    """The rows of a result, made from one posterior and what its places stand for."""

    def __init__(self, exposures: Exposures, posterior: Posterior, leaks: LeakSet) -> None:
        self._x = exposures
        self._p = posterior
        self._leaks = leaks
        evidence = exposures.evidence
        self._source, self._leak = seen_pairs(evidence)
        self._count = np.bincount(self._source, minlength=evidence.candidates)
        logged = np.isin(evidence.kind, (ACTOR, SESSION, DEVICE))[:, None]
        rate = np.where(logged, shares(evidence), touch_shares(evidence))
        self._expected = rate[:, evidence.stratum].sum(axis=1)

    def source_rows(self, candidates: Sequence[int]) -> tuple[SourceRow, ...]:
        """One row a candidate, in the order given."""
        return tuple(self._source_row(c) for c in candidates)

    def saw_rows(self, leading: Sequence[int]) -> tuple[SawRow, ...]:
        """The accounts that saw most and the leading sources; a session or device of an account shows as this."""
        evidence = self._x.evidence
        count = self._count
        actors = np.flatnonzero((evidence.kind == ACTOR) & (count > 0))
        order = actors[np.lexsort((actors, self._expected[actors], -count[actors]))]
        lead = [c for c in leading if not evidence.part[c]][:SAW_ROWS]
        chosen = list(dict.fromkeys([*lead, *(int(c) for c in order[:SAW_ROWS])]))
        chosen.sort(key=lambda c: (-int(count[c]), float(self._expected[c]), c))
        return tuple(
            SawRow(
                source=self._x.name[c],
                kind=KINDS[evidence.kind[c]],
                saw=int(count[c]),
                expected=float(self._expected[c]),
                probability=float(self._p.probability[c]),
            )
            for c in chosen[:SAW_ROWS]
        )

    def leak_rows(self, file: Leaks, candidates: Sequence[int]) -> tuple[LeakRow, ...]:
        """Every row of the leaks file, in its order, used or not."""
        evidence = self._x.evidence
        points = [(c, self._p.points_at(c)) for c in candidates if not evidence.part[c]]
        by_account = evidence.kind[self._source] == ACTOR
        accounts = np.bincount(self._leak[by_account], minlength=len(self._leaks))
        place = {int(row): leak for leak, row in enumerate(self._leaks.row)}
        why = dict(self._leaks.unused)
        ends = [iso(us) if day else None for us, day in zip(seen_until(file).tolist(), file.by_day, strict=True)]
        columns = zip(file.rows["waybill"].to_pylist(), times(file.rows["seen_at"]), ends, strict=True)
        rows = []
        for row, (waybill, seen_at, until) in enumerate(columns):
            leak = place.get(row)
            rows.append(
                LeakRow(
                    waybill=waybill,
                    line=int(file.line[row]),
                    seen_at=seen_at,
                    seen_until=until,
                    found=leak is not None or why[row].code == "missing.duplicate",
                    missing=why.get(row) if leak is None else self._unread(int(accounts[leak])),
                    accounts=0 if leak is None else int(accounts[leak]),
                    points_at=() if leak is None else self._points(points, leak),
                    unknown=1.0 if leak is None else float(self._p.unknown[leak]),
                )
            )
        rows += [_rejected(rejection) for rejection in file.rejected]
        return tuple(sorted(rows, key=lambda row: row.line))

    @staticmethod
    def _unread(accounts: int) -> Note | None:
        return None if accounts else Note(code="missing.no_reads_before_sale")

    def _points(self, points: Sequence[tuple[int, Floats]], leak: int) -> tuple[tuple[str, float], ...]:
        pairs = [(self._x.name[c], float(p[leak])) for c, p in points if p[leak] > POINTS_LEAST]
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def _source_row(self, c: int) -> SourceRow:
        evidence = self._x.evidence
        members, together = self._p.set_of(c)
        points = self._p.points_at(c)
        mine = self._leak[self._source == c]
        last = self._last_look(c)
        order = mine[np.lexsort((mine, -points[mine]))]
        return SourceRow(
            source=self._x.name[c],
            kind=KINDS[evidence.kind[c]],
            probability=float(self._p.probability[c]),
            set_probability=max(float(together), float(self._p.probability[c])),
            log10_lr=float(self._p.log10_lr[c]),
            share=float(self._p.share[c]),
            saw=len(mine),
            expected=float(self._expected[c]),
            set=tuple(self._x.name[int(m)] for m in members),
            leaks=tuple(self._leaks.waybill[i] for i in order),
            delays_h=tuple(float(evidence.sold_at[i] - last[i]) for i in order),
            role=self._x.role[c],
            outlet=self._x.outlet[c] or None,
            account=self._x.name[evidence.parent[c]] if evidence.part[c] and evidence.parent[c] >= 0 else None,
        )

    def _last_look(self, c: int) -> Floats:
        """[n] last read by the candidate before the sale, NaN without one."""
        evidence, reads = self._x.evidence, certain_events(self._x.evidence, self._x.evidence.reads)
        mine = (reads.source == c) & (reads.at < evidence.sold_at[reads.leak])
        last = np.full(evidence.leaks, -np.inf)
        np.maximum.at(last, reads.leak[mine], reads.at[mine])
        return np.where(np.isinf(last), np.nan, last)


def _rejected(rejection: Rejection) -> LeakRow:
    reason = Note(code="missing.bad_row", values={"column": rejection.column, "reason": rejection.reason})
    return LeakRow(
        waybill="",
        line=rejection.line,
        seen_at="",
        found=False,
        missing=reason,
        accounts=0,
        points_at=(),
        unknown=1.0,
    )


def considered(posterior: Posterior) -> dict[SourceKind, int]:
    """How many sources of each kind stood to choice, those that saw nothing included."""
    return {kind: int(count) for kind, count in posterior.evidence.universe.items()}


def times(column: pa.ChunkedArray) -> list[str]:
    """Times as ISO 8601 in UTC, to the second unless there is more to say."""
    out: list[Any] = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
    return [iso(us) for us in out]
