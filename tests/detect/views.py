"""Small views for tests of detectors: reads in plain Python, made facts and looked at."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import strategies as st

from wayseal.detect._service_area import settle_by_service_area
from wayseal.detect._view import AccountPosts, OutletPlaces, Suspects, View, build_view
from wayseal.detect.detectors import Odd, detectors
from wayseal.detect.explain import UNEXPLAINED, UNKNOWN
from wayseal.detect.facts import Facts
from wayseal.detect.facts._facts import HOURS, SHOWN, SUSPECTS, USES, add_up

DAY0, DAY_US, HOUR_US = 20_500, 86_400_000_000, 3_600_000_000
WEAK = 5
ROLES = {1: ("clerk", "o-1"), 2: ("clerk", "o-1"), 3: ("clerk", "o-2"), 4: ("agent", "north"), 5: ("agent", "")}
"""Accounts that somebody knows; others are strangers."""
OUTLETS = {"o-1": 201, "o-2": 202, "o-3": 203}
NORTH = 301
WHO = AccountPosts(
    keys=np.array([*ROLES, 77], np.uint64), role=pa.array([*(r for r, _ in ROLES.values()), "clerk"]),
    place=pa.array([*(p for _, p in ROLES.values()), "o-3"]),
    kind=pa.array(["person", "service", "service", "person", "partner", None]),
    outlet=np.array([*(OUTLETS.get(p, 0) for _, p in ROLES.values()), 203], np.uint64),
    region=np.array([0, 0, 0, NORTH, 0, 0], np.uint64),
)  # fmt: skip
WHERE = OutletPlaces(
    keys=np.arange(201, 229, dtype=np.uint64),
    city=np.array([k and 400 + k % 9 for k in range(28)], np.uint64),
    region=np.array([k and NORTH + k % 4 for k in range(28)], np.uint64),
)
"""Where outlets lie; of 201 nobody knows, and 229 and 230 are in no table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A read as `explain` saw it. at: µs of local time since the first day. why: None for what is no suspect.

    waybill: 0 for a read that is no first one. ends: keys of the outlets of origin, destination, last scan before and
    first scan after the read; channel: of the interface that issued it.
    """

    actor: int
    at: int
    waybill: int = 0
    why: int | None = None
    mandate: bool = False
    early: bool = False
    action: int = 0
    device: int = 0
    ip: int = 0
    purpose: int = 0
    fields: int = 0
    channel: int = 0
    ends: tuple[int, int, int, int] = (0, 0, 0, 0)
    begun: int = 0


def facts_of_reads(reads: Sequence[Seen], offset: int) -> Facts:
    """The facts of some reads."""
    start = DAY0 * DAY_US - offset
    hours, uses, shown, suspects = [], [], [], []
    for r in reads:
        at = start + r.at
        hours.append((r.actor, at // HOUR_US, 1, int(r.waybill > 0), int(r.mandate and r.waybill > 0)))
        day = DAY0 + r.at // DAY_US
        uses += [(r.actor, day, kind, key, 1, at, at) for kind, key in enumerate((r.device, r.ip)) if key]
        shown.append((r.actor, day, r.action, r.purpose, r.fields, 1))
        if r.waybill and not r.mandate and r.why is not None:
            around = (*r.ends, r.channel, r.begun)
            suspects.append((r.waybill, r.actor, at, r.action, r.device, r.ip, 0, r.why, r.early, *around))
    suspects.sort()
    return Facts(
        hours=counted("hours", HOURS, hours), uses=counted("uses", USES, uses), shown=counted("shown", SHOWN, shown),
        suspects=table(SUSPECTS, suspects), offset=offset,
    )  # fmt: skip


def table(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def counted(name: str, schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    whole = table(schema, rows)
    return (
        add_up(name, [whole, whole.slice(0, 0)]) if len(rows) < 2 else add_up(name, [whole.slice(0, 1), whole.slice(1)])
    )


def numbers(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Every third waybill has no number; the others' follow each other."""
    out: npt.NDArray[np.uint64] = np.where(keys % 7 == 6, 0, keys + np.uint64(1 << 60)).astype(np.uint64)
    return out


def look(
    facts: Facts, days: int, first_day: int = DAY0, who: AccountPosts = WHO, where: OutletPlaces = WHERE,
    settle: Callable[[View], View] = settle_by_service_area,
) -> View:  # fmt: skip
    """A view of some days, with territory as `view_of` gives it."""
    return settle(build_view(facts, who, numbers, first_day, first_day + days - 1, where=where))


def unsettled(view: View) -> View:
    """The view as it is without territory, if it is given as `settle`."""
    return view


