"""What is left after purges and compactions is what was never touched, and it verifies."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.helpers import load_manifest, put, read, write
from tests.ledger.kept import NOW, Row, Tables, answers, day, first_seen, ingested, iso, order, purged
from tests.ledger.sealed import KEY, looked, note
from wayseal import ledger
from wayseal.ledger import LedgerError, _purge_selector, _recount, integrity
from wayseal.ledger.errors import LedgerChangedError, NoSuchReadError, TooYoungError
from wayseal.ledger.retention import compact, plan_purge, prove_purge, purge
from wayseal.proofs.reads import verify_read


def world(lot: random.Random, reads: int = 200, days: int = 30, waybills: int = 60) -> dict[str, list[Row]]:
    """Reads, and something of every other table, of waybills each first seen on a day of its own."""
    seen = {f"YT{n}" if n % 3 else f"X-{n}Q": n * days / waybills for n in range(waybills)}
    names = list(seen)

    def when(name: str, most: float = 6) -> Any:
        return day(seen[name] + lot.uniform(0, most))

    out: dict[str, list[Row]] = {"accesses": [], "scans": [], "waybills": [], "tickets": [], "queries": []}
    out["partner_calls"] = []
    for n in range(reads):
        name = lot.choice(names)
        more = {"session": f"s{lot.randrange(80)}", "ip": f"10.0.0.{lot.randrange(60)}"} if n % 4 else {}
        access = {"access": f"a{n}"} if n % 5 else {}
        at = when(name)
        out["accesses"].append({"at": at, "actor": f"u{lot.randrange(6)}", "waybill": name, **more, **access})
    for name in lot.sample(names, waybills // 2):
        row = {"waybill": name, "issued_at": day(seen[name]), "channel": lot.choice(["c1", "c2"])}
        out["waybills"].append({**row, "origin_outlet": f"o{lot.randrange(4)}", "destination_outlet": "o1"})
        out["scans"].append({"waybill": name, "at": when(name), "kind": "pickup", "outlet": f"o{lot.randrange(5)}"})
        out["tickets"].append({"ticket": f"t{name}", "waybill": name, "opened_at": when(name), "actor": "u1"})
        out["partner_calls"].append({"partner": "p", "at": when(name), "waybill": name})
    for n in range(40):
        asked = {"request": f"q{n}", "at": day(n * days / 40), "actor": "u1", "filter": "{}"}
        out["queries"].append({**asked, "session": f"s{n}" if n % 2 else None})
    return out


def halves(lot: random.Random, rows: Tables, parts: int) -> list[dict[str, list[Row]]]:
    """The rows of a world in portions by waybill, so that each waybill's bucket is that of all its rows."""
    out: list[dict[str, list[Row]]] = [{t: [] for t in rows} for _ in range(parts)]
    of = {w: lot.randrange(parts) for w in {str(r["waybill"]) for t in rows for r in rows[t] if "waybill" in r}}
    for table, some in rows.items():
        for row in some:
            out[of[str(row["waybill"])] if "waybill" in row else lot.randrange(parts)][table].append(row)
    return [{t: r for t, r in portion.items() if r} for portion in out]


def left(rows: Tables, before: int) -> dict[str, list[Row]]:
    """What a purge leaves of rows."""
    seen = first_seen(rows)

    def stays(row: Row) -> bool:
        known = seen.get(str(row.get("waybill")))
        return "waybill" not in row or day(before) <= (row["opened_at"] if known is None else known)

    kept = {t: [r for r in some if stays(r)] for t, some in rows.items()}
    kept["queries"] = [q for q in rows.get("queries", ()) if q["at"] >= day(before)]
    return {t: some for t, some in kept.items() if some}


