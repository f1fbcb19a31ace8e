"""Bulk: what is too much at once or in a day, and who has to agree to it (`_disclose`, obligation 7; `approvals`)."""

import pytest

from tests.tables import each
from tests.vault.world import DAY, HOUR, OPERATOR, World, person
from wayseal.model.kinds import ActorKind
from wayseal.model.records import Actor, Answer, Ask
from wayseal.vault import Vault
from wayseal.vault.approvals import SCOPE
from wayseal.vault.errors import VaultError
from wayseal.vault.policy import default_texts

pytestmark = pytest.mark.once

MANAGER = "regional_manager"
FEW = 5


def with_manager(world: World) -> World:
    """The world, with somebody who may agree."""
    world.put(person("manager", MANAGER))
    return world


def with_desk(world: World) -> World:
    """The same, with a client of theirs beside that of the couriers."""
    scopes = frozenset({SCOPE})
    world.vault.add_client(OPERATOR, "desk", scopes=scopes, acts_for=frozenset({MANAGER}), now=world.now)
    return with_manager(world)


def with_few(world: World) -> World:
    """The world under a policy by which a person may have `FEW` deliveries a day."""
    purposes, rules = default_texts()
    few = purposes.replace("person = 120", f"person = {FEW}")
    assert few != purposes
    world.vault.activate_policy(OPERATOR, few, rules, now=world.now)
    return world


def asked(world: World, most: int) -> str:
    return world.vault.ask_approval(world.caller("courier-1"), "deliver", most, now=world.now).approval


def agree(world: World, approval: str, actor: str = "manager", client: str = "desk") -> None:
    world.vault.approve(world.caller(actor, client), approval, now=world.now)


def shown(answers: list[Answer]) -> int:
    return sum(answer.status == "disclosed" for answer in answers)


def test_too_much_at_once_needs_a_second_person(both: World) -> None:
    numbers = with_desk(both).seal(60)
    assert both.rule_of(both.ask("courier-1", numbers)) == {"bulk"}
    approval = asked(both, 60)
    assert both.rule_of(both.ask("courier-1", numbers, approval=approval)) == {"bulk"}
    with pytest.raises(VaultError, match="second person"):
        agree(both, approval, "courier-1", "app")
    agree(both, approval)
    with pytest.raises(VaultError, match="already"):
        agree(both, approval)
    assert both.rule_of(both.ask("courier-2", numbers, approval=approval)) == {"bulk"}
    assert both.rule_of(both.ask("courier-1", numbers, approval=approval)) == set()
    assert both.entries()[-1].more == {"approval": approval}
    assert both.rule_of(both.ask("courier-1", numbers, approval=approval)) == {"bulk"}


def test_six_requests_of_fifty_are_bulk_like_one_of_three_hundred(small: World) -> None:
    numbers = small.seal(300)
    seen = [shown(small.ask("courier-1", numbers[n : n + 50])) for n in range(0, 300, 50)]
    assert seen == [50, 50, 0, 0, 0, 0]
    assert small.entries()[-1].rule == "bulk"


def test_a_day_counts_whatever_client_and_process_asked(both: World) -> None:
    numbers = with_few(both).seal(FEW + 2)
    for number in numbers[:FEW]:
        both.shown("courier-1", number)
    assert both.rule("courier-1", numbers[FEW]) == "bulk"
    # Another process, which remembers nothing of this one.
    other = World(vault=Vault(both.main, both.keys, both.keyring), main=both.main, keys=both.keys, keyring=both.keyring)
    assert other.rule("courier-1", numbers[FEW]) == "bulk"
    # What was seen may be seen again; what is another's, or another day's, doesn't count.
    both.shown("courier-1", numbers[0])
    both.shown("courier-2", numbers[FEW])
    both.now += DAY
    both.shown("courier-1", numbers[FEW])


def test_a_day_counts_all_that_one_request_and_one_group_ask(small: World) -> None:
    numbers = with_few(small).seal(FEW + 2)
    assert small.rule_of(small.ask("courier-1", numbers[: FEW + 1])) == {"bulk"}
    jobs = [small.vault.job(small.caller("courier-1"), some) for some in (asks(numbers[:FEW]), asks(numbers[FEW:]))]
    first, second = small.vault.disclose_group(jobs, now=small.now)
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert (shown(first), small.rule_of(second)) == (FEW, {"bulk"})


