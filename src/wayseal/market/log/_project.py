"""From lines to tables: what each line changes. A function of the lines alone, in their order (ADR 65)."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wayseal.database import Connection, execute, query
from wayseal.journal.projection import Table, put_rows
from wayseal.market.log import _tables as t
from wayseal.market.log.acts import ACTS, act_from, told
from wayseal.market.log.lines import Line, LineKind
from wayseal.market.takedown import follow

Body = Mapping[str, Any]


def project(c: Connection, seq: int, line: Line) -> None:
    """Brings the tables to where the line leaves them."""
    _STEPS[line.kind](c, seq, line)


def _put(c: Connection, table: Table, rows: Sequence[Body], *, keep: Sequence[str] = ()) -> None:
    put_rows(c, table, [[row.get(name) for name in table.names] for row in rows], keep=keep)


def _change(c: Connection, table: Table, key: str, value: str, **columns: Any) -> None:
    sets = ", ".join(f"{name}=?" for name in columns)
    execute(c, f"UPDATE {table.full_name} SET {sets} WHERE {key}=?", [[*columns.values(), value]])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _source(c: Connection, seq: int, line: Line) -> None:
    del seq
    row = {
        "source": line.body["source"],
        "kind": line.body["kind"],
        "settings": _json(line.body["settings"]),
        "since": line.at,
        "planned": 0,
        "made": 0,
        "offers": 0,
        "next_at": line.body.get("next_at"),
    }
    stays = ("since", "planned", "made", "looked_at", "sight", "hindrance", "failure", "seen_at", "unseen_since")
    _put(c, t.SOURCES, [row], keep=(*stays, "offers"))


def _captured(c: Connection, seq: int, line: Line) -> None:
    body = dict(line.body)
    row = {**body, "capture": body["id"], "start": body["offset"], "seq": seq}
    _put(c, t.CAPTURES, [row])


def _looked(c: Connection, seq: int, line: Line) -> None:
    body = line.body
    row = {
        "seq": seq,
        "source": body["source"],
        "target": body["target"],
        "planned_at": body["planned_at"],
        "at": line.at,
        "sight": body["sight"],
        "hindrance": body["hindrance"],
        "offers": len(body["offers"]),
    }
    _put(c, t.LOOKS, [row])
    seen = body["sight"] == "seen"
    if body["target"] == "":
        execute(
            c,
            f"UPDATE {t.SOURCES.full_name} SET planned=planned+1, made=made+?, looked_at=?, sight=?, hindrance=?, "
            "failure=?, seen_at=CASE WHEN ? THEN ? ELSE seen_at END, "
            "unseen_since=CASE WHEN ? THEN NULL ELSE coalesce(unseen_since, ?) END, "
            "next_at=?, offers=CASE WHEN ? THEN ? ELSE offers END WHERE source=?",
            [
                [
                    int(body["made"]),
                    line.at,
                    body["sight"],
                    body["hindrance"],
                    body.get("failure"),
                    seen,
                    line.at,
                    body["sight"] != "unseen",
                    line.at,
                    body["next_at"],
                    seen,
                    len(body["offers"]),
                    body["source"],
                ]
            ],
        )
    execute(
        c,
        f"UPDATE {t.OFFERS.full_name} SET last_at=?, gone_at=NULL WHERE offer=?",
        [[line.at, offer] for offer in body["offers"]],
    )
    execute(
        c,
        f"UPDATE {t.OFFERS.full_name} SET gone_at=coalesce(gone_at, ?) WHERE offer=?",
        [[line.at, offer] for offer in body["gone"]],
    )


def _offered(c: Connection, seq: int, line: Line) -> None:
    body = line.body
    offer = body["offer"]
    known = query(c, f"SELECT versions FROM {t.OFFERS.full_name} WHERE offer=?", (offer,))
    row = {
        **body,
        "seq": seq,
        "first_at": line.at,
        "last_at": line.at,
        "kind": body["reading"]["kind"],
        "probability": body["reading"]["probability"],
        "reading": _json(body["reading"]),
        "pictures": _json(body["pictures"]),
        "versions": 1 + (known[0][0] if known else 0),
        "state": "new",
        "ours": 0,
    }
    _put(c, t.OFFERS, [row], keep=("seq", "first_at", "seller", "state", "decided_by", "decided_at", "reason", "ours"))
    execute(c, f"DELETE FROM {t.SAID.full_name} WHERE offer=?", [[offer]])
    said = {(one["what"], one["value"]): {**one, "offer": offer, "at": line.at} for one in _said(body["reading"])}
    _put(c, t.SAID, list(said.values()))


def _said(reading: Body) -> list[dict[str, Any]]:
    """List what is counted over many offers: prices by unit, routes, couriers, freshness, handles by kind."""
    found: list[dict[str, Any]] = [
        {"what": "price", "value": f"{one['unit']}:{one['yuan']:g}", "number": one["yuan"]} for one in reading["prices"]
    ]
    found += [
        {"what": "route", "value": f"{one['origin']}→{one['destination']}", "number": None} for one in reading["routes"]
    ]
    found += [{"what": "courier", "value": one, "number": None} for one in reading["couriers"]]
    found += [{"what": f"handle.{one['kind']}", "value": one["value"], "number": None} for one in reading["handles"]]
    if reading["freshness"]:
        found.append({"what": "freshness", "value": reading["freshness"], "number": None})
    return found


def _linked(c: Connection, seq: int, line: Line) -> None:
    rows = [
        {**link, "capture_a": link["captures"][0], "capture_b": link["captures"][1], "seq": seq}
        for link in line.body["links"]
    ]
    _put(c, t.LINKS, rows)
    sellers = line.body["sellers"]
    for table in (t.OFFERS, t.BACKS):
        execute(
            c, f"UPDATE {table.full_name} SET seller=? WHERE offer=?", [[sellers[one], one] for one in sorted(sellers)]
        )


def _shop(c: Connection, seq: int, line: Line) -> None:
    del seq
    row = {**line.body, "memory": _json(line.body["memory"])}
    _put(c, t.SHOPS, [row], keep=("first_at",))
    if same := line.body["memory"].get("same_as"):
        _change(c, t.OFFERS, "shop", line.body["shop"], shop=same)


def _back(c: Connection, seq: int, line: Line) -> None:
    _put(c, t.BACKS, [{**line.body, "seq": seq, "at": line.at}])


def _matched(c: Connection, seq: int, line: Line) -> None:
    del seq
    body = line.body
    rows = [
        {
            "waybill": one["number"],
            "offer": body["offer"],
            "at": line.at,
            "canary": int(one["canary"]),
            "capture": body["capture"],
            "expected_false": body["expected_false"],
        }
        for one in body["ours"]
    ]
    _put(c, t.NUMBERS, rows)
    count = query(c, f"SELECT count(*) FROM {t.NUMBERS.full_name} WHERE offer=?", (body["offer"],))[0][0]
    _change(c, t.OFFERS, "offer", body["offer"], ours=count)


def _triaged(c: Connection, seq: int, line: Line) -> None:
    del seq
    body = line.body
    _change(
        c,
        t.OFFERS,
        "offer",
        body["offer"],
        state=body["state"],
        decided_by=line.who,
        decided_at=line.at,
        reason=line.why,
    )


def _judged(c: Connection, seq: int, line: Line) -> None:
    row = {"seq": seq, "word": line.kind.value, "a": line.body["a"], "b": line.body["b"], "who": line.who}
    _put(c, t.WORDS_OF_PEOPLE, [{**row, "why": line.why}])


def _taken_back(c: Connection, seq: int, line: Line) -> None:
    execute(c, f"UPDATE {t.WORDS_OF_PEOPLE.full_name} SET undone_by=? WHERE seq=?", [[seq, line.body["seq"]]])


def _act(c: Connection, seq: int, line: Line) -> None:
    """An act on a request for removal: the request is what all its acts come to. RemovalError: it can't be."""
    del seq
    id_ = act_from(*told(line)).request
    found = query(c, f"SELECT acts FROM {t.REQUESTS.full_name} WHERE request=?", (id_,))
    acts = [*(json.loads(found[0][0]) if found else ()), told(line)]
    (request,) = follow(act_from(*one) for one in acts)
    row = {
        "request": id_,
        "target": request.asked.target,
        "asked_at": request.asked.at,
        "outcome": request.outcome.value,
        "acts": _json(acts),
    }
    _put(c, t.REQUESTS, [row])


