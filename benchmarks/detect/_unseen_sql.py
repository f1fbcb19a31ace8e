"""What DuckDB alone says of a courier: a rival of about thirty lines, and how much of honest work lies in custody."""

from pathlib import Path
from typing import Any

import duckdb

_COLUMNS = {
    "actors": ("actor", "role", "outlet"),
    "scans": ("waybill", "at", "outlet"),
    "waybills": ("waybill", "origin_outlet", "destination_outlet", "channel", "issued_at"),
    "tickets": ("waybill", "actor", "opened_at", "closed_at"),
}
_TIMES = ("at", "opened_at", "closed_at", "issued_at")

RIVAL = """
WITH firsts AS (
    SELECT actor, waybill, min(moment) AS moment FROM accesses GROUP BY actor, waybill
), posted AS (
    SELECT f.*, coalesce(a.role, '') AS role, a.outlet
    FROM firsts f LEFT JOIN actors a USING (actor)
), at_place AS (
    SELECT DISTINCT p.actor, p.waybill FROM posted p JOIN scans s USING (waybill)
    WHERE s.outlet = p.outlet AND s.moment BETWEEN p.moment - INTERVAL 10 DAY AND p.moment + INTERVAL 4 DAY
), by_ticket AS (
    SELECT DISTINCT p.actor, p.waybill FROM posted p JOIN tickets t USING (waybill, actor)
), odd AS (
    SELECT p.*, x.actor IS NULL AND t.actor IS NULL AS unexplained
    FROM posted p
    LEFT JOIN at_place x USING (actor, waybill)
    LEFT JOIN by_ticket t USING (actor, waybill)
), days AS (
    SELECT actor, role, ((epoch_us(moment) + 28800000000) // 86400000000)::BIGINT AS day,
           count(*) AS n, sum(unexplained::INT) AS odd, max(epoch_us(moment)) AS last
    FROM odd GROUP BY ALL
), peers AS (
    SELECT role, median(odd / n) AS share, median(odd) AS many FROM days GROUP BY role
)
SELECT d.actor, d.day, d.last,
       greatest(d.odd - p.many, 0) / sqrt(p.many + 1) * greatest(d.odd / d.n - p.share, 0.01) AS score
FROM days d JOIN peers p USING (role)
ORDER BY d.day, score DESC, d.actor
"""

DESCRIBED = """
WITH firsts AS (
    SELECT actor, waybill, min(moment) AS moment FROM accesses GROUP BY actor, waybill
), honest AS (
    SELECT f.*, t.role, t.outlet, t.region, t.channel FROM firsts f JOIN told t USING (actor)
    ANTI JOIN pulled p ON p.actor = f.actor AND p.waybill = f.waybill
), here AS (
    SELECT DISTINCT h.actor, h.waybill FROM honest h JOIN scans s USING (waybill)
    WHERE s.outlet = h.outlet AND s.moment BETWEEN h.moment - INTERVAL 10 DAY AND h.moment + INTERVAL 4 DAY
), asked AS (
    SELECT DISTINCT actor, waybill FROM tickets
), places AS (
    SELECT outlet, region FROM outlets
)
SELECT h.role, count(DISTINCT h.actor) AS accounts, count(*) AS firsts,
       avg((x.actor IS NOT NULL OR coalesce(h.outlet IN (w.origin_outlet, w.destination_outlet), false))::INT),
       avg((q.actor IS NOT NULL)::INT), avg(coalesce(h.channel = w.channel, false)::INT),
       avg(coalesce(h.region IN (o.region, d.region), false)::INT)
FROM honest h
LEFT JOIN here x USING (actor, waybill) LEFT JOIN asked q USING (actor, waybill) LEFT JOIN waybills w USING (waybill)
LEFT JOIN places o ON o.outlet = w.origin_outlet LEFT JOIN places d ON d.outlet = w.destination_outlet
GROUP BY h.role ORDER BY firsts DESC
"""


def opened(dataset: Path) -> duckdb.DuckDBPyConnection:
    """A connection with a view of each table (`at`, a keyword, is called moment); what is absent is empty."""
    db = duckdb.connect()
    db.execute("SET threads = 1")
    db.execute("SET enable_progress_bar = false")
    db.execute("SET TimeZone = 'UTC'")
    wanted = {**_COLUMNS, "accesses": ("actor", "waybill", "at"), "outlets": ("outlet", "region")}
    for table, columns in wanted.items():
        path = dataset / f"{table}.parquet"
        there = set()
        if path.exists():
            there = {row[0] for row in db.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()}
        types = {c: "TIMESTAMPTZ" if c in _TIMES else "VARCHAR" for c in columns}
        known = {c: f'"{c}"' if c in there else f"NULL::{types[c]}" for c in columns}
        named = ", ".join(f"{value} AS {'moment' if c == 'at' else c}" for c, value in known.items())
        source = f"read_parquet('{path}')" if there else "range(0)"
        db.execute(f"CREATE VIEW {table} AS SELECT {named} FROM {source}")
    return db


def strange_days(dataset: Path) -> list[tuple[str, int, int, float]]:
    """What the rival says: (account, local day, µs of its last first read, score), each day's strangest first."""
    with opened(dataset) as db:
        return db.execute(RIVAL).fetchall()


def honest_first_reads(dataset: Path, told: list[tuple[str, ...]], pulled: Path) -> list[tuple[Any, ...]]:
    """Rows by role: accounts, honest first reads; shares in custody, with a ticket, of the own channel, of the region.

    told: (account, role, outlet, region, channel) as they are, whatever `actors` says.
    """
    with opened(dataset) as db:
        db.execute("CREATE TABLE told (actor VARCHAR, role VARCHAR, outlet VARCHAR, region VARCHAR, channel VARCHAR)")
        db.executemany("INSERT INTO told VALUES (?, ?, ?, ?, ?)", told)
        db.execute(f"CREATE VIEW pulled AS SELECT actor, waybill FROM read_parquet('{pulled}')")
        return db.execute(DESCRIBED).fetchall()
