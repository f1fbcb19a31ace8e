"""A record of acts as a file (rules of `wayseal.journal.record`)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wayseal.journal.record import Act, Record, StateRecord
from wayseal.model.errors import WaysealError
from wayseal.model.schema import CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Act):
    __pydantic_config__: ClassVar = CLOSED
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedFrom(Moved):
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Moved):
    sum: int


def a_record(folder: Path) -> tuple[Record, list[object]]:
    taken: list[object] = []

    def begin() -> Callable[[Any], None]:
        taken.clear()
        return taken.append

    return Record(folder / "acts.jsonl", {"record": 1}, Moved, begin, lambda **_: WaysealError("changed")), taken


@pytest.mark.parametrize(
    "act",
    [MovedFrom(at=1, who="li", to="a", before="b"), Counted(at=1, who="li", to="a", sum=2)],
    ids=["before", "sum"],
)
def test_no_act_has_a_field_that_the_chain_would_write_over(tmp_path: Path, act: Moved) -> None:
    record, taken = a_record(tmp_path)
    first = Moved(at=1, who="li", to="a")
    with record.writing() as write:
        write(first)
        with pytest.raises(ValueError, match="before"):
            write(act)
        write(first)
    assert taken == [first, first]
    again, read = a_record(tmp_path)
    again.read()
    assert read == [first, first]


class Places(list[str]):
    def apply(self, act: Moved) -> None:
        if act.to in self:
            raise ValueError("there already")
        self.append(act.to)

    def copy(self) -> "Places":
        return Places(self)


def test_what_a_record_comes_to_is_asked_before_an_act_is_written(tmp_path: Path) -> None:
    """Rule 3; and what was shown stays as it was."""
    record, other = (
        StateRecord(tmp_path / "acts.jsonl", {"record": 1}, Moved, Places, lambda **_: WaysealError("changed"))
        for _ in range(2)
    )
    before = record.state()
    with record.writing() as (known, write):
        write(Moved(at=1, who="li", to="a"))
        with pytest.raises(ValueError, match="there already"):
            write(Moved(at=2, who="li", to="a"))
        write(Moved(at=3, who="li", to="b"))
        assert known == ["a", "b"]
    shown = other.state()
    assert (before, record.state(), shown) == ([], ["a", "b"], ["a", "b"])
    assert other.state() is shown  # nothing is copied again
    with record.writing() as (_, write):
        write(Moved(at=4, who="li", to="c"))
    assert (shown, other.state()) == (["a", "b"], ["a", "b", "c"])
