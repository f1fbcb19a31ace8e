# ruff: noqa: E501 (a case a line reads best)
"""Lines of raw logs by chance, many of them damaged, and all that a reader says of them in one digest."""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.store.logs.making import COMBINED, OCSF, PGAUDIT, audit, mapping, record
from wayseal.store import open_source, read_batches
from wayseal.store.types import ReadOptions

MAPPINGS = {
    "combined": COMBINED + '[[drop]]\ncolumn = "agent"\nequals = "probe"\n',
    "pgaudit": PGAUDIT + '[columns]\nactor = { first_of = ["comment.user", "user_name"] }\nsession = "comment.sid"\n',
    "ocsf": OCSF,
}
_PIECES: tuple[bytes, ...] = (
    b'"', b"'", b"\\", b"\0", b"\r", b"\xff", b"\xd5\xc5", "张".encode(), b",", b"/*", b"*/", b"--", b"$1", b"%zz", b"?", b"&", b" ",
    b"]", b"\\x22", b"E'", b"::date", b";", b"-", b"''", b"\x1c", b"@", b"+", b"#", b"[", b"1e9", b"0x", b"\t", b"{", b"}", b"(", b")",
)  # fmt: skip


def number(rng: random.Random) -> str:
    kinds = (f"YT{rng.randrange(10**13):013}", f"SF{rng.randrange(10**6)}", f"yt {rng.randrange(10**6)}-7", "13800138000",
             f"{rng.randrange(10**12)}", "", "张三", "a" * rng.randrange(1, 700), "YT1,YT2;YT3", "11010519491231002X", "yt%201")  # fmt: skip
    return kinds[0] if rng.random() < 0.6 else rng.choice(kinds)


def target(rng: random.Random) -> str:
    no = number(rng)
    return rng.choice(
        (f"/api/waybill/{no}", f"/api/waybill/{no}?page=1&x={no}", f"/api/search?from=c{rng.randrange(3)}&page=2&sid=s{rng.randrange(9)}",
         f"/api/search?no={no}&no={number(rng)}", f"/api/search?since=2026-03-0{rng.randrange(1, 9)}&until=2026-03-09T1:00&size={rng.randrange(9)}",
         f"/old/print/{no}", "/static/a.js", f"https://h/api/waybill/{no}#f", "/api/search?from=%E6%9D%AD&since=x&n=", f"//api/waybill/{no}",
         f"/api/search?from=%BA%BC&odd={no}", f"/api/waybill/{no}/more", "*", f"/api/search?{'&'.join(['a=1'] * rng.choice((1, 1001)))}")
    )  # fmt: skip


def statement(rng: random.Random) -> str:
    no, other, n = number(rng).replace("'", ""), number(rng), rng.randrange(4)
    return rng.choice(
        (f"SELECT * FROM waybill_main WHERE mail_no = '{no}' /* user=u{n} */", f"select c{n} from waybill_main where mail_no in ('{no}','{other}')",
         f"SELECT c{n} FROM waybill_main w JOIN site s ON s.code = w.from_site WHERE s.city = 'c{n}' LIMIT {n}",
         f"SELECT a FROM waybill_main WHERE from_site = 'S{n}' AND receiver LIKE '{no}%' -- user=x\n", "SELECT 1 FROM other", "EXPLAIN SELECT 1",
         f"SELECT a FROM ops.receiver WHERE ship_date >= '2026-03-0{n + 1}' AND ship_date < '2026-03-09'", "SELECT count(*) FROM waybill_main",
         f"SELECT a FROM waybill_main WHERE mail_no = '{no}' AND created_at > '2026-03-04 01:00:00' /* sid='s {n}', user=k */",
         f"SELECT a FROM waybill_main WHERE mail_no = '{no}' LIMIT {n}", f"SELECT a FROM waybill_main WHERE mail_no = 'a''{no}' OR 1 = 1",
         f"UPDATE waybill_main SET a = 1 WHERE mail_no = '{no}'", f"SELECT \"mail_no\" FROM waybill_main WHERE mail_no = {rng.randrange(10**9)}",
         f"SELECT a FROM waybill_main WHERE mail_no = $1 AND from_site = $2 /* user=u{n} */", f"SELECT a FROM waybill_main WHERE mail_no = $tag${no}$tag$",
         f"SELECT a FROM waybill_main WHERE mail_no = E'{no}\\n'", f"COPY (SELECT a FROM waybill_main WHERE mail_no = '{no}') TO STDOUT",
         f"SELECT a FROM waybill_main WHERE from_site = '{no}' AND from_site = 'S{n}' FETCH FIRST 3 ROWS ONLY", f"SELECT a FROM waybill_main; SELECT '{no}'",
         f"SELECT a1, b2 FROM waybill_main WHERE to_site IN ('A{n}', 'B', '{other}') ORDER BY 1 LIMIT 1e3", "SELECT '", "/* only a comment", "")
    )  # fmt: skip


