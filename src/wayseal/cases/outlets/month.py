"""A month of all outlets: read from the ledger once, judged, and kept beside the casebook as a file that stays.

1. A month is over once the log goes on behind its last day. Then its file stays as it is, whatever comes later; before
   that it is made anew each time. It names the ledger's state, the last day that counts, and the version of the rules.
2. Where a table is missing that explains reads (NEEDED), nothing is judged: unknown is unknown. What else couldn't be
   judged (roles whose work no table knows, unknown waybills) is named in it.
3. Strata are role, kind of outlet, part of the day, and how much of its own work an account reads in the month: work
   alone, so that nobody reads their way into a band of others. Not the region: one in which everybody looks away
   would excuse itself. Not the channel that issued a waybill, which is known of unexplained reads alone.
4. Of an outlet with fewer than `scores.PEOPLE` accounts that read, the file holds no figure. Nor has a region one by
   which that outlet's could be reckoned: it is the sum of the outlets that have one.
5. The trend goes on from the month before, if that is kept and over; else it begins. Head offices are no outlets.
"""

import calendar
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wayseal.cases.errors import OutletError
from wayseal.cases.ledger.casebook import FOLDER as DETECT
from wayseal.cases.outlets.acts import FOLDER
from wayseal.cases.outlets.scores import FEW_PEOPLE, TREND, VERDICTS, VERSION, Cells, Counts, Expected, expect, judge
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.hourly import HourlyReads, count_by_hour
from wayseal.detect.rights import shared_logins
from wayseal.detect.window import DAY_US, window_of
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.arrays import Floats, Ints
from wayseal.model.kinds import ActorKind, OutletKind
from wayseal.model.messages import N_
from wayseal.model.progress import Progress
from wayseal.model.schema import parse_json, plain
from wayseal.model.times import clock_us, day_name
from wayseal.store.durable import replace_file

NEEDED: Final = "actors", "outlets", "scans", "waybills"
PARTS: Final = "day", "evening", "night"
_PART: Ints = np.array([2] * 7 + [0] * 12 + [1] * 4 + [2], np.int32)
"""Part of each hour of the day."""
VOLUMES: Final = 300, 1_500, 6_000
_META = b"wayseal"
_STRATUM = "role", "kind", "part", "volume", "judged", "unexplained", "expected"

Row: TypeAlias = Mapping[str, Any]
"""An outlet's month: outlet, name, city, region, kind; verdict; judged, unexplained, expected (compared ones; None: not
said); discovery, rate, worse as `scores` has them; trend ("worse" or ""), and where it stands; shared: logins that look
like several people's; trained, expired: people whose training holds at the month's end, or ran out; strata: rows of
role, kind, part, volume (place among VOLUMES), judged, unexplained, and expected (None: not compared)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What holds for all outlets of a month.

    until: its last day that counts. ledger: the state's digest. lacking: tables, silent: roles, gaps: share of unknown
    waybills (rule 2). since: the first month of the trend; limit: its own.
    """

    month: str
    until: str
    over: bool
    rules: int
    ledger: str
    lacking: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    gaps: float = 0.0
    spread: float = 0.0
    lasting: float = 0.0
    prior: tuple[float, float] = (1.0, 1.0)
    limit: float = 0.0
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month as it is kept: a row of an outlet each, by its id."""

    about: About
    table: pa.Table

    def rows(self) -> list[Row]:
        """All."""
        return list(self.table.to_pylist())

    def choose(self, verdict: str = "all", region: str = "", part: str = "") -> "Month":
        """The rows of a verdict, or that got worse, of a region, in whose id or name a text stands; without: any."""
        t = self.table
        rows = pa.array(np.ones(len(t), np.bool_))
        if verdict != "all":
            rows = pc.equal(t["trend" if verdict == "worse" else "verdict"], verdict)
        if region:
            rows = pc.and_(rows, pc.fill_null(pc.equal(t["region"], region), False))
        if part:
            texts = pc.binary_join_element_wise(t["outlet"], pc.fill_null(t["name"], ""), " ")
            rows = pc.and_(rows, pc.match_substring(texts, part, ignore_case=True))
        return Month(about=self.about, table=t.filter(rows))


def parse_month(text: str) -> tuple[int, int]:
    """First and last local day since 1970 of a month such as 2026-10. OutletError."""
    try:
        first = date.fromisoformat(f"{text}-01")
        days = calendar.monthrange(first.year, first.month)[1]
    except ValueError:
        raise OutletError("needs a month such as 2026-10", key="month") from None
    start = (first - date(1970, 1, 1)).days
    return start, start + days - 1


def months_of(folder: Path) -> list[str]:
    """The months that are kept, the newest last. folder: of outlets, beside a casebook."""
    return sorted(path.stem for path in folder.glob("[0-9]*-[0-9]*.parquet"))


def read_month(folder: Path, month: str, outlet: str = "", *, strata: bool = False) -> Month:
    """A month that is kept; only of one outlet there are strata, unless they are asked for. OutletError: it isn't."""
    parse_month(month)
    path = folder / f"{month}.parquet"
    try:
        columns = None if outlet or strata else [name for name in pq.read_schema(path).names if name != "strata"]
        table = pq.read_table(path, columns=columns, filters=[("outlet", "==", outlet)] if outlet else None)
        return Month(about=parse_json(table.schema.metadata[_META].decode(), About), table=table)
    except FileNotFoundError:
        raise OutletError(N_("this month isn't kept: `wayseal outlets month` makes it"), key=month) from None
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        raise OutletError(N_("the month's file can't be read"), file=path) from None