@examples(10, quick=4)
@given(
    seed=st.integers(0, 10**6), first=st.integers(1, 25), further=st.integers(0, 12), parts=st.sampled_from([1, 2, 64])
)
def test_what_is_left_is_what_was_never_touched(
    tmp_path_factory: pytest.TempPathFactory, seed: int, first: int, further: int, parts: int
) -> None:
    """Ingest, purge, ingest, compact, purge: every answer is that of a ledger made of what is left alone."""
    lot, folder = random.Random(seed), tmp_path_factory.mktemp("world")
    rows = world(lot)
    early, late = halves(lot, rows, 2)
    late = left(late, first)
    path = folder / "L"
    for n, portion in enumerate(halves(lot, early, 3)):
        ingested(folder, f"early{n}", portion, path, parts=parts)
    purged(path, iso(first))
    assert looked(path).findings == ()
    for n, portion in enumerate(p for p in halves(lot, late, 2) if p):
        ingested(folder, f"late{n}", portion, path, parts=parts)
    if seed % 2:
        compact(path)
    purged(path, iso(first + further))
    found = looked(path)
    assert found.findings == ()
    compact(path)
    assert looked(path).findings == ()
    every = {t: [*early.get(t, ()), *late.get(t, ())] for t in rows}
    kept = left(every, first + further)
    assert found.rows == len(kept.get("accesses", ()))
    ingested(folder, "kept", kept or {"outlets": []}, folder / "M")
    mine, others = answers(path), answers(folder / "M")
    for name in others:
        assert (name, mine[name]) == (name, others[name])


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger large enough for pages that a purge makes go wholly, and its purged copy."""
    folder = tmp_path_factory.mktemp("many")
    rows = [
        {
            "at": day(n / 100),
            "actor": f"u{n % 7}",
            "waybill": f"YT{n // 3}",
            "access": f"a{n}",
            "session": f"s{n // 50}",
        }
        for n in range(4000)
    ]
    for n in range(4):
        ingested(folder, str(n), {"accesses": rows[n * 1000 : n * 1000 + 1000]}, folder / "L", parts=1 + n % 2)
    mixed = [{"at": day(n % 40), "actor": "u", "waybill": f"ZT{n}", "access": f"z{n}"} for n in range(1500)]
    ingested(folder, "mixed", {"accesses": mixed}, folder / "L", parts=2)
    (folder / "before").write_bytes(note(folder / "L"))
    shutil.copytree(folder / "L", folder / "P")
    purged(folder / "P", iso(15))
    (folder / "after").write_bytes(note(folder / "P"))
    return folder


def kinds(path: Path) -> dict[str, int]:
    out: dict[str, int] = {}
    for entry in load_manifest(path).files:
        out[entry.kind] = out.get(entry.kind, 0) + entry.rows
    return out


def test_older_checkpoints_hold_after_a_purge(many: Path) -> None:
    found = looked(many / "P", (many / "before").read_bytes(), (many / "after").read_bytes())
    assert (found.findings, len(found.checkpoints)) == ((), 2)
    assert kinds(many / "P")["gone"] > 0
    assert kinds(many / "P")["tombstones"] > 0
    purge_ = load_manifest(many / "P").purges[0]
    assert (purge_.before, purge_.who, purge_.why, purge_.reads) == (iso(15), "keeper", "retention", 2070)


def test_in_ranges_of_any_size(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages lie across ranges of keys; what is left and the tombstones are the same."""
    shutil.copytree(many / "L", tmp_path / "L")
    monkeypatch.setattr(_purge_selector, "_MOST", 1)
    monkeypatch.setattr(_recount, "_MOST", 1)
    purged(tmp_path / "L", iso(15))
    assert looked(tmp_path / "L").findings == ()
    assert kinds(tmp_path / "L") == kinds(many / "P")
    assert answers(tmp_path / "L") == answers(many / "P")
    assert tombstone_rows(tmp_path / "L") == tombstone_rows(many / "P")


def tombstone_rows(path: Path) -> list[dict[str, Any]]:
    """Tombstones and gone pages, in one order."""
    rows = [r for f in load_manifest(path).files if f.kind in ("tombstones", "gone")
            for r in pq.read_table(path / f.path).to_pylist()]  # fmt: skip
    return sorted(rows, key=lambda r: (r["generation"], r["part"], r.get("place", -1), r.get("page", -1)))