def line(form: str, rng: random.Random, row: int) -> bytes:
    at = rng.choice(("+0800", "+0000", "-0530", "")) if rng.random() < 0.1 else "+0800"
    if form == "combined":
        user = rng.choice(("u1", "u2", "-", "a b", "张"))
        asked = f"{rng.choice(('GET', 'get', 'POST', 'PUT'))} {target(rng)} {rng.choice(('HTTP/1.1', 'HTTP/2.0'))}"
        asked = rng.choice(("-", "", asked, asked.rpartition(" ")[0], "\\x16\\x03")) if rng.random() < 0.1 else asked
        tail = rng.choice((' "-" "Mozilla/5.0"', "", ' "r" "probe" extra 0.5', ' "r\\"q" "-"'))
        said = f'10.1.2.{row % 9} - {user} [04/Mar/2026:11:{row % 60:02}:31 {at}] "{asked}" {rng.choice((200, 304, 302, 404, 206))} 5{tail}'
        return said.encode() if rng.random() < 0.9 else said.encode("gb18030")
    if form == "ocsf":
        event: dict[str, Any] = {
            "class_uid": rng.choice((6001, 6003, 6005, 1)),
            "activity_id": rng.choice((1, 2, 4, 99)),
            "time": 1772593351123 + row,
        }
        event["actor"] = {"user": {"name": rng.choice(("u1", "张", 7, None))}}
        event |= rng.choice(({"query_info": {"query_string": statement(rng)}}, {"http_request": {"url": {"path": target(rng)}, "http_method": "GET"}},
                             {"resources": [{"type": "waybill", "uid": number(rng)}, {"type": "x", "uid": "1"}]}, {"http_response": {"code": 404}}))  # fmt: skip
        return json.dumps(event, ensure_ascii=rng.random() < 0.5).encode()
    values = rng.choice(("<none>", "<none>", "YT123,S1", "<not logged>", '"a,b",S2'))
    about = audit(statement(rng), values, rng.choice((None, None, 0, 1, 2, 5)), number=rng.randrange(1, 4), part=rng.randrange(1, 3),
                  kind=rng.choice(("READ", "READ", "READ", "WRITE")), touched=rng.choice(("", "", "public.waybill_main", "x")),
                  command=rng.choice(("SELECT", "SELECT", "SELECT", "COPY", "PREPARE")))  # fmt: skip
    text = record(
        about if rng.random() < 0.9 else "connection received",
        session=f"65e5.{rng.randrange(3)}",
        user=rng.choice(("clerk", "张")),
    )
    return text.rstrip("\n").encode()


def damaged(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(3)
        data = (
            data[:at] + (rng.choice(_PIECES) if kind else b"") + data[at + (rng.randrange(1, 30) if kind != 1 else 0) :]
        )
    return data


def log(form: str, seed: int, rows: int) -> bytes:
    rng = random.Random(f"{form}{seed}")
    ends = (b"\n", b"\r\n", b"\n\n") if rng.random() < 0.3 else (b"\n",)
    return b"".join(damaged(line(form, rng, row), rng) + rng.choice(ends) for row in range(rows))


def said(path: Path, form: str, block_bytes: int) -> Iterator[Sequence[Any]]:
    """All that both tables' readers say of a file, plainly."""
    made = mapping(MAPPINGS[form])
    for file in open_source(path, mapping=made, offset="+08:00").files:
        options = ReadOptions(offset=made.offset, block_bytes=block_bytes)
        for batch in read_batches(file, mapping=made, options=options, keep_rejected=True):
            yield ("rows", *(list(map(str, row.items())) for row in batch.rows.to_pylist()))
            yield ("line", *batch.line.tolist())
            yield ("rejected", *((r.line, r.column, r.reason.value, r.raw) for r in batch.rejected))
            yield ("dropped", *sorted(batch.dropped.tolist()))
            yield ("others", *sorted(batch.others.tolist()))
            yield ("notices", *sorted(f"{n.code} {sorted(n.values.items())}" for n in batch.notices))


def digest(path: Path, form: str, block_bytes: int) -> str:
    try:
        text = json.dumps(list(said(path, form, block_bytes)))
    except Exception as error:
        text = f"{type(error).__name__} {getattr(error, 'line', '')}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