def _word(c: Connection, seq: int, line: Line) -> None:
    del seq
    _put(c, t.WORDS, [{**line.body, "who": line.who, "at": line.at, "why": line.why}])


def _learnt(c: Connection, seq: int, line: Line) -> None:
    row = {"seq": seq, "at": line.at, "who": line.who, "why": line.why, "body": _json(line.body)}
    _put(c, t.LEARNT, [row])


def _unlearnt(c: Connection, seq: int, line: Line) -> None:
    execute(c, f"UPDATE {t.LEARNT.full_name} SET undone_by=? WHERE seq=?", [[seq, line.body["seq"]]])


def _purged(c: Connection, seq: int, line: Line) -> None:
    """Bodies went, and offers with them; that there was a capture stays, and of a file by what it is known again."""
    del seq
    files = line.body.get("files", {})
    rows = [{"capture": one, "at": line.at, "sha256": files.get(one)} for one in line.body["captures"]]
    _put(c, t.PURGED, rows)
    execute(c, f"DELETE FROM {t.CAPTURES.full_name} WHERE capture=?", [[one] for one in line.body["captures"]])
    for table in (t.OFFERS, t.SAID):
        execute(c, f"DELETE FROM {table.full_name} WHERE offer=?", [[one] for one in line.body["offers"]])


_STEPS: Mapping[LineKind, Callable[[Connection, int, Line], None]] = {
    LineKind.SOURCE: _source,
    LineKind.CAPTURED: _captured,
    LineKind.LOOKED: _looked,
    LineKind.OFFERED: _offered,
    LineKind.LINKED: _linked,
    LineKind.SHOP: _shop,
    LineKind.BACK: _back,
    LineKind.MATCHED: _matched,
    LineKind.TRIAGED: _triaged,
    LineKind.JOINED: _judged,
    LineKind.SPLIT: _judged,
    LineKind.TAKEN_BACK: _taken_back,
    LineKind.WORD: _word,
    LineKind.LEARNT: _learnt,
    LineKind.UNLEARNT: _unlearnt,
    LineKind.PURGED: _purged,
    **dict.fromkeys(ACTS, _act),
}
