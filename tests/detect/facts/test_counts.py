"""Counts against a count in plain Python, and logs that somebody broke."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.making import ACTORS, CHINA, DAY, STAFF, commit, facts, same
from tests.effort import examples
from tests.ledger.helpers import at, read
from wayseal import ledger
from wayseal.detect.explain import UNEXPLAINED, UNKNOWN, Template, TemplateKind
from wayseal.detect.facts import Facts, totals
from wayseal.model.kinds import Action

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
PLAIN = (
    Template(
        name="mandate",
        by=TemplateKind.MANDATE,
        strong=True,
        rights=frozenset(("waybill.all",)),
        actions=frozenset((Action.VIEW,)),
    ),
    Template(name="ticket", by=TemplateKind.TICKET, strong=True, before=0, after=0),
    Template(name="covers", by=TemplateKind.HANDOVER, strong=False, before=0, after=0),
)
"""Few templates, so that a few lines of Python say the same."""
TEAMS = {a["actor"]: (a["role"], a.get("outlet") or a.get("region")) for a in ACTORS}


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def answer(row: Row, tickets: Sequence[Row], known: bool) -> int:
    """Place of the template that explains a first read."""
    if row["actor"] == "all" and row.get("action") == "view":
        return 0
    mine = [t for t in tickets if t["waybill"] == row["waybill"]]
    open_then = [t for t in mine if t["opened_at"] <= row["at"] <= t["closed_at"]]
    if any(t["actor"] == row["actor"] for t in open_then):
        return 1
    team = TEAMS.get(row["actor"], (None, None))
    if team[1] and any(TEAMS.get(t["actor"]) == team for t in open_then):
        return 2
    return UNEXPLAINED if known else UNKNOWN


def counted(reads: Sequence[Row], tickets: Sequence[Row], scans: Sequence[Row], offset: int) -> dict[str, Any]:
    """The facts with names for keys, as plain dicts."""
    hours: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    uses: dict[Any, list[int]] = {}
    shown: Counter[Any] = Counter()
    suspects = {}
    seen: set[Any] = set()
    actions: dict[Any, int] = {action: place for place, action in enumerate(Action, 1)}
    for row in sorted(reads, key=lambda r: r["at"]):  # stable: of equal times the first row is the first read
        when = us(row["at"])
        cell = hours[row["actor"], when // HOUR_US]
        cell[0] += 1
        day = (when + offset) // DAY_US
        for kind, name in enumerate(("device", "ip")):
            if row.get(name):
                use = uses.setdefault((row["actor"], day, kind, row[name]), [0, when, when])
                use[0], use[2] = use[0] + 1, when
        fields = "\x1f".join(row.get("fields") or ())
        shown[row["actor"], day, actions.get(row.get("action"), 0), row.get("purpose") or "", fields] += 1
        if (pair := (row["waybill"], row["actor"])) in seen:
            continue
        seen.add(pair)
        cell[1] += 1
        before = [s["at"] for s in scans if s["waybill"] == row["waybill"]]
        known = bool(before) or any(t["waybill"] == row["waybill"] for t in tickets)
        why = answer(row, tickets, known)
        cell[2] += why == 0
        if why > 1:
            early = why >= UNEXPLAINED and bool(before) and row["at"] < min(before)
            suspects[pair] = (
                when,
                actions.get(row.get("action"), 0),
                row.get("device") or "",
                row.get("ip") or "",
                why,
                early,
            )
    return {"hours": dict(hours), "uses": uses, "shown": dict(shown), "suspects": suspects}


def named(path: Path, made: Facts) -> dict[str, Any]:
    """The same of facts."""
    with ledger.open_ledger(path) as snapshot:

        def rows(name: str, **kinds: str) -> list[tuple[Any, ...]]:
            table = getattr(made, name)
            columns = {n: table[n].to_pylist() for n in table.column_names}
            for column, kind in kinds.items():
                columns[column] = snapshot.names(kind, table[column].to_numpy())
            return list(zip(*columns.values(), strict=True))

        uses = {}
        by_kind = {kind: snapshot.names(kind, made.uses["value"].to_numpy()) for kind in ("device", "ip")}
        for n, (actor, day, kind, _, *cell) in enumerate(rows("uses", actor="actor")):
            uses[actor, day, kind, by_kind["ip" if kind else "device"][n]] = cell
        suspects = {}
        about = {"waybill": "waybill", "actor": "actor", "device": "device", "ip": "ip"}
        for waybill, actor, when, action, device, ip, _, why, early, *_ in rows("suspects", **about):
            suspects[waybill, actor] = (when, action, device, ip, why, early)
        return {
            "hours": {(a, h): cell for a, h, *cell in rows("hours", actor="actor")},
            "uses": uses,
            "shown": {tuple(r[:5]): r[5] for r in rows("shown", actor="actor", purpose="purpose", fields="fields")},
            "suspects": suspects,
        }


MINUTES = st.one_of(
    st.integers(-3 * DAY, 30 * DAY),
    st.sampled_from([-36 * 365 * DAY, 66 * 365 * DAY, 73 * 365 * DAY]),  # clocks that jumped to 1990, 2092, 2099
)
READS = st.lists(
    st.builds(
        lambda minutes, actor, waybill, more: read(minutes, actor, waybill, **more),
        MINUTES, st.sampled_from(["u-1", "u-2", "u-4", "all", "stranger"]), st.sampled_from(["YT1", "YT2", "YT3"]),
        st.fixed_dictionaries({}, optional={
            "action": st.sampled_from([a.value for a in Action]), "device": st.sampled_from(["d-1", "d-2"]),
            "ip": st.sampled_from(["i-1", "i-2"]), "purpose": st.sampled_from(["p", "q"]),
            "fields": st.sampled_from([["name"], ["name", "phone"]]),
        }),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@examples(20)
@given(reads=READS, offset=st.sampled_from([0, CHINA, -11 * HOUR_US]), data=st.data())
def test_counts(tmp_path_factory: pytest.TempPathFactory, reads: list[Row], offset: int, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("counts")
    tickets = [
        {"ticket": "t", "waybill": w, "opened_at": at(m), "closed_at": at(m + 9 * DAY), "actor": a}
        for w, m, a in data.draw(st.lists(st.tuples(
            st.sampled_from(["YT1", "YT2"]), st.integers(-DAY, 20 * DAY), st.sampled_from(["u-1", "u-2"])), max_size=4))
    ]  # fmt: skip
    scans = [
        {"waybill": w, "at": at(m), "kind": "pickup", "outlet": "o-1"}
        for w, m in data.draw(st.lists(st.tuples(st.sampled_from(["YT1", "YT2"]), MINUTES), max_size=4))
    ]
    rows = {**STAFF, "assignments": [], "accesses": reads, "tickets": tickets, "scans": scans}
    commit(folder, folder / "L", rows)
    made = facts(folder / "L", templates=PLAIN, offset=offset)
    expected = counted(reads, tickets, scans, offset)
    assert named(folder / "L", made) == expected
    cells = np.array(list(expected["hours"].values())).sum(axis=0)
    assert totals(made) == tuple(cells.tolist())


def test_a_million_reads_in_a_second_but_fewer(tmp_path: Path) -> None:
    reads = [read(n / 60 / 20_000, "u-1", f"YT{n % 7_000}", device=f"d-{n % 5_000}") for n in range(20_000)]
    commit(tmp_path, tmp_path / "L", {"accesses": reads})
    made = facts(tmp_path / "L", templates=PLAIN)
    assert named(tmp_path / "L", made) == counted(reads, [], [], CHINA)
    assert len(made.suspects) == 7_000
    assert set(made.suspects["why"].to_pylist()) == {UNKNOWN}


@pytest.mark.parametrize(
    "tables",
    [
        {"accesses": []},
        {"accesses": [], **STAFF},
        STAFF,
        {"scans": [{"waybill": "YT1", "at": at(0), "kind": "pickup", "outlet": "o-1"}]},
    ],
)
def test_a_ledger_without_reads(tmp_path: Path, tables: Any) -> None:
    commit(tmp_path, tmp_path / "L", tables)
    same(facts(tmp_path / "L", tmp_path / "state"), Facts.empty(CHINA))
    same(facts(tmp_path / "L", tmp_path / "state"), Facts.empty(CHINA))


@pytest.mark.parametrize("without", ["actors", "outlets", "assignments", "waybills", "scans", "tickets", "all"])
def test_a_read_with_tables_missing(tmp_path: Path, without: str) -> None:
    route = {
        "waybill": "YT1",
        "issued_at": at(-5),
        "channel": "c-1",
        "origin_outlet": "o-9",
        "destination_outlet": "o-8",
    }
    ticket = {"ticket": "t", "waybill": "YT1", "opened_at": at(9 * DAY), "actor": "u-9"}
    scan = {"waybill": "YT1", "at": at(30 * DAY), "kind": "pickup", "outlet": "o-7"}
    tables = {**STAFF, "waybills": [route], "tickets": [ticket], "scans": [scan]}
    if without == "all":
        tables = {}
    tables = {name: rows for name, rows in tables.items() if name != without}
    commit(tmp_path, tmp_path / "L", {**tables, "accesses": [read(0, "u-1", "YT1")]})
    made = facts(tmp_path / "L")
    assert totals(made) == (1, 1, 0)
    (suspect,) = made.suspects.to_pylist()
    assert suspect["why"] == (UNKNOWN if without == "all" else UNEXPLAINED)
    assert suspect["early"] == (without not in ("scans", "all"))
    assert not len(made.uses)
    assert len(made.shown) == 1
