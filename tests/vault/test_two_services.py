"""Two services over the same databases: what both are asked at the same moment counts once, and the log never forks."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.database.places import KINDS
from tests.effort import DEEP
from tests.vault.tampering import found
from tests.vault.test_bulk import FEW, MANAGER, with_desk, with_few
from tests.vault.world import DAY, OPERATOR, SECRETS, World, on_postgresql, on_sqlite, person
from wayseal.database import open_database
from wayseal.model.fields import Field
from wayseal.model.records import Ask, Disclosed, Parcel, Refused, Sealed
from wayseal.vault import Vault
from wayseal.vault import tables as t
from wayseal.vault.errors import VaultError
from wayseal.vault.log import EntryKind
from wayseal.vault.policy import default_texts
from wayseal.vault.requests import Caller

ROUNDS = 25 if DEEP else 2
EACH = 4
"""Threads of each service."""
_REQUESTS = count()


@dataclass(frozen=True)
class Pair:
    """A world to prepare and look at, and two services on it with connections of their own."""

    world: World
    services: Sequence[Vault]

    def at_once(self, act: Callable[[Vault, int], Any]) -> list[Any]:
        """What `act` gives for each thread's service and place, all begun together; an error of ours in its place."""
        begin = threading.Barrier(len(self.services) * EACH)

        def run(place: int) -> Any:
            begin.wait()
            try:
                return act(self.services[place % len(self.services)], place)
            except VaultError as error:
                return error

        with ThreadPoolExecutor(begin.parties) as pool:
            return list(pool.map(run, range(begin.parties)))

    def look(self) -> None:
        """Has both services look for the newest policy, as they do once a second."""
        for service in self.services:
            service._refresh(always=True)

    def people(self, role: str = "courier") -> Iterator[str]:
        """Somebody else each round, on another day: nobody has seen anything yet, nor has the outlet."""
        for turn in range(ROUNDS):
            self.world.put(person(f"{role}-{turn}-r", role, "deliver-here"))
            yield f"{role}-{turn}-r"
            self.world.now += DAY


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            urls = (f"sqlite:///{tmp_path / 'main.db'}", f"sqlite:///{tmp_path / 'keys.db'}")
            made = stack.enter_context(on_sqlite(tmp_path))
        else:
            urls = request.getfixturevalue("postgresql_tables")
            made = stack.enter_context(on_postgresql(urls))
        services = [
            stack.enter_context(Vault(open_database(urls[0]), open_database(urls[1]), made.keyring)) for _ in "12"
        ]
        yield Pair(made, services)
        # Whatever was raced for, everything is as the log says, and the log has one history.
        assert found(made) == []


def caller(actor: str, client: str = "app") -> Caller:
    return Caller(client=client, actor=actor, scopes=frozenset(), request=f"race-{next(_REQUESTS)}")


def asks(numbers: Sequence[str]) -> list[Ask]:
    return [Ask(waybill=number, purpose="deliver", reason="x") for number in numbers]


def ask(vault: Vault, actor: str, numbers: Sequence[str], now: int, **more: str) -> list[Any]:
    return list(vault.disclose(caller(actor), asks(numbers), now=now, **more))


def shown(answers: Sequence[Any]) -> int:
    return sum(isinstance(answer, Disclosed) for some in answers for answer in some)


def test_one_key_is_one_disclosure(pair: Pair) -> None:
    """The same place in the log for all, counted once, and an entry for each time that it was shown."""
    world = pair.world
    for turn, who in enumerate(pair.people()):
        (number,) = world.seal()
        before = len(world.entries())
        done = pair.at_once(lambda v, _, who=who, n=number, k=f"k-{turn}": ask(v, who, [n], world.now, key=k))  # type: ignore[misc]
        assert shown(done) == len(done)
        (seq,) = {answers[0].seq for answers in done}
        made = world.entries()[before:]
        assert sorted(entry.more.get("replay", -1) for entry in made) == [-1] + [seq] * (len(done) - 1)
        used = sa.select(t.budgets.c.used).where(t.budgets.c.of == f"actor:{who}")
        assert world.main.read(lambda c, used=used: c.execute(used).scalars().all()) == [1]  # type: ignore[misc]


def test_a_day_has_one_count(pair: Pair) -> None:
    """Bulk of a day: no more than `FEW`, whoever is asked when."""
    numbers = with_few(pair.world).seal(len(pair.services) * EACH * 2)
    pair.look()
    for who in pair.people():
        done = pair.at_once(
            lambda v, place, who=who: [ask(v, who, [n], pair.world.now)[0] for n in numbers[place * 2 : place * 2 + 2]]  # type: ignore[misc]
        )
        assert shown(done) == FEW
        assert {a.rule for some in done for a in some if isinstance(a, Refused)} == {"bulk"}


