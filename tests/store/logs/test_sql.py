"""Statements by the allow-list: what each comes to."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.store.logs.making import PGAUDIT, mapping
from tests.tables import each
from wayseal.model.predicate import parse_predicate
from wayseal.store.logs._literals import UnreadableError, pairs, part
from wayseal.store.logs._row_builder import NoRead, Outcome, QueryMade, WaybillsRead, Why
from wayseal.store.logs._statements import Statements

TWO_SITES = "SELECT * FROM waybill_main w JOIN site o ON o.code = w.from_site LEFT JOIN site d ON w.to_site = d.code "
UNTIED = "SELECT 1 FROM waybill_main w LEFT JOIN receiver r ON w.x = 1 LEFT JOIN site s ON w.mail_no = r.mail_no "
MAIN = "SELECT * FROM waybill_main WHERE "
DAY = {"issued_from": "2026-03-03T16:00:00+00:00", "issued_to": "2026-03-04T16:00:00+00:00"}


def statements() -> Statements:
    settings = mapping(PGAUDIT).logs
    assert settings is not None
    return Statements(settings.tables, timedelta(hours=8))


def outcome(statement: str, bound: list[str] | None = None, rows: int | None = None) -> Outcome:
    made = statements()
    return made.outcome(made.part(statement), bound, rows)


READ = [
    (MAIN + "mail_no = 'yt-1'", None, None, ("YT1",)),
    (MAIN + "mail_no IN ('YT1', 'YT2', 'YT1')", None, None, ("YT1", "YT2")),
    (MAIN + "mail_no = 'YT1' AND deleted IS NULL", None, 1, ("YT1",)),
    (MAIN + "mail_no = 'YT1' AND from_site = 's1'", None, 1, ("YT1",)),
    (MAIN + "mail_no = ANY('{YT1,\"YT2\"}'::text[])", None, None, ("YT1", "YT2")),
    (MAIN + "mail_no = ANY(ARRAY['YT1','YT2'])", None, 2, ("YT1", "YT2")),
    (MAIN + "mail_no = ANY($1)", ["{YT1,YT2}"], None, ("YT1", "YT2")),
    (MAIN + "mail_no = $2 AND mail_no = $1", ["YT1", "YT1"], None, ("YT1",)),
    (MAIN + "mail_no = 73123456789012", None, None, ("73123456789012",)),
    (MAIN + "('YT1' = mail_no::text) AND TRUE AND 1 = 1", None, None, ("YT1",)),
    (MAIN + "mail_no = E'YT1' LIMIT 5 OFFSET 0", None, None, ("YT1",)),
    (MAIN + "mail_no = $$YT1$$ FETCH FIRST ROW ONLY FOR UPDATE", None, None, ("YT1",)),
    ('SELECT * FROM public."waybill_main" AS w WHERE w."mail_no" = \'YT1\' -- x', None, None, ("YT1",)),
    ("SELECT 1 FROM waybill_main w JOIN receiver r ON r.mail_no = w.mail_no WHERE w.mail_no = 'A1'", None, 1, ("A1",)),
    ("SELECT 1 FROM waybill_main JOIN ops.receiver USING (mail_no) WHERE mail_no = 'YT1'", None, None, ("YT1",)),
    ("SELECT 1 FROM waybill_main w LEFT JOIN receiver r ON r.mail_no = w.mail_no AND r.x = 1 WHERE w.mail_no = 'YT1'",
     None, None, ("YT1",)),
    ("SELECT 1 FROM waybill_main w, receiver r WHERE w.mail_no = r.mail_no AND w.mail_no = 'YT1'", None, 1, ("YT1",)),
    ("PREPARE p (text, varchar(20)) AS " + MAIN + "mail_no = $1", ["YT2"], 1, ("YT2",)),
    ("SELECT count(*) FROM waybill_main WHERE mail_no = 'YT1'", None, 1, ("YT1",)),
]  # fmt: skip


@each(("statement", "bound", "rows", "waybills"), READ)
def test_statements_that_name_waybills(
    statement: str, bound: list[str] | None, rows: int | None, waybills: tuple[str, ...]
) -> None:
    assert outcome(statement, bound, rows) == WaybillsRead(waybills=waybills, action="view")


def test_what_is_copied_out_is_an_export() -> None:
    assert outcome("COPY (" + MAIN + "mail_no = 'YT1') TO STDOUT") == WaybillsRead(waybills=("YT1",), action="export")


# rows may not have been those asked for (obligation 3)
ASKED: list[tuple[str, list[str] | None, int | None, dict[str, Any]]] = [
    (MAIN + "mail_no IN ('YT1', 'YT2')", None, 1, {"waybill": ["YT1", "YT2"]}),
    (MAIN + "mail_no IN ('YT1', 'YT2') LIMIT 1", None, None, {"waybill": ["YT1", "YT2"], "limit": 1}),
    (MAIN + "mail_no = 'YT1' AND from_site = 's1'", None, None, {"waybill": "YT1", "origin_outlet": "s1"}),
    (MAIN + "from_site IN ('a', 'b') AND to_site = 'c' LIMIT $1", ["20"], 9,
     {"origin_outlet": ["a", "b"], "destination_outlet": "c", "limit": 20}),
    (MAIN + "from_site IN ('a', 'b') AND from_site = 'b'", None, None, {"origin_outlet": "b"}),
    (MAIN + "created_at >= '2026-03-04' AND created_at < DATE '2026-03-05'", None, None, DAY),
    (MAIN + "created_at BETWEEN '2026-03-04' AND $1", ["2026-03-04 23:59:59.999999"], None, DAY),
    (MAIN + "created_at > '2026-03-03T15:59:59.999999Z' AND '2026-03-05' > created_at", None, None, DAY),
    (MAIN + "created_at = '2026-03-04'", None, None,
     {"issued_from": "2026-03-03T16:00:00+00:00", "issued_to": "2026-03-03T16:00:00.000001+00:00"}),
    ("SELECT * FROM receiver WHERE ship_date = '2026-03-04'", None, None, DAY),
    ("SELECT * FROM receiver WHERE ship_date <= '2026-03-04' AND ship_date > '2026-03-03'", None, None, DAY),
    ("SELECT * FROM stamped WHERE made >= 1772553600 AND made <= '1772639999'", None, None, DAY),
    ("SELECT * FROM stamped WHERE made BETWEEN $1 AND 1772639999", ["1772553600"], None, DAY),
    ("SELECT * FROM stamped_ms WHERE made = 1772553600000", None, None,
     {"issued_from": "2026-03-03T16:00:00+00:00", "issued_to": "2026-03-03T16:00:00.001000+00:00"}),
    (TWO_SITES + "WHERE o.city = '杭州' AND d.area IN ('east', 'south')", None, None,
     {"origin_city": "杭州", "destination_region": ["east", "south"]}),
    ("SELECT DISTINCT from_site FROM waybill_main WHERE to_site = 'c' LIMIT 5", None, 3, {"destination_outlet": "c"}),
    ("TABLE waybill_main", None, 4, {}),
    ("COPY waybill_main (mail_no) TO STDOUT", None, None, {}),
    ("CREATE TABLE mine AS SELECT * FROM waybill_main WHERE from_site = 'a'", None, 9, {"origin_outlet": "a"}),
    ("DECLARE c NO SCROLL CURSOR WITH HOLD FOR " + MAIN + "from_site = 'a'", None, None, {"origin_outlet": "a"}),
    (MAIN + "from_site = 'a' LIMIT ALL", None, None, {"origin_outlet": "a"}),
]  # fmt: skip


@each(("statement", "bound", "rows", "wanted"), ASKED)
def test_statements_whose_question_alone_is_known(
    statement: str, bound: list[str] | None, rows: int | None, wanted: dict[str, Any]
) -> None:
    made = outcome(statement, bound, rows)
    assert isinstance(made, QueryMade)
    assert (made.filter, made.wider) == (wanted, ())
    assert made.rows == (None if "DISTINCT" in statement else rows)


A = {"origin_outlet": "a"}
# obligation 2: what is left out is said, and what stays is an upper bound
WIDER: list[tuple[str, list[str] | None, Why, dict[str, Any]]] = [
    (MAIN + "from_site = 'a' AND name LIKE '张%'", None, Why.LIKE, A),
    (MAIN + "from_site = 'a' AND (to_site = 'b' OR to_site = 'c')", None, Why.OR, A),
    (MAIN + "from_site = 'a' AND lower(mail_no) = 'yt1'", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND created_at > now() - interval '1 day'", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND created_at::date = '2026-03-04'", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND created_at::text = '2026'", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND phone = '13800138000'", None, Why.COLUMN, A),
    (MAIN + "from_site = 'a' AND mail_no = p_no", None, Why.COLUMN, A),
    (MAIN + "from_site = 'a' AND from_site = to_site", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND to_site <> 'b'", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND to_site > 'b'", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND to_site BETWEEN 'b' AND 'c'", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND created_at BETWEEN 'b' AND now()", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND created_at IN ('2026-03-04')", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND created_at > 'yesterday'", None, Why.VALUE, A),
    (MAIN + "from_site = 'a' AND created_at <= '9999-12-31T23:59:59.999999Z'", None, Why.VALUE, A),
    (MAIN + "from_site = 'a' AND 1 = 2", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND $1 = 'x'", ["x"], Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND deleted", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND mail_no IN (SELECT mail_no FROM vip)", None, Why.SUBQUERY, A),
    (MAIN + "from_site = 'a' AND EXISTS (SELECT 1 FROM vip)", None, Why.SUBQUERY, A),
    (MAIN + "from_site = 'a' AND mail_no IN ('YT1', lower('x'))", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND to_site = 'x'::char(1)", None, Why.COMPARISON, A),
    (MAIN + "from_site = 'a' AND to_site = E'\\x41'", None, Why.VALUE, A),
    (MAIN + "from_site = 'a' AND mail_no = ANY('{{YT1}}')", None, Why.VALUE, A),
    (MAIN + "from_site = 'a' AND mail_no = ANY('{YT1,NULL}')", None, Why.VALUE, A),
    (MAIN + "from_site = 'a' AND mail_no = ANY(get('x')::text)", None, Why.FUNCTION, A),
    (MAIN + "from_site = 'a' AND mail_no = 'nobody'", None, Why.VALUE, A),
    (MAIN + "from_site = 'a' AND to_site = $1", None, Why.PARAMETER, A),
    (MAIN + "from_site = 'a' AND to_site = $1", [""], Why.PARAMETER, A),
    (MAIN + "from_site = 'a' AND to_site = $9", ["b"], Why.PARAMETER, A),
    (MAIN + "from_site = 'a' GROUP BY 1 HAVING count(*) > 1", None, Why.FORM, A),
    ("SELECT 1 FROM waybill_main w JOIN users u ON u.id = w.uid WHERE from_site = 'a'", None, Why.JOIN, A),
    ("SELECT 1 FROM waybill_main w JOIN site s ON code = from_site OR TRUE WHERE from_site = 'a'", None, Why.JOIN, A),
    # obligation 3: nothing of these bounds what was shown
    ("SELECT 1 FROM waybill_main w, receiver r WHERE from_site = 'a'", None, Why.JOIN, {}),
    ("SELECT 1 FROM waybill_main w RIGHT JOIN receiver r ON r.mail_no = w.mail_no WHERE x = 1", None, Why.JOIN, {}),
    ("SELECT 1 FROM waybill_main NATURAL JOIN receiver WHERE from_site = 'a'", None, Why.JOIN, {}),
    ("SELECT 1 FROM waybill_main w (from_site) WHERE from_site = 'a'", None, Why.JOIN, {}),
    ("SELECT 1 FROM waybill_main w JOIN receiver r USING (id) WHERE from_site = 'a'", None, Why.JOIN, {}),
    (UNTIED + "WHERE r.mail_no = 'YT1'", None, Why.JOIN, {}),
    ("SELECT 1 FROM waybill_main w, other o JOIN receiver r USING (mail_no) WHERE from_site = 'a'", None, Why.JOIN, {}),
    ("SELECT 1 FROM (waybill_main w JOIN receiver r ON true) WHERE from_site = 'a'", None, Why.SUBQUERY, {}),
    ("SELECT 1 FROM waybill_main, generate_series(1, 2) WHERE from_site = 'a'", None, Why.JOIN, {}),
    ("SELECT 1 FROM (SELECT * FROM waybill_main) x WHERE from_site = 'a'", None, Why.SUBQUERY, {}),
    ("SELECT (SELECT max(mail_no) FROM waybill_main) FROM waybill_main WHERE from_site = 'a'", None, Why.SUBQUERY, {}),
    ("SELECT 1 FROM site WHERE EXISTS (SELECT 1 FROM waybill_main)", None, Why.SUBQUERY, {}),
    ("SELECT EXISTS (SELECT 1 FROM waybill_main WHERE from_site = 'a')", None, Why.SUBQUERY, {}),
    ("WITH x AS (SELECT 1) SELECT * FROM waybill_main WHERE from_site = 'a'", None, Why.FORM, {}),
    ("SELECT * FROM waybill_main UNION SELECT * FROM waybill_main", None, Why.FORM, {}),
    ("SELECT * FROM waybill_main WHERE from_site = 'a'; SELECT 1", None, Why.FORM, {}),
    ("DELETE FROM waybill_main WHERE from_site = 'a' RETURNING *", None, Why.FORM, {}),
    ("DO WHATEVER waybill_main", None, Why.FORM, {}),
    ("SELECT FROM WHERE waybill_main", None, Why.UNREADABLE, {}),
    ("SELECT * FROM waybill_main WHERE name = '张三", None, Why.UNREADABLE, {}),
    ("SELECT * FROM waybill_main WHERE " + "(" * 3000 + "a = 1" + ")" * 3000, None, Why.UNREADABLE, {}),
]  # fmt: skip


@each(("statement", "bound", "why", "kept"), WIDER)
def test_what_cannot_be_expressed_widens_and_is_said(
    statement: str, bound: list[str] | None, why: Why, kept: dict[str, Any]
) -> None:
    made = outcome(statement, bound)
    assert isinstance(made, QueryMade), made
    assert made.filter == {**kept, "unknown": True}
    assert why in {w.why for w in made.wider}


NO_READ = [
    ("SELECT * FROM site", Why.OTHER_TABLE),
    ("SELECT 'waybill_main'", Why.OTHER_TABLE),
    ("SELECT * FROM other.waybill_main_old", Why.OTHER_TABLE),
    ("SELECT waybill_main FROM x", Why.OTHER_TABLE),
    ("SELECT * FROM mine.receiver", Why.OTHER_TABLE),
    ("SELECT count(*), count(mail_no) FROM waybill_main WHERE from_site = 'a'", Why.ONLY_COUNTED),
    (MAIN + "from_site = 'a' AND from_site = 'b'", Why.NO_ROWS),
    (MAIN + "created_at < '2026-01-01' AND created_at > '2026-02-01'", Why.NO_ROWS),
    (MAIN + "from_site = 'a' LIMIT 0", Why.NO_ROWS),
    ("EXPLAIN ANALYZE " + MAIN + "mail_no = 'YT1'", Why.NOT_A_READ),
    ("INSERT INTO mine SELECT * FROM waybill_main", Why.NOT_A_READ),
    ("UPDATE waybill_main SET to_site = 'x'", Why.NOT_A_READ),
    ("COPY waybill_main FROM STDIN", Why.NOT_A_READ),
    ("DROP TABLE waybill_main", Why.NOT_A_READ),
]


@each(("statement", "why"), NO_READ)
def test_statements_that_show_no_waybill(statement: str, why: Why) -> None:
    assert outcome(statement) == NoRead(why=why)


def test_a_statement_that_found_nothing_is_no_read() -> None:
    assert outcome(MAIN + "mail_no = 'YT1'", None, 0) == NoRead(why=Why.NO_ROWS)
    assert outcome("SELECT 'waybill_main", None, 0) == NoRead(why=Why.NO_ROWS)


PERSONAL = ["13800138000", "+86 138-0013-8000", "0571-88886666", "11010519491231002X", "a@b.cn"]


@each("value", PERSONAL)
@each("column", ["mail_no", "cust_code"])
def test_what_looks_personal_is_no_value(value: str, column: str) -> None:
    """Obligation 5."""
    made = outcome(f"{MAIN}{column} = '{value}'")
    assert isinstance(made, QueryMade)
    assert made.filter == {"unknown": True}
    assert {w.why for w in made.wider} == {Why.PERSONAL}


def test_a_name_is_no_waybill_number() -> None:
    made = outcome(MAIN + "mail_no = '张三'")
    assert isinstance(made, QueryMade)
    assert made.filter == {"unknown": True}


def test_the_parser_never_sees_a_literal(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Obligation 1: not in the template, and so in no error or log of the parser."""
    for statement in (
        MAIN + "x ~~ '张三' AND y = 13800138000 /* 李四 */ -- 王五",
        "EXECUTE waybill_main('张三', $a$李四$a$)",
    ):
        assert not re.search("[张李王]|138", part(statement).template)
        outcome(statement)
    assert not re.search("[张李王]|138", caplog.text + "".join(capfd.readouterr()))


