"""Traces to report: three realistic ones (one source named, a set of two, nobody), and random ones with hostile ids."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.page.hostile import HOSTILE
from wayseal.merkle import Checkpoint
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.page.words import catalogue
from wayseal.trace._result import (
    DelayPart,
    Fit,
    LeakRow,
    Note,
    QueryCounts,
    SawRow,
    SourceRow,
    TraceResult,
)

DELAY = (
    DelayPart(weight=0.3, median_h=1.5, sigma=1.2),
    DelayPart(weight=0.3, median_h=6.0, sigma=1.2),
    DelayPart(weight=0.3, median_h=24.0, sigma=1.2),
)
START = datetime(2026, 3, 9, 11, 20, tzinfo=UTC)
CONSIDERED = {
    SourceKind.ACTOR: 20_000,
    SourceKind.SESSION: 48_210,
    SourceKind.CHANNEL: 12,
    SourceKind.OUTLET: 400,
    SourceKind.REGION: 40,
}


def waybill(rng: random.Random) -> str:
    return f"YT{rng.randrange(10**13):013d}"


def seen_at(rng: random.Random, i: int) -> str:
    return (START + timedelta(hours=6.5 * i, minutes=rng.randrange(300))).isoformat()


def not_found(rng: random.Random, line: int) -> LeakRow:
    return LeakRow(
        waybill=waybill(rng),
        line=line,
        seen_at=seen_at(rng, line),
        found=False,
        missing=Note(code="missing.not_in_ledger"),
        accounts=0,
        points_at=(),
        unknown=1.0,
    )


def leak(rng: random.Random, line: int, points_at: tuple[tuple[str, float], ...], accounts: int) -> LeakRow:
    return LeakRow(
        waybill=waybill(rng),
        line=line,
        seen_at=seen_at(rng, line),
        found=True,
        missing=None,
        accounts=accounts,
        points_at=tuple(sorted(points_at, key=lambda pair: -pair[1])),
        unknown=max(0.0, 1 - sum(p for _, p in points_at)),
    )


def delays(rng: random.Random, n: int, median_h: float) -> tuple[float, ...]:
    return tuple(rng.lognormvariate(math.log(median_h), 0.8) for _ in range(n))


def saw(source: str, n: int, expected: float, probability: float = 0.0) -> SawRow:
    return SawRow(source=source, kind=SourceKind.ACTOR, saw=n, expected=expected, probability=probability)


def named() -> TraceResult:
    """One clerk, 18 of 19 numbers; the second line of the leaks file is not in the ledger."""
    rng = random.Random(1042)
    rows = [not_found(rng, 3)]
    for line in [2, *range(4, 22)]:
        main = 0.05 if line == 9 else rng.uniform(0.86, 0.995)
        side = rng.uniform(0, 0.9 * (1 - main)) if line % 4 == 0 else 0.0
        points = (("u-1042", main), ("u-2210", side)) if side else (("u-1042", main),)
        rows.append(leak(rng, line, points, rng.randrange(9, 31)))
    rows.sort(key=lambda row: row.line)
    seen = [row for row in rows if row.found and row.line != 9]
    return TraceResult(
        wayseal="0.1.0",
        seed=7,
        ledger_digest="sha256:9f2c61d5a0e84b7733c1f0aa5d2e9b4c6e1f8d7a3b5c9e0d2f4a6b8c0d1e3f57",
        checkpoint=Checkpoint(origin="wayseal/1f0c55d2a7e94b3388c06d1e2f3a4b5c", size=39_082, root=bytes(range(32))),
        leaks_digest="sha256:41c7be90d3f25a6688e0b1c2d3f4a5968778695a4b3c2d1e0f9e8d7c6b5a4938",
        leaks=20,
        found=19,
        verdict=VerdictKind.NAMED,
        unknown_share=0.082,
        fit=Fit(p_value=0.41, note=Note(code="fit.uniform_ok", values={"p": 0.41})),
        missing_tables=("changes", "tickets", "assignments", "partner_calls"),
        quality=(
            Note(
                code="quality.gaps",
                values={
                    "hours": 5.2,
                    "from": "2026-03-11T18:05:00+00:00",
                    "to": "2026-03-11T23:17:00+00:00",
                },
            ),
            Note(code="quality.clock_skew", values={"hours": 0.4, "share": 0.013}),
            Note(code="quality.queries_replayed", values={"n": 41_207, "soft": 5_120, "useless": 1}),
            Note(code="quality.queries_unreadable", values={"n": 1, "key": "limit"}),
        ),
        sources=(
            SourceRow(
                source="u-1042",
                kind=SourceKind.ACTOR,
                probability=0.9968,
                set_probability=0.9968,
                log10_lr=6.81,
                share=0.89,
                saw=18,
                expected=0.41,
                set=("u-1042",),
                leaks=tuple(row.waybill for row in seen),
                delays_h=delays(rng, len(seen), 5.0),
                role="clerk",
                outlet="杭州滨江二部",
            ),
            SourceRow(
                source="u-2210",
                kind=SourceKind.ACTOR,
                probability=0.043,
                set_probability=0.043,
                log10_lr=2.65,
                share=0.06,
                saw=7,
                expected=1.6,
                set=("u-2210",),
                leaks=tuple(row.waybill for row in seen[2:9]),
                delays_h=delays(rng, 7, 30.0),
                role="supervisor",
                outlet="杭州滨江二部",
            ),
            SourceRow(
                source="杭州滨江二部",
                kind=SourceKind.OUTLET,
                probability=0.021,
                set_probability=0.021,
                log10_lr=2.2,
                share=0.05,
                saw=16,
                expected=2.3,
                set=("杭州滨江二部",),
                leaks=tuple(row.waybill for row in seen[:16]),
                delays_h=(math.nan,) * 16,
            ),
        ),
        leak_rows=tuple(rows),
        saw=(
            saw("u-1042", 18, 0.41, 0.9968),
            saw("svc-track-api", 14, 12.9),
            saw("u-2210", 7, 1.6, 0.043),
            saw("u-0881", 6, 2.1),
            saw("partner-taomai", 6, 5.4),
            saw("u-3127", 4, 0.9),
            saw("u-0455", 3, 0.7),
            saw("u-1999", 3, 1.1),
            saw("u-7730", 2, 0.3),
            saw("u-6121", 2, 0.5),
            saw("u-5004", 2, 0.6),
        ),
        sensitivity=(
            (0.5, 0.9871),
            (1.0, 0.9937),
            (2.0, 0.9968),
            (5.0, 0.9987),
            (10.0, 0.9992),
        ),
        considered=CONSIDERED,
        span=("2026-02-01T00:00:04+00:00", "2026-03-31T23:59:58+00:00"),
        accesses=104_233_817,
        queries=QueryCounts(replayed=41_207, soft=5_120, useless=1),
        delay=DELAY,
    )


def shortlist() -> TraceResult:
    """Two colleagues with the same reads lead a shortlist; bought from two routes only."""
    rng = random.Random(77)
    pair = ("hz-front-01", "hz-front-02")
    rows = []
    for line in range(2, 11):
        p = rng.uniform(0.3, 0.42)
        q = rng.uniform(0.02, 0.12)
        points = ((pair[0], p), (pair[1], p * 0.96), ("yiwu-sorting-hub", q), ("u-3301", q / 2))
        rows.append(leak(rng, line, points, rng.randrange(5, 19)))
    rows.append(not_found(rng, 11))
    bad = Note(code="missing.bad_row", values={"column": "seen_at", "reason": "not a time"})
    rows.append(
        LeakRow(
            waybill="",
            line=12,
            seen_at="",
            found=False,
            missing=bad,
            accounts=0,
            points_at=(),
            unknown=1.0,
        )
    )
    numbers = tuple(row.waybill for row in rows if row.found)

    def row(source: str, p: float, lr: float, n: int, expected: float, **more: object) -> SourceRow:
        values: dict[str, object] = {
            "kind": SourceKind.ACTOR,
            "set": (source,),
            "set_probability": p,
            "delays_h": delays(rng, n, 9.0),
        }
        values |= more
        return SourceRow(
            source=source,
            probability=p,
            log10_lr=lr,
            share=0.7 * n / len(numbers),
            saw=n,
            expected=expected,
            leaks=numbers[:n],
            **values,  # type: ignore[arg-type]
        )

    return TraceResult(
        wayseal="0.1.0",
        seed=7,
        ledger_digest="sha256:9f2c61d5a0e84b7733c1f0aa5d2e9b4c6e1f8d7a3b5c9e0d2f4a6b8c0d1e3f57",
        leaks_digest="sha256:c0ffee12d3f25a6688e0b1c2d3f4a5968778695a4b3c2d1e0f9e8d7c6b5a4938",
        leaks=11,
        found=9,
        verdict=VerdictKind.SHORTLIST,
        unknown_share=0.17,
        fit=Fit(p_value=0.18, note=Note(code="fit.combined", values={"p": 0.18})),
        missing_tables=("changes", "queries", "tickets", "assignments", "partner_calls"),
        quality=(
            Note(code="quality.asked_missing"),
            Note(code="quality.found_low", values={"found": 9, "leaks": 11}),
            Note(code="quality.unknown_actors", values={"share": 0.024}),
        ),
        sources=(
            row(pair[0], 0.47, 4.1, 8, 0.9, set=pair, set_probability=0.938),
            row(pair[1], 0.468, 4.1, 8, 0.9, set=pair, set_probability=0.938),
            row(
                "yiwu-sorting-hub",
                0.11,
                2.9,
                9,
                3.8,
                kind=SourceKind.OUTLET,
                delays_h=(math.nan,) * 9,
            ),
            row("u-3301", 0.064, 2.4, 5, 1.1),
            row("partner-erp/export", 0.022, 1.6, 9, 6.9, kind=SourceKind.SESSION),
            row("eorder-v2", 0.014, 1.1, 7, 4.9, kind=SourceKind.CHANNEL, delays_h=(math.nan,) * 7),
        ),
        leak_rows=tuple(rows),
        saw=(
            saw("partner-erp", 9, 6.9, 0.022),
            saw(pair[0], 8, 0.9, 0.47),
            saw(pair[1], 8, 0.9, 0.468),
            saw("svc-notify", 8, 7.7),
            saw("u-3301", 5, 1.1, 0.064),
            saw("u-3302", 4, 1.2),
            saw("u-4107", 2, 0.8),
        ),
        sensitivity=((0.5, 0.33), (1.0, 0.41), (2.0, 0.47), (5.0, 0.49), (10.0, 0.5)),
        considered=CONSIDERED,
        span=("2026-02-01T00:00:04+00:00", "2026-03-31T23:59:58+00:00"),
        accesses=104_233_817,
        delay=DELAY,
    )


def nobody() -> TraceResult:
    """Four usable numbers, no source above 1 %, few tables."""
    rng = random.Random(5)
    rows = [leak(rng, line, (), rng.randrange(3, 12)) for line in (2, 3, 5, 6)]
    rows.append(not_found(rng, 4))
    early = Note(code="missing.no_reads_before_sale")
    rows.append(
        LeakRow(
            waybill=waybill(rng),
            line=7,
            seen_at=seen_at(rng, 7),
            found=True,
            missing=early,
            accounts=0,
            points_at=(),
            unknown=1.0,
        )
    )
    rows.sort(key=lambda row: row.line)
    return TraceResult(
        wayseal="0.1.0",
        seed=7,
        ledger_digest="sha256:9f2c61d5a0e84b7733c1f0aa5d2e9b4c6e1f8d7a3b5c9e0d2f4a6b8c0d1e3f57",
        leaks_digest="sha256:0d15ea5e43f25a6688e0b1c2d3f4a5968778695a4b3c2d1e0f9e8d7c6b5a4938",
        leaks=6,
        found=5,
        verdict=VerdictKind.INSUFFICIENT,
        unknown_share=0.97,
        fit=Fit(p_value=None, note=Note(code="fit.no_source")),
        missing_tables=(
            "actors",
            "outlets",
            "waybills",
            "changes",
            "scans",
            "queries",
            "tickets",
            "assignments",
            "partner_calls",
        ),
        quality=(
            Note(code="quality.found_low", values={"found": 5, "leaks": 6}),
            Note(code="quality.sold_before_read", values={"n": 1}),
            Note(code="quality.no_offset", values={"n": 6, "offset": "+08:00"}),
        ),
        sources=(),
        leak_rows=tuple(rows),
        saw=(saw("svc-track-api", 4, 3.4), saw("u-0010", 2, 0.4), saw("u-7211", 1, 0.02)),
        sensitivity=(),
        considered={SourceKind.ACTOR: 1_873},
        span=("2026-03-01T00:00:04+00:00", "2026-03-14T23:59:58+00:00"),
        accesses=1_204_117,
        delay=DELAY,
    )


def device() -> TraceResult:
    """A device inside the leading account that is likely by itself; more numbers than a screen or a picture shows."""
    one = named()
    lead = one.sources[0]
    part = replace(
        lead, source="d-7", kind=SourceKind.DEVICE, account=lead.source, probability=0.93, set=("d-7",), leaks=()
    )
    leaks = tuple(f"YT{n:013d}" for n in range(75))
    rows = tuple(replace(one.leak_rows[0], waybill=w, line=n + 2) for n, w in enumerate(leaks))
    return replace(one, sources=(replace(lead, leaks=leaks, delays_h=(2.0,) * 75), part), leak_rows=rows)


def untimed() -> TraceResult:
    """A device in its own right, which leads, and of which no read is known; a probability next to one."""
    one = named()
    lead = replace(one.sources[0], source="d-7", kind=SourceKind.DEVICE, set=("d-7",), probability=0.99999)
    return replace(one, sources=(replace(lead, delays_h=(math.nan,) * len(lead.leaks)),))


def lost() -> TraceResult:
    """Rows of the leaks that take no part, each for another reason."""
    result = nobody()
    one = LeakRow(waybill="", line=9, seen_at="", found=False, missing=None, accounts=0, points_at=(), unknown=1.0)
    bad = replace(one, missing=Note(code="missing.bad_row", values={"column": "seen_at", "reason": "empty"}))
    again = replace(one, found=True, missing=Note(code="missing.duplicate", values={"line": 2}))
    away = replace(one, missing=Note(code="missing.not_in_ledger"))
    return replace(result, found=7, leaks=12, leak_rows=(bad, again, away))


ALL = {
    "named": named, "shortlist": shortlist, "nobody": nobody, "device": device, "untimed": untimed, "lost": lost,
}  # fmt: skip


ids: SearchStrategy[str] = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=()), max_size=12), st.just("u-1")
)
floats = st.one_of(st.floats(), st.floats(0, 1))
probabilities = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.9999999, 1.0, float("nan")]))
times = st.one_of(
    ids,
    st.sampled_from(["2026-03-10T08:00:00+00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", "2026-03-10"]),
)
codes = st.one_of(st.sampled_from(sorted({*catalogue("en"), *catalogue("en", "wayseal.trace.report")})), ids)
blank_names = st.sampled_from(["n", "p", "hours", "from", "to", "share", "lines", "code", "self", "id", "x"])
notes = st.builds(
    Note, code=codes, values=st.dictionaries(blank_names, st.one_of(ids, st.integers(), st.floats(), times), max_size=4)
)
kinds = st.sampled_from(SourceKind)
counts = st.integers(0, 10**12)


def few(one: SearchStrategy[object], most: int = 4) -> SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=most).map(tuple)


sources = st.builds(
    SourceRow,
    source=ids,
    kind=kinds,
    probability=probabilities,
    set_probability=probabilities,
    log10_lr=floats,
    share=floats,
    saw=counts,
    expected=floats,
    set=few(ids),
    leaks=few(ids),
    delays_h=few(floats),
    role=st.none() | ids,
    outlet=st.none() | ids,
)
leak_rows = st.builds(
    LeakRow,
    waybill=ids,
    line=counts,
    seen_at=times,
    found=st.booleans(),
    missing=st.none() | notes,
    accounts=counts,
    points_at=few(st.tuples(ids, floats)),
    unknown=floats,
)
saws = st.builds(SawRow, source=ids, kind=kinds, saw=st.integers(0, 50), expected=floats, probability=floats)
delay_parts = st.builds(DelayPart, weight=floats, median_h=floats, sigma=floats)
results = st.builds(
    TraceResult,
    wayseal=ids,
    seed=st.integers(),
    ledger_digest=ids,
    leaks_digest=ids,
    leaks=counts,
    found=counts,
    verdict=st.sampled_from(VerdictKind),
    unknown_share=floats,
    fit=st.builds(
        Fit, p_value=st.none() | floats, note=notes, framed_by=st.none() | st.text(), framing_log10=st.none() | floats
    ),
    missing_tables=few(st.one_of(ids, st.sampled_from(["actors", "scans"]))),
    quality=few(notes),
    sources=few(sources, 8),
    leak_rows=few(leak_rows, 6),
    saw=few(saws, 6),
    sensitivity=few(st.tuples(floats, floats)),
    considered=st.dictionaries(kinds, counts),
    span=st.none() | st.tuples(times, times),
    accesses=counts,
    delay=few(delay_parts),
    kappa=floats,
    checkpoint=st.none()
    | st.builds(
        Checkpoint,
        origin=st.uuids().map(lambda u: f"wayseal/{u.hex}"),
        size=counts,
        root=st.binary(min_size=32, max_size=32),
    ),
)
