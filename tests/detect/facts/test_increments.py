"""Facts brought up to date are those of the whole ledger, whatever came when (obligation 1 of `facts/_update.py`)."""

import random
import shutil
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.making import DAY, HOUR, STAFF, commit, facts, same
from tests.effort import DEEP, examples
from tests.ledger.helpers import at, read
from wayseal import ledger
from wayseal.detect.explain import TemplateKind, load_templates
from wayseal.detect.facts import totals
from wayseal.model.kinds import Action
from wayseal_sim import generate, preset
from wayseal_sim.world import World

pytestmark = pytest.mark.once

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


@examples(8, quick=3)
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


@pytest.mark.parametrize(
    ("seed", "every"), [pytest.param(1, 1, marks=pytest.mark.deep), (2, 3), pytest.param(3, 1, marks=pytest.mark.deep)]
)
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


def reads(*them: tuple[float, str]) -> dict[str, Any]:
    return {"accesses": [read(minutes, actor, "YT1", action="view") for minutes, actor in them]}


def ticket(minutes: float, actor: str) -> dict[str, Any]:
    return {"tickets": [{"ticket": "t", "waybill": "YT1", "opened_at": at(minutes), "actor": actor}]}


def scan(minutes: float, outlet: str, name: str = "YT1") -> dict[str, Any]:
    return {"scans": [{"waybill": name, "at": at(minutes), "kind": "arrive", "outlet": outlet}]}


