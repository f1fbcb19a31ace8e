"""Accounts, devices and outlets of a ledger: found by parts of what they may be called, and what each did day by day.

1. It is made once for a state of the ledger and of what detection counted, beside the pages: a page reads a few rows.
2. Days are those that detection counted last, on its local clock; without a count there are none, and pages say so.
3. Accounts and devices are found by pseudonyms alone; ids come out only for who may have them.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.cases import Pseudonyms
from wayseal.detect.facts import DEVICE, walk_saved
from wayseal.ledger import Snapshot
from wayseal.model.arrays import Ints, Longs, UInts
from wayseal.model.kinds import Action

DAYS = 91
"""Days that are told."""
ACTIONS = tuple(action.value for action in Action)
_CODES = len(ACTIONS) + 1
_BITS, _HALF = np.uint64(32), np.uint64((1 << 32) - 1)
_MOST_USERS = 2000
"""Accounts of a device that are looked at."""
Columns = tuple[Any, Any, Any, Any]
Days = Mapping[int, Mapping[str, int]]
"""Local day since 1970 → action → reads."""


class Names:
    """Ids of a kind, sorted by key, and what each is called: pseudonyms are of one length, and lie in one text."""

    def __init__(self, snapshot: Snapshot, ids: pa.Array, name: Callable[[str], str], before: "Names | None") -> None:
        keys = snapshot.hashed(ids)
        order = np.argsort(keys)
        self.keys: UInts = keys[order]
        self.ids = ids.take(pa.array(order))
        known = {} if before is None else dict(zip(before.ids.to_pylist(), before.names(), strict=True))
        made = [known.get(id_) or name(id_) for id_ in self.ids.to_pylist()]
        self._width = len(made[0]) + 1 if made else 1
        self._text = "".join(f"{one}\n" for one in made).encode()

    def __len__(self) -> int:
        return len(self.keys)

    def names(self) -> list[str]:
        """All pseudonyms, in the order of their keys."""
        return self._text.decode().splitlines()

    def name(self, place: int) -> str:
        """The pseudonym at a place."""
        return self._text[place * self._width : (place + 1) * self._width - 1].decode()

    def id(self, place: int) -> str:
        """The id at a place."""
        return str(self.ids[place].as_py())

    def place(self, name: str) -> int | None:
        """Where a pseudonym stands; None: it is nobody's."""
        found = self.search(name, 1) if len(name) == self._width - 1 else []
        return found[0] if found else None

    def place_of(self, id_: str) -> int | None:
        """Where an id stands."""
        found = pc.index(self.ids, id_).as_py()
        return None if found < 0 else int(found)

    def search(self, part: str, most: int) -> list[int]:
        """Places of pseudonyms that a part stands in, up to `most`."""
        wanted, at, out = part.encode(), -1, list[int]()
        while len(out) < most and (at := self._text.find(wanted, at + 1)) >= 0:
            if not out or out[-1] != at // self._width:
                out.append(at // self._width)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """An account and a device that it read through. first, last: local days since 1970."""

    account: int
    device: int
    reads: int
    first: int
    last: int


class _Counts:
    """Reads of accounts by day and something else, rows of one account side by side.

    There may be some ten millions: they are taken in part by part, and kept in as few bytes as hold them.
    """

    def __init__(self, parts: Iterable[Columns], owners: int) -> None:
        self.total, many = np.zeros(owners, np.int64), np.zeros(owners, np.int64)
        days, kinds, reads = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)], [np.zeros(0, np.uint32)]
        for owner, day, kind, count in parts:
            if len(owner):
                apart = (np.diff(owner) != 0) | (np.diff(day) != 0) | (np.diff(kind) != 0)
                new = np.flatnonzero(np.append(True, apart))
                self.total += np.bincount(owner, count, owners).astype(np.int64)
                many += np.bincount(owner[new], minlength=owners)
                days.append(day[new].astype(np.int32))
                kinds.append(kind[new].astype(np.int32))
                reads.append(np.add.reduceat(count, new).astype(np.uint32))
        self._start = np.append(0, np.cumsum(many))
        self._day, self._kind, self._reads = np.concatenate(days), np.concatenate(kinds), np.concatenate(reads)

    def rows(self, owners: Sequence[int]) -> tuple[Longs, Longs, Longs]:
        """Day, what else, and reads, of some accounts."""
        spans = [np.arange(self._start[owner], self._start[owner + 1]) for owner in owners]
        chosen = np.concatenate([np.zeros(0, np.int64), *spans])
        day, kind, reads = (one[chosen].astype(np.int64) for one in (self._day, self._kind, self._reads))
        return day, kind, reads

    @property
    def last(self) -> int | None:
        """The last day of all."""
        return int(self._day.max()) if len(self._day) else None


def _by_day(day: Longs, action: Longs, reads: Longs) -> Days:
    codes, which = np.unique(day * _CODES + action, return_inverse=True)
    sums = np.bincount(which, reads, minlength=len(codes)).astype(np.int64)
    out: dict[int, dict[str, int]] = {}
    for code, count in zip(codes.tolist(), sums.tolist(), strict=True):
        at, kind = divmod(code, _CODES)
        out.setdefault(at, {})[ACTIONS[kind - 1] if kind else ""] = count
    return out