def test_an_approval_is_given_once_and_used_once(pair: Pair) -> None:
    world = with_desk(pair.world)
    for who in pair.people():
        numbers = world.seal(60)
        approval = world.vault.ask_approval(caller(who), "deliver", 60, now=world.now).approval
        given = pair.at_once(lambda v, _, a=approval: v.approve(caller("manager", "desk"), a, now=world.now))  # type: ignore[misc]
        assert sum(not isinstance(one, VaultError) for one in given) == 1
        done = pair.at_once(lambda v, _, who=who, some=numbers, a=approval: ask(v, who, some, world.now, approval=a))  # type: ignore[misc]
        assert sorted(shown([some]) for some in done) == [0] * (len(done) - 1) + [60]
        which = sa.select(t.approvals.c.left).where(t.approvals.c.approval == approval)
        assert world.main.read(lambda c, which=which: c.execute(which).scalar()) == 0  # type: ignore[misc]


def test_a_number_is_sealed_once(pair: Pair) -> None:
    """And opens, whoever's it is."""
    world = pair.world
    for turn in range(ROUNDS):
        numbers = [f"YT55{turn:05}{n:05}" for n in range(5)]

        def seal(vault: Vault, place: int, numbers: list[str] = numbers) -> list[Any]:
            values = {**SECRETS, Field.GOODS: f"箱{place}"}
            parcels = [Parcel(waybill=n, values=values, destination_outlet="deliver-here") for n in numbers]
            return list(vault.seal(caller("platform", "shop"), parcels, now=world.now))

        done = pair.at_once(seal)
        for answers in zip(*done, strict=True):
            assert sum(isinstance(answer, Sealed) for answer in answers) == 1
            assert {a.rule for a in answers if isinstance(a, Refused)} == {"exists"}
        world.scan(numbers, "deliver-here")
        assert shown([world.ask("courier-1", numbers)]) == len(numbers)
        world.now += DAY


def test_lookups_have_one_quota(pair: Pair) -> None:
    world = pair.world
    purposes, rules = default_texts()
    some = purposes.replace('code = "after_sales"', 'find = { quota = 6 }\ncode = "after_sales"')
    world.vault.activate_policy(OPERATOR, some, rules, now=world.now)
    world.seal()
    pair.look()
    for who in pair.people("customer_service"):
        done = pair.at_once(
            lambda v, _, who=who: [  # type: ignore[misc]
                v.find(caller(who), SECRETS[Field.RECIPIENT_PHONE], "after_sales", "x", now=world.now) for _ in "12"
            ]
        )
        told = [one for some in done for one in some]
        assert [one for one in told if not isinstance(one, Refused)] == [["YT0000000000000"]] * 6
        assert {one.rule for one in told if isinstance(one, Refused)} == {"quota"}


def test_behind_a_block_nothing_is_shown(pair: Pair) -> None:
    """By the order of the log: whoever is blocked by one service sees nothing through the other from that place on."""
    world = pair.world
    numbers = world.seal(6)
    for who in pair.people():

        def act(vault: Vault, place: int, who: str = who) -> Any:
            if place:
                return ask(vault, who, numbers, world.now) + ask(vault, who, numbers, world.now)
            return vault.block(OPERATOR, who, now=world.now)

        pair.at_once(act)
        mine = [e for e in world.entries() if e.actor == who or e.more.get("actor") == who]
        (place,) = [n for n, entry in enumerate(mine) if entry.more.get("act") == "blocked"]
        assert {entry.kind for entry in mine[place + 1 :]} <= {EntryKind.REFUSED}
        assert world.rule(who, numbers[0]) == "blocked"


def test_acts_of_administrators_and_signatures_follow_one_another(pair: Pair) -> None:
    world = pair.world
    purposes, rules = default_texts()
    for turn in range(ROUNDS):
        acts: list[Callable[[Vault], object]] = [
            lambda v: v.activate_policy(OPERATOR, purposes, rules, now=world.now),
            lambda v: v.checkpoint(now=world.now),
            lambda v, turn=turn: v.add_client(  # type: ignore[misc]
                OPERATOR, f"new-{turn}", scopes=frozenset({"log"}), acts_for=frozenset({MANAGER}), now=world.now
            ),
        ]
        before = world.main.read(lambda c: c.execute(sa.select(sa.func.max(t.policies.c.version))).scalar_one())
        done = [pair.at_once(partial(_nth, acts, start)) for start in range(len(acts))]
        added = sum(isinstance(one, str) and "\n" not in one for some in done for one in some)
        assert added == 1
        after = world.main.read(lambda c: c.execute(sa.select(sa.func.max(t.policies.c.version))).scalar_one())
        assert after - before == sum(hasattr(one, "purposes") for some in done for one in some)


def _nth(acts: Sequence[Callable[[Vault], object]], start: int, vault: Vault, place: int) -> object:
    return acts[(start + place) % len(acts)](vault)
