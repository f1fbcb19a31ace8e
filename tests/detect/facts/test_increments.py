"""Facts brought up to date are the facts of the whole ledger (obligation 1 of `facts/_update.py`), whatever came when."""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.making import DAY, HOUR, STAFF, commit, facts, same
from tests.ledger.helpers import at, read
from wayseal import ledger
from wayseal.detect.facts import _update

ACTORS = ["u-1", "u-2", "u-3", "u-4", "all", "stranger"]
PLACES = ["o-1", "o-2", "o-3", "nowhere"]
TURNS = 16
"""Few different times, so that many are equal; over six days, so that there are several buckets."""


def moment(chance: random.Random) -> float:
    return chance.randrange(TURNS) * 9 * HOUR


def waybill(name: str, seed: int) -> dict[str, Any]:
    """A row of `waybills`: the same for the same seed, so that it may come twice without a change."""
    chance = random.Random(f"{name} {seed}")
    return {
        "waybill": name, "issued_at": at(moment(chance)), "channel": chance.choice(["c-1", "c-2"]),
        "origin_outlet": chance.choice(PLACES), "destination_outlet": chance.choice(PLACES),
        "customer": chance.choice([None, "shop"]),
    }  # fmt: skip


def row(chance: random.Random, waybills: int, seed: int) -> tuple[str, dict[str, Any]]:
    """Any row of any table."""
    name, actor, when = f"YT{chance.randrange(waybills)}", chance.choice(ACTORS), moment(chance)
    kind = chance.choices(["accesses", "scans", "tickets", "waybills"], [8, 2, 2, 1])[0]
    if kind == "accesses":
        more = {
            "action": chance.choice([None, "view", "export", "print"]), "device": chance.choice([None, "d-1", "d-2"]),
            "ip": chance.choice([None, "i-1", "i-2"]), "session": chance.choice([None, "s"]),
            "purpose": chance.choice([None, "p", "q"]), "fields": chance.choice([None, ["name"], ["name", "phone"]]),
            "access": chance.choice([None, None, None, "a-1", "a-2"]),
        }  # fmt: skip
        return kind, read(when, actor, name, **more)
    if kind == "scans":
        return kind, {"waybill": name, "at": at(when), "kind": "arrive", "outlet": chance.choice(PLACES)}
    if kind == "tickets":
        closed = chance.choice([None, at(when + HOUR), at(when + DAY)])
        return kind, {"ticket": "t", "waybill": name, "opened_at": at(when), "closed_at": closed, "actor": actor}
    return kind, waybill(name, seed)


def rows(chance: random.Random, count: int, waybills: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _ in range(count):
        table, made = row(chance, waybills, seed)
        out[table].append(made)
    return out


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Of each count, whether it was of what came since only."""
    out: list[bool] = []
    count = _update._counted

    def spied(snapshot: Any, ground: Any, old: Any, progress: Any) -> Any:
        out.append(old is not None)
        return count(snapshot, ground, old, progress)

    monkeypatch.setattr(_update, "_counted", spied)
    yield out


@settings(max_examples=max(1, settings.default.max_examples // 12))
@given(seed=st.integers(0, 1 << 32), sizes=st.lists(st.integers(1, 8), min_size=2, max_size=10), data=st.data())
def test_any_rows_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path, state = folder / "L", folder / "state"
    commit(folder, path, STAFF, "staff")
    chance = random.Random(seed)
    for n, size in enumerate(sizes):
        commit(folder, path, rows(chance, size, 4, seed), f"step-{n}")
        if n == len(sizes) - 1 or data.draw(st.booleans()):
            same(facts(path, state), facts(path))
    shutil.rmtree(folder)


@pytest.mark.parametrize(("seed", "every"), [(1, 1), (2, 3), (3, 1)])
def test_many_rows_until_files_merge(tmp_path: Path, seed: int, every: int, counts: list[bool]) -> None:
    path, state, chance = tmp_path / "L", tmp_path / "state", random.Random(seed)
    commit(tmp_path, path, STAFF, "staff")
    facts(path, state)
    for n in range(12):
        commit(tmp_path, path, rows(chance, 60, 40, seed), f"step-{n}")
        if n % every == 0 or n == 11:
            counts.clear()
            brought = facts(path, state)
            assert counts == [True]
            same(brought, facts(path))
    with ledger.open_ledger(path) as snapshot:
        merged = [f for f in snapshot.manifest.files if "merged" in f.path]
        assert {f.kind for f in merged} >= {"accesses", "table:scans", "table:tickets"}
