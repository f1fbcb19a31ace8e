"""TOML and JSON that come from outside, read into the record types that the rest of the program uses.

1. A record is a frozen dataclass; its types say what may stand there. Nothing is converted: a text is no number, and
   what isn't known is refused.
2. What is wrong in a text that a person wrote is told with file, line and key, in the reader's language, and without
   the value that stands there.
3. What a program wrote is right or it isn't: `parse_json` raises ValueError, without the value.
"""

import dataclasses
import difflib
import json
import re
import tomllib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import EnumType
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, core_schema

from wayseal.model._toml_lines import KeyPath, find_lines
from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_, Message
from wayseal.model.rows import read_json_line
from wayseal.model.times import iso, micros

T = TypeVar("T")

CLOSED: Final = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)
"""The `__pydantic_config__` of a record that is read: nothing converted, nothing unknown."""

_LONGEST_KEY = 200
_NEEDS, _MISSING = "needs", "missing"
_TABLE, _TABLES = N_("is written as [{table}]"), N_("is written as [[{table}]]")
_DAY = N_("needs a day, like 2026-03-02")
_TIME = N_("needs a time with an offset, such as 2026-03-02T08:00+08:00")
_TEXTS: Mapping[str, str] = {
    "missing": N_("this key is needed"),
    "string_type": N_("needs a text in quotes"),
    "string_too_short": N_("needs a text that isn't empty"),
    "bool_type": N_("is true or false"),
    "int_type": N_("needs a whole number"),
    "float_type": N_("needs a number"),
    "finite_number": N_("needs a number"),
    "greater_than": N_("needs to be above {gt}"),
    "greater_than_equal": N_("needs to be {ge} or more"),
    "less_than": N_("needs to be below {lt}"),
    "less_than_equal": N_("needs to be {le} or less"),
    "tuple_type": N_("needs a list"),
    "list_type": N_("needs a list"),
    "frozen_set_type": N_("needs a list"),
    "dict_type": _TABLE,
    "dataclass_type": _TABLE,
    "too_short": N_("needs at least one"),
    "enum": N_("is one of {known}"),
    "literal_error": N_("is one of {known}"),
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": _TIME,
}
"""What is said of a mistake, by the library's code for it."""
_LISTS = {"tuple_type", "list_type", "frozen_set_type"}
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_OF_KEY = "[key]"
_VERSION = "wayseal"
_OTHER = N_("can't be understood")
_UNKNOWN = N_("not known here; one of {known}")
_NEAR = N_("not known here; did you mean {near}?")


@dataclass(frozen=True, slots=True, eq=False)
class _Needs:
    message: Message


@dataclass(frozen=True, slots=True)
class _ReadAs(PlainValidator):
    """Reads a field by a function. kind: what may stand there, for whoever words a mistake. spell: what writes it."""

    kind: Any = None
    spell: Callable[[Any], Any] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        found = PlainValidator.__get_pydantic_core_schema__(self, source, handler)
        if self.spell is None:
            return found
        return {**found, "serialization": core_schema.plain_serializer_function_ser_schema(self.spell)}


def needs(text: str, **values: object) -> object:
    """Set the message for a value that isn't what its type asks for; inside a list or a table each part has its own.

    Args:
        text: English, marked with N_.
        **values: What fills its blanks.

    """
    return _Needs(Message(text, values))


def parsed_by(
    parse: Callable[[Any], Any], kind: Any = Any, spell: Callable[[Any], Any] | None = None
) -> PlainValidator:
    """A field that a function makes out of what stands in the text.

    Args:
        parse: Raises a WaysealError, whose message is told with the place, where it can't; of JSON, a ValueError.
        kind: The type of what must stand there: by itself, of whatever type it is.
        spell: Gives what `parse` was made of, for `plain`.

    """

    def read(value: Any) -> Any:
        value = value if kind is Any else adapter(kind).validate_python(value)
        try:
            return parse(value)
        except WaysealError as error:
            raise _refuse(error.message) from None

    return _ReadAs(read, kind=kind, spell=spell)


