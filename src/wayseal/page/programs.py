"""A result for programs: dataclasses as JSON by the types of their fields, and back; JSON as text."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter

from wayseal.model.times import day_name, iso, micros

T = TypeVar("T")
_EPOCH = date(1970, 1, 1)


def _from_text(read: Callable[[str], int]) -> BeforeValidator:
    """Read what was written as a text; a number is one already."""
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


Moment = Annotated[int, _from_text(micros), PlainSerializer(iso)]
"""Microseconds since 1970, written as a time in UTC."""
Day = Annotated[int, _from_text(lambda text: (date.fromisoformat(text) - _EPOCH).days), PlainSerializer(day_name)]
"""Days since 1970, written as a date."""
OrNull = Annotated[str, BeforeValidator(lambda text: text or ""), PlainSerializer(lambda text: text or None)]
"""A text that is null where it is empty."""
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def rounded(count: int) -> PlainSerializer:
    """Write a number with so many digits behind the point."""
    return PlainSerializer(lambda number: round(number, count))


def alias(name: str) -> Any:
    """Write a field under another name."""
    return Field(serialization_alias=name)


def dump_row(result: Any) -> dict[str, Any]:
    """Return a dataclass as JSON can hold it."""
    row: dict[str, Any] = _adapter(type(result)).dump_python(result, mode="json", by_alias=True, warnings=False)
    return row


def load_row(of: type[T], row: Mapping[str, Any]) -> T:
    """Return the dataclass that `dump_row` wrote, what is more in it left out; ValueError: it is none."""
    found: T = _adapter(of).validate_python(row)
    return found


def _adapter(of: type) -> TypeAdapter[Any]:
    if of not in _ADAPTERS:
        _ADAPTERS[of] = TypeAdapter(of)
    return _ADAPTERS[of]


def as_json(document: Mapping[str, object]) -> str:
    r"""A document as JSON; characters that can't be seen stand as \u escapes.

    Args:
        document: What is written; NaN and infinities are refused.

    Returns:
        Lines of JSON, with one line end at the end.

    Raises:
        ValueError: A number is none.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return "\n".join(_escaped(line) for line in text.split("\n")) + "\n"


def _escaped(line: str) -> str:
    """A line of JSON with every character that can't be seen as an escape (such stand in strings only)."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else _units(char) for char in line)


def _units(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))
