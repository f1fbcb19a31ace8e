"""Rules of evidence and of who is shown what, with simulated clocks (`_evidence`, `_judge`)."""

import math
from ipaddress import IPv6Address

import pytest

from wayseal.gate import _kept
from wayseal.gate._evidence import RECENT, Asked, Kind, Outcome
from wayseal.gate._judge import EVERYBODY, Identity, Judge, Kept, identify, limits_of
from wayseal.gate.errors import GateError
from wayseal.gate.settings import GateSettings, read_gate_settings

KEY, FACTS = bytes(32), ("上海", "shop", "20000")
LIMITS = limits_of(GateSettings(numbers="-"))


def who(address: str = "192.0.2.8", account: str | None = None) -> tuple[Identity, ...]:
    return identify(KEY, address, account)


def miss(judge: Judge, number: str, now: float, secret: str = "S", by: tuple[Identity, ...] | None = None) -> None:
    assert not judge.judge(by or who(), Outcome.MISS, Asked(number, secret), now)


def hit(judge: Judge, number: str, now: float, secret: str = "S", by: tuple[Identity, ...] | None = None) -> bool:
    return judge.judge(by or who(), Outcome.HIT, Asked(number, secret), now, FACTS)


def kept_of(judge: Judge, now: float) -> list[Kept]:
    found: list[Kept] = []
    judge.keep(now, found.extend)
    return found


def refuse(judge: Judge, now: float, by: tuple[Identity, ...] | None = None) -> int:
    """Guesses until one is refused; how many it took."""
    for count in range(1, 100):
        miss(judge, f"guess {count}", now, by=by)
        if judge.alarms:
            return count
    raise AssertionError


def test_who_guesses_blindly_is_refused_at_the_fifth_miss() -> None:
    assert refuse(Judge(LIMITS), 0) == 5


def test_who_repeats_a_mistake_made_one() -> None:
    judge = Judge(LIMITS)
    for now in range(200):
        miss(judge, "wrong", now)
    assert not judge.alarms
    for now in range(12):
        miss(judge, "wrong", now, secret=f"another {now}")
    assert not judge.alarms, "other mistakes in one number weigh little"


def test_the_same_parcel_again_and_again_hides_no_guess() -> None:
    judge, count = Judge(LIMITS), 0
    while not judge.alarms:
        count += 1
        hit(judge, "own", count)
        miss(judge, f"guess {count}", count)
    assert count == 5


def test_people_behind_one_prefix_who_find_theirs_outweigh_mistakes() -> None:
    judge = Judge(LIMITS)
    for turn in range(200):
        miss(judge, f"wrong {turn}", turn)
        assert all(hit(judge, f"right {turn}-{one}", turn) for one in range(29))
    assert not judge.alarms


def test_a_refusal_ends_after_a_pause_and_opens_right_secrets_slowly() -> None:
    judge = Judge(LIMITS)
    refuse(judge, 0)
    assert [hit(judge, f"mine {one}", one) for one in range(10)] == [True, *[False] * 4, True, *[False] * 4]
    assert not hit(judge, "held", 10, secret=""), "an account's right alone opens nothing then"
    judge = Judge(LIMITS)
    refuse(judge, 0)
    assert judge.slowed(Kind.PREFIX) == 1
    assert all(hit(judge, "mine", now) for now in (4000, 4001)), "an hour later half is forgotten"
    assert judge.slowed(Kind.PREFIX) == 0


def test_one_guesser_does_not_have_his_network_refused_but_many_have() -> None:
    judge = Judge(LIMITS)
    for count in range(1000):
        miss(judge, f"guess {count}", 0)
    assert hit(judge, "another's", 1, by=who("192.0.3.9"))
    for one in range(4, 12):
        for count in range(6):
            miss(judge, f"{one} guess {count}", 1, by=who(f"192.0.{one}.9"))
    hit(judge, "first", 1, by=who("192.0.77.9"))
    assert not hit(judge, "second", 1, by=who("192.0.77.9"))


def test_ten_thousand_addresses_alarm_together_and_fit_in_memory() -> None:
    judge = Judge(LIMITS, most=2000)
    refuse(judge, 0, who("203.0.113.1"))
    judge.alarms.clear()
    for count in range(10_000):
        miss(judge, f"guess {count}", 1 + count / 100, by=who(f"{11 + count % 100}.{count // 100}.7.9"))
    assert EVERYBODY in {one.who for one in judge.alarms}
    assert len(judge) == 2000
    assert hit(judge, "right", 200, by=who("198.51.100.1")), "an alarm refuses nobody"
    before = judge.slowed(Kind.PREFIX)
    assert before >= 1, "who is refused goes last"


