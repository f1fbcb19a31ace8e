"""The real prefecture-level cities of China and how many parcels flow between them."""

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from wayseal_sim.types import Floats, Ints

EARTH_KM = 6371.0
# Distance hardly holds parcels back: a weak decay, and none inside 80 km.
_DECAY, _NEAR_KM = 0.7, 80.0
# What a province sends against what its people alone would send: sellers sit in the south-east.
_SENDS = {"浙江": 3.2, "广东": 2.8, "上海": 1.6, "福建": 1.6, "江苏": 1.5, "北京": 1.2, "河北": 1.1}
_SENDS_ELSE = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Cities:
    """The cities of a world, most populous first.

    name, english, province, code (of the province): text. latitude, longitude: degrees, float64 (n,).
    population: units of 10,000 people, float64 (n,). region: int64 (n,), an index into `regions`.
    """

    name: tuple[str, ...]
    english: tuple[str, ...]
    province: tuple[str, ...]
    code: tuple[str, ...]
    latitude: Floats
    longitude: Floats
    population: Floats
    region: Ints
    regions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.name)


def load_cities(count: int = 337) -> Cities:
    """The `count` most populous of the package's cities."""
    text = files("wayseal_sim").joinpath("cities.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = sorted(csv.DictReader(lines), key=lambda r: (-int(r["population"]), r["name"]))[:count]
    regions = tuple(sorted({r["province"] for r in rows}))
    return Cities(
        name=tuple(r["name"] for r in rows),
        english=tuple(r["english"] for r in rows),
        province=tuple(r["province"] for r in rows),
        code=tuple(r["code"] for r in rows),
        latitude=np.array([float(r["latitude"]) for r in rows]),
        longitude=np.array([float(r["longitude"]) for r in rows]),
        population=np.array([float(r["population"]) for r in rows]),
        region=np.array([regions.index(r["province"]) for r in rows], np.int64),
        regions=regions,
    )


def distances(cities: Cities) -> Floats:
    """Great-circle distances in km between all pairs, (n, n)."""
    lat, lon = np.radians(cities.latitude), np.radians(cities.longitude)
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    out: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return out


def flows(cities: Cities) -> Floats:
    """The share of all parcels that goes from each city (row) to each (column): gravity, summing to one."""
    sends = cities.population * np.array([_SENDS.get(p, _SENDS_ELSE) for p in cities.province])
    pull = (distances(cities) + _NEAR_KM) ** -_DECAY
    weights = sends[:, None] * cities.population[None, :] * pull
    out: Floats = weights / weights.sum()
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Walker's alias tables: a draw from any discrete distribution in constant time."""

    keep: Floats
    other: Ints

    def draw(self, rng: np.random.Generator, n: int) -> Ints:
        """`n` indices drawn with the table's probabilities, int64."""
        u = rng.random(n) * len(self.keep)
        cell = np.minimum(u.astype(np.int64), len(self.keep) - 1)
        out: Ints = np.where(u - cell < self.keep[cell], cell, self.other[cell])
        return out


def alias_table(weights: Floats) -> Alias:
    """The alias tables of `weights` (any non-negative, flat)."""
    p = (weights / weights.sum() * len(weights)).tolist()
    other = list(range(len(p)))
    small = [i for i, v in enumerate(p) if v < 1]
    large = [i for i, v in enumerate(p) if v >= 1]
    keep = [1.0] * len(p)
    while small and large:
        a, b = small.pop(), large[-1]
        keep[a], other[a] = p[a], b
        p[b] -= 1 - p[a]
        if p[b] < 1:
            small.append(large.pop())
    return Alias(keep=np.array(keep), other=np.array(other, np.int64))