def make_month(snapshot: Snapshot, ledger: Path, month: str, progress: Progress) -> Month:
    """Make a month (2026-10) and keep it, or read it where it is kept for good (rule 1).

    OutletError: it can't be read. WindowError: the log has nothing of it. LedgerError; OSError: it can't be kept.
    """
    folder, (first, last) = ledger / DETECT / FOLDER, parse_month(month)
    if month in months_of(folder) and (kept := read_month(folder, month, strata=True)).about.over:
        return kept
    offset, activity = clock_us(), snapshot.activity()
    window = window_of(activity, offset, first, last)
    whole = window_of(activity, offset, None, None)
    if window is None or whole is None:
        raise OutletError(N_("the log holds no reads"), key=month)
    end = min(last, whole.last)
    about = About(
        month=month, until=day_name(end), over=whole.last > last, rules=VERSION, ledger=snapshot.digest,
        lacking=tuple(name for name in NEEDED if name not in snapshot.tables),
    )  # fmt: skip
    facts = update_facts(snapshot, ledger / DETECT, load_templates(None), offset, progress)
    staff = _Staff(snapshot, count_by_hour(snapshot, facts, window))
    logins = [one.actor for one in shared_logins(snapshot, facts, first, end)]
    made = _judge(about, staff, folder, logins, (last + 1) * DAY_US - offset)
    folder.mkdir(mode=0o700, exist_ok=True)
    content = io.BytesIO()
    pq.write_table(made.table, content, compression="zstd", row_group_size=2_000)
    replace_file(folder / f"{month}.parquet", content.getvalue(), mode=0o400 if about.over else 0o600)
    return made


