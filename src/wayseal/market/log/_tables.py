"""The record's tables: the lines and their tree, which are the truth, and what is made of the lines alone.

Tables that rows of `log.views` are read from have their fields as columns. From lines to tables: what each line
changes, a function of the lines alone, in their order (ADR 65).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_type_hints

from wayseal.database import Connection, execute, query
from wayseal.journal.projection import (
    INT,
    MAYBE_INT,
    MAYBE_REAL,
    MAYBE_TEXT,
    REAL,
    TEXT,
    Projection,
    Table,
    make_nodes,
    nodes_table,
    put_rows,
)
from wayseal.market.log.acts import ACTS, act_from, told
from wayseal.market.log.lines import BY_HAND as _BY_HAND
from wayseal.market.log.lines import Line, LineKind
from wayseal.market.log.views import (
    BackRow,
    JudgedRow,
    LearntRow,
    LinkRow,
    NumberRow,
    OfferRow,
    ShopRow,
    SourceRow,
    WordRow,
)
from wayseal.market.takedown import follow
from wayseal.market.types import Capture

VERSION = 4
"""Of the tables that are made of lines: with another one they are made anew."""
PREFIX = "market_"
LINES = f"{PREFIX}lines"
NODES = nodes_table(PREFIX)
BY_HAND = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in sorted(_BY_HAND)))
"""Lines of people, to the letter as their index has it: databases use it for nothing else."""
_KINDS: Mapping[Any, str] = {
    str: TEXT,
    int: INT,
    bool: INT,
    float: REAL,
    str | None: MAYBE_TEXT,
    int | None: MAYBE_INT,
    float | None: MAYBE_REAL,
}


def _table(
    name: str,
    *key: str,
    row: type | None = None,
    indexes: tuple[str, ...] = (),
    without: Sequence[str] = (),
    **more: str,
) -> Table:
    """A table of a row's fields and more columns; what is no plain value stands there as JSON."""
    fields = {} if row is None else get_type_hints(row)
    columns = {field: _KINDS.get(kind, TEXT) for field, kind in fields.items() if field not in without}
    return Table(prefix=PREFIX, name=name, key=key, columns=columns | more, indexes=indexes)


SOURCES = _table("sources", "source", row=SourceRow)
CAPTURES = _table(
    "captures", "capture", row=Capture, indexes=("seq", "source, at"), without=("id", "offset"),
    capture=TEXT, start=INT, seq=INT,
)  # fmt: skip
PURGED = _table("purged", "capture", capture=TEXT, at=INT, sha256=MAYBE_TEXT)
LOOKS = _table(
    "looks", "seq", indexes=("source, seq", "at"), seq=INT, source=TEXT, target=TEXT, planned_at=INT, at=INT,
    sight=TEXT, hindrance=MAYBE_TEXT, offers=INT,
)  # fmt: skip
OFFERS = _table(
    "offers",
    "offer",
    row=OfferRow,
    indexes=("state, kind, seq", "state, seq", "seller, first_at", "source, seq", "shop", "first_at"),
    **dict.fromkeys(("price", "capture", "reading", "pictures"), TEXT),
    versions=INT,
    **dict.fromkeys(("digest", "decided_by", "reason"), MAYBE_TEXT),
    **dict.fromkeys(("posted_at", "decided_at"), MAYBE_INT),
)
SAID = _table(
    "said", "offer", "what", "value", indexes=("what, value, at", "what, at"),
    offer=TEXT, what=TEXT, value=TEXT, number=MAYBE_REAL, at=INT,
)  # fmt: skip
LINKS = _table("links", "a", "b", "signal", "detail", row=LinkRow, indexes=("b", "seq"), seq=INT)
SHOPS = _table("shops", "shop", row=ShopRow, indexes=("state, since", "next_at", "source"), memory=TEXT)
BACKS = _table("backs", "seq", row=BackRow, indexes=("at", "seller"))
WORDS_OF_PEOPLE = _table("judged", "seq", row=JudgedRow, indexes=("a", "b"))
NUMBERS = _table("numbers", "waybill", "offer", row=NumberRow, indexes=("offer", "at"))
REQUESTS = _table(
    "requests", "request", indexes=("target", "outcome, asked_at"),
    request=TEXT, target=TEXT, asked_at=INT, outcome=TEXT, acts=TEXT,
)  # fmt: skip
WORDS = _table("words", "word", row=WordRow)
LEARNT = _table("learnt", "seq", row=LearntRow, undone_by=MAYBE_INT)
TABLES = (
    *(SOURCES, CAPTURES, PURGED, LOOKS, OFFERS, SAID, LINKS),
    *(SHOPS, BACKS, WORDS_OF_PEOPLE, NUMBERS, REQUESTS, WORDS, LEARNT),
)
PROJECTION = Projection(prefix=PREFIX, version=VERSION, tables=TABLES)