def _parse_text(text: str) -> str:
    if not text.strip():
        raise WaysealError("needs a text in quotes")
    if not text.isprintable():
        raise WaysealError("holds a character that can't be seen")
    return text.strip()


Text = Annotated[str, parsed_by(_parse_text, str)]
"""A text with something in it that can be read, without the spaces around it."""


Name = Annotated[str, Field(min_length=1)]
"""A text that isn't empty, as it stands."""
Moment = Annotated[int, parsed_by(micros, str, iso)]
"""Microseconds after 1970; in text a time with an offset."""


def parse_length(value: Any) -> int:
    """Seconds out of "90m", "12h", "10d" or "0"; for `parsed_by`."""
    found = re.fullmatch(r"([0-9]{1,4})([mhd])|0", value) if isinstance(value, str) else None
    if found is None:
        raise WaysealError("needs a length such as 90m, 12h or 10d")
    return int(found[1]) * _SECONDS[found[2]] if found[1] else 0


def one_or_more(kind: Any, *, empty: str | None = N_("needs at least one")) -> PlainValidator:
    """A field that holds a list, and may be written as the one thing that stands in it.

    Args:
        kind: The type of the list: `Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...])]`.
        empty: What is said of an empty one, marked with N_; None: it may be empty.

    """

    def read(value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        if not items and empty is not None:
            raise _refuse(Message(empty))
        return adapter(kind).validate_json(json.dumps(items))

    return _ReadAs(read, kind=kind)


def or_just(key: str, kind: Any) -> PlainValidator:
    """A field that holds a table, and may be written as just what stands under one of its keys.

    Args:
        key: The key: what isn't a table means `{ key = … }`.
        kind: The type of the table.

    """

    def read(value: Any) -> Any:
        table = value if isinstance(value, dict) else {key: value}
        return adapter(kind).validate_json(json.dumps(table))

    return _ReadAs(read, kind=kind | keys_of(kind)[key])


def not_among(name: str, known: Sequence[str]) -> Message:
    """That a name isn't known, and which are, or which one was meant.

    Args:
        name: What stands there.
        known: What may.

    """
    near = difflib.get_close_matches(name.strip().casefold(), known, n=1)
    return Message(_NEAR, {"near": near[0]}) if near else Message(_UNKNOWN, {"known": list(known)})


def _refuse(message: Message) -> PydanticCustomError:
    return PydanticCustomError(_NEEDS, "refused", {"message": message})


class TomlText:
    """A TOML text that a person wrote: reads it into a record, and tells the line of whatever is wrong with it.

    Attributes:
        content: What stands in it.

    """

    def __init__(
        self, text: str | bytes, error: type[WaysealError], *, file: Path | None = None, example: str = 'name = "value"'
    ) -> None:
        """Reads the text.

        Args:
            text: TOML, with any line ends; as bytes, in UTF-8.
            error: The room's error for what is wrong.
            file: From where it is; for errors.
            example: A line as it should look, told where the text is no TOML.

        Raises:
            WaysealError: `error`, with its line: the text is no TOML.
        """
        self._error, self._file = error, file
        try:
            text = text if isinstance(text, str) else text.decode()
        except UnicodeDecodeError as wrong:
            line = wrong.object.count(b"\n", 0, wrong.start) + 1
            raise error(N_("the file isn't UTF-8"), file=file, line=line) from None
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        try:
            self.content = tomllib.loads(text)
            self._lines = find_lines(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as wrong:
            found = re.search(r"at line (\d+)", str(wrong))
            line = int(found[1]) if found else text.count("\n") + 1
            raise error(
                N_("not TOML here; text stands in quotes, as in {example}"), file=file, line=line, example=example
            ) from None

    def read(self, kind: Callable[..., T], *, version: int | None = None) -> T:
        """The record that the text describes.

        Args:
            kind: A dataclass whose `__pydantic_config__` is `CLOSED`.
            version: Of this kind of file, which it may say as `wayseal = 1`; None: it can't.

        Returns:
            The record.

        Raises:
            WaysealError: The room's error; tells file, line and key of the first mistake.
        """
        content = self.content
        if version is not None:
            said = content.get(_VERSION, version)
            if said != version or isinstance(said, bool):
                raise self.error(
                    N_("this version of Wayseal reads version {version} of such files"), _VERSION, version=version
                )
            content = {key: value for key, value in content.items() if key != _VERSION}
        try:
            found: T = adapter(kind).validate_json(json.dumps(content, default=_spell_time))
        except ValidationError as wrong:
            mistakes = [(mistake, self._path(mistake)) for mistake in _mistakes(wrong)]
        except ValueError:  # a number of thousands of digits
            raise self._error(_OTHER, file=self._file) from None
        else:
            self._check_times(kind)
            return found
        mistake, path = min(mistakes, key=lambda one: (one[0]["type"] == _MISSING, self.line(*one[1])))
        raise self.error(_worded(mistake, kind), *path) from None

    def error(self, text: str | Message, *path: str | int, **values: object) -> WaysealError:
        """The room's error about a place in the text.

        Args:
            text: What is wrong.
            *path: Keys from the top, and numbers (from 0) in lists.
            **values: What fills the blanks of `text`.

        """
        message = text if isinstance(text, Message) else Message(text, values)
        return self._error(message, file=self._file, line=self.line(*path), key=_key(path))

    def line(self, *path: str | int) -> int:
        """The line (from 1) on which this stands; that of its table, where it doesn't stand anywhere."""
        return next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), 1)

    def says(self, *path: str | int) -> bool:
        """True if this stands in the text."""
        return path in self._lines

    def _check_times(self, kind: Any) -> None:
        """Refuses days and times where a text must stand: on its way through JSON one became the other."""
        for path in _times_in(self.content, ()):
            may = {one for place in (path, (*path, 0)) for one, _ in _types_at(kind, place)}
            if str in may and not may & {date, datetime, time}:
                raise self.error(_TEXTS["string_type"], *path)

    def _path(self, mistake: Mapping[str, Any]) -> KeyPath:
        """Where it stands, as far as it does; what is missing stands nowhere."""
        path: KeyPath = mistake["loc"]
        while path and mistake["type"] != _MISSING and path not in self._lines:
            path = path[:-1]
        return path


