"""One contract out of a TOML text. Every error names file, line and key; unknown keys are refused."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from wayseal.detect.partners import _toml_lines
from wayseal.detect.partners._contract import DEFAULT_OFFSET, Contract, Network, Products, Volume
from wayseal.detect.partners._errors import ContractError
from wayseal.model.kinds import Action
from wayseal.model.times import EPOCH

VERSION = 1
TOP = (
    *("wayseal", "partner", "actors", "valid_from", "valid_to", "offset", "fields", "fields_by_purpose", "purposes"),
    *("actions", "hours", "addresses", "volume", "products"),
)
VOLUME = ("waybills_per_day", "calls_per_day", "calls_per_hour")
PRODUCTS = ("channels", "customers", "goods_classes")
_DAY = 24 * 60
_Doc = Mapping[str, Any]
_KeyPath = _toml_lines.Path


def parse_contract(text: str, path: Path) -> Contract:
    """The contract that this text describes; `path` is for errors. ContractError names its first mistake."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        doc = tomllib.loads(text)
        places = _toml_lines.find_places(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise ContractError(
            'not TOML here; text stands in quotes, as in partner = "Platform A"', file=path, line=line
        ) from error
    return _Parser(path, places).contract(doc)


class _Parser:
    """Checks a document key by key."""

    def __init__(self, path: Path, places: Mapping[_KeyPath, int]) -> None:
        self._path = path
        self._places = places

    def contract(self, doc: _Doc) -> Contract:
        self._known(doc, TOP, ())
        version = doc.get("wayseal", VERSION)
        if version != VERSION or isinstance(version, bool):
            raise self._error(
                "this version of Wayseal reads contracts of version {version}", "wayseal", version=VERSION
            )
        for key in ("partner", "actors"):
            if key not in doc:
                raise self._error("a contract needs this key", key)
        offset = self._offset(doc)
        purposes = frozenset(self._texts(doc, ("purposes",)))
        since, until = self._moment(doc, "valid_from", offset, 0), self._moment(doc, "valid_to", offset, 1)
        if since is not None and until is not None and until <= since:
            raise self._error("lies before valid_from", "valid_to")
        return Contract(
            file=self._path,
            partner=self._text(doc["partner"], ("partner",)),
            actors=self._actors(doc),
            offset=offset,
            since=since,
            until=until,
            fields=frozenset(self._texts(doc, ("fields",))),
            by_purpose=self._by_purpose(doc, purposes),
            purposes=purposes,
            actions=self._actions(doc),
            hours=tuple(self._span(text, key_path) for text, key_path in self._items(doc, ("hours",))),
            addresses=tuple(self._network(text, key_path) for text, key_path in self._items(doc, ("addresses",))),
            volume=self._volume(doc),
            products=self._products(doc),
        )

    def _actors(self, doc: _Doc) -> tuple[str, ...]:
        seen: dict[str, None] = {}
        for text, key_path in self._items(doc, ("actors",)):
            if text in seen:
                raise self._error("this id stands here twice", *key_path)
            seen[text] = None
        return tuple(seen)

    def _by_purpose(self, doc: _Doc, purposes: frozenset[str]) -> Mapping[str, frozenset[str]]:
        table = self._table(doc, "fields_by_purpose")
        for name in table:
            key_path = ("fields_by_purpose", name)
            if purposes and name not in purposes:
                raise self._error("this purpose is not among `purposes`", *key_path)
        return {name: frozenset(self._texts(table, ("fields_by_purpose", name))) for name in table}

    def _actions(self, doc: _Doc) -> frozenset[Action]:
        found = set()
        for text, key_path in self._items(doc, ("actions",)):
            if text not in set(Action):
                raise self._error("no action; one of {known}", *key_path, known=list(Action))
            found.add(Action(text))
        return frozenset(found)

    def _span(self, text: str, key_path: _KeyPath) -> tuple[int, int]:
        """Minutes of the day out of "06:00-23:00"."""
        found = re.fullmatch(r"([0-9]{2}):([0-9]{2})\s*[-–]\s*([0-9]{2}):([0-9]{2})", text)
        if found is None:
            raise self._error('needs hours like "06:00-23:00"', *key_path)
        start, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
        if int(found[2]) > 59 or int(found[4]) > 59 or start >= _DAY or end > _DAY:
            raise self._error("no such time of day; 00:00 to 24:00", *key_path)
        if start == end:
            raise self._error("begins and ends at the same time; leave hours out for the whole day", *key_path)
        return start, end

    def _network(self, text: str, key_path: _KeyPath) -> Network:
        try:
            return ip_network(text)
        except ValueError:
            pass
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise self._error("needs an address or a network like 203.0.113.0/24 or 2001:db8::/32", *key_path) from None
        raise self._error("a network begins with its first address: the bits behind the prefix are 0", *key_path)

    def _volume(self, doc: _Doc) -> Volume:
        table = self._table(doc, "volume")
        self._known(table, VOLUME, ("volume",))
        return Volume(**{key: self._count(table[key], ("volume", key)) for key in table})

    def _products(self, doc: _Doc) -> Products:
        table = self._table(doc, "products")
        self._known(table, PRODUCTS, ("products",))
        return Products(**{key: frozenset(self._texts(table, ("products", key))) for key in table})

    def _count(self, value: Any, key_path: _KeyPath) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 62:
            raise self._error("needs a whole number above 0", *key_path)
        return value

    def _offset(self, doc: _Doc) -> timedelta:
        if "offset" not in doc:
            return DEFAULT_OFFSET
        text = self._text(doc["offset"], ("offset",))
        found = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", text)
        if text == "Z":
            return timedelta(0)
        if found is None or int(found[2]) > 23 or int(found[3]) > 59:
            raise self._error("not an offset from UTC; write it like +08:00", "offset")
        delta = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return -delta if found[1] == "-" else delta

    def _moment(self, doc: _Doc, key: str, offset: timedelta, days: int) -> int | None:
        """µs since 1970 of a local day (its end: the next one's start) or a time."""
        value = doc.get(key)
        if value is None:
            return None
        if not isinstance(value, date):
            raise self._error("needs a day without quotes, like 2026-03-02", key)
        zone = timezone(offset)
        try:
            if not isinstance(value, datetime):
                value = datetime(value.year, value.month, value.day, tzinfo=zone) + timedelta(days=days)
            moment = value if value.tzinfo else value.replace(tzinfo=zone)
            return (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
        except OverflowError:
            raise self._error("lies too far away", key) from None

    def _table(self, doc: _Doc, key: str) -> _Doc:
        value = doc.get(key, {})
        if not isinstance(value, dict):
            raise self._error("is written as [{table}]", key, table=key)
        return value

    def _texts(self, doc: _Doc, key_path: _KeyPath) -> list[str]:
        return [text for text, _ in self._items(doc, key_path)]

    def _items(self, doc: _Doc, key_path: _KeyPath) -> list[tuple[str, _KeyPath]]:
        """A text or a list of texts under the last name of `at`, each with its place; [] where the key is not there."""
        value = doc.get(str(key_path[-1]))
        if value is None:
            return []
        if not isinstance(value, list):
            return [(self._text(value, key_path), key_path)]
        if not value:
            raise self._error("needs at least one; without the key nothing is checked", *key_path)
        return [(self._text(item, (*key_path, place)), (*key_path, place)) for place, item in enumerate(value)]

    def _text(self, value: Any, key_path: _KeyPath) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._error("needs a text in quotes", *key_path)
        if not value.isprintable():
            raise self._error("holds a character that can't be seen", *key_path)
        return value.strip()

    def _known(self, doc: _Doc, keys: Sequence[str], key_path: _KeyPath) -> None:
        for key in doc:
            if key not in keys:
                near = difflib.get_close_matches(key.strip().casefold(), keys, n=1)
                if near:
                    raise self._error("not known here; did you mean {near}?", *key_path, key, near=near[0])
                raise self._error("not known here; one of {known}", *key_path, key, known=list(keys))

    def _error(self, text: str, *key_path: str | int, **values: object) -> ContractError:
        """Where it stands; where its table does, if it doesn't stand anywhere."""
        line = next(
            (self._places[key_path[:n]] for n in range(len(key_path), 0, -1) if key_path[:n] in self._places), 1
        )
        names = [str(part) for part in key_path if isinstance(part, str)]
        key = ".".join(name if name.isprintable() else ascii(name)[1:-1] for name in names)
        return ContractError(text, file=self._path, line=line, key=key[:_LONGEST], **values)


_LONGEST = 200