class Directory:
    """The accounts, devices and outlets of a state of the ledger (rule 1).

    Attributes:
        check: Of the secret that made its pseudonyms.
        last: The last local day that was counted; None: nothing was (rule 2).
    """

    check: str
    accounts: Names
    devices: Names
    last: int | None

    def __init__(
        self, snapshot: Snapshot, folder: Path, pseudonyms: Pseudonyms, before: "Directory | None" = None
    ) -> None:
        same = before if before is not None and before.check == pseudonyms.check else None
        accounts, devices = (None, None) if same is None else (same.accounts, same.devices)
        self.check = pseudonyms.check
        self._actors, self._outlets = snapshot.actors(), snapshot.outlets()
        read = snapshot.texts("actor", snapshot.ids("actor"))
        ids = pc.unique(pa.concat_arrays([read, self._actors["actor"].combine_chunks().cast(pa.string())])).drop_null()
        self.accounts = Names(snapshot, ids, pseudonyms.of, accounts)
        ids = snapshot.texts("device", snapshot.ids("device")).drop_null()
        self._placed = _places(self.accounts.keys, snapshot.hashed(self._actors["actor"].combine_chunks()))
        self.devices = Names(snapshot, ids, functools.partial(pseudonyms.of, kind="device"), devices)
        self._lines = [
            (
                str(row["outlet"]),
                " ".join(str(row[name] or "") for name in ("outlet", "name", "city", "region")).casefold(),
            )
            for row in self._outlets.select(["outlet", "name", "city", "region"]).to_pylist()
        ]
        hours = snapshot.activity()["hour"]
        self._since = (pc.max(hours).as_py() or 0) // 24 - DAYS
        self._acts = _Counts(self._parts(folder, "shown", "action"), len(self.accounts))
        self.last = self._acts.last
        self._pairs: list[UInts] = []
        self._uses = _Counts(self._parts(folder, "uses", "value", "kind"), len(self.accounts))
        pairs = np.unique(np.concatenate([np.zeros(0, np.uint64), *self._pairs]))
        self._users, self._used, self._pairs = (pairs & _HALF).astype(np.int32), (pairs >> _BITS).astype(np.int32), []
        pa.default_memory_pool().release_unused()

    def find_outlets(self, part: str, most: int) -> list[str]:
        """Outlets whose id, name, city or region a text stands in, up to `most`."""
        wanted = part.casefold()
        return [outlet for outlet, line in self._lines if wanted in line][:most]

    def outlet(self, outlet: str) -> Mapping[str, Any] | None:
        """The row of an outlet; None: no table knows it."""
        rows = self._outlets.filter(pc.equal(self._outlets["outlet"], outlet)).to_pylist()
        if rows or not self.at_outlet(outlet):
            return rows[-1] if rows else None
        return {"outlet": outlet, "name": None, "kind": None, "city": None, "region": None}

    def at_outlet(self, outlet: str) -> list[int]:
        """Places of the accounts of an outlet, who reads most first."""
        mine = pc.equal(self._actors["outlet"], outlet).fill_null(fill_value=False).to_numpy()
        return sorted(self._placed[mine].tolist(), key=lambda place: (-self.reads(place), place))

    def row(self, place: int) -> Mapping[str, Any]:
        """What `actors` says of an account; nothing where it doesn't know it."""
        found = np.flatnonzero(self._placed == place)
        return self._actors.slice(int(found[-1]), 1).to_pylist()[0] if len(found) else {}

    def reads(self, place: int) -> int:
        """Reads of an account in the days that are told."""
        return int(self._acts.total[place])

    def days(self, places: Sequence[int]) -> Days:
        """What some accounts did day by day."""
        return _by_day(*self._acts.rows(places))

    def days_of_device(self, place: int) -> Days:
        """The reads through a device, day by day."""
        day, device, reads = self._uses.rows(self._accounts_of(place))
        return _by_day(day[device == place], np.zeros(int((device == place).sum()), np.int64), reads[device == place])

    def devices_of(self, account: int) -> list[Pairing]:
        """The devices of an account, the one it reads most through first."""
        day, device, reads = self._uses.rows([account])
        found = [(one, device == one) for one in np.unique(device).tolist()]
        made = [
            Pairing(
                account=account,
                device=one,
                reads=int(reads[mine].sum()),
                first=int(day[mine].min()),
                last=int(day[mine].max()),
            )
            for one, mine in found
        ]
        return sorted(made, key=lambda one: (-one.reads, one.device))

    def accounts_of(self, device: int) -> list[Pairing]:
        """The accounts that read through a device, who reads most first."""
        pairs = (pair for account in self._accounts_of(device) for pair in self.devices_of(account))
        return sorted((pair for pair in pairs if pair.device == device), key=lambda one: (-one.reads, one.account))

    def _accounts_of(self, device: int) -> list[int]:
        found: list[int] = self._users[slice(*np.searchsorted(self._used, [device, device + 1]))].tolist()
        return found[:_MOST_USERS]

    def _parts(self, folder: Path, table: str, *names: str) -> Iterator[Columns]:
        """Account, day, action or device, and reads: detection has them by account and day."""
        for batch in walk_saved(folder, table, ("actor", "day", "reads", *names)):
            of = {name: batch[name].to_numpy(zero_copy_only=False) for name in ("actor", "day", "reads", *names)}
            owner, kind = _places(self.accounts.keys, of["actor"]), of[names[0]]
            kept = (owner >= 0) & (of["day"] > self._since)
            if table == "uses":
                kind = _places(self.devices.keys, kind)
                kept &= (of["kind"] == DEVICE) & (kind >= 0)
                pairs = kind[kept].astype(np.uint64) << _BITS | owner[kept].astype(np.uint64)
                self._pairs.append(np.unique(pairs))
            yield owner[kept], of["day"][kept], kind[kept], of["reads"][kept]


def _places(known: UInts, keys: UInts) -> Ints:
    """Where keys stand; -1: what isn't known, such as what was purged since it was counted."""
    if not len(known):
        return np.full(len(keys), -1, np.int32)
    found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[found] == keys, found, -1).astype(np.int32)
