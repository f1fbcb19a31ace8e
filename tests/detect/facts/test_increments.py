"""Facts brought up to date are the facts of the whole ledger (obligation 1 of `facts/_update.py`), whatever came when."""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.making import DAY, HOUR, STAFF, commit, facts, same
from tests.ledger.helpers import at, read
from wayseal import ledger
from wayseal.detect.explain import By, load_templates
from wayseal.detect.facts import _update, totals

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


LATE = [read(100, "u-1", "YT1"), read(200, "u-2", "YT1")]
ROUTE = {
    "waybill": "YT1", "issued_at": at(-60), "channel": "c-1", "origin_outlet": "o-1", "destination_outlet": "o-2",
}  # fmt: skip
CASES: list[tuple[str, list[dict[str, Any]], list[tuple[str, str, int]]]] = [
    # what comes in a commit each; (waybill, actor, µs) of the suspects at the end, as minutes
    ("a late read takes the mark, and is one as well", [{"accesses": LATE}, {"accesses": [read(50, "u-1", "YT1")]}],
     [("YT1", "u-1", 50), ("YT1", "u-2", 200)]),
    ("a late read takes the mark from one that was explained", [
        {"accesses": [read(100, "u-3", "YT1")], "tickets": [{"ticket": "t", "waybill": "YT1", "opened_at": at(90), "actor": "u-3"}]},
        {"accesses": [read(-DAY, "u-3", "YT1")]}], [("YT1", "u-3", -DAY)]),
    ("a late read that is explained takes the mark from one that wasn't", [
        {"accesses": [read(30 * DAY, "u-3", "YT1")], "tickets": [{"ticket": "t", "waybill": "YT1", "opened_at": at(0), "actor": "u-3"}]},
        {"accesses": [read(5, "u-3", "YT1")]}], []),
    ("the mark moves twice", [{"accesses": LATE}, {"accesses": [read(50, "u-1", "YT1")]}, {"accesses": [read(20, "u-1", "YT1")]}],
     [("YT1", "u-1", 20), ("YT1", "u-2", 200)]),
    ("the mark moves to one of two late reads", [{"accesses": LATE}, {"accesses": [read(60, "u-1", "YT1"), read(50, "u-1", "YT1")]}],
     [("YT1", "u-1", 50), ("YT1", "u-2", 200)]),
    ("an equal time doesn't move it", [{"accesses": LATE}, {"accesses": [read(100, "u-1", "YT1", device="d")]}],
     [("YT1", "u-1", 100), ("YT1", "u-2", 200)]),
    ("a mandate's mark moves", [{"accesses": [read(100, "all", "YT1", action="view")]}, {"accesses": [read(9, "all", "YT1", action="view")]}], []),
    ("a ticket explains", [{"accesses": LATE}, {"tickets": [{"ticket": "t", "waybill": "YT1", "opened_at": at(90), "actor": "u-1"}]}], []),
    ("a scan explains one", [{"accesses": [*LATE, read(150, "u-3", "YT1")]},
     {"scans": [{"waybill": "YT1", "at": at(90), "kind": "arrive", "outlet": "o-1"}]}], [("YT1", "u-3", 150)]),
    ("a waybill explains one", [{"accesses": [*LATE, read(150, "u-3", "YT1")]}, {"waybills": [ROUTE]}], [("YT1", "u-3", 150)]),
    ("a scan and a late read together", [{"accesses": [*LATE, read(150, "u-3", "YT1")]},
     {"accesses": [read(120, "u-3", "YT1")], "scans": [{"waybill": "YT1", "at": at(140), "kind": "arrive", "outlet": "o-2"}]}],
     [("YT1", "u-3", 120), ("YT1", "u-1", 100), ("YT1", "u-2", 200)]),
    ("a scan of something else", [{"accesses": LATE}, {"scans": [{"waybill": "YT2", "at": at(90), "kind": "arrive", "outlet": "o-1"}]}],
     [("YT1", "u-1", 100), ("YT1", "u-2", 200)]),
    ("the same row of waybills again", [{"accesses": [read(150, "u-3", "YT1")], "waybills": [ROUTE]},
     {"waybills": [ROUTE, {**ROUTE, "waybill": "YT2"}]}], [("YT1", "u-3", 150)]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "suspects"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
@pytest.mark.parametrize("split", [False, True])
def test_what_a_later_commit_changes(
    tmp_path: Path, steps: list[dict[str, Any]], suspects: list[tuple[str, str, int]], split: bool, counts: list[bool]
) -> None:
    """split: facts are brought up to date after each commit, else at the first and the last."""
    path, state = tmp_path / "L", tmp_path / "state"
    commit(tmp_path, path, STAFF, "staff")
    for n, step in enumerate(steps):
        commit(tmp_path, path, step, f"step-{n}")
        if split or n in (0, len(steps) - 1):
            brought = facts(path, state)
    assert counts == [False, *[True] * (len(counts) - 1)]
    assert len(counts) >= 2
    same(brought, facts(path))
    with ledger.open_ledger(path) as snapshot:
        found = zip(
            snapshot.names("waybill", brought.suspects["waybill"].to_numpy()),
            snapshot.names("actor", brought.suspects["actor"].to_numpy()),
            brought.suspects["at"].to_pylist(), strict=True,
        )  # fmt: skip
        start = int(at(0).timestamp())
        assert sorted(found) == sorted((w, a, (start + m * 60) * 1_000_000) for w, a, m in suspects)


def test_a_mandate_for_some_actions_only(tmp_path: Path, counts: list[bool]) -> None:
    """The mark moves from a read that no mandate was for: nothing is taken off the reads under a mandate."""
    templates = [replace(t, actions=frozenset(("view",))) if t.by is By.MANDATE else t for t in load_templates(None)]
    path, state = tmp_path / "L", tmp_path / "state"
    commit(tmp_path, path, STAFF, "staff")
    commit(tmp_path, path, {"accesses": [read(100, "all", "YT1", action="export")]}, "A")
    assert totals(facts(path, state, templates)) == (1, 1, 0)
    commit(tmp_path, path, {"accesses": [read(50, "all", "YT1", action="view")]}, "B")
    brought = facts(path, state, templates)
    assert counts == [False, True]
    assert totals(brought) == (2, 1, 1)
    same(brought, facts(path, templates=templates))