def read_values(values: Mapping[str, Any], kind: Callable[..., T], error: type[WaysealError]) -> T:
    """The record that names and values describe, which stand in no text; see `TomlText.read`."""
    try:
        # A day or a time is no text, nor anything else that may stand there.
        found: T = adapter(kind).validate_json(json.dumps(values, default=lambda time: [str(time)]))
    except ValidationError as wrong:
        mistake = _mistakes(wrong)[0]
    except ValueError:  # a number of thousands of digits
        raise error(_OTHER) from None
    else:
        return found
    raise error(_worded(mistake, kind), key=_key(mistake["loc"]))


def parse_json(content: bytes | str, kind: Callable[..., T]) -> T:
    """Reads what a program wrote.

    Args:
        content: JSON.
        kind: A dataclass whose `__pydantic_config__` is `CLOSED`, or any type of such.

    Returns:
        The record.

    Raises:
        ValueError: It is no JSON, or none of this kind. Its text holds no value of it.
    """
    try:
        found: T = adapter(kind).validate_json(content)
    except ValidationError as wrong:
        mistake = wrong.errors(include_url=False, include_input=False)[0]
        raise ValueError(".".join(str(part) for part in mistake["loc"])[:_LONGEST_KEY]) from None
    return found


def value_at(content: bytes, key: str) -> Any:
    """Read a key of JSON that may be anything else: the version of what can't be read, say.

    Args:
        content: JSON, or none.
        key: A key at its top.

    Returns:
        The value; None where there is none.
    """
    found = read_json_line(content)
    return None if found is None else found.get(key)


def plain(record: Any) -> Any:
    """Make a record something that JSON can hold, as `parse_json` reads it.

    Args:
        record: A dataclass whose `__pydantic_config__` is `CLOSED`. A field that a function reads needs its `spell`.

    """
    kind: Any = type(record)
    return adapter(kind).dump_python(record, mode="json", by_alias=True)


