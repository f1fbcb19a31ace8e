"""Adding up what a source had, stretch by stretch; a waybill is in one stretch only, so distinct ones just add up."""

from collections import Counter

import numpy as np

from wayseal import store
from wayseal.ledger import Snapshot
from wayseal.model.times import clock_us
from wayseal.trace.scope._fields import FieldSets
from wayseal.trace.scope._holdings import Holdings
from wayseal.trace.scope._places import Longs, Places
from wayseal.trace.scope._result import NamedCount, Region, Route
from wayseal.trace.scope._routes import Routes

DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
_ACTIONS = ("", *store.TABLES["accesses"].column("action").values)


class ScopeTally:
    """The counts of a scope while they grow. Keys of the counters are codes; a pair counts (waybills, reads)."""

    def __init__(self, places: Places) -> None:
        self.waybills = 0
        self.events = 0
        self.first: int | None = None
        self.last: int | None = None
        self.hours = np.zeros(24, np.int64)
        self.unsaid = 0
        self._places = places
        self._days: dict[int, Longs] = {}
        self._actions: dict[int, Longs] = {}
        self._vias: dict[int, Longs] = {}
        self._fields: dict[int, Longs] = {}
        self._routes: Counter[tuple[int, int]] = Counter()
        self._sent: Counter[int] = Counter()
        self._received: Counter[int] = Counter()

    def add(self, holdings: Holdings, routes: Routes, fields: FieldSets) -> None:
        """Takes a stretch."""
        if not len(holdings.keys):
            return
        self.waybills += len(holdings.keys)
        self.events += len(holdings.at)
        first, last = int(holdings.first.min()), int(holdings.last.max())
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        local = holdings.at + clock_us()
        self.hours += np.bincount(local // HOUR_US % 24, minlength=24)
        _count(self._days, holdings.run, local // DAY_US)
        self._add_routes(routes)
        if holdings.reads is not None:
            _count(self._actions, holdings.run, holdings.reads["action"].to_numpy().astype(np.int64))
            _count(self._vias, holdings.run, holdings.reads["via"].to_numpy().view(np.int64))
            self.unsaid += int((holdings.reads["fields"].to_numpy() == 0).sum())
            for bit in range(fields.known):
                of_read = (fields.of_read >> np.uint64(bit)) & np.uint64(1) != 0
                _count(self._fields, holdings.run[of_read], np.full(int(of_read.sum()), bit))

    def _add_routes(self, routes: Routes) -> None:
        cities = len(self._places.cities)
        count = np.bincount(routes.origin * cities + routes.destination)
        for pair in np.flatnonzero(count).tolist():
            self._routes[divmod(pair, cities)] += int(count[pair])
        for counter, column in ((self._sent, routes.sent), (self._received, routes.received)):
            counter.update(dict(enumerate(np.bincount(column).tolist())))

    def days(self) -> tuple[tuple[int, int, int], ...]:
        """(day, waybills, events) from the first day to the last, those without any included."""
        if not self._days:
            return ()
        none = np.zeros(2, np.int64)
        every = range(min(self._days), max(self._days) + 1)
        return tuple((day, *map(int, self._days.get(day, none))) for day in every)  # type: ignore[misc]

    def routes(self) -> tuple[Route, ...]:
        """All routes, most waybills first."""
        names = [name or None for name in self._places.cities]
        rows = [Route(origin=names[a], destination=names[b], waybills=n) for (a, b), n in self._routes.items()]
        return tuple(sorted(rows, key=lambda r: (-r.waybills, r.origin or "", r.destination or "")))

    def regions(self) -> tuple[Region, ...]:
        """Regions by name, the unknown one ("") last."""
        rows = [
            Region(name=r, sent=self._sent[n], received=self._received[n]) for n, r in enumerate(self._places.regions)
        ]
        return tuple(r for r in rows if r.sent or r.received)

    def actions(self) -> tuple[NamedCount, ...]:
        """By action; "" where the log doesn't say."""
        return _ranked({code: _ACTIONS[code] for code in self._actions}, self._actions)

    def vias(self, snapshot: Snapshot) -> tuple[NamedCount, ...]:
        """By system; "" where the log doesn't say."""
        codes = list(self._vias)
        names = snapshot.names("via", np.array(codes, np.int64).view(np.uint64))
        return _ranked(dict(zip(codes, names, strict=True)), self._vias)

    def fields(self, names: tuple[str, ...]) -> tuple[NamedCount, ...]:
        """By field. names: of the bits."""
        return _ranked(dict(enumerate(names)), self._fields)


def _count(into: dict[int, Longs], run: Longs, code: Longs) -> None:
    """Adds, for each code, how many waybills (places `run`) and how many events carry it."""
    codes, place, events = np.unique(code, return_inverse=True, return_counts=True)
    pairs = np.sort(run * len(codes) + place)
    pairs = pairs[np.append(pairs[1:] != pairs[:-1], len(pairs) > 0)]
    waybills = np.bincount(pairs % max(len(codes), 1), minlength=len(codes))
    for one, n, m in zip(codes.tolist(), waybills.tolist(), events.tolist(), strict=True):
        into[one] = into.get(one, np.zeros(2, np.int64)) + np.array([n, m])


def _ranked(names: dict[int, str], counts: dict[int, Longs]) -> tuple[NamedCount, ...]:
    rows = [NamedCount(name=names[code], waybills=int(n), reads=int(m)) for code, (n, m) in counts.items()]
    return tuple(sorted(rows, key=lambda r: (-r.waybills, -r.reads, r.name)))
