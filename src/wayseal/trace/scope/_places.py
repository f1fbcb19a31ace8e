"""Cities and regions of outlets, as small numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger import Snapshot

Longs = npt.NDArray[np.int64]
UInts = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """outlet: keys, sorted, of the outlets that `outlets` knows; city and region: their places among the names.

    `cities` and `regions` end with "", which stands for what is unknown.
    """

    outlet: UInts
    city: Longs
    region: Longs
    cities: tuple[str, ...]
    regions: tuple[str, ...]

    def cities_of(self, keys: UInts) -> Longs:
        """Place among `cities` of each outlet's city."""
        return self._of(self.city, len(self.cities) - 1, keys)

    def regions_of(self, keys: UInts) -> Longs:
        """Place among `regions` of each outlet's region."""
        return self._of(self.region, len(self.regions) - 1, keys)

    def _of(self, values: Longs, unknown: int, keys: UInts) -> Longs:
        if not len(self.outlet):
            return np.full(len(keys), unknown, np.int64)
        index = np.minimum(np.searchsorted(self.outlet, keys), len(self.outlet) - 1)
        return np.where(self.outlet[index] == keys, values[index], unknown)


def is_in(known: UInts, keys: UInts) -> npt.NDArray[np.bool_]:
    """Which keys stand in `known`, which is sorted."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    index = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    found: npt.NDArray[np.bool_] = known[index] == keys
    return found


def load_places(snapshot: Snapshot) -> Places:
    """What the ledger's table `outlets` says."""
    outlets = snapshot.outlets()
    keys = snapshot.keys(outlets["outlet"].to_pylist())
    order = np.argsort(keys)
    city, cities = _coded(outlets["city"])
    region, regions = _coded(outlets["region"])
    return Places(outlet=keys[order], city=city[order], region=region[order], cities=cities, regions=regions)


def _coded(column: pa.ChunkedArray) -> tuple[Longs, tuple[str, ...]]:
    texts = column.to_pylist()
    names = sorted(set(texts))
    place = {name: n for n, name in enumerate(names)}
    return np.array([place[t] for t in texts], np.int64), (*names, "")