def readable(text: str) -> str:
    """A text from outside (an argument, a file's name) as `parse_json` reads it: what is no UTF-8 is written out.

    Args:
        text: A text that may hold lone surrogates, by which Python stands for such bytes.

    """
    return text.encode("utf-8", "backslashreplace").decode()


def _mistakes(wrong: ValidationError) -> list[Any]:
    """List what is wrong; of a list that is empty but for what is wrong in it the library says both."""
    found = wrong.errors(include_url=False)
    inside = {mistake["loc"][:depth] for mistake in found for depth in range(len(mistake["loc"]))}
    return [mistake for mistake in found if mistake["type"] != "too_short" or mistake["loc"] not in inside]


def _key(path: KeyPath) -> str | None:
    """The names of a path with dots between, as they can be shown."""
    names = [part for part in path if isinstance(part, str) and part != _OF_KEY]
    return ".".join(name if name.isprintable() else ascii(name)[1:-1] for name in names)[:_LONGEST_KEY] or None


@lru_cache(maxsize=128)
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the adapter that reads and writes a type, made once.

    Args:
        kind: A dataclass, or any type of such.

    """
    return TypeAdapter(kind)


def _times_in(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Where days and times stand."""
    if isinstance(value, date | time):
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, inner in parts:
        yield from _times_in(inner, (*path, part))


def _spell_time(value: Any) -> str:
    return str(value.isoformat())


def _worded(mistake: Mapping[str, Any], kind: Any) -> Message:
    """Word a mistake, by the library's code for it."""
    code, path, values = mistake["type"], mistake["loc"], mistake.get("ctx", {})
    if code == _NEEDS:
        return values["message"]  # type: ignore[no-any-return]
    if code == "unexpected_keyword_argument":
        records = _types_at(kind, path[:-1])
        return not_among(path[-1], list(dict.fromkeys(key for record, _ in records for key in keys_of(record))))
    found = [] if code == _MISSING else list(_types_at(kind, path))
    own = next((said.message for _, said in found if said), None)
    if own is not None:
        return own
    if code in {"enum", "literal_error"}:
        return Message(_TEXTS[code], {"known": [str(value) for one, _ in found for value in _choices(one)]})
    tables = code in _LISTS and any(dataclasses.is_dataclass(one) for one, _ in _types_at(kind, (*path, 0)))
    if tables or code in {"dict_type", "dataclass_type"}:
        return Message(_TABLES if tables or isinstance(path[-1], int) else _TABLE, {"table": _key(path)})
    return Message(_TEXTS.get(code, _OTHER), {name: _plain(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    """A bound as a person writes it: 0, and not 0.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _choices(kind: Any) -> Iterable[Any]:
    return kind if isinstance(kind, EnumType) else get_args(kind) if get_origin(kind) is Literal else ()


def _types_at(kind: Any, path: KeyPath, said: _Needs | None = None) -> Iterator[tuple[Any, _Needs | None]]:
    """The types that may stand at a path below a type, without what annotates them, and what is said of each."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        read = next((one.kind for one in inner[1:] if isinstance(one, _ReadAs)), inner[0])
        yield from _types_at(read, path, next((one for one in inner[1:] if isinstance(one, _Needs)), said))
    elif origin in {Union, types.UnionType}:
        for one in inner:
            yield from _types_at(one, path, said)
    elif not path:
        yield kind, said
    elif dataclasses.is_dataclass(kind):
        yield from _types_at(keys_of(kind).get(str(path[0])), path[1:])
    elif len(inner) == 2 and isinstance(path[0], str):
        key = path[1:] == (_OF_KEY,)
        yield from _types_at(inner[0] if key else inner[1], () if key else path[1:])
    elif inner:
        yield from _types_at(inner[0], path[1:])


def keys_of(record: Any) -> dict[str, Any]:
    """The keys that a record may have, with their types."""
    if not dataclasses.is_dataclass(record):
        return {}
    hints = get_type_hints(record, include_extras=True)
    aliases = {
        name: next((a for m in getattr(hint, "__metadata__", ()) if (a := getattr(m, "alias", None))), name)
        for name, hint in hints.items()
    }
    return {aliases[field.name]: hints[field.name] for field in dataclasses.fields(record)}