def test_later_purges_drop_tombstones(many: Path, tmp_path: Path) -> None:
    shutil.copytree(many / "P", tmp_path / "L")
    counts = [kinds(tmp_path / "L")["tombstones"]]
    for before in (20, 30, 39):
        purged(tmp_path / "L", iso(before))
        assert looked(tmp_path / "L", (many / "before").read_bytes()).findings == ()
        counts.append(kinds(tmp_path / "L").get("tombstones", 0))
    assert max(counts) < 2500  # of 5,500 reads: those in pages that still hold one
    purged(tmp_path / "L", iso(60))
    found = looked(tmp_path / "L", (many / "before").read_bytes())
    assert (found.findings, found.rows) == ((), 0)
    assert "tombstones" not in kinds(tmp_path / "L")
    assert kinds(tmp_path / "L")["gone"] == 1 + 2 + 1 + 2 + 2  # one stretch a commit and part


def test_every_read_that_is_left_is_proved_and_no_other(many: Path) -> None:
    lot = random.Random(1)
    after = (many / "after").read_bytes()
    for n in lot.sample(range(4000), 12):
        if n // 3 * 3 / 100 >= 15:
            made = integrity.prove(many / "P", f"a{n}", f"YT{n // 3}", after)
            assert verify_read(made.to_json().encode(), [KEY.verify_key]).read["access"] == f"a{n}"
        else:
            for waybill in (f"YT{n // 3}", None):
                with pytest.raises(NoSuchReadError, match=f"before {iso(15)} were purged"):
                    integrity.prove(many / "P", f"a{n}", waybill, after)
    for n in (16, 1496, 39):
        made = integrity.prove(many / "P", f"z{n}", f"ZT{n}", (many / "before").read_bytes())
        assert verify_read(made.to_json().encode(), [KEY.verify_key]).read["waybill"] == f"ZT{n}"


def test_nothing_of_what_went_is_left(many: Path) -> None:
    """Not the number, nor its key, nor the session: in no file."""
    with ledger.open_ledger(many / "P") as snapshot:
        gone, stays = snapshot.keys(["YT1", "ZT4"]), snapshot.keys(["YT1300"])
        session = snapshot.keys(["s1"])
        assert snapshot.find(gone).num_rows == 0
        assert snapshot.names("session", session) == [""]
        assert snapshot.names("waybill", gone) == ["", ""]
    sought = [int(k).to_bytes(8, "little") for k in (*gone, *session)]
    content = [p.read_bytes() for p in (many / "P/data").rglob("*.parquet")]
    assert all(s not in c for s in sought for c in content)
    assert any(int(stays[0]).to_bytes(8, "little") in c for c in content)


def test_what_is_older_does_not_come_back(many: Path, tmp_path: Path) -> None:
    shutil.copytree(many / "P", tmp_path / "L")
    before = answers(tmp_path / "L")
    assert len(put(many / "1", tmp_path / "L").skipped) == 1
    old = [read(0, "u9", f"YT{n}", session="old") | {"at": day(n)} for n in range(20)]
    asked = [{"request": "q", "at": day(n), "actor": "u1", "filter": "{}"} for n in (3, 30)]
    write(tmp_path / "1", "queries", asked)
    report = put(write(tmp_path / "1", "accesses", old).parent, tmp_path / "L", keep_rejected=True)
    assert report.rejected == {"purged": 16}
    assert "purged" in next((tmp_path / "L/quarantine").glob("*[0-9a-f].csv")).read_text()
    now = answers(tmp_path / "L")
    assert len(now["reads"]) == len(before["reads"]) + 5
    assert looked(tmp_path / "L").findings == ()


def test_rejected_texts_go_with_the_rows_beside_them(tmp_path: Path) -> None:
    for n, at in enumerate(("2025-01-01", "2025-03-01")):
        (tmp_path / f"accesses.{n}.csv").write_text(f"at,actor,waybill\nnever,secret,YT1\n{at}T00:00Z,u,YT{n}\n")
        put(tmp_path / f"accesses.{n}.csv", tmp_path / "L", keep_rejected=True)
    purged(tmp_path / "L", "2025-02-01")
    compact(tmp_path / "L")
    raw = list((tmp_path / "L/quarantine").glob("*.raw.csv"))
    assert len(raw) == 1
    assert looked(tmp_path / "L").findings == ()