@contextmanager
def window_known() -> Iterator[None]:
    """With what territory takes from the whole window, as who is whose peer, given.

    Everybody works in the own area, and more than nine reads a day are nobody's help.
    """

    def everybody(view: View, *_: object) -> npt.NDArray[np.bool_]:
        return np.ones(view.shape[0], np.bool_)

    def nine(view: View) -> npt.NDArray[np.float64]:
        return np.full(view.shape[0], 9.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wayseal.detect._service_area._works_in_area", everybody)
        patch.setattr("wayseal.detect._service_area._most_at_outlet", nine)
        yield


def told_by(view: View, seed: int = 3) -> View:
    """With counts of what others give, for whatever detector takes them."""
    chance = np.random.default_rng(seed)
    given = {d.name: chance.integers(0, 3, view.shape) * chance.integers(0, 2, view.shape) for d in detectors()}
    return replace(view, external_counts=given)


def cut(view: View, days: int) -> View:
    """The same view as it was after some of its days; who is a peer of whom is what it is."""
    s = view.suspects
    there = s.day < days
    return replace(
        view,
        **{name: getattr(view, name)[:, :days] for name in ("reads", "first", "mandate")},
        suspects=Suspects(**{f.name: getattr(s, f.name)[there] for f in fields(s)}),
        hours=view.hours.filter(pa.array(view.hours["hour"].to_numpy() < days * 24)),
        uses=view.uses.filter(pa.array(view.uses["day"].to_numpy() < days)),
        shown=view.shown.filter(pa.array(view.shown["day"].to_numpy() < days)),
        external_counts={name: counts[:, :days] for name, counts in view.external_counts.items()},
    )


def plain(view: View, odd: Odd, days: int | None = None) -> dict[str, Any]:
    """What a detector says, by accounts and waybills in place of places, of the first days: to compare with."""
    days = view.shape[1] if days is None else days
    s = view.suspects
    out: dict[str, Any] = {}
    for name in ("odd", "base"):
        counts = getattr(odd, name)
        out[name] = {int(k): counts[a, :days].tolist() for a, k in enumerate(view.keys)}
    if odd.suspects is not None:
        chosen = np.flatnonzero(odd.suspects & (s.day < days))
        out["suspects"] = sorted(zip(s.waybill[chosen].tolist(), view.keys[s.actor[chosen]].tolist(), strict=True))
    if odd.cells is not None:
        rows = odd.cells.filter(pa.array(odd.cells["day"].to_numpy() < days))
        rows = rows.set_column(0, "actor", pa.array(view.keys[rows["actor"].to_numpy()]))
        out["cells"] = sorted({tuple(row.values()) for row in rows.to_pylist()})
    return out


MINUTE = 60_000_000
HOURS_OF = (0, 3, 10, 11, 13, 16, 23)
ENDS = (0, 0, *range(201, 231))


def one(chance: random.Random, days: int) -> Seen:
    """Any read. Few different values, so that much of it meets; nobody knows account 6.

    Half of an account's parcels come from one outlet, and half through one interface: so something is its territory.
    """
    at = chance.randrange(days) * DAY_US + chance.choice(HOURS_OF) * HOUR_US + chance.randrange(60) * MINUTE
    actor = chance.choice([1, 1, 2, 2, 3, 3, 4, 5, 6])
    origin, destination, scanned, due = chance.choices(ENDS, k=4)
    return Seen(
        actor=actor, at=at, waybill=chance.choice([0, chance.randrange(60)]),
        why=chance.choice([None, WEAK, UNEXPLAINED, UNEXPLAINED, UNEXPLAINED, UNKNOWN]), mandate=chance.random() < 0.2,
        early=chance.random() < 0.5, action=chance.randrange(7), device=chance.choice([0, 1, 1, 2, 3]),
        ip=chance.choice([0, 1, 2]), purpose=chance.choice([0, 1, 1, 2]), fields=chance.choice([0, 1, 2, 3]),
        channel=chance.choice([0, 6, *range(501, 509), *[500 + actor] * 8]),
        ends=(chance.choice([origin, 210 + actor]), destination, scanned, due),
    )  # fmt: skip


def some(seed: int, count: int, days: int) -> list[Seen]:
    """Reads of some days, of which some are the first of several in a row."""
    chance = random.Random(seed)
    rows = [again(one_, n) for one_ in (one(chance, days) for _ in range(count)) for n in range(chance.choice(RUNS))]
    return once([r for r in rows if r.at < days * DAY_US])


RUNS = (1, 1, 1, 2, 6, 12)


def seen(days: int) -> st.SearchStrategy[list[Seen]]:
    """Reads of some days: few or many."""
    return st.builds(some, st.integers(0, 1 << 32), st.integers(0, 40), st.just(days))


def again(read: Seen, n: int) -> Seen:
    """The n-th of several reads: at the same moment or a few seconds later, of another waybill."""
    return replace(read, at=read.at + n // 3 * 3_000_000, waybill=read.waybill + 2 * n if read.waybill else 0)


def once(reads: Sequence[Seen]) -> list[Seen]:
    """Without the mark of a first read where the account had read that waybill."""
    known: set[tuple[int, int]] = set()
    out = []
    for r in sorted(reads, key=lambda r: r.at):
        first = r.waybill > 0 and (r.waybill, r.actor) not in known
        known.add((r.waybill, r.actor))
        out.append(r if first else replace(r, waybill=0, why=None))
    return out
