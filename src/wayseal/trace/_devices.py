"""Devices as sources: as a part of one account, and in their own right under several logins.

1. A device of an account is what the account read on it. Like a session it is a part of its account: the account's
   prior is divided, the account's probability holds it, and it is named inside the account only.
2. A device stands for itself where no single account explains it: at least three leaks were read on it, and no account
   that used it read more than two thirds of these on it. It is then everything that was read on it, by whomever.
3. The ledger counts accounts and not devices, so which share of an account's reads came from a device is counted on a
   sample of the leaks' strata, one read added to the device's: the safe side. Where the sample holds few reads of the
   account the share is near one, and the device says no more than the account.
4. The volume of a device in its own right is the sum over the accounts that read leaks on it, scaled up by what the
   sample holds of others on it.
5. Replayed queries name no device; nor do reads without one. Such reads are of no device.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.trace._evidence import Floats, Ints
from wayseal.trace._leaks import LeakSet
from wayseal.trace._strata import Strata

LEAST = 2
"""Leaks that must have been read on a device to make it a part of an account worth looking at."""
LEAST_ALONE = 3
"""Leaks that must have been read on a device that stands for itself."""
MOST_OF_ONE = 2 / 3
"""Share of these that one account may have read on it (rule 2)."""
CONTROLS = 1_500
"""Waybills of the sample in which reads of devices are counted."""
CONTROLS_LEAST = 50
"""Waybills of the sample for each stratum, at least, where there are so many."""

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """Reads by accounts on devices, (m,) each: keys of device and account, which waybill or leak."""

    device: Keys
    actor: Keys
    item: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """K devices that are candidates, and their events.

    key[K]: of the device; owner[K]: key of the account of which it is a part, 0 for one that stands for itself.
    source[m], read[m]: events: which of the K, and which row of the leaks' reads.
    """

    key: Keys
    owner: Keys
    source: Ints
    read: NDArray[np.int64]


def uses(reads: pa.Table, item: NDArray[np.generic]) -> tuple[Uses, NDArray[np.int64]]:
    """The reads that name a device, and their rows."""
    rows = np.flatnonzero(np.asarray(reads["device"].combine_chunks().is_valid()))
    taken = reads.select(["device", "actor"]).take(pa.array(rows))
    found = Uses(
        device=taken["device"].to_numpy().astype(np.uint64),
        actor=taken["actor"].to_numpy().astype(np.uint64),
        item=item[rows].astype(np.int64),
    )
    return found, rows


def devices(reads: pa.Table, leak: Ints) -> Devices:
    """The candidates among the devices on which leaks were read (rules 1 and 2). leak: of each read."""
    used, rows = uses(reads, leak)
    pairs, inverse = np.unique(np.stack([used.device, used.actor]), axis=1, return_inverse=True)
    inverse = inverse.ravel()
    of_pair = _distinct(inverse, used.item, pairs.shape[1])
    keys, device = np.unique(used.device, return_inverse=True)
    device = device.ravel()
    of_device = _distinct(device, used.item, len(keys))
    most = np.zeros(len(keys), np.int64)
    np.maximum.at(most, np.searchsorted(keys, pairs[0]), of_pair)
    part = np.flatnonzero(of_pair >= LEAST)
    alone = np.flatnonzero((of_device >= LEAST_ALONE) & (most <= MOST_OF_ONE * of_device))
    source, read = [], []
    for group, chosen, first in ((inverse, part, 0), (device, alone, len(part))):
        mine = np.flatnonzero(np.isin(group, chosen))
        source.append(np.searchsorted(chosen, group[mine]) + first)
        read.append(rows[mine])
    return Devices(
        key=np.concatenate([pairs[0, part], keys[alone]]),
        owner=np.concatenate([pairs[1, part], np.zeros(len(alone), np.uint64)]),
        source=np.concatenate(source).astype(np.int32),
        read=np.concatenate(read).astype(np.int64),
    )


def _distinct(group: NDArray[np.generic], item: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """[groups] how many different items each has."""
    both = np.unique(np.stack([group.astype(np.int64), item]), axis=1)
    return np.bincount(both[0], minlength=groups).astype(np.int64)


def sampled(snapshot: Snapshot, leaks: LeakSet, strata: Strata) -> pa.Table:
    """Reads of a uniform sample of each stratum, the leaks left out."""
    each = max(CONTROLS // max(len(strata.predicates), 1), CONTROLS_LEAST)
    keys = [np.zeros(0, np.uint64), *snapshot.sample(strata.predicates, each + len(leaks))]
    wanted = np.setdiff1d(np.unique(np.concatenate(keys)), leaks.key)
    return snapshot.reads(wanted, ("waybill", "actor", "device"))


def portions(found: Devices, reads: pa.Table, leaked: Uses, actors: Keys) -> Floats:
    """[K, A] the share of each account's volume that counts for each device (rules 3 and 4); 0 mostly.

    reads: of the sample; leaked: of the leaks; actors[A]: keys of the accounts that are candidates, sorted.
    """
    waybill = reads["waybill"].to_numpy()
    used, _ = uses(reads, np.unique(waybill, return_inverse=True)[1].ravel())
    read_by = np.unique(np.stack([reads["actor"].to_numpy().astype(np.uint64), waybill]), axis=1)[0]
    out = np.zeros((len(found.key), len(actors)))
    for k, (device, owner) in enumerate(zip(found.key.tolist(), found.owner.tolist(), strict=True)):
        there = used.device == np.uint64(device)
        users = np.unique(leaked.actor[leaked.device == np.uint64(device)]) if owner == 0 else found.owner[k : k + 1]
        counted = [len(np.unique(used.item[there & (used.actor == user)])) for user in users]
        scale = 1.0
        if owner == 0:
            pairs = np.unique(np.stack([used.actor[there].astype(np.int64), used.item[there]]), axis=1).shape[1]
            scale = (pairs + 1) / (sum(counted) + 1)
        for user, held in zip(users, counted, strict=True):
            share = (held + 1) / ((read_by == user).sum() + 1)
            out[k, np.searchsorted(actors, user)] = min(share, 1.0) * scale
    return out
