"""From a line to rows (rules 1 and 6): the same statements when it is written and when tables are made anew."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from wayseal.market.log._tables import (
    CAPTURES,
    JARGON,
    LOOKS,
    OFFER_LINES,
    OFFERS,
    REMOVALS,
    SOURCES,
    STATE,
    TOLD,
    VERSION,
    WORDS,
    Table,
)
from wayseal.market.log.types import EntryKind, Line
from wayseal.market.types import HandleKind
from wayseal.store.statements import Connection

Body = Mapping[str, Any]


def project(connection: Connection, lines: Iterable[Line]) -> None:
    """Writes what lines come to, in their order."""
    for line in lines:
        found = _BY_KIND.get(line.entry.kind)
        if found is not None:
            found(connection, line, line.entry.body)


def put_state(connection: Connection, size: int) -> None:
    """Writes which lines the tables know."""
    text = f"INSERT INTO {STATE} (one, version, size) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET "
    connection.run(f"{text}version = excluded.version, size = excluded.size", [(VERSION, size)])


def _put(connection: Connection, table: Table, values: Sequence[Any], keep: Sequence[str] = ()) -> None:
    """Writes a row over the one with its key; but `keep`, columns that stay as they are there."""
    marks = ", ".join("?" for _ in table.columns)
    sets = [f"{name} = excluded.{name}" for name in table.columns if name not in (*table.key, *keep)]
    text = f"INSERT INTO {table.name} ({table.names}) VALUES ({marks}) ON CONFLICT ({', '.join(table.key)}) DO "
    text += f"UPDATE SET {', '.join(sets)}" if sets else "NOTHING"
    connection.run(text, [[storable(value) for value in values]])


def storable(value: Any) -> Any:
    """A value that any database holds: no NUL, no half of a character; lists and objects as JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return value


def _source(connection: Connection, line: Line, body: Body) -> None:
    values = (body["source"], body["settings"], line.entry.at, line.entry.at, line.entry.who, line.seq)
    _put(connection, SOURCES, values, keep=("added_at",))


def _capture(connection: Connection, line: Line, body: Body) -> None:
    names = ("id", "source", "url", "at", "status", "media_type", "sha256", "size", "warc", "offset", "length")
    _put(connection, CAPTURES, [*(body[name] for name in names), line.seq])


def _look(connection: Connection, line: Line, body: Body) -> None:
    names = ("source", "target", "way", "planned_at", "at", "sight", "hindrance", "captures")
    _put(connection, LOOKS, [line.seq, *(body[name] for name in names), ""])
    text = f"UPDATE {OFFERS.name} SET last_at = ?, last_line = ? WHERE offer = ? AND last_at <= ?"
    seen = [(body["at"], line.seq, storable(offer), body["at"]) for offer in body["offers"]]
    if seen:
        connection.run(text, seen)


def _no_look(connection: Connection, line: Line, body: Body) -> None:
    names = ("source", "target", "way", "planned_at")
    values = [line.seq, *(body[name] for name in names), line.entry.at, "", None, [], body["reason"]]
    _put(connection, LOOKS, values)


def _offer(connection: Connection, line: Line, body: Body) -> None:
    listing, reading = body["listing"], body["reading"]
    names = ("source", "key", "url", "shop", "shop_name", "title", "text", "price")
    values = [
        body["offer"],
        *(str(listing.get(name, "")) for name in names),
        listing.get("posted_at"),
        str(reading.get("kind", "")),
        float(reading.get("probability", 0.0)),
        reading,
        [[HandleKind(kind).value, str(value)] for kind, value in body["handles"]],
        [[f"{int(hash_, 16):016x}", f"{int(mirror, 16):016x}"] for hash_, mirror in body["pictures"]],
        body["capture"],
        body["at"],
        body["at"],
        *("", "", "", None),
        line.seq,
        line.seq,
    ]
    _put(connection, OFFERS, values, keep=("first_at", "verdict", "note", "judged_by", "judged_at", "line"))
    _put(connection, OFFER_LINES, (line.seq, body["offer"]))


def _triage(connection: Connection, line: Line, body: Body) -> None:
    text = f"UPDATE {OFFERS.name} SET verdict = ?, note = ?, judged_by = ?, judged_at = ? WHERE offer = ?"
    values = (body["verdict"], body["note"], line.entry.who, line.entry.at, body["offer"])
    connection.run(text, [[storable(value) for value in values]])


def _word(connection: Connection, line: Line, body: Body) -> None:
    values = (line.seq, line.entry.kind.value, body["a"], body["b"], line.entry.who, line.entry.at, None)
    _put(connection, WORDS, values)


def _undo(connection: Connection, line: Line, body: Body) -> None:
    connection.run(f"UPDATE {WORDS.name} SET undone = ? WHERE line = ? AND undone IS NULL", [(line.seq, body["line"])])


def _removal(connection: Connection, line: Line, body: Body) -> None:
    entry = line.entry
    _put(connection, REMOVALS, (line.seq, body["request"], entry.kind.value, entry.at, entry.who, dict(body)))


def _jargon(connection: Connection, line: Line, body: Body) -> None:
    _put(connection, JARGON, (body["word"], body["means"], body["source"], line.entry.who, line.entry.at, line.seq))


def _told(connection: Connection, line: Line, body: Body) -> None:
    _put(connection, TOLD, (body["notice"], body["key"], line.entry.at, line.seq))


def _purge(connection: Connection, line: Line, body: Body) -> None:
    """Rows of offers go with their lines: `_purge` takes all of an offer's at once."""
    lines = [(seq,) for seq in body["lines"]]
    of = f"SELECT offer FROM {OFFER_LINES.name} WHERE line = ?"
    connection.run(f"DELETE FROM {OFFERS.name} WHERE offer IN ({of})", lines)
    connection.run(f"DELETE FROM {OFFER_LINES.name} WHERE line = ?", lines)


_REMOVAL_KINDS: Final = (
    EntryKind.ASKED_REMOVAL,
    EntryKind.ANSWERED,
    EntryKind.REMINDED,
    EntryKind.REMOVED,
    EntryKind.WITHDRAWN,
    EntryKind.ACCUSED_ANSWER,
    EntryKind.HEARD,
)
_BY_KIND: Final[Mapping[EntryKind, Callable[[Connection, Line, Body], None]]] = {
    EntryKind.SOURCE_ADDED: _source,
    EntryKind.SOURCE_CHANGED: _source,
    EntryKind.CAPTURED: _capture,
    EntryKind.LOOKED: _look,
    EntryKind.NOT_LOOKED: _no_look,
    EntryKind.OFFERED: _offer,
    EntryKind.TRIAGED: _triage,
    EntryKind.JOINED: _word,
    EntryKind.SPLIT: _word,
    EntryKind.UNDONE: _undo,
    **dict.fromkeys(_REMOVAL_KINDS, _removal),
    EntryKind.WORD_ACCEPTED: _jargon,
    EntryKind.TOLD: _told,
    EntryKind.PURGED: _purge,
}
