import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import put
from tests.store.logs.making import PGAUDIT, audit, read, record
from tests.tables import each
from wayseal.store.errors import StoreError
from wayseal.store.types import NoticeCode, Reason

ONE = "SELECT * FROM waybill_main WHERE mail_no = 'YT1'"
LONG = "SELECT *\n  FROM waybill_main\n WHERE mail_no = 'YT2' AND name = '张三'"


def why(notices: object) -> dict[str, int]:
    return {str(n.values["why"]): int(n.values["rows"]) for n in notices if "why" in n.values}  # type: ignore[attr-defined]


def test_a_record_becomes_a_read(tmp_path: Path) -> None:
    log = record(audit(ONE)) + record("connection authorized") + record(audit("SELECT 1", number=2))
    reads, asked = read(put(tmp_path / "pg.csv", log), PGAUDIT)
    assert reads.rows == [
        {
            "at": "2026-03-04 03:02:31.123000+00:00",
            "actor": "clerk",
            "waybill": "YT1",
            "access": "65e5.1/1.1",
            "action": "view",
            "via": "counter",
            "request": "65e5.1/1.1",
            "session": "65e5.1",
            "ip": "10.1.2.3",
        }
    ]
    assert (reads.lines, reads.dropped) == ([1], 2)
    assert asked.rows == []
    assert asked.dropped == 0
    said = [n for b in reads.batches for n in b.notices]
    assert why(said) == {"other-record": 1, "other-table": 1}
    assert {n.code for n in said} == {NoticeCode.LEFT_OUT}


@pytest.mark.parametrize("width", [23, 24, 25, 26])
@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_versions_blocks_and_lines(tmp_path: Path, width: int, block_bytes: int) -> None:
    log = record(audit(LONG), width=width) + record(audit(ONE, number=2), width=width) * 2
    packed = put(tmp_path / "pg.csv.gz", gzip.compress(log.encode()))
    reads, asked = read(packed, PGAUDIT, block_bytes=block_bytes)
    assert reads.lines == [4]
    assert asked.lines == [1]
    assert asked.rows[0]["filter"] == '{"unknown":true,"waybill":"YT2"}'
    said = [n for b in asked.batches for n in b.notices]
    assert [(n.values["why"], n.values["names"]) for n in said] == [("column", "name")]
    assert why(n for b in reads.batches for n in b.notices) == {"repeated": 1}


def test_a_file_that_was_cut_in_a_quoted_field(tmp_path: Path) -> None:
    """The last record goes to quarantine with its line, the lines of its statement with it; the rest is kept."""
    log = record(audit(ONE)) + record(audit(LONG, number=2))
    cut = log[: log.index("张三")]
    for keep in (False, True):
        reads, asked = read(put(tmp_path / "pg.csv", cut), PGAUDIT, keep=keep)
        assert reads.lines == [1]
        assert reads.rejected == [(2, "", Reason.UNTERMINATED_QUOTE)]
        assert (asked.rows, asked.rejected) == ([], [])
    assert all(raw for raw in reads.raws)
    reads, _ = read(put(tmp_path / "only.csv", record(audit(ONE)) + record(audit(ONE, number=2))[:-40]), PGAUDIT)
    assert reads.lines == [1]


def test_a_file_that_begins_in_a_record(tmp_path: Path) -> None:
    log = record(audit(LONG)) + record(audit(ONE, number=2))
    reads, asked = read(put(tmp_path / "pg.csv", log[log.index("WHERE") :]), PGAUDIT)
    assert (reads.lines, asked.lines) == ([2], [])
    assert [r[0] for r in reads.rejected] == [1]


def test_a_record_that_goes_on_after_a_crash(tmp_path: Path) -> None:
    log = record(audit(LONG))[:-60] + "\n" + record(audit(ONE, number=2))
    reads, _ = read(put(tmp_path / "pg.csv", log), PGAUDIT)
    assert reads.lines == [4]
    assert [r[0] for r in reads.rejected] == [1]


DAMAGED = [
    ('AUDIT: SESSION,1,1,READ,SELECT,,,"select 1', Reason.UNTERMINATED_QUOTE),
    ("AUDIT: SESSION,1,1,READ", Reason.TOO_FEW_FIELDS),
    ("AUDIT: " + "," * 12, Reason.TOO_MANY_FIELDS),
    ("AUDIT: ", Reason.TOO_FEW_FIELDS),
]


