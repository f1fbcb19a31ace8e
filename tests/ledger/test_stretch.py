"""Of a large ledger a stretch of the key space is counted: the same counts as of a ledger with just its waybills."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.ledger.helpers import at, put, read, write
from wayseal import ledger
from wayseal.ledger import Snapshot, _generation, _strata
from wayseal.ledger._sorted import EVERY_KEY
from wayseal.ledger._strata import read_counts
from wayseal.model.predicate import parse_predicate

PARCELS = 600
CHANCE = random.Random(5)
WAYBILLS: list[dict[str, Any]] = [
    {
        "waybill": f"YT{n}",
        "issued_at": at(n),
        "channel": f"c-{n % 3}",
        "origin_outlet": f"o-{n % 4}",
        "destination_outlet": "p",
    }
    for n in range(PARCELS)
]
READS = [
    read(
        CHANCE.uniform(0, PARCELS), f"u-{CHANCE.randrange(5)}", f"YT{CHANCE.randrange(PARCELS)}", session=f"s-{n % 97}"
    )
    for n in range(4_000)
]
ODD = parse_predicate('{"channel": "c-1"}')
FROM = parse_predicate('{"channel": ["c-1", "c-2"], "origin_outlet": "o-2"}')


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Two generations of files with many small row groups; asked for at most 1,000 pairs at once."""
    folder = tmp_path_factory.mktemp("stretch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_generation, "ROW_GROUP", 16)
        patch.setattr(_generation, "WIDE_GROUP", 16)
        patch.setattr(_strata, "MOST_PAIRS", 1_000)
        patch.setattr(_strata, "MOST_CODES", 2_000)
        write(folder / "A", "waybills", WAYBILLS)
        write(folder / "A", "accesses", READS[:2_000])
        write(folder / "B", "accesses", READS[2_000:])
        for name in "AB":
            put(folder / name, folder / "L")
        with ledger.open_ledger(folder / "L") as opened:
            yield opened


def keys_of(snapshot: Snapshot) -> dict[str, int]:
    numbers = [w["waybill"] for w in WAYBILLS]
    return dict(zip(numbers, snapshot.keys(numbers).tolist(), strict=True))


def test_counts_are_those_of_the_stretch(snapshot: Snapshot) -> None:
    keys = keys_of(snapshot)
    odd, origin, whole = snapshot.stratum_volumes([ODD, FROM, parse_predicate("{}")])
    assert whole.last == EVERY_KEY
    assert whole.waybills == len({r["waybill"] for r in READS} | set(keys))
    assert odd.last == origin.last < EVERY_KEY
    for made, channels, outlets in ((odd, {1}, range(4)), (origin, {1, 2}, [2])):
        inside = {
            f"YT{n}" for n in range(PARCELS) if n % 3 in channels and n % 4 in outlets and keys[f"YT{n}"] <= made.last
        }
        assert 0 < made.waybills == len(inside)
        assert made.waybills < PARCELS / 2 * len(channels) / 3 * len(outlets) / 4 * 1.5
        expected = Counter(a for a, w in {(r["actor"], r["waybill"]) for r in READS} if w in inside)
        assert (
            dict(zip(snapshot.names("actor", made.actors["actor"]), made.actors["waybills"].to_pylist(), strict=True))
            == expected
        )
        assert sum(made.outlets["waybills"].to_pylist()) == len(inside)
        assert sum(made.channels["waybills"].to_pylist()) == len(inside)


@pytest.mark.parametrize("predicates", [[], [ODD], [ODD, FROM], [parse_predicate("{}"), ODD]])
def test_views_go_on_beyond_the_stretch(snapshot: Snapshot, predicates: list[Any]) -> None:
    keys = keys_of(snapshot)
    last = _strata.find_reach(snapshot._finder)
    far = _strata._end(snapshot._finder)
    assert last < far < EVERY_KEY
    narrow = [p for p in predicates if p in (ODD, FROM)] if parse_predicate("{}") not in predicates else []

    def fits(n: int) -> bool:
        return not narrow or (ODD in narrow and n % 3 == 1) or (FROM in narrow and n % 3 > 0 and n % 4 == 2)

    actor = int(snapshot.keys(["u-3"])[0])
    mine = sorted(keys[w] for w in {r["waybill"] for r in READS if r["actor"] == "u-3"} if fits(int(w[2:])))
    within = [k for k in mine if k <= far]
    assert last < within[-1] < mine[-1]
    assert snapshot.views(actor, predicates, PARCELS).tolist() == within
    for limit in (1, 7, 40):
        assert snapshot.views(actor, predicates, limit).tolist() == within[:limit]


def test_only_so_many_views_beyond_the_stretch_are_tried(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = int(snapshot.keys(["u-3"])[0])
    every = snapshot.views(actor, [ODD], PARCELS)
    monkeypatch.setattr(_strata, "TRIED", 5)
    few = snapshot.views(actor, [ODD], PARCELS)
    last = np.uint64(_strata.find_reach(snapshot._finder))
    assert every[: len(few)].tolist() == few.tolist()
    assert 0 <= (few > last).sum() <= 5 < (every > last).sum()


def test_sessions_are_looked_up(snapshot: Snapshot) -> None:
    wanted = snapshot.keys(["s-5", "s-96", "nobody's"])
    whole = read_counts(snapshot._finder, "sessions")
    expected = whole.filter(pc.is_in(whole["session"], value_set=pa.array(wanted)))
    made = snapshot.session_volumes(wanted)
    assert made.equals(expected.sort_by([("session", "ascending"), ("actor", "ascending")]))
    assert sum(made["reads"].to_pylist()) == sum(r["session"] in ("s-5", "s-96") for r in READS)
    assert snapshot.session_volumes(wanted[:0]).num_rows == 0


def test_fits_looks_up_what_stands_last(snapshot: Snapshot) -> None:
    keys = np.sort(snapshot.keys([f"YT{n}" for n in range(70)] + ["unknown"]))
    fit = snapshot._chooser.fits([ODD] * 70, keys)
    assert sorted(keys[fit].tolist()) == sorted(snapshot.keys([f"YT{n}" for n in range(1, 70, 3)]).tolist())
    assert not snapshot._chooser.fits([], keys).any()
