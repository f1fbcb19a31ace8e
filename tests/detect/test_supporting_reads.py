"""The reads behind a reason are those that a plain filter of the log finds."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.detect.watched import Watched
from wayseal.detect import DetectResult
from wayseal.detect._detect import _usable_detectors, view_of
from wayseal.detect._judge import Finding, judge
from wayseal.detect._result import MOST_READS, NOTHING, Reason
from wayseal.detect._view import View
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import DEVICE, update_facts
from wayseal.detect.window import DAY_US, HOUR_US, window_of
from wayseal.ledger import Snapshot, open_ledger
from wayseal.model.kinds import Action

CHINA = 8 * HOUR_US
Row = dict[str, object]


def found_in(snapshot: Snapshot) -> tuple[View, tuple[Finding, ...]]:
    """What detectors say, made again."""
    window = window_of(snapshot.activity(), CHINA, None, None)
    assert window is not None
    facts = update_facts(snapshot, None, load_templates(None), CHINA, lambda *_: None)
    view = view_of(snapshot, facts, window)
    return view, judge(view, _usable_detectors(snapshot, facts, NOTHING)[0])


def reasons_of(result: DetectResult) -> Iterator[tuple[str, Reason]]:
    for case in result.cases:
        for person in case.people:
            for reason in person.reasons:
                yield person.actor, reason


@pytest.fixture(scope="module")
def log(watched: Watched) -> dict[str, list[Row]]:
    """The rows of the log, by account."""
    table = pq.read_table(watched.dataset / "accesses")
    table = table.set_column(table.column_names.index("at"), "at", table["at"].cast(pa.int64()))
    out: dict[str, list[Row]] = {}
    for row in table.to_pylist():
        out.setdefault(row["actor"], []).append(row)
    return out


def test_reads_behind_reasons_are_those_of_a_plain_filter(watched: Watched, log: dict[str, list[Row]]) -> None:
    seen: Counter[str] = Counter()
    with open_ledger(watched.ledger) as snapshot:
        view, found = found_in(snapshot)
        for actor, reason in reasons_of(watched.result):
            cells = next((f.odd.cells for f in found if f.name == reason.detector), None)
            if cells is None:
                continue
            seen[reason.detector] += 1
            place = int((view.keys == snapshot.keys([actor])[0]).nonzero()[0][0])
            days = range((reason.since + CHINA) // DAY_US, (reason.until + CHINA) // DAY_US + 1)
            odd = [c for c in cells.to_pylist() if c["actor"] == place and c["day"] + view.day in days]
            mine = [r for r in log[actor] if any(lies_in(r, c, snapshot, view) for c in odd)]
            mine.sort(key=lambda r: r["at"])  # type: ignore[arg-type, return-value]
            assert reason.total_reads == len(mine) > 0, reason.detector
            assert [x.at for x in reason.reads] == [r["at"] for r in mine[-MOST_READS:]]
            assert {x.waybill for x in reason.reads} <= {r["waybill"] for r in mine}
            assert reason.until == mine[-1]["at"]
    assert {"new_device_or_address", "fields_beyond_purpose"} <= seen.keys()


def lies_in(row: Row, cell: Row, snapshot: Snapshot, view: View) -> bool:
    """Whether a read lies in a cell."""
    at = row["at"]
    assert isinstance(at, int)
    if (at + CHINA) // DAY_US - view.day != cell["day"]:
        return False
    if "clock" in cell and (at + CHINA) // HOUR_US % 24 != cell["clock"]:
        return False
    if "kind" in cell:
        return key(snapshot, row["device" if cell["kind"] == DEVICE else "ip"]) == cell["value"]
    if "action" in cell and list(Action)[int(str(cell["action"])) - 1] != row["action"]:
        return False
    if "purpose" in cell and key(snapshot, row["purpose"]) != cell["purpose"]:
        return False
    return "fields" not in cell or key(snapshot, row["fields"]) == cell["fields"]


def key(snapshot: Snapshot, value: object) -> int:
    """Key of a text, or of a list of them."""
    if not value:
        return 0
    text = value if isinstance(value, str) else "\x1f".join(value)  # type: ignore[arg-type]
    return int(snapshot.keys([text])[0])


def test_reads_behind_suspects_are_first_reads_of_the_log(watched: Watched, log: dict[str, list[Row]]) -> None:
    for actor, reason in reasons_of(watched.result):
        if reason.detector in ("unexplained_first_reads", "number_walks", "before_pickup"):
            first: dict[object, object] = {}
            for row in sorted(log[actor], key=lambda r: r["at"]):  # type: ignore[arg-type, return-value]
                first.setdefault(row["waybill"], row["at"])
            assert all(first[x.waybill] == x.at for x in reason.reads)
            assert reason.total_reads == reason.value


def test_what_a_case_lists_was_read_by_its_accounts(watched: Watched, log: dict[str, list[Row]]) -> None:
    for case in watched.result.cases:
        read = {r["waybill"] for a in case.actors for r in log[a]}
        assert set(case.waybills) <= read
        assert len(case.waybills) == min(case.reads, 1_000)
