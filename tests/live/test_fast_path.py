"""The fast path: the same notices however events come, and the facts of a batch run in the end."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.live.played import DAY, OFFSET, TIMES, Played, take
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import Facts, update_facts
from wayseal.detect.intraday import Intraday, Judgement
from wayseal.ledger import ingest, open_ledger
from wayseal.live.types import Notice, NoticeKind
from wayseal.model.times import iso
from wayseal.store import open_source

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def told(played: Played) -> list[Notice]:
    """What is told of all lines, one piece after the other."""
    return take(played.state(), played.lines, range(500, len(played.lines), 500))


def test_somebody_is_told_of_and_mostly_insiders(played: Played, told: list[Notice]) -> None:
    raised = {notice.actor for notice in told if notice.kind is NoticeKind.RAISED}
    truth = json.loads((played.whole.parent / "truth.json").read_text("utf-8"))
    insiders = {account for one in truth["insiders"] for account in one["accounts"]}
    assert len(raised & insiders) >= 3
    assert len(raised & insiders) >= len(raised - insiders)
    assert len({notice.id for notice in told}) == len(told)


@examples(4)
@given(cuts=st.lists(st.integers(0, 4_000), max_size=40), seed=st.integers(0, 100))
def test_pieces_change_nothing(played: Played, cuts: list[int], seed: int) -> None:
    lines = played.lines[:4_000]
    assert take(played.state(), lines, sorted(cuts)) == take(played.state(), lines, range(1000, 4_000, 1000))


def test_one_by_one_changes_nothing(played: Played, told: list[Notice]) -> None:
    some = next(k for k, notice in enumerate(told, 1) if k == 3 or k == len(told))
    end = told[some - 1].tipped_by.number
    fast = played.state()
    take(fast, played.lines[: end - 40])
    rest = played.lines[end - 40 : end]
    last = take(fast, rest, range(1, len(rest)), first=end - 39)
    assert told[some - 1] in last


def test_who_has_no_count_above_its_usual_need_not_be_judged(
    played: Played, told: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, spared = Intraday.judge, 0

    def judged(*given: Any, told: bool) -> Judgement | None:
        nonlocal spared
        spared += judge(*given, told=told) is None
        return judge(*given, told=True)

    monkeypatch.setattr(Intraday, "judge", judged)
    assert take(played.state(), played.lines, range(500, len(played.lines), 500)) == told
    assert spared > 20


def suspects_of(ledger: Path, day: int) -> Counter[tuple[int, int, int, int]]:
    """(waybill, account, µs, why) of the suspects of a ledger from a day on."""
    with open_ledger(ledger) as snapshot:
        rows = update_facts(snapshot, None, load_templates(None), OFFSET, lambda *_: None).suspects
    columns = [rows[name].to_numpy().tolist() for name in ("waybill", "actor", "at", "why")]
    return Counter(row for row in zip(*columns, strict=True) if (row[2] + OFFSET) // DAY >= day)


def belated(lines: Sequence[bytes], rng: random.Random) -> list[bytes]:
    """Lines of which some come late, and some twice: up to 2,000 places behind, five hours of this network."""
    late = [(k + rng.uniform(0, 2_000) * (rng.random() < 0.15), line) for k, line in enumerate(lines)]
    again = [(k + rng.uniform(0, 2_000), lines[k]) for k in rng.sample(range(len(lines)), len(lines) // 20)]
    return [line for _, line in sorted([*late, *again], key=lambda one: one[0])]


def test_late_and_doubled_the_facts_are_those_of_a_batch_run(played: Played, tmp_path: Path) -> None:
    lines = belated(played.lines, random.Random(4))
    fast = played.state()
    take(fast, lines, range(700, len(lines), 700))
    rows = [row for day in fast.days.values() for row in day.rows]
    kept = fast.suspects(np.array(rows))
    live = Counter(zip(*(kept[name].tolist() for name in ("waybill", "actor", "at", "why")), strict=True))
    assert live == suspects_of(played.whole, played.day + 1)
    assert sum(live.values()) > 100


def test_rows_that_come_twice_change_no_fact(played: Played, tmp_path: Path) -> None:
    def facts_of(lines: Sequence[bytes], folder: Path) -> Facts:
        with open_ledger(with_lines(played, lines, folder)) as snapshot:
            return update_facts(snapshot, None, load_templates(None), OFFSET, lambda *_: None)

    lines = played.lines[:12_000]
    again = [line for line in lines if json.loads(line)["table"] != "accesses"]
    once, twice = facts_of(lines, tmp_path / "once"), facts_of([*lines, *again], tmp_path / "twice")
    assert len(again) > 1_000
    for name in ("hours", "uses", "shown", "suspects"):
        assert getattr(once, name).equals(getattr(twice, name)), name


def with_lines(played: Played, lines: Sequence[bytes], folder: Path) -> Path:
    """A ledger that has some of the lines as well."""
    data, ledger = folder / "data", folder / "ledger"
    for name in TIMES:
        (data / name).mkdir(parents=True)
        (data / name / "a.jsonl").write_bytes(b"".join(one for one in lines if json.loads(one)["table"] == name))
    (data / "dataset.json").write_text('{"wayseal": 1}')
    shutil.copytree(played.ledger, ledger)
    ingest(open_source(data), ledger)
    return ledger


def test_a_state_of_the_ledger_goes_on_as_one_of_the_stream(played: Played, told: list[Notice], tmp_path: Path) -> None:
    half = next(n.tipped_by.number for n in told if n.tipped_by.number > len(played.lines) // 3) - 1
    fast = played.state(with_lines(played, played.lines[:half], tmp_path))
    fast.restore([notice for notice in told if notice.tipped_by.number <= half])
    rest = take(fast, played.lines[half:], range(500, len(played.lines) - half, 500), first=half + 1)
    assert rest == [notice for notice in told if notice.tipped_by.number > half]


@pytest.mark.parametrize("restarted", [False, True])
def test_what_work_explains_later_withdraws_a_notice(
    played: Played, told: list[Notice], tmp_path: Path, restarted: bool
) -> None:
    first = next(n for n in told if n.kind is NoticeKind.RAISED and _outlet_of(played, n.actor))
    fast = played.state()
    before = take(fast, played.lines[: first.tipped_by.number])
    assert first in before
    reads = [json.loads(line) for line in played.lines[: first.tipped_by.number]]
    outlet = _outlet_of(played, first.actor)
    scans = [
        {"table": "scans", "waybill": r["waybill"], "at": r["at"], "kind": "arrive", "outlet": outlet}
        for r in reads
        if r.get("actor") == first.actor and r["table"] == "accesses"
    ]
    lines = [json.dumps(scan).encode() + b"\n" for scan in scans]
    if restarted:
        fast = played.state(with_lines(played, played.lines[: first.tipped_by.number], tmp_path))
        fast.restore(before)
    after = take(fast, lines, first=first.tipped_by.number + 1)
    gone = [n for n in after if n.kind is NoticeKind.WITHDRAWN and n.actor == first.actor]
    assert [n.raised for n in gone] == [first.id]
    assert abs(gone[0].at - first.at) < DAY


def _outlet_of(played: Played, actor: str) -> str:
    with open_ledger(played.ledger) as snapshot:
        rows = snapshot.actors()
        place = rows["actor"].to_pylist().index(actor)
        return rows["outlet"].to_pylist()[place] or ""


def test_clocks_that_are_wrong_move_nothing(played: Played) -> None:
    fast, lines = played.state(), played.lines[:300]
    take(fast, lines)
    now = fast.now
    take(fast, [_read_at(now + shift) for shift in (DAY // 72, 400 * DAY, -30 * DAY)], first=301)
    assert fast.now == now
    assert fast.counted["out_of_time"] == 2
    take(fast, [_read_at(now + 400 * DAY + k) for k in range(200)], first=304)
    assert fast.now > now + 300 * DAY


def test_a_stream_of_last_year_is_counted_and_nobody_told(played: Played) -> None:
    fast, begin = played.state(), (played.day - 365) * DAY
    assert take(fast, [_read_at(begin + k * 1_000_000) for k in range(300)]) == []
    assert (fast.counted["before_limits"], fast.counted["out_of_time"]) == (300, 0)


def _read_at(us: int) -> bytes:
    """A read at some time."""
    return json.dumps({"at": iso(us), "actor": "u-1", "waybill": "YT1234567890"}).encode() + b"\n"


def test_behind_a_lull_reads_are_judged_at_once(played: Played) -> None:
    fast = played.state()
    take(fast, played.lines[:300])
    then = fast.now + 3 * DAY // 24
    for k in range(3):
        take(fast, [_read_at(then + k * 1_000_000)], first=301 + k)
    assert (fast.counted["out_of_time"], fast.now) == (0, then + 2_000_000)


def test_one_clock_that_is_hours_ahead_moves_nothing_for_others(played: Played) -> None:
    fast = played.state()
    take(fast, played.lines[:300])
    now = fast.now
    for k in range(50):
        take(fast, [_read_at(now + 3 * DAY // 24 + k), _read_at(now + k)], first=301 + 2 * k)
    assert (fast.counted["out_of_time"], fast.now) == (0, now + 49)


def test_lines_that_cant_be_read_are_counted_by_reason(played: Played) -> None:
    fast = played.state()
    take(fast, [b"no json\n", b'{"table": "nothing"}\n', b'{"actor": "u-1"}\n', *played.lines[:5]])
    assert sum(fast.rejected.values()) == 3
    assert len(fast.rejected) == 3


def test_gateways_of_which_there_are_too_many_are_counted(played: Played) -> None:
    fast = played.state()
    names = [f"gw-{k}" for k in range(1_200)] + ["g" * 65, "\ufffd\ufffd"]
    rows = [{"gateway": name, "epoch": 1, "count": 1, **json.loads(_read_at(1))} for name in names]
    take(fast, [json.dumps(row).encode() + b"\n" for row in rows])
    assert (len(fast.gateways), fast.counted["not_followed"]) == (1_000, 202)
