"""A record of acts as a file (rules of `wayseal.journal.record`)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wayseal.journal.record import Act, Record
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