def make_record(c: Connection) -> None:
    """Makes the lines' tables where there are none."""
    execute(c, f"CREATE TABLE IF NOT EXISTS {LINES} (seq BIGINT PRIMARY KEY, kind TEXT NOT NULL, content TEXT)", [()])
    execute(c, f"CREATE INDEX IF NOT EXISTS ix_{LINES}_of_people ON {LINES} (seq) WHERE {BY_HAND}", [()])
    make_nodes(c, NODES)
    PROJECTION.prepare(c)


Body = Mapping[str, Any]
_LOOKED = ("looked_at", "sight", "hindrance", "failure", "seen_at", "unseen_since")
_DECIDED = ("state", "decided_by", "decided_at", "reason")


def project(c: Connection, seq: int, line: Line) -> None:
    """Brings the tables to where the line leaves them."""
    if (table := _UNDOES.get(line.kind)) is not None:
        execute(c, f"UPDATE {table.full_name} SET undone_by=? WHERE seq=?", [[seq, line.body["seq"]]])
        return
    said = {"seq": seq, "at": line.at, "who": line.who, "why": line.why, "word": line.kind.value, "body": line.body}
    row = {**said, **line.body}
    if (table := _PUTS.get(line.kind)) is not None:
        _put(c, table, row)
    else:
        _STEPS[line.kind](c, line, row)


def _put(c: Connection, table: Table, *rows: Body, keep: Sequence[str] = ()) -> None:
    put_rows(c, table, [[_plain(row.get(name)) for name in table.names] for row in rows], keep=keep)


