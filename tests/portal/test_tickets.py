"""Tickets: who is let in, who waits, and what is kept of it (`wayseal.portal._tickets`)."""

import base64
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.effort import DEEP, examples
from tests.tables import each
from wayseal.portal._tickets import AGAIN, LEAST, LIFE, Admitted, Again, Gate, Purpose, Wait

REPORT, LOOKUP = Purpose.REPORT, Purpose.LOOKUP


class Clock:
    def __init__(self, now: float = 5_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def made(clock: Clock, **more: int) -> Gate:
    return Gate(clock, **{"reports_an_hour": 6, "lookups_a_minute": 5, "waiting_a_minute": 2, "wait_minutes": 3} | more)


def flood(gate: Gate, clock: Clock, purpose: Purpose = REPORT) -> int:
    """A script that sends as much as it can as soon as it can; how much came in."""
    tickets = [gate.new_ticket() for _ in range(50)]
    clock.now += LEAST
    return sum(gate.admit(purpose, one) == Admitted() for one in tickets)


def test_a_form_that_nobody_could_have_read_waits() -> None:
    clock = Clock()
    gate = made(clock)
    ticket = gate.new_ticket()
    for _ in range(3):
        assert gate.admit(REPORT, ticket) == Wait(1)
    clock.now += LEAST
    assert gate.admit(REPORT, ticket) == Admitted()
    assert gate.admit(REPORT, ticket) == Again("used")
    assert gate.admit(LOOKUP, ticket) == Again("used")


def test_beyond_the_budget_whoever_waited_comes_in() -> None:
    clock = Clock()
    gate = made(clock)
    assert flood(gate, clock) == 6
    ticket, more = gate.new_ticket(), [gate.new_ticket() for _ in range(4)]
    for passed, wait in ((0, 3), (59, 3), (61, 1)):
        clock.now += passed
        assert gate.admit(REPORT, ticket) == Wait(wait), passed
    clock.now += 60
    assert gate.admit(REPORT, ticket) == Admitted()
    answers = [gate.admit(REPORT, one) for one in more]
    assert answers == [Admitted(), Wait(1), Wait(1), Wait(1)]
    clock.now += 60
    assert [gate.admit(REPORT, one) for one in more[1:]] == [Admitted(), Admitted(), Wait(1)]
    clock.now += 3600
    assert flood(gate, clock) == 6


def test_each_purpose_has_budgets_of_its_own() -> None:
    clock = Clock()
    gate = made(clock)
    assert flood(gate, clock, LOOKUP) == 5
    assert flood(gate, clock, REPORT) == 6
    clock.now += 60 - LEAST
    assert flood(gate, clock, LOOKUP) == 5
    assert flood(gate, clock, REPORT) == 0


class Flood:
    """Scripts that press as often as they like, but with tickets that are younger than whoever waits."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        self.gate, self.clock = gate, clock
        self.tickets: list[tuple[float, str]] = []

    def press(self, many: int) -> None:
        self.tickets += [(self.clock.now, self.gate.new_ticket()) for _ in range(many)]
        self.tickets = [(at, one) for at, one in self.tickets if self.clock.now - at < 180]
        for _, one in self.tickets[-60:]:
            self.gate.admit(REPORT, one)


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), min_size=1, max_size=25),
    st.integers(0, 20),
    st.floats(0, 1e6),
)
@examples(100, 30)
def test_a_flood_keeps_nobody_out_who_waited(presses: list[tuple[int, int]], begin: int, now: float) -> None:
    clock = Clock(now)
    gate = made(clock)
    script = Flood(gate, clock)
    honest = gate.new_ticket()
    since = clock.now
    for seconds, many in presses:
        script.press(many)
        clock.now += seconds
        script.press(begin)
    clock.now = max(clock.now, since + 181)
    script.press(30)
    assert gate.admit(REPORT, honest) == Admitted()


@given(st.lists(st.tuples(st.sampled_from(["new", "press", "wait"]), st.integers(0, 400)), max_size=60))
@examples(200, 40)
def test_no_ticket_is_let_in_twice_and_no_more_than_the_budgets_allow(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    gate, tickets = made(clock), list[str]()
    came: list[tuple[float, str]] = []
    for step, n in steps:
        if step == "new":
            tickets += [gate.new_ticket() for _ in range(n % 9)]
        elif step == "wait":
            clock.now += n
        elif tickets:
            pressed = tickets[n % len(tickets) :]
            came += [(clock.now, one) for one in pressed if gate.admit(REPORT, one) == Admitted()]
    assert max(Counter(one for _, one in came).values(), default=1) == 1
    for end, _ in came:
        assert sum(end - 60 < at <= end for at, _ in came) <= 6 + 2
        assert sum(end - 3600 < at <= end for at, _ in came) <= 6 + 2 * 60


def test_what_broke_off_may_be_sent_again_within_the_budgets() -> None:
    clock = Clock()
    gate = made(clock)
    ticket = gate.new_ticket()
    clock.now += LEAST
    for _ in range(6):
        assert gate.admit(REPORT, ticket) == Admitted()
        gate.release(ticket)
    assert gate.admit(REPORT, ticket) == Wait(3)
    gate.release("nothing")


def test_a_ticket_holds_for_a_while() -> None:
    clock = Clock()
    gate = made(clock)
    used, old = gate.new_ticket(), gate.new_ticket()
    clock.now += LIFE
    assert gate.admit(REPORT, used) == Admitted()
    for _ in range(3):
        clock.now += 1
        assert gate.admit(REPORT, used) == Again("old")
        assert gate.admit(REPORT, old) == Again("old")


def test_a_used_ticket_is_known_as_long_as_it_would_hold() -> None:
    clock = Clock()
    gate = made(clock)
    ticket = gate.new_ticket()
    clock.now += LEAST
    assert gate.admit(REPORT, ticket) == Admitted()
    clock.now += AGAIN
    assert gate.admit(REPORT, ticket) == Again("used")
    clock.now += 1
    assert gate.admit(REPORT, ticket) == Again("old")  # its receipt is shown to nobody any more
    for _ in range(11):
        clock.now += 3600
        gate.admit(REPORT, gate.new_ticket())
        assert gate.admit(REPORT, ticket) == Again("old")
    clock.now += 2 * 3600
    assert gate.admit(REPORT, ticket) == Again("old")
    assert not gate._used


def test_after_a_restart_another_is_needed() -> None:
    clock = Clock()
    ticket = made(clock).new_ticket()
    clock.now += LEAST
    assert made(clock).admit(REPORT, ticket) == Again("unknown")


def changed(ticket: str) -> Iterator[str]:
    raw = base64.urlsafe_b64decode(ticket)
    for at in range(len(raw)):
        yield base64.urlsafe_b64encode(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]).decode()
    yield from (ticket[:-4], ticket + "AAAA", ticket[4:], "", " " + ticket, "票" * 48, "\udc80", "A" * 100_000, "=")


def test_what_isnt_one_is_unknown() -> None:
    clock = Clock()
    gate = made(clock)
    ticket = gate.new_ticket()
    clock.now += LEAST
    for one in changed(ticket):
        assert gate.admit(REPORT, one) == Again("unknown"), one[:60]
        assert gate.name_of(one) is None
    assert gate.admit(REPORT, ticket) == Admitted()


@each("spelled", [lambda t: t.replace("-", "+").replace("_", "/"), lambda t: t[:-1] + chr(ord(t[-1]) + 1), str.strip])
def test_another_spelling_is_no_other_ticket(spelled: object) -> None:
    assert callable(spelled)
    clock = Clock()
    gate = made(clock)
    for _ in range(20):
        ticket = gate.new_ticket()
        clock.now += 3600
        assert gate.admit(REPORT, ticket) == Admitted()
        assert gate.admit(REPORT, spelled(ticket)) in (Again("used"), Again("unknown"))


def test_while_the_clock_stands_still_nobody_comes_in_twice_and_a_budget_stays_spent() -> None:
    clock = Clock()
    gate = made(clock)
    old = [gate.new_ticket() for _ in range(20)]
    clock.now += 600
    answers = Counter(str(gate.admit(REPORT, one)) for _ in range(30) for one in (*old, gate.new_ticket()))
    assert answers == {
        "Admitted()": 8,
        "Again(reason='used')": 8 * 29,
        "Wait(minutes=1)": 12 * 30,
        "Wait(minutes=3)": 30,
    }


def test_a_clock_that_goes_back_lets_nobody_in() -> None:
    clock = Clock()
    gate = made(clock)
    ticket = gate.new_ticket()
    clock.now -= 1_000
    assert isinstance(gate.admit(REPORT, ticket), Wait)


def test_a_flood_of_tickets_grows_nothing() -> None:
    clock = Clock()
    gate = made(clock)
    assert flood(gate, clock) == 6
    tracemalloc.start()
    try:
        for n in range(1_000_000 if DEEP else 20_000):
            if n == 1_000:
                before, _ = tracemalloc.get_traced_memory()
            assert gate.admit(REPORT, gate.new_ticket()) == Wait(3)
        assert tracemalloc.get_traced_memory()[0] < before + 10_000
    finally:
        tracemalloc.stop()
    assert len(gate._used) == 6


def test_what_is_kept_of_those_let_in_is_bounded_by_the_budgets() -> None:
    clock = Clock()
    gate = made(clock)
    for n in range(4 * LIFE // 600):
        waiting = [gate.new_ticket() for _ in range(30)]
        clock.now += 600
        for one in waiting:
            gate.admit(REPORT, one)
        assert len(gate._used) <= (n + 1) * 8
        assert len(gate._used) <= 2 * (LIFE // 600 + 1) + 6 * (LIFE // 3600 + 1)


class Slow(dict[bytes, float]):
    """Gives others their turn between a look and what follows."""

    def __contains__(self, key: object) -> bool:
        there = super().__contains__(key)
        time.sleep(0.01)
        return there


def test_threads_let_each_ticket_in_once() -> None:
    clock = Clock()
    gate = made(clock)
    gate._used = Slow()
    tickets = [gate.new_ticket() for _ in range(5)]
    clock.now += LEAST
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(partial(gate.admit, REPORT), sorted(tickets * 4)))
    assert Counter(answers) == {Admitted(): 5, Again("used"): 15}