def test_templates_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from wayseal.store.logs import _statements

    monkeypatch.setattr(_statements, "_TEMPLATES", 2)
    made = statements()
    for column in ("from_site", "to_site", "cust_code", "from_site"):
        for value in ("a", "b"):
            made.outcome(made.part(f"{MAIN}{column} = '{value}'"), None, None)
    assert len(made._shapes) == 2


def test_comments_are_found_outside_of_quotes_only() -> None:
    text = "SELECT '/* user=thief */', \"--x\" /* user=u-1, trace:'a b' /* inner */ */ -- user=x\n FROM t"
    made = part(text)
    assert pairs(made.comments) == {"user": "u-1", "trace": "a b"}
    assert made.template == "SELECT '0', \"--x\" FROM t"
    with pytest.raises(UnreadableError):
        part("SELECT 1 /* /* */")
    with pytest.raises(UnreadableError):
        part("SELECT $a$ x")


@given(st.text(alphabet=st.sampled_from("aE$'\"/*-\n 1.(,;\\") | st.characters(codec="utf-8"), max_size=60))
@example("$1 $$a$$ 1e5 1_0.5 U&'x' b'1' N'x'")
@example("0..")
@example("1e5.")
@example("1.5.e1")
@example("e'.\\'")
@example("'a'E'b'x")
@example("U&x'.'")
def test_any_text_is_parted_or_refused(text: str) -> None:
    try:
        made = part(text)
    except UnreadableError:
        return
    assert part(made.template).template == made.template
    assert len(made.literals) <= len(text)