def test_what_a_restart_forgets_is_nothing_that_speaks_against_somebody() -> None:
    judge, later = Judge(LIMITS), Judge(LIMITS)
    refuse(judge, 0)
    assert [judge.may_try(b"parcel", one) for one in range(4)] == [True, True, True, False]
    with pytest.raises(ZeroDivisionError):
        judge.keep(10, lambda _: 1 / 0)
    kept = kept_of(judge, 10)
    assert {one.kind for one in kept} == {"prefix", "wide", "all", "code"}
    assert kept_of(judge, 10) == []
    later.restore(kept, 1000)
    hit(later, "first", 1000)
    assert not hit(later, "second", 1000)
    assert not later.may_try(b"parcel", 1001)
    assert later.may_try(b"parcel", 1700), "ten minutes later it may"


def test_too_many_parcels_in_a_day_are_a_list() -> None:
    judge = Judge(limits_of(GateSettings(numbers="-", prefix_shown=50, account_shown=20, breadth=10)))
    assert [hit(judge, f"n{one}", one) for one in range(51)] == [True] * 51
    assert [one.what for one in judge.alarms] == ["breadth"]
    assert not hit(judge, "next", 51, secret="")
    assert hit(judge, "next", 100_000), "another day"
    kept = kept_of(judge, 51)
    judge.restore(kept, 51)
    other = who("198.51.100.1")
    cities = [judge.judge(other, Outcome.HIT, Asked(f"m{one}", ""), 0.0, (f"c{one}", "shop", "1")) for one in range(13)]
    assert cities == [True] * 11 + [False] * 2
    shop = who("203.0.113.9", "shop")
    assert sum(hit(judge, f"own {one}", 100_001, secret="", by=shop) for one in range(40)) == 21


def test_budgets_hang_on_nothing_but_how_often_somebody_asks() -> None:
    judge = Judge(limits_of(GateSettings(numbers="-", prefix_a_minute=6)))
    assert [judge.admit(who(), 0) for _ in range(6)] == [0.0] * 6
    assert judge.admit(who(), 0) == pytest.approx(10)
    assert judge.admit(who("192.0.9.1"), 0) == 0
    assert judge.admit(who(), 10.1) == 0
    assert judge.admit(who(), -500) > 0, "a clock that goes back gives nothing"


def test_who_asks() -> None:
    mapped = str(IPv6Address("::ffff:192.0.2.8"))
    assert who(mapped) == who("192.0.2.200") != who("192.0.3.8")
    assert who("2001:db8:1:2::3")[0] == who("2001:db8:1:9::4%eth0")[0] != who("2001:db8:2::3")[0]
    assert who("2001:db8:1::")[1] == who("2001:db8:2::")[1]
    assert who("nonsense") == who("0.0.0.1")
    assert who(account="shop")[0] == Identity(Kind.ACCOUNT, b"shop")
    assert identify(bytes([1] * 32), "192.0.2.8", None) != who()


def test_nothing_grows() -> None:
    judge = Judge(LIMITS)
    for one in range(5000):
        hit(judge, f"n{one}", one)
    caller = judge._callers[who()[0]]
    assert len(caller.recent) <= RECENT
    assert max(map(len, caller.seen or [])) == 1
    small = Judge(LIMITS, most=5)
    for one in range(100):
        small.may_try(bytes([one]), 0)
    assert len(small._tries) == 5


def test_the_weights_are_walds() -> None:
    assert LIMITS[Kind.PREFIX].limit == pytest.approx(math.log(1e6))
    assert LIMITS[Kind.PREFIX].miss == pytest.approx(math.log(25))
    assert LIMITS[Kind.WIDE].miss == pytest.approx(math.log(5))


def test_settings_say_what_cannot_be() -> None:
    given = {"WAYSEAL_GATE_NUMBERS": "n", "WAYSEAL_GATE_GUESSED_MISSES": "0.05"}
    with pytest.raises(GateError, match="four times"):
        read_gate_settings(given)
    with pytest.raises(GateError):
        read_gate_settings({"WAYSEAL_GATE_NUMBERS": "n", "WAYSEAL_GATE_HOST": "0.0.0.0"})
    assert "secret" not in repr(read_gate_settings({"WAYSEAL_GATE_NUMBERS": "postgresql://u:secret@h/d"}))
    assert _kept.CHAIN.revisions == ("gate_0001",)
