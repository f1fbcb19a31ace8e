"""A real PostgreSQL with pgaudit, real clients at once, and a ledger that holds exactly what they read."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.conftest import need
from tests.store.logs.postgres import Server, binaries, end, server, settled
from wayseal.ledger import open_ledger

SCHEMA = """
CREATE EXTENSION pgaudit;
CREATE TABLE waybill_main (mail_no text PRIMARY KEY, from_site text, to_site text, created_at timestamptz, phone text);
INSERT INTO waybill_main SELECT 'YT' || (2000000 + n), 's' || n % 3, 's' || n % 5,
  timestamptz '2026-03-04 00:00Z' + n * interval '1 minute', '1380013' || (8000 + n) FROM generate_series(1, 100) n;
CREATE TABLE site (code text PRIMARY KEY, city text);
INSERT INTO site VALUES ('s0', '杭州'), ('s1', '上海');
CREATE VIEW hidden_view AS SELECT * FROM waybill_main;
CREATE FUNCTION one(p text) RETURNS SETOF waybill_main LANGUAGE plpgsql
  AS $$BEGIN RETURN QUERY SELECT * FROM waybill_main WHERE mail_no = p; END$$;
CREATE ROLE clerk LOGIN; CREATE ROLE robot LOGIN; CREATE ROLE auditor;
GRANT SELECT ON waybill_main, site TO clerk, robot; GRANT SELECT ON hidden_view TO clerk;
"""
CLERK = """
SELECT * FROM waybill_main WHERE mail_no = 'YT2000001';
SELECT mail_no,
       phone
  FROM waybill_main WHERE mail_no IN ('YT2000002', 'yt-2000003', 'YT2000004');
SELECT * FROM waybill_main WHERE mail_no IN ('YT2000005', 'YT2000006');
SELECT * FROM waybill_main WHERE mail_no = 'YT9999999';
SELECT * FROM waybill_main WHERE mail_no = 'YT2000007' AND phone LIKE '13800%';
SELECT * FROM waybill_main WHERE phone = '13800138010';
SELECT w.* FROM waybill_main w JOIN site s ON s.code = w.from_site WHERE s.city = '杭州' AND w.to_site = 's1' LIMIT 4;
SELECT * FROM waybill_main WHERE nonsense = '13800138011';
SELECT 1/0 FROM waybill_main WHERE mail_no = 'YT2000012';
UPDATE waybill_main SET phone = '13800138012';
SELECT count(*) FROM waybill_main;
EXPLAIN ANALYZE SELECT * FROM waybill_main WHERE mail_no = 'YT2000013';
SELECT * FROM hidden_view WHERE mail_no = 'YT2000014';
SELECT * FROM one('YT2000015');
SELECT * FROM site;
"""
ROBOT = """
PREPARE p (text) AS SELECT * FROM waybill_main WHERE mail_no = $1 /* user=u-1 */;
EXECUTE p('YT2000021');
EXECUTE p('YT2000022');
SELECT * FROM waybill_main WHERE mail_no = 'YT2000023' /* user='u-2', note="x" */;
COPY (SELECT mail_no FROM waybill_main WHERE from_site = 's2' AND created_at >= '2026-03-04 01:00Z') TO STDOUT;
COPY waybill_main TO STDOUT;
BEGIN; DECLARE c CURSOR FOR SELECT * FROM waybill_main WHERE to_site = 's4'; FETCH 3 FROM c; COMMIT;
"""
BOUND = r"""
SELECT * FROM waybill_main WHERE mail_no = ANY($1) /* user=u-3 */ \bind '{YT2000031,YT2000032}' \g
SELECT * FROM waybill_main WHERE from_site = $1 AND to_site = $2 \bind 's1' 's,"2' \g
SELECT * FROM waybill_main WHERE from_site = $1 AND to_site = $2 \bind 's1' 's2' \g
"""
AUDITED = """
SET pgaudit.log_relation = on;
SELECT * FROM waybill_main w JOIN site s ON s.code = w.from_site WHERE w.mail_no = 'YT2000042';
SET pgaudit.log_statement_once = on;
SET pgaudit.log_rows = off;
SET pgaudit.role = 'auditor';
GRANT SELECT ON waybill_main TO auditor;
SELECT * FROM waybill_main WHERE mail_no = 'YT2000043';
SELECT * FROM hidden_view WHERE mail_no = 'YT2000044';
SELECT 'the end' FROM site;
"""
MAPPING = """
format = "pgaudit-csvlog"
[columns]
actor = { first_of = ["comment.user", "user_name"] }
[tables.waybill_main]
waybill = "mail_no"
origin_outlet = "from_site"
destination_outlet = "to_site"
issued_at = "created_at"
[tables.site]
outlet = "code"
city = "city"
"""
READS = Counter(
    [("clerk", f"YT200000{n}") for n in (1, 5, 6, 7)]
    + [("u-1", "YT2000021"), ("u-1", "YT2000022"), ("u-2", "YT2000023")]
    + [("postgres", "YT2000042"), ("postgres", "YT2000043")]
)
ASKED = [
    ("clerk", '{"waybill":["YT2000002","YT2000003","YT2000004"]}', 2),
    ("clerk", '{"unknown":true}', 1),
    ("clerk", '{"destination_outlet":"s1","limit":4,"origin_city":"杭州"}', 4),
    ("clerk", '{"unknown":true}', 1),
    ("robot", '{"issued_from":"2026-03-04T01:00:00+00:00","origin_outlet":"s2"}', 13),
    ("robot", "{}", None),
    ("robot", '{"destination_outlet":"s4"}', None),
    ("postgres", '{"unknown":true}', None),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    programs = binaries()
    need(
        programs is not None, "PostgreSQL with pgaudit is not installed (Debian: apt-get install postgresql-17-pgaudit)"
    )
    assert programs
    with server(programs) as running:
        yield running


def test_the_ledger_holds_what_real_clients_read(postgres: Server, tmp_path: Path) -> None:
    postgres.run(SCHEMA)
    clients = [postgres.start(CLERK, user="clerk", application='counter, "1"'), postgres.start(ROBOT, user="robot")]
    said = [end(client) for client in clients]
    assert said[0].count("ERROR") == 3, said[0]
    assert said[1] == ""
    reads, asked = Counter(READS), list(ASKED)
    if postgres.version >= 16:
        assert end(postgres.start(BOUND, user="robot")) == ""
        reads += Counter({("u-3", "YT2000031"): 1, ("u-3", "YT2000032"): 1})
        asked.append(("robot", '{"destination_outlet":"s2","origin_outlet":"s1"}', 7))
    postgres.run(AUDITED)
    log = tmp_path / "pg.csv"
    log.write_text(settled(postgres.log, "the end"), encoding="utf-8")
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    took = inside("ingest", tmp_path / "L", log, "--map", tmp_path / "m.toml")
    assert took.code == 0, took.err
    with open_ledger(tmp_path / "L") as snapshot:
        table = snapshot.reads(snapshot.control(1000))
        waybills = snapshot.names("waybill", table["waybill"].to_numpy())
        actors = snapshot.names("actor", table["actor"].to_numpy())
        queries = snapshot.loose("queries").to_pylist()
    assert Counter(zip(actors, waybills, strict=True)) == +reads
    found = sorted((q["actor"], q["filter"], q["rows"] or -1) for q in queries)
    assert found == sorted((a, f, -1 if r is None else r) for a, f, r in asked)
    told = took.out + took.err + "".join(str(q) for q in queries)
    everything = told.encode() + b"".join(p.read_bytes() for p in (tmp_path / "L").rglob("*") if p.is_file())
    assert b"1380013" not in everything
