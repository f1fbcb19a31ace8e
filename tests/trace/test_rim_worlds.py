"""From files to a verdict, on worlds made by hand: who is named, who is not, and what is said of each row."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trace.rim import QUICK, World, at, leaks, number, office, opened, quiet, sale, short_chains, traced, write
from wayseal import trace
from wayseal.ledger import ingest, open_ledger
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.store import TABLES, open_source, read_leaks
from wayseal.store.types import Leaks
from wayseal.trace import TraceError, TraceResult, render
from wayseal.trace._evidence import Evidence
from wayseal.trace._posterior import Posterior, infer


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


STOLEN = range(0, 56, 7)


def with_thief(actor: str = "thief", session: str | None = None) -> World:
    """An office, and an account that read the eight numbers sold and twelve others."""
    world = office()
    for turn, place in enumerate(STOLEN):
        world.read(40 + turn, actor, number(place), session=session)
        world.read(41 + turn, actor, number(place + 3), session=session)
    for turn in range(4):
        world.read(60 + turn, actor, number(100 + turn), session=session)
    return world


BOUGHT = [sale(number(place), 44 + turn) for turn, place in enumerate(STOLEN)]


def run(folder: Path, world: World, bought: list[dict[str, Any]]) -> TraceResult:
    return traced(world.ledger(folder), leaks(folder, bought))


def accused(result: TraceResult, above: float = 0.5) -> dict[str, SourceKind]:
    return {row.source: row.kind for row in result.sources if row.probability > above}


def codes(result: TraceResult) -> list[str]:
    return [note.code.removeprefix("quality.") for note in result.quality]


def test_an_ordinary_leaker_is_named(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    world = with_thief()
    with open_ledger(world.ledger(tmp_path)) as snapshot:
        result = trace.trace(snapshot, leaks(tmp_path, BOUGHT), seed=7, progress=lambda *step: steps.append(step))
    assert steps == [("trace", done, 5) for done in range(6)]
    assert result.verdict is VerdictKind.NAMED
    assert accused(result) == {"thief": SourceKind.ACTOR}
    first = result.sources[0]
    assert (first.source, first.saw, first.set) == ("thief", 8, ("thief",))
    assert first.probability > 0.99
    assert set(first.leaks) == {number(place) for place in STOLEN}
    # It read 12 of the waybills that were read and not sold; one read and one waybill are added to the share.
    others = {row["waybill"] for row in world.tables["accesses"]} - {number(place) for place in STOLEN}
    assert first.expected == pytest.approx(8 * (12 + 1) / (len(others) + 1))
    assert sorted(first.delays_h) == pytest.approx([4.0] * 8)
    assert result.unknown_share < 0.2
    assert result.fit.p_value is not None
    assert result.fit.p_value > 0.01
    assert (result.leaks, result.found, result.accesses) == (8, 8, 40 * 18 + 20)
    assert result.considered[SourceKind.ACTOR] == 41
    assert all(row.points_at[0][0] == "thief" and row.unknown < 0.3 for row in result.leak_rows)
    assert result.saw[0].source == "thief"
    assert [kappa for kappa, _ in result.sensitivity] == [0.5, 1.0, 2.0, 5.0, 10.0]
    probabilities = [p for _, p in result.sensitivity]
    assert probabilities == sorted(probabilities)
    assert result.missing_tables == tuple(t for t in TABLES if t not in {"accesses", "leaks"})


def test_the_same_input_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    ledger, bought = with_thief().ledger(tmp_path), leaks(tmp_path, BOUGHT)
    first, second, other = (render(traced(ledger, bought, seed), "json", "en") for seed in (7, 7, 8))
    assert first == second
    assert json.loads(other)["seed"] == 8
    again = replace(traced(with_thief().ledger(tmp_path / "again"), bought), checkpoint=None)
    assert render(again, "json", "en") == render(replace(traced(ledger, bought), checkpoint=None), "json", "en")


def test_the_json_is_the_interface_of_the_contract(tmp_path: Path) -> None:
    document = json.loads(render(run(tmp_path, with_thief(session="s-1"), BOUGHT), "json", "en"))
    top = [
        "wayseal",
        "seed",
        "inputs",
        "checkpoint",
        "leaks",
        "found",
        "verdict",
        "unknown_share",
        "fit",
        "missing_tables",
        "quality",
        "sources",
    ]
    source = ["source", "kind", "probability", "log10_lr", "share", "saw", "expected", "set", "leaks"]
    assert list(document)[: len(top)] == top
    assert list(document["inputs"]) == ["ledger", "leaks"]
    assert list(document["fit"])[:2] == ["p_value", "note"]
    rows = document["sources"]
    assert rows
    for row in rows:
        assert list(row)[: len(source)] == source
        assert row["kind"] in {"actor", "session", "device", "channel", "outlet", "region"}
        assert 0.01 < row["probability"] < 1
        assert row["set"][0] == row["source"]
        assert row["saw"] == len(row["leaks"])
    assert [row["probability"] for row in rows] == sorted((row["probability"] for row in rows), reverse=True)
    assert len({(row["source"], row["kind"]) for row in rows}) == len(rows)
    assert len(document["leak_rows"]) == document["leaks"] == 8


def test_a_session_stands_beside_its_account(tmp_path: Path) -> None:
    world = with_thief()
    for row in world.tables["accesses"]:
        if row["actor"] == "thief":
            row["session"] = "night" if row["at"] < at(48) else "day"
    result = run(tmp_path, world, BOUGHT)
    assert result.sources[0].source == "thief"
    assert "night" in {row.source for row in result.sources if row.kind is SourceKind.SESSION}
    # Sessions are told by their account where numbers and bars are shown.
    assert all(row.kind is not SourceKind.SESSION for row in result.saw)
    assert all("night" not in dict(row.points_at) for row in result.leak_rows)


def city_network(*, regions: int = 3, each: int = 4, parcels: int = 20, scans: bool = False) -> World:
    """Outlets o-0 …, each with two clerks that read four fifths of what their outlet sends; all goes to h-0."""
    world, chance = World(), random.Random(3)
    world.outlet("h-0", "hub", "r-hub")
    place = 0
    for outlet in range(regions * each):
        name = f"o-{outlet}"
        world.outlet(name, f"city-{outlet // 2}", f"r-{outlet // each}")
        for clerk in "ab":
            world.actor(f"{name}-{clerk}", name)
        for _ in range(parcels):
            waybill, issued = number(place), chance.uniform(0, 40)
            world.issue(issued, waybill, name, "h-0", channel=f"ch-{place % 10}")
            if scans:
                world.scan(issued + 2, waybill, "pickup", name)
                world.scan(issued + 9, waybill, "arrive", "h-0")
            for clerk in "ab":
                if chance.random() < 0.8:
                    world.read(issued + chance.uniform(2, 8), f"{name}-{clerk}", waybill)
            place += 1
    return world


def test_a_purchase_from_a_few_outlets_accuses_nobody(tmp_path: Path) -> None:
    """Rule of strata: who works where the buyer bought has seen what he bought, guilty or not."""
    world, chance = city_network(), random.Random(8)
    picked = sorted(chance.sample(range(20), 8))
    asked = json.dumps({"origin_outlet": "o-0"})
    bought = [sale(number(place), 48 + turn, asked=asked) for turn, place in enumerate(picked)]
    ledger = world.ledger(tmp_path)
    told = traced(ledger, leaks(tmp_path, bought))
    assert accused(told) == {}
    assert told.verdict is VerdictKind.INSUFFICIENT
    silent = traced(ledger, leaks(tmp_path, [row | {"asked": None} for row in bought]))
    worst = max(row.probability for row in silent.sources)
    assert worst > max((row.probability for row in told.sources), default=0.0)
    assert "asked_missing" in codes(silent)
    assert "asked_missing" not in codes(told)


def test_an_outlet_that_no_log_shows(tmp_path: Path) -> None:
    """Labels photographed at an outlet: scans show that all came by it, and accounts that saw few are left alone."""
    world = city_network(scans=True)
    mine = {number(place) for place in range(60, 80, 2)}
    world.tables["accesses"] = [row for row in world.tables["accesses"] if row["waybill"] not in mine]
    # Where the leaked ones were read at all, many different accounts elsewhere did, one each.
    for turn, waybill in enumerate(sorted(mine)):
        world.read(45 + turn, f"o-{turn % 3}-a", waybill)
    bought = [sale(waybill, 56 + turn) for turn, waybill in enumerate(sorted(mine))]
    result = run(tmp_path, world, bought)
    assert accused(result) == {"o-3": SourceKind.OUTLET}
    first = result.sources[0]
    assert first.saw == 10
    # 10 waybills of the outlet were not sold, of 230 that were not: 10 draws would bring 10 * 11 / 231.
    assert first.expected == pytest.approx(10 * 11 / 231)
    assert all(delay != delay for delay in first.delays_h)  # noqa: PLR0124 (NaN: no logged read)


def test_a_channel_whose_numbers_are_sold_before_pickup(tmp_path: Path) -> None:
    world = city_network(scans=True)
    for row in world.tables["waybills"]:
        row["channel"] = "partner" if int(row["waybill"][2:]) % 20 == 0 else "app"
    issued = {row["waybill"]: row["issued_at"] for row in world.tables["waybills"]}
    mine = [waybill for waybill in issued if int(waybill[2:]) % 20 == 0][:9]
    bought = [{"waybill": w, "seen_at": at(0) + (issued[w] - at(0)) + (at(1) - at(0))} for w in mine]
    result = run(tmp_path, world, bought)
    assert accused(result) == {"partner": SourceKind.CHANNEL}
    assert result.sources[0].saw == 9
    assert "sold_before_read" not in codes(result)
    assert "read_after_sale" in codes(result)
    assert all(row.accounts == 0 and row.missing is not None for row in result.leak_rows)
    assert {row.missing.code for row in result.leak_rows if row.missing} == {"missing.no_reads_before_sale"}


def test_twins_share_a_set_and_are_not_split(tmp_path: Path) -> None:
    world = with_thief("twin-a")
    for row in [row for row in world.tables["accesses"] if row["actor"] == "twin-a"]:
        world.add("accesses", **(row | {"actor": "twin-b"}))
    result = run(tmp_path, world, BOUGHT)
    rows = {row.source: row for row in result.sources}
    a, b = rows["twin-a"], rows["twin-b"]
    assert a.probability == b.probability == pytest.approx(0.5, abs=0.05)
    assert a.set_probability == b.set_probability > 0.99
    assert a.set == ("twin-a", "twin-b")
    assert b.set == ("twin-b", "twin-a")
    assert a.log10_lr == b.log10_lr
    # A set of at most three that holds a source with .99 is a verdict.
    assert result.verdict is VerdictKind.NAMED


def test_no_row_of_the_leaks_file_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "bought.csv"
    known = [f"{number(place)},{at(44 + turn).isoformat()}\n" for turn, place in enumerate(STOLEN)]
    path.write_text(
        "waybill,seen_at\n"
        f"{known[0]}"  # line 2
        "ZZ9999999,2026-03-03T20:00:00Z\n"  # 3: not in the ledger
        f"{number(0)},2026-03-02T01:00:00Z\n"  # 4: the same as line 2, seen earlier: this one counts
        f"{number(7)},soon\n"  # 5: no time
        ",2026-03-03T20:00:00Z\n"  # 6: no number
        f"{''.join(known[2:])}",  # 7 to 12
        encoding="utf-8",
    )
    result = traced(with_thief().ledger(tmp_path), read_leaks(path))
    assert (result.leaks, result.found) == (11, 7)
    rows = {row.line: row for row in result.leak_rows}
    assert list(rows) == list(range(2, 13))
    why = {line: row.missing.code for line, row in rows.items() if row.missing}
    assert why == {
        2: "missing.duplicate",
        3: "missing.not_in_ledger",
        4: "missing.no_reads_before_sale",
        5: "missing.bad_row",
        6: "missing.bad_row",
    }
    assert rows[2].missing is not None
    assert dict(rows[2].missing.values) == {"line": 4}
    assert [row.found for row in result.leak_rows] == [True, False, True, False, False] + [True] * 6
    assert rows[3].waybill == "ZZ9999999"
    assert rows[3].unknown == 1.0
    assert rows[3].points_at == ()
    assert {"duplicate_leaks", "rejected_leaks"} <= set(codes(result))
    said = json.loads(render(result, "json", "en"))["leak_rows"]
    assert said[3]["missing"] == "the row could not be read (seen_at: not-a-time)"


def test_one_leak(tmp_path: Path) -> None:
    result = run(tmp_path, with_thief(), BOUGHT[:1])
    assert result.verdict is not VerdictKind.NAMED
    assert "single_leak" in codes(result)
    assert accused(result) == {}


def test_sold_before_any_read(tmp_path: Path) -> None:
    result = run(tmp_path, with_thief(), [sale(number(place), 1.0) for place in STOLEN])
    assert result.sources == ()
    assert result.verdict is VerdictKind.INSUFFICIENT
    assert result.unknown_share == 1.0
    assert result.sensitivity == ()
    assert result.fit.p_value is None
    assert result.fit.note.code == "fit.no_source"
    assert {"read_after_sale", "outside_log"} <= set(codes(result))
    assert all(row.missing and row.missing.code == "missing.no_reads_before_sale" for row in result.leak_rows)
    assert "No source" in render(result, "text", "en")


def test_a_ledger_without_reads(tmp_path: Path) -> None:
    world = World()
    for place in range(30):
        world.issue(place / 2, number(place), f"o-{place % 5}", "h-0", channel=f"ch-{place % 3}")
    result = run(tmp_path, world, [sale(number(place), 30) for place in range(4)])
    assert result.span is None
    assert result.accesses == 0
    assert result.found == 4
    assert "accesses" in result.missing_tables
    assert {"empty_log", "sold_before_read"} <= set(codes(result))
    assert all(row.kind is not SourceKind.ACTOR for row in result.sources)
    for form in ("text", "json", "html"):
        assert render(result, form, "zh")


def test_nothing_of_the_file_is_in_the_ledger(tmp_path: Path) -> None:
    result = run(tmp_path, office(), [sale("ZZ1", 40), sale("ZZ2", 41)])
    assert (result.leaks, result.found, result.verdict) == (2, 0, VerdictKind.INSUFFICIENT)
    assert result.sources == ()
    assert "found_low" in codes(result)
    assert [row.missing.code for row in result.leak_rows if row.missing] == ["missing.not_in_ledger"] * 2
    for form in ("text", "json", "html"):
        assert render(result, form, "en")


def on_days(result_of: Path, rows: list[dict[str, Any]]) -> Leaks:
    """The numbers as somebody lists them who writes down the day alone, by China's clock."""
    lines = [f"{row['waybill']},{row['seen_at'] + timedelta(hours=8):%Y-%m-%d}" for row in rows]
    path = result_of / "days.csv"
    path.write_text("waybill,seen_at\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return read_leaks(path, offset="+08:00")


def test_a_day_without_a_time_is_any_moment_of_it(tmp_path: Path) -> None:
    """Midnight would stand before most of the reads, and nobody would be named."""
    ledger = with_thief().ledger(tmp_path)
    bought = on_days(tmp_path, BOUGHT)
    result = traced(ledger, bought)
    assert (result.verdict, result.sources[0].source) == (VerdictKind.NAMED, "thief")
    assert result.sources[0].saw == len(STOLEN)
    assert "days" in codes(result)
    assert result.fit.note.code == "fit.uniform_ok"
    midnight = traced(ledger, replace(bought, by_day=np.zeros(len(STOLEN), np.bool_)))
    assert midnight.verdict is VerdictKind.INSUFFICIENT
    first = result.leak_rows[0]
    assert (first.seen_at, first.seen_until) == ("2026-03-03T16:00:00Z", "2026-03-04T16:00:00Z")
    assert "Of 8 of the numbers only the day of the sighting is known" in render(result, "text", "en")
    assert '"seen_until": "2026-03-04T16:00:00Z"' in render(result, "json", "en")
    page = render(result, "html", "en")
    assert "2026-03-04 00:00 to 2026-03-05 00:00" in page
    assert "up to " in page


def test_a_file_without_a_number_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bought.csv"
    path.write_text("waybill,seen_at\nYT1,never\n", encoding="utf-8")
    with opened(office(waybills=20, clerks=2, each=3), tmp_path) as snapshot, pytest.raises(TraceError) as caught:
        trace.trace(snapshot, read_leaks(path), seed=7, progress=quiet)
    assert caught.value.exit_code == 3
    assert "never" not in str(caught.value)


def test_an_actor_that_actors_does_not_know(tmp_path: Path) -> None:
    world = with_thief()
    for clerk in range(40):
        world.actor(f"c-{clerk}", "o-1")
    result = run(tmp_path, world, BOUGHT)
    first = result.sources[0]
    assert (first.source, first.role, first.outlet) == ("thief", None, None)
    assert result.verdict is VerdictKind.NAMED
    assert "unknown_actors" in codes(result)
    assert result.considered[SourceKind.ACTOR] == 41


def test_an_account_with_a_post_shows_it(tmp_path: Path) -> None:
    world = with_thief()
    world.actor("thief", None, role="auditor")
    world.actor("c-1", "o-1")
    result = run(tmp_path, world, BOUGHT)
    assert (result.sources[0].role, result.sources[0].outlet) == ("auditor", None)


def test_chains_that_disagree_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def apart(evidence: Evidence, *, seed: int) -> Posterior:
        return replace(infer(evidence, seed=seed, effort=QUICK), disagreement=0.25)

    monkeypatch.setattr("wayseal.trace.infer", apart)
    result = run(tmp_path, with_thief(), BOUGHT)
    [note] = [note for note in result.quality if note.code == "quality.chains_disagree"]
    assert note.values == {"difference": 0.25}


def test_a_late_ingest_changes_the_digest_and_the_answer(tmp_path: Path) -> None:
    ledger = office().ledger(tmp_path)
    bought = leaks(tmp_path, BOUGHT)
    before = traced(ledger, bought)
    assert accused(before) == {}
    more = [row for row in with_thief().tables["accesses"] if row["actor"] == "thief"]
    ingest(open_source(write(tmp_path / "late", "accesses", more)), ledger)
    after = traced(ledger, bought)
    assert accused(after) == {"thief": SourceKind.ACTOR}
    assert after.ledger_digest != before.ledger_digest
    assert after.leaks_digest == before.leaks_digest