LATE = ((100, "u-1"), (200, "u-2"))
ROUTE = {
    "waybill": "YT1", "issued_at": at(-60), "channel": "c-1", "origin_outlet": "o-1", "destination_outlet": "o-2",
}  # fmt: skip
CASES: dict[str, tuple[list[dict[str, Any]], list[tuple[str, float]]]] = {
    # what comes, a commit each; (account, minutes) of the suspects at the end
    "a late read takes the mark, and is a suspect as well": (
        [reads(*LATE), reads((50, "u-1"))], [("u-1", 50), ("u-2", 200)]),
    "a late read takes the mark from one that was explained": (
        [reads((100, "u-3")) | ticket(90, "u-3"), reads((-DAY, "u-3"))], [("u-3", -DAY)]),
    "a late read that is explained takes the mark from one that wasn't": (
        [reads((30 * DAY, "u-3")) | scan(0, "o-3"), reads((5, "u-3"))], []),
    "a read that an own ticket explains is kept": (
        [reads((30 * DAY, "u-3")) | ticket(0, "u-3"), reads((5, "u-3"))], [("u-3", 5)]),
    "somebody else's word comes later": (
        [reads((100, "u-3")) | ticket(90, "u-3"), scan(90, "o-3")], []),
    "the mark moves twice": (
        [reads(*LATE), reads((50, "u-1")), reads((20, "u-1"))], [("u-1", 20), ("u-2", 200)]),
    "the mark moves to one of two late reads": (
        [reads(*LATE), reads((60, "u-1"), (50, "u-1"))], [("u-1", 50), ("u-2", 200)]),
    "an equal time doesn't move it": (
        [reads(*LATE), {"accesses": [read(100, "u-1", "YT1", device="d")]}], [("u-1", 100), ("u-2", 200)]),
    "a mandate's mark moves": ([reads((100, "all")), reads((9, "all"))], []),
    "a ticket explains, and a colleague's handover": ([reads(*LATE), ticket(90, "u-1")], [("u-1", 100)]),
    "a scan explains two": ([reads(*LATE, (150, "u-3")), scan(90, "o-1")], [("u-3", 150)]),
    "a waybill explains two": ([reads(*LATE, (150, "u-3")), {"waybills": [ROUTE]}], [("u-3", 150)]),
    "a scan and a late read together": (
        [reads(*LATE, (150, "u-3")), reads((120, "u-3")) | scan(140, "o-2")],
        [("u-1", 100), ("u-2", 200), ("u-3", 120)]),
    "a scan of something else": ([reads(*LATE), scan(90, "o-1", "YT2")], [("u-1", 100), ("u-2", 200)]),
    "the same row of waybills again": (
        [reads((150, "u-3")) | {"waybills": [ROUTE]}, {"waybills": [ROUTE, {**ROUTE, "waybill": "YT2"}]}],
        [("u-3", 150)]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("each", "steps", "suspects"),
    # Of two commits, the first and the last are each of them.
    [
        pytest.param(each, *case, id=f"{each}-{name}")
        for each in (False, True)
        for name, case in CASES.items()
        if len(case[0]) > 2 or not each
    ],
)
def test_what_a_later_commit_changes(
    tmp_path: Path, steps: list[dict[str, Any]], suspects: list[tuple[str, float]], each: bool, counts: list[bool]
) -> None:
    """each: facts are brought up to date after each commit, else at the first and the last."""
    path, state = tmp_path / "L", tmp_path / "state"
    commit(tmp_path, path, STAFF, "staff")
    for n, step in enumerate(steps):
        commit(tmp_path, path, step, f"step-{n}")
        if each or n in (0, len(steps) - 1):
            brought = facts(path, state)
    assert counts == [False, *[True] * (len(steps) - 1 if each else 1)]
    same(brought, facts(path))
    with ledger.open_ledger(path) as snapshot:
        names = snapshot.names("actor", brought.suspects["actor"].to_numpy())
    start = int(at(0).timestamp())
    minutes = [(us // 1_000_000 - start) / 60 for us in brought.suspects["at"].to_pylist()]
    assert sorted(zip(names, minutes, strict=True)) == suspects


def test_a_mandate_for_some_actions_only(tmp_path: Path, counts: list[bool]) -> None:
    """The mark moves from a read that no mandate was for: nothing is taken off the reads under a mandate."""
    templates = [
        replace(t, actions=frozenset((Action.VIEW,))) if t.by is TemplateKind.MANDATE else t
        for t in load_templates(None)
    ]
    path, state = tmp_path / "L", tmp_path / "state"
    commit(tmp_path, path, STAFF, "staff")
    commit(tmp_path, path, {"accesses": [read(100, "all", "YT1", action="export")]}, "A")
    assert totals(facts(path, state, templates)) == (1, 1, 0)
    commit(tmp_path, path, {"accesses": [read(50, "all", "YT1", action="view")]}, "B")
    brought = facts(path, state, templates)
    assert counts == [False, True]
    assert totals(brought) == (2, 1, 1)
    same(brought, facts(path, templates=templates))


def cut(world: World, steps: int) -> list[dict[str, pa.Table]]:
    """A world's tables by time, each row where it happened; what hangs on no time comes first."""
    times = {"accesses": "at", "scans": "at", "tickets": "opened_at", "waybills": "issued_at"}
    days = world.tables["accesses"]["at"].cast(pa.int64()).to_numpy()
    edges = np.quantile(days, np.linspace(0, 1, steps + 1)[1:-1])
    out: list[dict[str, pa.Table]] = [{name: world.tables[name] for name in STAFF}]
    for step in range(steps):
        rows = {}
        for name, time in times.items():
            table = world.tables[name]
            where = np.searchsorted(edges, table[time].cast(pa.int64()).to_numpy())
            if (mine := where == step).any():
                rows[name] = table.filter(pa.array(mine))
        out.append(rows)
    return out


@pytest.mark.parametrize("late", [pytest.param(False, marks=pytest.mark.deep), True])
def test_a_simulated_world(tmp_path: Path, late: bool, counts: list[bool]) -> None:
    """Twelve ingests, one after the other; late: reads come first, what explains them in the last six."""
    accesses = 12_000 if DEEP else 6_000
    world = generate(preset("tiny", insiders="few", noise=0.03, fields=True, accesses=accesses), seed=7)
    path, state = tmp_path / "L", tmp_path / "state"
    steps = cut(world, 12)
    if late:
        mine = [{"accesses": step["accesses"]} for step in reversed(steps[1:])]
        others = [{n: t for n, t in step.items() if n != "accesses"} for step in steps[1:]]
        steps = [steps[0], *mine[:6], *(a | b for a, b in zip(mine[6:], others[:6], strict=True)), *others[6:]]
    for n, step in enumerate(steps):
        commit(tmp_path, path, step, f"step-{n:02d}")
        brought = facts(path, state)
    assert counts == [False, *[True] * (len(steps) - 1)]
    whole = facts(path)
    same(brought, whole)
    counted, first, mandate = totals(whole)
    assert counted == len(world.tables["accesses"])
    assert 0 < mandate < first < counted
    assert 0 < len(whole.suspects) < first / 2