def test_what_was_agreed_to_opens_the_day_and_counts_towards_no_bulk_again(both: World) -> None:
    numbers = with_desk(with_few(both)).seal(2 * FEW + 3)
    approval = asked(both, FEW + 1)
    agree(both, approval)
    assert shown(both.ask("courier-1", numbers[: FEW + 1], approval=approval)) == FEW + 1
    for number in numbers[FEW + 1 : 2 * FEW + 1]:
        both.shown("courier-1", number)
    assert both.rule("courier-1", numbers[-1]) == "bulk"


def test_each_further_one_of_a_day_takes_from_the_approval(small: World) -> None:
    numbers = with_desk(with_few(small)).seal(FEW + 3)
    approval = asked(small, 2)
    agree(small, approval)
    small.ask("courier-1", numbers[:FEW])
    assert [shown(small.ask("courier-1", [n], approval=approval)) for n in numbers[FEW:]] == [1, 1, 0]


def test_an_approval_ends_by_itself(small: World) -> None:
    numbers = with_desk(small).seal(60)
    approval = asked(small, 60)
    agree(small, approval)
    small.now += 9 * HOUR
    assert small.rule_of(small.ask("courier-1", numbers, approval=approval)) == {"bulk"}
    with pytest.raises(VaultError, match="still open"):
        agree(small, approval)


@each(
    ("who", "says"),
    [
        ("courier-2", "your role may not agree"),
        ("analyst", "your role may not agree"),
        ("nobody-at-all", "your role may not agree"),
        ("robot", "only a person in office"),
        ("left", "only a person in office"),
        ("stopped", "only a person in office"),
    ],
)
def test_who_may_agree_stands_in_the_purpose(peopled: tuple[World, str], who: str, says: str) -> None:
    world, approval = peopled
    before = len(world.entries())
    with pytest.raises(VaultError, match=says):
        agree(world, approval, who)
    assert len(world.entries()) == before


@pytest.fixture
def peopled(small: World) -> tuple[World, str]:
    """A world with people who may not agree, though some have the role, and something to agree to."""
    with_desk(small).put(
        Actor(actor="robot", kind=ActorKind.SERVICE, role=MANAGER),
        person("left", MANAGER, valid_to=small.now - 1),
        person("stopped", MANAGER),
    )
    small.vault.block(OPERATOR, "stopped", now=small.now)
    return small, asked(small, 60)


def test_one_client_does_not_both_ask_and_agree(both: World) -> None:
    """Who runs a client may speak for anybody: two persons by one client may be one."""
    approval = asked(with_desk(both), 60)
    with pytest.raises(VaultError, match="another client"):
        agree(both, approval, client="app")
    agree(both, approval)
    assert "one_client" not in both.entries()[-1].more


@each("change", ["none", "disabled", "scope", "roles"])
def test_where_one_client_is_all_there_is_the_entry_is_flagged(small: World, change: str) -> None:
    """No other client is there, or none that may bring such an agreement."""
    name, roles = f"desk-{change}", frozenset({MANAGER} if change != "roles" else {"clerk"})
    if change != "none":
        scopes = frozenset({SCOPE} if change != "scope" else {"log"})
        small.vault.add_client(OPERATOR, name, scopes=scopes, acts_for=roles, now=small.now)
    if change == "disabled":
        small.vault.disable_client(OPERATOR, name, now=small.now)
    approval = asked(with_manager(small), 60)
    agree(small, approval, client="app")
    said = small.entries()[-1]
    assert said.more == {"act": "approval_given", "approval": approval, "actor": "courier-1", "one_client": 1}


def test_bulk_that_nobody_may_agree_to_can_not_be_asked_for(small: World) -> None:
    purposes, rules = default_texts()
    small.vault.activate_policy(
        OPERATOR, purposes.replace('approvers = ["regional_manager"]\n', ""), rules, now=small.now
    )
    with pytest.raises(VaultError, match="nobody may agree"):
        asked(small, 60)


def asks(numbers: list[str]) -> list[Ask]:
    return [Ask(waybill=number, purpose="deliver", reason="x") for number in numbers]