class _Staff:
    """Accounts of outlets, and the cells that their reads fall into."""

    def __init__(self, snapshot: Snapshot, read: HourlyReads) -> None:
        self.read, outlets, actors = read, snapshot.outlets(), snapshot.actors()
        outlets = outlets.filter(pc.not_equal(outlets["kind"].cast(pa.string()), str(OutletKind.HEAD_OFFICE)))
        self.outlets = outlets.sort_by("outlet")
        ids = self.outlets["outlet"].combine_chunks().cast(pa.string())
        self.actors = actors.filter(pc.is_in(actors["outlet"].cast(pa.string()), ids))
        self.home = pc.index_in(self.actors["outlet"].cast(pa.string()), ids).to_numpy().astype(np.int32)
        self.n = len(ids)
        row = find_rows(read.keys, snapshot.hashed(self.actors["actor"].combine_chunks()))
        there = (row >= 0)[:, None]
        self.judged, self.odd = (np.where(there, some[row], 0) if len(some) else np.zeros((len(row), 24), np.int64)
                                 for some in (read.judged, read.odd))  # fmt: skip

    def count(self, which: Any) -> Ints:
        """How many of some accounts each outlet has."""
        return np.bincount(self.home[which], minlength=self.n).astype(np.int32)

    def cells(self) -> tuple[Cells, list[tuple[str, str, str, int]]]:
        """Cells (rule 3), and what their strata stand for."""
        roles, kinds = (pc.fill_null(some.cast(pa.string()), "").combine_chunks().dictionary_encode()
                        for some in (self.actors["role"], self.outlets["kind"]))  # fmt: skip
        volume = np.searchsorted(VOLUMES, (self.judged - self.odd).sum(axis=1), "right")
        kind = kinds.indices.to_numpy()[self.home]
        base = (roles.indices.to_numpy().astype(np.int64) * 4 + kind) * 4 + volume
        keys = (self.home.astype(np.int64)[:, None] << 32 | base[:, None] * 3 + _PART).ravel()
        used = self.judged.ravel() > 0
        cell, place = np.unique(keys[used], return_inverse=True)
        judged, odd = (np.bincount(place, some.ravel()[used]).astype(np.int64) for some in (self.judged, self.odd))
        codes, stratum = np.unique(cell & 0xFFFFFFFF, return_inverse=True)
        names = [
            (roles.dictionary[c // 48].as_py(), kinds.dictionary[c // 12 % 4].as_py(), PARTS[c % 3], c // 3 % 4)
            for c in codes.tolist()
        ]
        outlet, stratum = (cell >> 32).astype(np.int32), stratum.astype(np.int32)
        return Cells(outlet=outlet, stratum=stratum, judged=judged, odd=odd), names

    def trained(self, end: int) -> tuple[Ints, Ints]:
        """People of each outlet whose training holds at a moment, and of whom it ran out."""
        person = pc.equal(self.actors["kind"].cast(pa.string()), str(ActorKind.PERSON)).to_numpy()
        until = pc.fill_null(self.actors["trained_until"].cast(pa.int64()), 0).to_numpy()
        return self.count(person & (until >= end)), self.count(person & (until > 0) & (until < end))


def _judge(about: About, staff: _Staff, folder: Path, logins: Sequence[str], end: int) -> Month:
    cells, names = staff.cells()
    found = expect(cells, staff.n)
    trend, before, since = _go_on(folder, staff.outlets["outlet"], about.month)
    people = staff.count(staff.judged.sum(axis=1) > 0)
    scores = judge(found, people if not about.lacking else 0 * people, trend, before)
    said = scores.verdict != VERDICTS.index(FEW_PEOPLE)
    trained, expired = staff.trained(end)
    shared = staff.count(pc.is_in(staff.actors["actor"].cast(pa.string()), pa.array(logins, pa.string())).to_numpy())
    counts = {
        "judged": found.judged, "unexplained": found.odd, "expected": found.expected.round(3), "shared": shared,
        "trained": trained, "expired": expired,
    }  # fmt: skip
    columns = {
        **{name: staff.outlets[name].cast(pa.string()) for name in ("outlet", "name", "city", "region", "kind")},
        "verdict": pa.array([VERDICTS[k] for k in scores.verdict.tolist()], pa.string()),
        **{name: pa.array(some, mask=~said) for name, some in counts.items()},
        **{name: pa.array(getattr(scores, name), from_pandas=True) for name in ("discovery", "rate", "worse")},
        "trend": pa.array(np.where(scores.alarm, "worse", "")),
        **dict(zip(TREND, scores.trend, strict=True)),
        "strata": _strata(cells, found, names, said),
    }
    about = replace(
        about, silent=staff.read.silent, gaps=staff.read.gaps, spread=scores.spread, lasting=scores.lasting,
        prior=scores.prior, limit=scores.limit, since=since,
    )  # fmt: skip
    return Month(about=about, table=pa.table(columns).replace_schema_metadata({_META: json.dumps(plain(about))}))


def _strata(cells: Cells, found: Expected, names: Sequence[tuple[str, str, str, int]], said: Any) -> pa.Array:
    """The strata of each outlet; none of one without a figure (rule 4). Cells are by outlet."""
    shown = said[cells.outlet]
    of = [names[k] for k in cells.stratum[shown].tolist()]
    texts = [pa.array([one[k] for one in of], pa.string() if k < 3 else pa.int64()) for k in range(4)]
    numbers = [pa.array(some[shown], from_pandas=True) for some in (cells.judged, cells.odd, found.cell)]
    rows = pa.StructArray.from_arrays([*texts, *numbers], list(_STRATUM))
    ends = np.concatenate([[0], np.cumsum(np.bincount(cells.outlet[shown], minlength=len(said)))])
    return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), rows)


def _go_on(folder: Path, outlets: pa.ChunkedArray, month: str) -> tuple[Floats | None, Counts | None, str]:
    """The trend of the month before, its O and E, and since when the trend goes (rule 5)."""
    name = f"{date.fromordinal(date.fromisoformat(f'{month}-01').toordinal() - 1):%Y-%m}"
    before = read_month(folder, name) if name in months_of(folder) else None
    if before is None or not before.about.over or before.about.rules != VERSION:
        return None, None, month
    row = pc.index_in(outlets.cast(pa.string()), before.table["outlet"].combine_chunks())
    kept = before.table.take(row)
    trend = np.array([pc.fill_null(kept[name], 0.0).to_numpy() for name in TREND])
    odd, expected = pc.fill_null(kept["unexplained"], 0).to_numpy(), pc.fill_null(kept["expected"], np.nan).to_numpy()
    return trend, (odd, expected), before.about.since
