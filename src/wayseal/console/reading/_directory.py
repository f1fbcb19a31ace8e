"""Accounts, devices and outlets of a ledger: found by parts of what they may be called, and what each did day by day.

1. It is made once for a state of the ledger and of what detection counted, beside the pages: a page reads a few rows.
2. Days are those that detection counted last, on its local clock; without a count there are none, and pages say so.
3. Accounts and devices are found by pseudonyms alone; ids come out only for who may have them.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.cases import Pseudonyms
from wayseal.detect.facts import DEVICE, walk_saved
from wayseal.ledger import Snapshot
from wayseal.model.arrays import Ints, UInts
from wayseal.model.kinds import Action

DAYS = 91
"""Days that are told."""
ACTIONS = tuple(action.value for action in Action)
_CODES = len(ACTIONS) + 1
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
    """Reads by owner, day and action (0 where it isn't told), rows of one owner side by side."""

    def __init__(self, rows: Ints, owners: int) -> None:
        self._start = np.searchsorted(rows[0], np.arange(owners + 1))
        self.total = np.bincount(rows[0], rows[3], minlength=owners).astype(np.int64)
        self._day, self._action, self._reads = rows[1].copy(), rows[2].astype(np.uint8), rows[3].copy()

    def days(self, owners: Sequence[int]) -> Days:
        """Days of some owners together, in their order."""
        spans = [np.arange(self._start[owner], self._start[owner + 1]) for owner in owners]
        chosen = np.concatenate([np.zeros(0, np.int64), *spans])
        codes, which = np.unique(self._day[chosen] * _CODES + self._action[chosen], return_inverse=True)
        sums = np.bincount(which, self._reads[chosen], minlength=len(codes)).astype(np.int64)
        out: dict[int, dict[str, int]] = {}
        for code, reads in zip(codes.tolist(), sums.tolist(), strict=True):
            day, action = divmod(code, _CODES)
            out.setdefault(day, {})[ACTIONS[action - 1] if action else ""] = reads
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
        rows = self._count(folder)
        self.last = int(rows[1].max()) if rows.shape[1] else None
        self._by_account = _Counts(rows, len(self.accounts))
        self._pairs = self._pair(folder)

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
        return int(self._by_account.total[place])

    def days(self, places: Sequence[int]) -> Days:
        """What some accounts did day by day."""
        return self._by_account.days(places)

    def days_of_device(self, place: int) -> Days:
        """The reads through a device, day by day."""
        return self._by_device.days([place])

    def devices_of(self, account: int) -> list[Pairing]:
        """The devices of an account, the one it reads most through first."""
        return self._paired(0, account)

    def accounts_of(self, device: int) -> list[Pairing]:
        """The accounts that read through a device, who reads most first."""
        return self._paired(1, device)

    def _paired(self, column: int, place: int) -> list[Pairing]:
        found = self._pairs[:, self._pairs[column] == place].T.tolist()
        rows = (Pairing(account=a, device=d, reads=n, first=f, last=t) for a, d, n, f, t in found)
        return sorted(rows, key=lambda one: (-one.reads, one.account, one.device))

    def _count(self, folder: Path) -> Ints:
        """Account, day, action and reads: detection has them by account and day."""
        parts = []
        for batch in walk_saved(folder, "shown", ("actor", "day", "action", "reads")):
            actor, day, action, reads = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            owner = _places(self.accounts.keys, actor)
            parts.append(_sums(_rows(owner, day, action, reads)[:, (owner >= 0) & (day > self._since)]))
        return _joined(parts)

    def _pair(self, folder: Path) -> Ints:
        """Account, device, reads, first and last day of each pair; beside it the days of devices."""
        parts = []
        for batch in walk_saved(folder, "uses", ("actor", "day", "kind", "value", "reads")):
            actor, day, kind, value, reads = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            owner, device = _places(self.accounts.keys, actor), _places(self.devices.keys, value)
            kept = (kind == DEVICE) & (day > self._since) & (owner >= 0) & (device >= 0)
            parts.append(_rows(owner, day, device, reads)[:, kept])
        account, day, device, reads = _joined(parts)
        order = np.lexsort((day, device))
        rows = _rows(device, day, np.zeros(len(day)), reads)[:, order]
        self._by_device = _Counts(_sums(rows), len(self.devices))
        order = np.lexsort((day, device, account))
        account, day, device, reads = (one[order] for one in (account, day, device, reads))
        if not len(account):
            return np.zeros((5, 0), np.int32)
        new = np.flatnonzero(np.append(True, (np.diff(account) != 0) | (np.diff(device) != 0)))
        ends = np.append(new[1:], len(account)) - 1
        return np.stack([account[new], device[new], np.add.reduceat(reads, new), day[new], day[ends]])


def _places(known: UInts, keys: UInts) -> Ints:
    """Where keys stand; -1: what isn't known, such as what was purged since it was counted."""
    if not len(known):
        return np.full(len(keys), -1, np.int32)
    found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[found] == keys, found, -1).astype(np.int32)


def _rows(*columns: Any) -> Ints:
    return np.stack([np.asarray(one).astype(np.int32) for one in columns])


def _sums(rows: Ints) -> Ints:
    """Rows of one owner, day and action added up, as they lie side by side."""
    if not rows.shape[1]:
        return rows
    new = np.flatnonzero(np.append(True, (np.diff(rows[:3]) != 0).any(axis=0)))
    return np.concatenate([rows[:3, new], np.add.reduceat(rows[3], new)[None]])


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros((4, 0), np.int32), *parts], axis=1)