@pytest.mark.parametrize(("message", "reason"), DAMAGED)
def test_a_damaged_message_is_named(tmp_path: Path, message: str, reason: Reason) -> None:
    reads, asked = read(put(tmp_path / "pg.csv", record(message) + record(audit(ONE))), PGAUDIT, keep=True)
    assert reads.rejected == [(1, "message", reason)]
    assert message.partition(",")[0] in str(reads.raws[0])
    assert reads.lines == [2]
    assert asked.rejected == []


RECORDS: list[tuple[list[str], list[str], list[str]]] = [
    # bound values, a hidden parameter list, a hidden statement
    ([audit("SELECT 1 FROM waybill_main WHERE mail_no = $1", "YT7")], ["YT7"], []),
    ([audit("SELECT 1 FROM waybill_main WHERE mail_no = ANY($1)", '"{YT1,YT2}"')], ["YT1", "YT2"], []),
    ([audit("SELECT 1 FROM waybill_main WHERE mail_no = $1", "<not logged>")], [], ['{"unknown":true}']),
    ([audit("<not logged>", "<not logged>", touched="public.waybill_main")], [], ['{"unknown":true}']),
    ([audit("<not logged>", "<not logged>", touched="public.other")], [], []),
    ([audit("<not logged>", "<not logged>", rows=3)], [], ['{"unknown":true}']),
    ([audit("<previously logged>", "<previously logged>", touched="public.other")], [], []),
    # a row count of 0 is no read, and of a COPY no count
    ([audit(ONE, rows=0), audit(ONE, rows=1, number=2)], ["YT1"], []),
    ([audit("COPY waybill_main TO STDOUT", rows=0, command="COPY")], [], ["{}"]),
    ([audit("DECLARE c CURSOR FOR " + ONE, rows=0, command="DECLARE CURSOR")], ["YT1"], []),
    # a COPY of a query, prepared statements
    ([audit(f"COPY ({ONE}) TO STDOUT", rows=1), audit(f"COPY ({ONE}) TO STDOUT", rows=0, part=2, command="COPY")],
     ["YT1"], []),
    ([audit("PREPARE p AS " + ONE, command="PREPARE"), audit("PREPARE p AS " + ONE, number=2)], ["YT1"], []),
    # one statement, a record for each table, or for session and object
    ([audit(ONE, touched="public.waybill_main"), audit(ONE, touched="ops.receiver")], ["YT1"], []),
    ([audit(ONE), audit("<previously logged>", touched="public.waybill_main", what="OBJECT")], ["YT1"], []),
    # through a view that the mapping doesn't name
    ([audit("SELECT * FROM v", touched="public.v"), audit("SELECT * FROM v", touched="public.waybill_main")],
     [], ['{"unknown":true}']),
    ([audit("INSERT INTO waybill_main VALUES (1)", kind="WRITE", command="INSERT")], [], []),
    ([audit("DROP TABLE waybill_main", kind="DDL", command="DROP TABLE")], [], []),
]  # fmt: skip


@each(("messages", "numbers", "filters"), RECORDS)
def test_what_pgaudit_writes(tmp_path: Path, messages: list[str], numbers: list[str], filters: list[str]) -> None:
    reads, asked = read(put(tmp_path / "pg.csv", "".join(map(record, messages))), PGAUDIT)
    assert [r["waybill"] for r in reads.rows] == numbers
    assert [r["filter"] for r in asked.rows] == filters
    told = len({(n, "a") for n in reads.lines} | {(n, "q") for n in asked.lines})
    assert told + reads.dropped == len(messages)


def test_the_actor_may_stand_in_a_comment(tmp_path: Path) -> None:
    text = '[columns]\nactor = { first_of = ["comment.user", "user_name"] }\npurpose = "comment.why"\n'
    mapping = PGAUDIT.replace(TABLES_START, text + TABLES_START, 1)
    log = record(audit(ONE + " /* user='u-7', why='call' */")) + record(audit(ONE, number=2))
    reads, _ = read(put(tmp_path / "pg.csv", log), mapping)
    assert [(r["actor"], r.get("purpose")) for r in reads.rows] == [("u-7", "call"), ("clerk", None)]
    dropped = mapping + '[[drop]]\ncolumn = "comment.user"\nequals = "u-7"\n'
    assert read(tmp_path / "pg.csv", dropped)[0].lines == [2]