def test_mentions_go_by_their_own_age(tmp_path: Path) -> None:
    tickets = [{"ticket": f"t{n}", "waybill": f"YT{n // 2}", "opened_at": day(n), "actor": "u"} for n in range(20)]
    rows = {"tickets": tickets, "accesses": [{"at": day(90), "actor": "u", "waybill": "YT99"}]}
    ingested(tmp_path, "1", rows, tmp_path / "L")
    assert purged(tmp_path / "L", iso(7)).plan.waybills == 3
    assert sorted(r["ticket"] for r in answers_of(tmp_path / "L", "tickets")) == sorted(f"t{n}" for n in range(6, 20))
    assert looked(tmp_path / "L").findings == ()


def answers_of(path: Path, table: str) -> list[dict[str, Any]]:
    with ledger.open_ledger(path) as snapshot:
        found: list[dict[str, Any]] = snapshot.table(table, snapshot.keys([f"YT{n}" for n in range(100)])).to_pylist()
        return found


def test_what_the_law_wants_kept(tmp_path: Path) -> None:
    """183 days back from the newest read, or from now where that lies ahead of it."""
    reads = [{"at": day(n), "actor": "u", "waybill": f"YT{n}"} for n in (0, 50, 100, 150, 250)]
    late = [{"at": day(200), "actor": "u", "waybill": "YT0", "session": "s"}]
    ingested(tmp_path, "1", {"accesses": [*reads, *late]}, tmp_path / "L")
    path, before = tmp_path / "L", (tmp_path / "L/manifest.json").read_bytes()
    with pytest.raises(TooYoungError, match=f"latest day is {iso(67)}") as caught:
        purge(path, order(iso(68)))
    assert caught.value.exit_code == 12
    with pytest.raises(TooYoungError):
        plan_purge(path, order(keep_days=182))
    with pytest.raises(TooYoungError, match=f"latest day is {iso(17)}"):
        purge(path, order(iso(50), at=day(200.5)))
    planned = plan_purge(path, order(keep_days=183))
    assert (planned.before, planned.plan.reads, planned.plan.waybills, planned.plan.held) == (iso(67), 1, 1, 1)
    assert (path / "manifest.json").read_bytes() == before
    done = purge(path, order(keep_days=183))
    assert (done.plan, done.bytes > 0) == (planned.plan, True)
    assert sorted(r["at"] for r in answers(path)["reads"]) == [day(n) for n in (0, 100, 150, 200, 250)]
    assert looked(path).findings == ()
    assert load_manifest(path).purges[0].held == 1
    assert purge(path, order(iso(60))).plan.nothing
    assert purged(path, iso(60)).plan.waybills == 1
    assert sorted(r["at"] for r in answers(path)["reads"]) == [day(n) for n in (100, 150, 250)]
    assert looked(path).findings == ()
    assert [p.below_minimum for p in load_manifest(path).purges] == [False, True]


def test_a_ledger_without_reads(tmp_path: Path) -> None:
    """Counted back from now."""
    scans = [{"waybill": f"YT{n}", "at": day(n), "kind": "pickup", "outlet": "o"} for n in range(9)]
    ingested(tmp_path, "1", {"scans": scans}, tmp_path / "L")
    with pytest.raises(TooYoungError):
        purge(tmp_path / "L", order(iso(5), at=day(100)))
    assert purge(tmp_path / "L", order(iso(5), at=NOW)).plan.waybills == 5
    assert answers(tmp_path / "L")["size"] == 4
    assert looked(tmp_path / "L").findings == ()
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().first_at is None


