"""Moves against a plain model."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.numbers.world import KEYS, NOW, desk
from wayseal.numbers import _store
from wayseal.numbers.bindings import Order, bind_move
from wayseal.numbers.rules import Move, MoveKind
from wayseal.numbers.verify import verify

NEXT = {
    ("bound", "scan"): "scanned", ("scanned", "scan"): "scanned", ("scanned", "close"): "closed",
    ("closed", "retire"): "retired", ("voided", "retire"): "retired", ("expired", "retire"): "retired",
    ("issued", "void"): "voided", ("bound", "void"): "voided", ("issued", "expire"): "expired",
}  # fmt: skip
ENDS = {"close": "closed", "retire": "retired", "void": "voided", "expire": "expired"}
PICKS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*MoveKind]), st.integers(0, 3)), min_size=1, max_size=8)


class Lives(RuleBasedStateMachine):
    """Six numbers, four orders, any moves in batches."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.opened = desk("sqlite", Path(self.folder.name))
        self.desk = self.opened.__enter__()
        self.numbers = self.desk.issue(6)
        self.states = dict.fromkeys(self.numbers, "issued")
        self.orders: dict[str, int] = {}
        self.seen: set[str] = set()

    @rule(picks=PICKS)
    def move(self, picks: list[tuple[int, MoveKind, int]]) -> None:
        moves, expected = [], []
        for place, kind, order in picks:
            number = self.numbers[place]
            if kind is MoveKind.BIND:
                asked = Order(client="shop", order=str(order), phone="1", city="c")
                moves.append(bind_move(KEYS, number, asked))
                expected.append(self._bind(number, order))
            else:
                moves.append(Move(number=number, move=kind, by="staff", outlet="SH-1"))
                expected.append(self._other(number, kind.value))
        assert [one.outcome.value for one in self.desk.numbers.move(moves, NOW)] == expected

    def _bind(self, number: str, order: int) -> str:
        if number in self.orders:
            return "same" if self.orders[number] == order else "refused"
        if self.states[number] != "issued" or number in self.seen or order in self.orders.values():
            return "refused"
        self.states[number], self.orders[number] = "bound", order
        return "done"

    def _other(self, number: str, kind: str) -> str:
        state = self.states[number]
        if kind == "scan" and state in ("issued", "bound"):
            self.seen.add(number)
        if ENDS.get(kind) == state:
            return "same"
        if (state, kind) not in NEXT:
            return "refused"
        self.states[number] = NEXT[state, kind]
        return "done"

    @invariant()
    def stands_as_the_model(self) -> None:
        found = self.desk.numbers.database.read(_store.standing, self.numbers)
        assert {number: one.state for number, one in found.items()} == self.states
        assert self.desk.numbers.database.read(verify, self.desk.numbers) == []

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.__exit__(None, None, None)
            self.folder.cleanup()


Lives.TestCase.settings = settings(max_examples=25, stateful_step_count=8, deadline=None)
test_lives = Lives.TestCase
