"""Handover codes: three tries, then nobody but a supervisor who made none; and the courier's code at the door."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.vault.aliases.world import KEYS, Desk
from tests.vault.world import DAY, person
from wayseal.model.kinds import ScanKind
from wayseal.model.times import micros_of
from wayseal.numbers.codes import courier_code_fits, make_secret
from wayseal.vault.aliases.handover import HandoverState
from wayseal.vault.errors import VaultError
from wayseal.vault.log import EntryKind
from wayseal.vault.sealing import open_reason


def tell(here: Desk, waybill: str, code: str, who: str = "courier-1") -> tuple[bool, str, int] | None:
    made = here.aliases.hand_over(here.world.caller(who), waybill, code, now=here.world.now)
    return None if made is None else (made.accepted, made.state.value, made.left)


def wrong(code: str | None) -> str:
    return f"{(int(code or 0) + 1) % 10**6:06d}"


def test_the_right_code_opens_once(there: Desk) -> None:
    (parcel,) = there.world.seal()
    code = there.code(parcel)
    assert code is not None
    assert len(code) == 6
    assert tell(there, parcel, wrong(code)) == (False, "open", 2)
    assert tell(there, parcel, f" {code} ") == (True, "handed_over", 0)
    assert tell(there, parcel, code) == (False, "handed_over", 0)


def test_three_tries_and_not_even_the_right_one_then(there: Desk) -> None:
    (parcel,) = there.world.seal()
    code = there.code(parcel)
    for left in (2, 1, 0):
        assert tell(there, parcel, wrong(code)) == (False, "open" if left else "locked", left)
    assert tell(there, parcel, code or "") == (False, "locked", 0)


def test_tries_at_once_are_three_all_the_same(there: Desk) -> None:
    (parcel,) = there.world.seal()
    code = wrong(there.code(parcel))
    with ThreadPoolExecutor(6) as threads:
        left = [one[2] for one in threads.map(lambda _: tell(there, parcel, code), range(6)) if one]
    assert sorted(left) == [0, 0, 0, 0, 1, 2]


def test_a_code_is_of_its_parcel_station_and_day(here: Desk) -> None:
    first, second = here.world.seal(2)
    code = here.code(first)
    assert code != here.code(second)
    # No phone's last digits, no name: nothing else opens it.
    assert tell(here, first, "4321") == (False, "open", 2)
    here.world.now += DAY
    here.world.scan([first], "elsewhere")
    assert here.code(first) not in (code, None)
    assert tell(here, first, code or "") is None
    assert tell(here, first, code or "", "courier-3") == (False, "open", 2)
    here.world.scan([first], "elsewhere", ScanKind.DEPART)
    assert here.code(first) is None
    assert tell(here, first, "000000", "courier-3") is None


@pytest.mark.parametrize("who", ["nobody", "agent", "platform", "courier-3", "untrained", "away"])
def test_only_who_has_the_parcel_in_hand_may_try(here: Desk, who: str) -> None:
    (parcel,) = here.world.seal()
    here.world.put(person("untrained", "courier", "deliver-here", trained_until=here.world.now - 1))
    here.world.put(person("away", "sorter", "deliver-here"))
    assert tell(here, parcel, here.code(parcel) or "", who) is None
    assert tell(here, "YT404", "000000", who) is None


def test_the_budget_for_seeing_is_not_asked_for(here: Desk) -> None:
    """Who has seen all that they may today can still hand a parcel over, and show who they are."""
    numbers = here.world.seal(30)
    for number in numbers:
        here.world.ask("courier-1", [number])
    here.world.main.write(lambda c: c.exec_driver_sql("UPDATE budgets SET used = 1000000"))
    assert here.world.rule("courier-1", here.world.seal()[0]) in ("budget", "bulk")
    assert tell(here, numbers[0], here.code(numbers[0]) or "") == (True, "handed_over", 0)


def test_a_secret_opens_the_code_and_nothing_else_does(here: Desk) -> None:
    held, nowhere = here.world.seal()[0], here.world.seal(at=None)[0]
    caller = here.world.caller("platform")
    secret = make_secret(KEYS.secret, held)
    codes = [
        here.aliases.handover_code(caller, number, typed, now=here.world.now)
        for number, typed in ((held, secret), (held, f" {secret[:5]} {secret[5:].lower()}"), (held, secret[:9]),
                              (nowhere, secret), (nowhere, make_secret(KEYS.secret, nowhere)), ("YT404", secret))
    ]  # fmt: skip
    assert codes[0] == codes[1] is not None
    assert codes[2:] == [None] * 4


def override(here: Desk, waybill: str, who: str, reason: str = "护照核对") -> str | None:
    made = here.aliases.override(here.world.caller(who), waybill, reason, now=here.world.now)
    return None if made is None else made.state.value


def test_a_supervisor_who_tried_nothing_hands_over_and_says_why(there: Desk) -> None:
    (parcel,) = there.world.seal()
    code = wrong(there.code(parcel))
    assert override(there, parcel, "manager") is None  # it isn't locked
    for _ in range(3):
        tell(there, parcel, code)
    for who in ("courier-1", "courier-2", "agent", "nobody"):
        assert override(there, parcel, who) is None
    assert override(there, "YT404", "manager") is None
    with pytest.raises(VaultError, match="reason"):
        override(there, parcel, "manager", " ")
    assert override(there, parcel, "manager") == HandoverState.HANDED_OVER
    assert override(there, parcel, "manager") is None
    entry = there.world.entries()[-2]
    assert (entry.kind, entry.actor, entry.more["act"], entry.more["waybill"]) == (
        EntryKind.ADMIN, "manager", "handover_overridden", parcel,
    )  # fmt: skip
    sealed = bytes.fromhex(str(entry.more["reason"]))
    assert open_reason(there.world.keyring, entry.request.encode(), sealed) == "护照核对"


def test_who_tried_does_not_override(here: Desk) -> None:
    """A supervisor who stood at the counter is no second person."""
    (parcel,) = here.world.seal()
    code = wrong(here.code(parcel))
    for who in ("courier-1", "courier-1", "courier-2"):
        tell(here, parcel, code, who)
    here.world.put(person("courier-2", "regional_manager"))
    assert override(here, parcel, "courier-2") is None
    here.world.put(person("late", "regional_manager", trained_until=here.world.now - 1))
    assert override(here, parcel, "late") is None
    here.world.vault.block(here.world.caller("it"), "manager", now=here.world.now)
    assert override(here, parcel, "manager") is None


def test_a_station_with_far_more_wrong_codes_than_usual_is_an_alarm(there: Desk) -> None:
    for day in range(3):
        for parcel in there.world.seal(10):
            code = there.code(parcel) or ""
            if not day:
                tell(there, parcel, wrong(code))
            tell(there, parcel, code)
        there.world.now += DAY
    # One in four was wrong, but no habit counts as more than one in ten.
    assert [one.kind.value for one in there.breaches()] == ["handover_guessed"]
    for parcel in there.world.seal(4):
        for _ in range(3):
            tell(there, parcel, wrong(there.code(parcel)), "courier-2")
    found = there.breaches()
    assert [(one.kind.value, one.number, one.asker) for one in found] == [("handover_guessed", "", "deliver-here")] * 2


def test_few_wrong_codes_are_none(here: Desk) -> None:
    for parcel in here.world.seal(4):
        tell(here, parcel, wrong(here.code(parcel)))
        tell(here, parcel, here.code(parcel) or "")
    assert here.breaches() == []


def test_the_couriers_code_is_for_who_has_the_parcel_at_the_door(there: Desk) -> None:
    (parcel,) = there.world.seal()
    now = there.world.now

    def shown(who: str) -> str | None:
        made = there.aliases.courier_code(there.world.caller(who), parcel, now=now)
        if made is None or made.until is None:
            return None
        assert 0 < micros_of(made.until) - now <= 60_000_000
        return made.code

    assert shown("courier-1") is None  # it lies there still
    there.world.scan([parcel], "deliver-here", ScanKind.OUT_FOR_DELIVERY)
    code = shown("courier-1")
    assert code is not None
    assert courier_code_fits(KEYS.courier, parcel, code, now)
    assert not courier_code_fits(KEYS.courier, parcel, code, now + 180_000_000)
    entries = len(there.world.entries())
    assert [shown(who) for who in ("courier-3", "agent", "nobody", "platform")] == [None] * 4
    there.world.main.write(lambda c: c.exec_driver_sql("UPDATE scans SET mark = NULL WHERE kind = 'out_for_delivery'"))
    assert shown("courier-1") is None  # somebody else than the vault wrote it
    assert len(there.world.entries()) == entries  # a code shows no data
    there.world.scan([parcel], "deliver-here", ScanKind.DELIVERED)
    assert shown("courier-1") is None