def test_a_merged_bucket_of_a_commit_that_loses_nothing(tmp_path: Path) -> None:
    """A late read had a young bucket merged: it holds reads of a commit that loses some, and of one that loses none."""
    first = [{"at": day(n), "actor": "u", "waybill": w} for n, w in ((1, "YT1"), (200, "YT2"), (200.5, "YT2"))]
    ingested(tmp_path, "1", {"accesses": first}, tmp_path / "L")
    ingested(tmp_path, "2", {"accesses": [{"at": day(200.2), "actor": "u", "waybill": "YT2"}]}, tmp_path / "L")
    moved = [{"at": day(200.001), "actor": "v", "waybill": "YT2"}, {"at": day(199.9), "actor": "u", "waybill": "YT2"}]
    ingested(tmp_path, "3", {"accesses": moved}, tmp_path / "L")
    assert [e.rows for e in load_manifest(tmp_path / "L").files if e.kind == "accesses"] == [1, 5], "one is merged"
    purged(tmp_path / "L", iso(100))
    found = looked(tmp_path / "L")
    assert (found.findings, found.rows) == ((), 5)


def test_all_may_go(tmp_path: Path) -> None:
    ingested(tmp_path, "1", world(random.Random(3)), tmp_path / "L", parts=2)
    purged(tmp_path / "L", iso(300))
    found = looked(tmp_path / "L")
    assert (found.findings, found.rows) == ((), 0)
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        summary = snapshot.summary()
        assert (summary.first_at, summary.rows["accesses"], snapshot.size()) == (None, 0, 0)
    put(write(tmp_path / "2", "accesses", [{"at": day(301), "actor": "u", "waybill": "YT1"}]), tmp_path / "L")
    assert looked(tmp_path / "L").findings == ()


def test_nothing_to_do_changes_nothing(tmp_path: Path) -> None:
    put(write(tmp_path / "1", "accesses", [{"at": day(9), "actor": "u", "waybill": "YT1"}]), tmp_path / "L")
    before = (tmp_path / "L/manifest.json").read_bytes()
    report = purged(tmp_path / "L", iso(9))
    assert (report.plan.nothing, report.manifests, report.bytes) == (True, None, report.bytes_before)
    assert compact(tmp_path / "L").nothing
    assert (tmp_path / "L/manifest.json").read_bytes() == before


def test_compaction_changes_no_answer(many: Path, tmp_path: Path) -> None:
    for n in range(3):
        ingested(tmp_path, str(n), world(random.Random(n)), tmp_path / "L", parts=4)
    before, size = answers(tmp_path / "L"), len(load_manifest(tmp_path / "L").files)
    first = note(tmp_path / "L")
    report = compact(tmp_path / "L")
    assert (report.files_before, report.left) == (size, 0)
    assert report.files < size
    entries = load_manifest(tmp_path / "L").files
    assert len({(f.kind, f.day) for f in entries}) == len(entries) == report.files
    assert answers(tmp_path / "L") == before
    assert looked(tmp_path / "L", first).findings == ()
    made = integrity.prove(many / "P", "a3000", "YT1000", (many / "before").read_bytes()).to_json()
    shutil.copytree(many / "P", tmp_path / "P")
    compact(tmp_path / "P")
    again = integrity.prove(tmp_path / "P", "a3000", "YT1000", (many / "before").read_bytes()).to_json()
    assert again == made


def test_counts_of_many_parts_are_added_up_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wayseal.ledger.retention import counts

    monkeypatch.setattr(_purge_selector, "_MOST", 1)
    monkeypatch.setattr(counts, "_MANY", 1)
    rows = world(random.Random(8))
    for n, portion in enumerate(halves(random.Random(8), rows, 3)):
        ingested(tmp_path, str(n), portion, tmp_path / "L", parts=64)
    purged(tmp_path / "L", iso(30))
    ingested(tmp_path, "left", left(rows, 30), tmp_path / "M")
    assert answers(tmp_path / "L") == answers(tmp_path / "M")


@pytest.mark.parametrize("work", [lambda p: purged(p, iso(5)), compact, lambda p: plan_purge(p, order(iso(5)))])
def test_a_ledger_that_is_not_there(tmp_path: Path, work: Callable[[Path], object]) -> None:
    with pytest.raises(LedgerError, match="no ledger"):
        work(tmp_path / "none")