TABLES_START = "\n[tables.waybill_main]"


def test_zones_that_are_offsets_or_utc(tmp_path: Path) -> None:
    for n, time in enumerate(("2026-03-04 03:02:31 GMT", "2026-03-04 11:02:31.000 +08", "2026-03-04 03:02:31 UTC")):
        reads, _ = read(put(tmp_path / f"{n}.csv", record(audit(ONE), time=time)), PGAUDIT)
        assert reads.rows[0]["at"] == "2026-03-04 03:02:31+00:00"
        assert NoticeCode.TIMES_WITHOUT_OFFSET not in reads.notices


def test_a_zone_of_several_meanings_needs_an_offset(tmp_path: Path) -> None:
    path = put(tmp_path / "pg.csv", record(audit(ONE), time="2026-03-04 11:02:31.5 CST"))
    with pytest.raises(StoreError, match=r"CST.*--offset \+08:00") as caught:
        read(path, PGAUDIT)
    assert (caught.value.line, caught.value.key) == (1, "log_time")
    for reads, _ in (read(path, PGAUDIT, offset="+08:00"), read(path, 'offset = "+08:00"\n' + PGAUDIT)):
        assert reads.rows[0]["at"] == "2026-03-04 03:02:31.500000+00:00"
        assert reads.notices[NoticeCode.TIMES_WITHOUT_OFFSET].values["offset"] == "+08:00"
    both = path.read_text() + record(audit(ONE, number=2), time="2026-07-04 11:02:31.5 CDT")
    with pytest.raises(StoreError, match=r"C.T and in C.T"):
        read(put(tmp_path / "two.csv", both), PGAUDIT, offset="-06:00")


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    for content in ("at,actor\n1,2\n", '"\n', record(audit(ONE), width=22)):
        path = put(tmp_path / "no.csv", content)
        with pytest.raises(StoreError, match="csvlog") as caught:
            read(path, PGAUDIT)
        assert caught.value.file == path
    reads, asked = read(put(tmp_path / "empty.csv", ""), PGAUDIT)
    assert (reads.rows, asked.rows) == ([], [])
    assert NoticeCode.EMPTY_FILE in reads.notices


def test_sessions_are_remembered_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wayseal.store.logs import _pgaudit

    monkeypatch.setattr(_pgaudit, "_SESSIONS", 1)
    log = record(audit(ONE), session="a.1") + record(audit(ONE), session="b.1") + record(audit(ONE), session="b.1")
    assert read(put(tmp_path / "pg.csv", log), PGAUDIT)[0].lines == [1, 2]


def test_times_in_a_filter_without_an_offset_are_said(tmp_path: Path) -> None:
    log = record(audit("SELECT 1 FROM waybill_main WHERE created_at >= '2026-03-04'"))
    _, asked = read(put(tmp_path / "pg.csv", log), PGAUDIT)
    assert asked.notices[NoticeCode.TIMES_WITHOUT_OFFSET].values == {
        "column": "filter", "offset": "+00:00", "assumed": 1
    }  # fmt: skip


NOISE = st.sampled_from(
    [record(audit(LONG)), record(audit(ONE)), '"', ",", "\n", "AUDIT: ", "\0", "x", "2026-03-04 ", "''"]
)


@given(
    st.lists(NOISE | st.text(max_size=4), max_size=12).map("".join), st.sampled_from([7, 300, 1 << 16]), st.booleans()
)
def test_noise(tmp_path_factory: pytest.TempPathFactory, noise: str, block_bytes: int, keep: bool) -> None:
    path = put(tmp_path_factory.mktemp("fuzz") / "pg.csv", noise.encode("utf-8", "surrogatepass"))
    refused = ""
    try:
        reads, asked = read(path, PGAUDIT, keep=keep, block_bytes=block_bytes)
    except StoreError as error:
        refused = str(error)
    assert "张" not in refused
    if refused:
        return
    assert not set(reads.lines) & {r[0] for r in reads.rejected}
    assert not set(reads.lines) & set(asked.lines)
