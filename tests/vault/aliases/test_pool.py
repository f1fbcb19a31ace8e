"""The pool as a state machine: no alias is two parcels' at once, nor anybody's before it has cooled."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.database.places import fresh
from tests.effort import DEEP
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.times import DAY_US
from wayseal.vault.aliases import pool
from wayseal.vault.aliases import tables as t
from wayseal.vault.aliases.pool import COOLING

PARCELS, VIEWERS, SIZE = ("YT1", "YT2", "YT3"), ("a", "b", "c"), 5


class Pool(RuleBasedStateMachine):
    """Of five aliases. last: of each, when it was last anybody's, or a stranger called it as it cooled."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now, self.made = 1_000 * DAY_US, 0
        self.open: dict[tuple[str, str], tuple[str, str]] = {}
        self.shown: set[str] = set()
        self.last: dict[str, int] = {}

    @initialize()
    def fill(self) -> None:
        def work(connection: Any) -> None:
            for table in t.metadata.sorted_tables:
                connection.execute(table.delete())
            pool.add_aliases(connection, [str(n) for n in range(SIZE)])

        self.database.write(work)

    @rule(waybill=st.sampled_from(PARCELS), viewer=st.sampled_from(VIEWERS), shown=st.booleans())
    def give(self, waybill: str, viewer: str, shown: bool) -> None:
        self.made += 1
        until = self.now + 7 * DAY_US
        row = self.database.write(pool.open_pair, waybill, viewer, str(self.made), now=self.now, until=until)
        free = (
            SIZE
            - len({alias for alias, _ in self.open.values()})
            - sum(at + COOLING > self.now for alias, at in self.last.items() if alias not in self._used())
        )
        if (waybill, viewer) in self.open:
            assert row is not None
            assert row.pair == self.open[waybill, viewer][1]
        elif row is None:
            assert free == 0
            assert all(parcel != waybill for parcel, _ in self.open)
            return
        else:
            mates = {parcel for (parcel, _), (alias, _) in self.open.items() if alias == row.alias}
            assert mates <= {waybill}
            if mates:
                assert free * pool.RESERVE <= SIZE
            else:
                assert self.last.get(row.alias, -COOLING) + COOLING <= self.now
            self.open[waybill, viewer] = row.alias, row.pair
        if shown:
            sharing = self.database.write(pool.mark_shown, row.pair, now=self.now, until=until)
            assert sharing == sum(alias == row.alias for alias, _ in self.open.values())
            self.shown.add(row.pair)

    def _used(self) -> set[str]:
        return {alias for alias, _ in self.open.values()}

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        if not self.open:
            return
        key = data.draw(st.sampled_from(sorted(self.open)))
        alias, pair = self.open.pop(key)
        for _ in range(2):
            self.database.write(pool.close_pair, pair, self.now)
        if pair in self.shown:
            self.last[alias] = self.now
        assert self.database.write(pool.mark_shown, pair, now=self.now, until=0) is None
        if alias not in self._used() and self.last.get(alias, -COOLING) + COOLING > self.now:
            self.last[alias] = self.now

    @rule(alias=st.integers(0, SIZE - 1))
    def stranger(self, alias: int) -> None:
        self.database.write(pool.cool, [(str(alias), "call", self.now)], self.now)
        if str(alias) not in self._used() and self.last.get(str(alias), -COOLING) + COOLING > self.now:
            self.last[str(alias)] = self.now

    @rule(days=st.sampled_from((1, 15, 29, 30)))
    def wait(self, days: int) -> None:
        self.now += days * DAY_US

    @invariant()
    def as_the_tables_say(self) -> None:
        rows = self.database.read(lambda c: c.execute(t.pairs.select().where(t.pairs.c.ended_at.is_(None))).all())
        by_alias: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            by_alias[row.alias].add(row.waybill)
        assert all(len(some) == 1 for some in by_alias.values())
        assert {row.pair for row in rows} == {pair for _, pair in self.open.values()}
        size = self.database.read(pool.pool_size)
        assert size["bound"] == len(by_alias)
        assert size["pairs"] == len(rows)
        assert size["free"] + size["bound"] + size["cooling"] == SIZE


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_alias_is_anybodys_before_it_has_cooled(kind: str, tmp_path: Path) -> None:
    few = 60 if DEEP else 12 if kind == "sqlite" else 3
    with fresh(kind, tmp_path) as url, open_database(url) as database:
        upgrade(database, t.CHAIN)
        machine = type("Machine", (Pool,), {"database": database})
        run_state_machine_as_test(machine, settings=settings(max_examples=few, stateful_step_count=25, deadline=None))


def test_what_ended_long_ago_is_forgotten(tmp_path: Path) -> None:
    with open_database(tmp_path / "aliases.db") as database:
        upgrade(database, t.CHAIN)
        database.write(pool.add_aliases, ["1"])
        database.write(pool.open_pair, "YT1", "a", "p", now=0, until=DAY_US)
        database.write(pool.mark_shown, "p", now=0, until=DAY_US)
        database.write(pool.close_pair, "p", DAY_US)
        assert database.read(pool.holders, "1", DAY_US) == ("YT1", ("a",))
        assert database.read(pool.holders, "1", -1) is None
        database.write(pool.cool, (), DAY_US + pool.KEPT + 1)
        assert database.read(pool.holders, "1", DAY_US) is None