def _plain(value: Any) -> Any:
    """A value as a column has it: what is no plain one as JSON."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return int(value) if isinstance(value, bool) else value


def _change(c: Connection, table: Table, key: str, value: str, **columns: Any) -> None:
    sets = ", ".join(f"{name}=?" for name in columns)
    execute(c, f"UPDATE {table.full_name} SET {sets} WHERE {key}=?", [[*columns.values(), value]])


def _source(c: Connection, line: Line, row: Body) -> None:
    fresh = {"since": line.at, "planned": 0, "made": 0, "offers": 0}
    _put(c, SOURCES, {**row, **fresh}, keep=("since", "planned", "made", "offers", *_LOOKED))


def _captured(c: Connection, line: Line, row: Body) -> None:
    _put(c, CAPTURES, {**row, "capture": line.body["id"], "start": line.body["offset"]})


def _looked(c: Connection, line: Line, row: Body) -> None:
    _put(c, LOOKS, {**row, "offers": len(row["offers"])})
    if row["target"] == "":
        counts = "planned=planned+1, made=made+?, unseen_since=coalesce(unseen_since, ?)"
        execute(
            c,
            f"UPDATE {SOURCES.full_name} SET {counts} WHERE source=?",
            [[int(row["made"]), line.at, row["source"]]],
        )
        changed = {name: row.get(name) for name in ("sight", "hindrance", "failure", "next_at")}
        if row["sight"] != "unseen":
            changed["unseen_since"] = None
        if row["sight"] == "seen":
            changed |= {"seen_at": line.at, "offers": len(row["offers"])}
        _change(c, SOURCES, "source", row["source"], looked_at=line.at, **changed)
    there, gone = ([[line.at, offer] for offer in row[which]] for which in ("offers", "gone"))
    execute(c, f"UPDATE {OFFERS.full_name} SET last_at=?, gone_at=NULL WHERE offer=?", there)
    execute(c, f"UPDATE {OFFERS.full_name} SET gone_at=coalesce(gone_at, ?) WHERE offer=?", gone)


def _offered(c: Connection, line: Line, row: Body) -> None:
    offer, reading = row["offer"], row["reading"]
    known = query(c, f"SELECT versions FROM {OFFERS.full_name} WHERE offer=?", (offer,))
    read = {"kind": reading["kind"], "probability": reading["probability"]}
    fresh = {"first_at": line.at, "last_at": line.at, "state": "new", "ours": 0}
    versions = 1 + (known[0][0] if known else 0)
    stays = ("seq", "first_at", "seller", "ours", *_DECIDED)
    _put(c, OFFERS, {**row, **read, **fresh, "versions": versions}, keep=stays)
    execute(c, f"DELETE FROM {SAID.full_name} WHERE offer=?", [[offer]])
    said = {
        (what, value): {"offer": offer, "what": what, "value": value, "number": number, "at": line.at}
        for what, value, number in _said(reading)
    }
    _put(c, SAID, *said.values())


def _said(reading: Body) -> Iterator[tuple[str, str, float | None]]:
    """List what is counted over many offers: prices by unit, routes, couriers, freshness, handles by kind."""
    yield from (("price", f"{one['unit']}:{one['yuan']:g}", one["yuan"]) for one in reading["prices"])
    yield from (("route", f"{one['origin']}→{one['destination']}", None) for one in reading["routes"])
    yield from (("courier", one, None) for one in reading["couriers"])
    yield from ((f"handle.{one['kind']}", one["value"], None) for one in reading["handles"])
    if reading["freshness"]:
        yield "freshness", reading["freshness"], None


def _read(c: Connection, line: Line, row: Body) -> None:
    """An offer that was read again: what it says of prices, routes and handles hangs on no word."""
    if "offer" in line.body:
        reading = row["reading"]
        said = {"kind": reading["kind"], "probability": reading["probability"], "reading": _plain(reading)}
        _change(c, OFFERS, "offer", row["offer"], **said)


def _linked(c: Connection, line: Line, row: Body) -> None:
    captures = [dict(zip(("capture_a", "capture_b"), one["captures"], strict=True)) for one in row["links"]]
    links = zip(line.body["links"], captures, strict=True)
    _put(c, LINKS, *({**link, **both, "seq": row["seq"]} for link, both in links))
    sellers = [[seller, offer] for offer, seller in sorted(line.body["sellers"].items())]
    for table in (OFFERS, BACKS):
        execute(c, f"UPDATE {table.full_name} SET seller=? WHERE offer=?", sellers)


def _shop(c: Connection, line: Line, row: Body) -> None:
    _put(c, SHOPS, row, keep=("first_at",))
    if same := line.body["memory"].get("same_as"):
        _change(c, OFFERS, "shop", row["shop"], shop=same)


def _matched(c: Connection, line: Line, row: Body) -> None:
    _put(c, NUMBERS, *({**row, "waybill": one["number"], "canary": one["canary"]} for one in line.body["ours"]))
    count = query(c, f"SELECT count(*) FROM {NUMBERS.full_name} WHERE offer=?", (row["offer"],))[0][0]
    _change(c, OFFERS, "offer", row["offer"], ours=count)


def _triaged(c: Connection, line: Line, row: Body) -> None:
    decided = (row["state"], line.who, line.at, line.why)
    _change(c, OFFERS, "offer", row["offer"], **dict(zip(_DECIDED, decided, strict=True)))


def _act(c: Connection, line: Line, _row: Body) -> None:
    """An act on a request for removal: the request is what all its acts come to. RemovalError: it can't be."""
    id_ = act_from(*told(line)).request
    found = query(c, f"SELECT acts FROM {REQUESTS.full_name} WHERE request=?", (id_,))
    acts = [*(json.loads(found[0][0]) if found else ()), told(line)]
    (request,) = follow(act_from(*one) for one in acts)
    stands = {"target": request.asked.target, "asked_at": request.asked.at, "outcome": request.outcome.value}
    _put(c, REQUESTS, {"request": id_, **stands, "acts": acts})


def _purged(c: Connection, line: Line, row: Body) -> None:
    """Bodies went, and offers with them; that there was a capture stays, and of a file by what it is known again."""
    files = row.get("files", {})
    _put(c, PURGED, *({"capture": one, "at": line.at, "sha256": files.get(one)} for one in row["captures"]))
    for tables, key in (((CAPTURES,), "capture"), ((OFFERS, SAID), "offer")):
        for table in tables:
            execute(c, f"DELETE FROM {table.full_name} WHERE {key}=?", [[one] for one in row[f"{key}s"]])


_PUTS: Mapping[LineKind, Table] = {
    LineKind.BACK: BACKS,
    LineKind.JOINED: WORDS_OF_PEOPLE,
    LineKind.SPLIT: WORDS_OF_PEOPLE,
    LineKind.WORD: WORDS,
    LineKind.LEARNT: LEARNT,
}
"""Lines that are rows as they stand."""
_UNDOES: Mapping[LineKind, Table] = {LineKind.TAKEN_BACK: WORDS_OF_PEOPLE, LineKind.UNLEARNT: LEARNT}
_STEPS: Mapping[LineKind, Callable[[Connection, Line, Body], None]] = {
    LineKind.SOURCE: _source,
    LineKind.CAPTURED: _captured,
    LineKind.LOOKED: _looked,
    LineKind.OFFERED: _offered,
    LineKind.READ: _read,
    LineKind.LINKED: _linked,
    LineKind.SHOP: _shop,
    LineKind.MATCHED: _matched,
    LineKind.TRIAGED: _triaged,
    LineKind.PURGED: _purged,
    **dict.fromkeys(ACTS, _act),
}