PIECES = st.sampled_from(
    ["SELECT", "*", "mail_no", "FROM", "waybill_main", "w", "JOIN", "receiver", "ON", "USING", "(", ")", "WHERE", "=",
     "'YT1'", "$1", "AND", "OR", "IN", "BETWEEN", ">", "created_at", "'2026-03-04'", "LIMIT", "1", ",", "NOT", "::text",
     "ANY", "UNION", "COPY", "TO", "STDOUT", ".", "GROUP BY", "AS", "site", "city", "'secret'", ";", "[", "CASE", "END"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map(" ".join), st.lists(st.text(max_size=4), max_size=2) | st.none())
@example("SELECT * FROM waybill_main WHERE ( mail_no , w ) = ( 'YT1' , 1 )", None)
def test_any_statement_comes_to_something(statement: str, bound: list[str] | None) -> None:
    made = outcome(statement, bound, 3)
    if isinstance(made, QueryMade):
        import json

        known = {k: v for k, v in made.filter.items() if k != "unknown"}
        parse_predicate(json.dumps(known))
        assert ("unknown" in made.filter) == bool(made.wider)


def test_large_statements_take_no_time_and_no_traceback() -> None:
    long = "a" * 200_000
    assert pairs(part(f"/* {long} user=u-1 {'=' * 1000} */ SELECT 1").comments) == {"user": "u-1"}
    made = outcome(MAIN + "mail_no = $" + "9" * 5000)
    assert isinstance(made, QueryMade)
    assert outcome(MAIN + "mail_no IN (" + ",".join(f"'YT{n}'" for n in range(20_000)) + ")", None, 20_000) is not None


def test_a_parser_that_stumbles_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:

    def stumble(*_: object, **__: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("sqlglot.parse", stumble)
    made = outcome(MAIN + "mail_no = 'YT1'")
    assert isinstance(made, QueryMade)
    assert {w.why for w in made.wider} == {Why.UNREADABLE}
