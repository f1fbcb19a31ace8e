"""Cities and regions of outlets, as small numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows

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
        found: Longs = np.append(values, unknown)[find_rows(self.outlet, keys)]
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
