"""Numbers on either database, with a clock of the test's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.database.places import fresh, opened
from wayseal.database.migrations import upgrade
from wayseal.numbers import breaches
from wayseal.numbers.bindings import Order, bind_move
from wayseal.numbers.breaches import KeptBreach
from wayseal.numbers.codec import Series
from wayseal.numbers.codes import derive_keys
from wayseal.numbers.moves import BlockAsk, MoveAnswer, Numbers
from wayseal.numbers.rules import Move, MoveKind
from wayseal.numbers.tables import CHAIN

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
KEYS = derive_keys(b"\x01" * 32)


class Desk:
    """Numbers, and what tests do with them."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers, self.now = numbers, NOW

    def issue(self, size: int = 10, holder: str = "shop", **more: str | None) -> list[str]:
        return [*self.numbers.issue(BlockAsk(holder=holder, channel="api", size=size, **more), self.now).numbers]

    def bind(self, number: str, by: str = "shop", order: str = "", phone: str = "13800138000") -> MoveAnswer:
        asked = Order(client=by, order=order or f"order of {number}", phone=phone, city="北京")
        return self.numbers.move([bind_move(KEYS, number, asked)], self.now)[0]

    def move(self, number: str, move: MoveKind, by: str = "staff", **more: object) -> MoveAnswer:
        return self.numbers.move([Move(number=number, move=move, by=by, **more)], self.now)[0]  # type: ignore[arg-type]

    def scan(self, number: str, outlet: str | None = "SH-1", **more: object) -> MoveAnswer:
        return self.move(number, MoveKind.SCAN, outlet=outlet, **more)

    def breaches(self) -> list[KeptBreach]:
        return [*self.numbers.database.read(breaches.after, 0)]

    def kinds(self) -> list[str]:
        return [one.kind.value for one in self.breaches()]


@contextmanager
def desk(kind: str, folder: Path) -> Iterator[Desk]:
    with fresh(kind, folder) as url, opened(url) as database:
        upgrade(database, CHAIN)
        numbers = Numbers(database, KEYS, folder / "mark")
        numbers.add_series(Series(prefix="YT"), NOW)
        yield Desk(numbers)
