"""Rows for every table of the vault, with values that are odd."""

from typing import Any

from wayseal.vault.tables import ChainName

Rows = dict[str, list[dict[str, Any]]]

_AT = 1_790_000_000_000_000
_ZH = "网点·𠮷林"

_MAIN: Rows = {
    "facts": [{"name": "origin", "value": _ZH}],
    "waybills": [
        {
            "waybill": "YT0000000000017",
            "sealed": bytes(range(256)),
            "revision": 1,
            "key_id": b"\0" * 8,
            "sealed_at": _AT,
            "sealed_by": "oms",
            "keep_until": _AT + 1,
            "origin_outlet": _ZH,
            "destination_outlet": "o-2",
            "outlet": "o-1",
            "since": _AT,
            "until": _AT + 2,
            "departed": _AT + 1,
            "erased_at": 2**62,
        },
        {
            "waybill": "YT" + "9" * 62,
            "sealed": b"",
            "revision": 2**31 - 1,
            "key_id": b"\xff" * 8,
            "sealed_at": 0,
            "sealed_by": "x" * 128,
            "keep_until": None,
            "origin_outlet": None,
            "destination_outlet": None,
            "outlet": None,
            "since": None,
            "until": None,
            "departed": None,
            "erased_at": None,
        },
    ],
    "scans": [{"waybill": "YT0000000000017", "at": _AT, "kind": "pickup", "outlet": _ZH}],
    "tickets": [
        {"ticket": "t-1", "waybill": "YT1", "actor": "a", "kind": None, "opened_at": _AT, "closed_at": None},
        {"ticket": "t-2", "waybill": "YT1", "actor": "a", "kind": "lost", "opened_at": _AT, "closed_at": _AT},
    ],
    "work": [{"of": "outlet:" + _ZH, "kind": "arrivals", "day": 20_000, "count": 2**31 - 1}],
    "budgets": [{"of": "actor:a", "purpose": "deliver", "day": 20_000, "used": 7}],
    "actors": [
        {
            "actor": "a",
            "kind": "person",
            "role": "courier",
            "outlet": None,
            "region": None,
            "valid_from": None,
            "valid_to": None,
            "trained_until": _AT,
            "blocked_at": None,
        }
    ],
    "clients": [
        {
            "client": "oms",
            "secret_sha256": b"\x01" * 32,
            "scopes": "seal disclose",
            "actor": None,
            "acts_for": "courier",
            "per_second": 10,
            "certificate_sha256": "0" * 64,
            "created_at": _AT,
            "disabled_at": None,
        }
    ],
    "phones": [{"tag": b"\x02" * 16, "waybill": "YT0000000000017", "key_version": 1}],
    "policies": [
        {
            "version": 1,
            "purposes": "{}",
            "rules": "permit(principal, action, resource);",
            "sha256": "0" * 64,
            "activated_at": _AT,
            "activated_by": "admin",
        }
    ],
    "approvals": [
        {
            "approval": "ap-1",
            "actor": "a",
            "purpose": "audit",
            "most": 500,
            "left": 20,
            "asked_at": _AT,
            "expires_at": _AT + 1,
            "approved_by": None,
            "approved_at": None,
        }
    ],
    "replies": [{"client": "oms", "key": "k", "asked_sha256": b"\x03" * 32, "answer": "[]", "at": _AT}],
    "entries": [
        {"seq": 0, "leaf": b"\x04" * 32, "salt": b"\x05" * 16, "entry": _ZH.encode()},
        {"seq": 2**53 + 1, "leaf": b"\x06" * 32, "salt": None, "entry": None},
    ],
    "nodes": [{"level": 1, "place": 0, "hash": b"\x07" * 32}],
    "checkpoints": [{"size": 2, "note": "origin\n2\nAAAA\n\n— origin BBBB\n", "at": _AT}],
}
_KEYS: Rows = {
    "data_keys": [
        {"waybill": "YT0000000000017", "key_id": b"\0" * 8, "key_version": 1, "wrapped": bytes(range(99, 39, -1))},
        {"waybill": "YT0000000000017", "key_id": b"\1" * 8, "key_version": 2, "wrapped": bytes(range(99, 39, -1))},
        {"waybill": "YT2", "key_id": b"\2" * 8, "key_version": 1, "wrapped": b""},
    ],
    "erasures": [{"waybill": "YT3", "erased_at": _AT, "gone_at": _AT + 1}],
}

_TOLD = {"scans", "tickets", "policies"}
_MARKED = _TOLD | {"facts", "waybills", "actors", "clients", "approvals", "replies", "entries"}
for _table, _rows in _MAIN.items():
    for _row in _rows:
        _row.update({"mark": b"\x08" * 18} if _table in _MARKED else {}, **({"entry": 3} if _table in _TOLD else {}))

_MAIN["approvals"][0]["client"] = ""
for _row in _KEYS["data_keys"]:
    _row.update({"revision": 1, "superseded_at": None, "superseded_by": None})

ROWS: dict[ChainName, Rows] = {"main": _MAIN, "keys": _KEYS}
