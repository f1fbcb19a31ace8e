"""What stands in every table at every revision, as the step to that revision must leave it.

Whoever adds a revision adds an entry: under its tables, the rows of the revision before as the step makes them (and
rows of tables that are new, in `FRESH`). A test fails where a revision or one of its tables is missing.
"""

from typing import Any

Rows = dict[str, list[dict[str, Any]]]

_AT = 1_790_000_000_000_000
_ZH = "网点·𠮷林"

_MAIN_0002: Rows = {
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
_KEYS_0002: Rows = {
    "data_keys": [
        {"waybill": "YT0000000000017", "key_id": b"\0" * 8, "key_version": 1, "wrapped": bytes(range(99, 39, -1))},
        {"waybill": "YT0000000000017", "key_id": b"\1" * 8, "key_version": 2, "wrapped": bytes(range(99, 39, -1))},
        {"waybill": "YT2", "key_id": b"\2" * 8, "key_version": 1, "wrapped": b""},
    ],
    "erasures": [{"waybill": "YT3", "erased_at": _AT, "gone_at": _AT + 1}],
}

_TOLD = {"scans", "tickets", "policies"}
_MARKED = _TOLD | {"facts", "waybills", "actors", "clients", "approvals", "replies", "entries"}
for _table, _rows in _MAIN_0002.items():
    for _row in _rows:
        _row.update({"mark": b"\x08" * 18} if _table in _MARKED else {}, **({"entry": 3} if _table in _TOLD else {}))

_MAIN_0002["approvals"][0]["client"] = ""
for _row in _KEYS_0002["data_keys"]:
    _row.update({"revision": 1, "superseded_at": None, "superseded_by": None})

_CONSOLE_0008: Rows = {
    "people": [
        {
            "person": "p" * 32, "login": "li", "name": "李 \u2028", "role": "analyst", "state": "active",
            "password": "$argon2id$", "totp": b"\0\xff", "totp_next": None, "totp_step": 2**53 + 1, "lang": "zh",
            "theme": None, "created_at": _AT,
        },
        {
            "person": "q", "login": "", "name": "", "role": "auditor", "state": "invited", "password": None,
            "totp": None, "totp_next": b"", "totp_step": 0, "lang": None, "theme": "dark", "created_at": -1,
        },
    ],
    "sessions": [
        {
            "session": "s" * 32, "token_sha256": "a" * 64, "person": "p" * 32, "stage": "whole", "via": "password",
            "device": "Firefox", "created_at": _AT, "seen_at": _AT, "confirmed_at": 0, "misses": 3, "ended_at": None,
        },
    ],
    "recovery_codes": [{"person": "q", "code_hmac": "b" * 64}, {"person": "q", "code_hmac": "c"}],
    "links": [{"token_sha256": "d" * 64, "kind": "setup", "person": None, "expires_at": _AT}],
    "attempts": [{"key_hmac": "e" * 64, "tries": 2**31 - 1, "last_at": _AT}],
    "acts": [
        {"number": 1, "at": _AT, "act": "invited", "who": None, "person": "q", "detail": "{}", "chain": "f" * 64},
        {"number": 2**53 + 1, "at": _AT, "act": "signed_in", "who": "q", "person": None, "detail": "", "chain": ""},
    ],
    "jobs": [
        {
            "job": 2**53 + 1, "kind": "ingest", "given": _ZH, "subject": "c-1", "who": "li", "state": "broken_off",
            "stage": "read", "done": 2**40, "total": 0, "result": "{}", "error": None, "tries": 2, "cancelling": True,
            "worker": None, "created_at": _AT, "started_at": None, "ended_at": _AT,
        },
    ],
    "job_lines": [{"job": 1, "line": 1, "at": _AT, "text": _ZH}, {"job": 1, "line": 2, "at": 0, "text": ""}],
    "job_schedules": [{"kind": "detect", "hour": 3, "who": "li", "set_at": _AT, "last_day": None}],
    "job_messages": [
        {"message": 1, "due_at": _AT, "job": None, "content": "{}"},
        {"message": 2**53 + 1, "due_at": 0, "job": 2**53 + 1, "content": _ZH},
    ],
    "baskets": [
        {
            "number": 2**53 + 1, "name": _ZH, "version": 2, "numbers": 1, "next_row": 3, "closed": 1,
            "changed_at": _AT, "changed_by": "li",
        },
    ],
    "basket_rows": [
        {
            "basket": 1, "row": 1, "since": 1, "until": 2, "waybill": "YT0000000000017", "seen_at": _AT, "seen_day": 1,
            "asked_at": None, "absent_at": None, "found_by": None, "seller": None, "asked": None, "price": "",
            "bought_by": "",
        },
        {
            "basket": 1, "row": 1, "since": 2, "until": 2**31 - 1, "waybill": "YT0000000000017", "seen_at": _AT,
            "seen_day": 0, "asked_at": _AT, "absent_at": 0, "found_by": "purchase", "seller": _ZH,
            "asked": '{"origin_city": "上海"}', "price": "¥1", "bought_by": _ZH,
        },
    ],
    "basket_acts": [{"basket": 1, "version": 1, "at": _AT, "act": "made", "who": "li", "why": _ZH, "count": 0}],
    "trace_runs": [
        {
            "number": 1, "job": "j-1", "kind": "trace", "basket": 1, "version": 2, "seed": 2**53 + 1, "at": _AT,
            "who": "li", "of": "", "state": "done", "told": "{}", "item": "q-1",
        },
    ],
    "departures": [
        {"state_sha256": "a" * 64, "browser_sha256": "b" * 64, "sealed": b"\0\xff", "expires_at": _AT},
        {"state_sha256": "", "browser_sha256": "", "sealed": b"", "expires_at": -1},
    ],
    "marks": [
        {"person": "q", "name": "seen", "value": _ZH, "at": _AT},
        {"person": "", "name": "view:" + "x" * 115, "value": "", "at": 0},
    ],
    "days_run": [{"day": 20_000}, {"day": 2**53 + 1}],
}  # fmt: skip
for _row in _CONSOLE_0008["people"]:
    _row.update({"way": "password", "identity_hmac": None, "outlet": None, "totp_used": "[]"})
_CONSOLE_0008["sessions"][0]["looks"] = "{}"
_CONSOLE_0008["job_schedules"][0]["each_hour"] = False

ROWS: dict[str, Rows] = {
    "console_0008": _CONSOLE_0008,
    "main_0002": _MAIN_0002,
    "keys_0002": _KEYS_0002,
}
FRESH: dict[str, set[str]] = {
    "console_0008": set(_CONSOLE_0008),
    "main_0002": set(_MAIN_0002),
    "keys_0002": set(_KEYS_0002),
}
"""Tables that a revision makes, so that the step itself leaves no rows there."""