def test_what_was_changed_is_not_rewritten(many: Path, tmp_path: Path) -> None:
    """A purge must not wash out what somebody changed."""
    names = [f.path for f in load_manifest(many / "L").files if f.kind in ("accesses", "catalogue", "counts:volumes")]
    for n, name in enumerate((names[0], names[30], *names[-3:])):
        copy = tmp_path / str(n)
        shutil.copytree(many / "L", copy)
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 3] ^= 1
        (copy / name).write_bytes(content)
        before = (copy / "manifest.json").read_bytes()
        with pytest.raises(LedgerError):
            purged(copy, iso(38))
        assert (copy / "manifest.json").read_bytes() == before
        (copy / name).unlink()
        with pytest.raises(LedgerError, match="missing"):
            purged(copy, iso(38))


def test_what_is_missing_is_not_merged(tmp_path: Path) -> None:
    for n in range(2):
        put(write(tmp_path / str(n), "accesses", [read(n, "u", "YT1")]), tmp_path / "L")
    before = load_manifest(tmp_path / "L")
    gone = tmp_path / "L" / next(f.path for f in before.files if f.kind == "accesses")
    gone.unlink()
    with pytest.raises(LedgerError, match="missing") as caught:
        compact(tmp_path / "L")
    assert (caught.value.file, load_manifest(tmp_path / "L")) == (gone, before)


def test_what_a_summary_says_after_a_purge(many: Path) -> None:
    with ledger.open_ledger(many / "L") as before, ledger.open_ledger(many / "P") as snapshot:
        was, now = before.summary(), snapshot.summary()
    assert (was.purges, was.first_at) == ((), int(day(0).timestamp()) * 1_000_000)
    assert (now.first_at, now.last_at) == (int(day(15).timestamp()) * 1_000_000, was.last_at)
    assert now.rows["accesses"] == was.rows["accesses"] - now.purges[0].reads


def test_sessions_across_the_boundary(tmp_path: Path) -> None:
    """What is left of a session has the times of its own reads."""
    reads = [{"at": day(n), "actor": "u", "waybill": f"YT{n}", "session": "long"} for n in (0, 10, 20, 30)]
    ingested(tmp_path, "1", {"accesses": reads}, tmp_path / "L")
    purged(tmp_path / "L", iso(15))
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        found = snapshot.session_volumes(snapshot.keys(["long"])).to_pylist()
    assert [(r["reads"], r["first"], r["from"], r["to"]) for r in found] == [(2, 2, day(20), day(30))]


def test_reads_that_no_commit_brought_stop_a_purge(many: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    from tests.ledger.helpers import save_manifest

    copy = tmp_path / "L"
    shutil.copytree(many / "L", copy)
    manifest = load_manifest(copy)
    for change in (
        lambda c: c[:-1],
        lambda c: (*c[:1], replace(c[1], pages=c[1].pages + 1), *c[2:]),
    ):
        save_manifest(copy, replace(manifest, commits=change(manifest.commits)))
        with pytest.raises(LedgerChangedError, match="wayseal ledger verify"):
            purged(copy, iso(38))


def test_names_and_reasons_that_are_no_utf_8(tmp_path: Path) -> None:
    """The bytes of a file's name, and what a terminal gives, can be anything; the manifest can be read all the same."""
    log = tmp_path / os.fsdecode(b"log\xff.csv")
    log.write_text("at,actor,waybill\n2025-01-02T06:00:00Z,u,YT1\n2025-02-02T06:00:00Z,u,YT2\n")
    put(log, tmp_path / "L")
    report = purged(tmp_path / "L", iso(15), who="keeper", why="期满\udcfe")
    made = load_manifest(tmp_path / "L")
    assert (made.sources[0].name, made.purges[0].why) == ("log\\udcff.csv", "期满\\udcfe")
    assert report.manifests is not None
    notes = [note(tmp_path / "L").decode()]
    assert prove_purge(tmp_path / "L", report.manifests, notes).to_json().encode()
