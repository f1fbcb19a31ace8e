"""A watch that is ended and begun again anywhere says what one that goes on says."""

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.live.played import OFFSET, Played
from wayseal.cases.ledger.watching import limits_of
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import FILE, update_facts
from wayseal.ledger import open_ledger
from wayseal.live._kept import KeptState, KnownGateways
from wayseal.live.errors import LiveError
from wayseal.live.gateways import GatewayCounts
from wayseal.live.notices import read_notices
from wayseal.live.sources import Reading, open_source_of
from wayseal.live.types import Notice
from wayseal.live.watch import FOLDER, Watch, WatchOptions, read_status


def watched(ledger: Path, lines: Path) -> None:
    """Watches up to the end of a file."""
    folder = ledger / "detect"
    options = Options(folder=folder, offset=OFFSET, templates=load_templates(None))
    source = open_source_of(f"file:{lines}", Reading(until_end=True))
    Watch(ledger, source, WatchOptions(detect=folder, arm=limits_of(ledger, options), offset=OFFSET)).run()


def ledger_of(played: Played, to: Path) -> Path:
    """A ledger of its own, behind which detection was run."""
    shutil.copytree(played.ledger, to)
    with open_ledger(to) as snapshot:
        update_facts(snapshot, to / "detect", load_templates(None), OFFSET, lambda *_: None)
    return to


def numbered(lines: list[bytes]) -> list[bytes]:
    """The same, numbered by a gateway."""
    rows = (json.loads(line) for line in lines)
    return [
        json.dumps({**row, "gateway": "gw-1", "epoch": 5, "count": count}).encode() + b"\n"
        for count, row in enumerate(rows, 1)
    ]


def notices_of(ledger: Path) -> list[Notice]:
    return list(read_notices(ledger / FOLDER).notices.values())


def status_of(ledger: Path) -> dict[str, Any]:
    return dict(read_status(ledger) or {})


def test_restarts_change_nothing(played: Played, tmp_path: Path) -> None:
    lines, file = numbered(list(played.lines[:9_000])), tmp_path / "lines.jsonl"
    whole, parts = (ledger_of(played, tmp_path / name) for name in ("whole", "parts"))
    kept = (parts / "detect" / FILE).read_bytes()
    for low, high in pairwise((0, 1, 2_500, 6_000, 9_000)):
        with file.open("ab") as out:
            out.writelines(lines[low:high])
        watched(parts, file)
    watched(whole, file)
    assert notices_of(parts) == notices_of(whole) != []
    assert len({one.limits for one in notices_of(parts)}) == 1
    assert (parts / "detect" / FILE).read_bytes() == kept
    for status in map(status_of, (whole, parts)):
        assert (status["holes"], status["restarts"], status["events"]) == ([], [], 9_000)


def test_a_wrong_clock_behind_a_restart_moves_nothing(played: Played, tmp_path: Path) -> None:
    lines, file = list(played.lines[:6_000]), tmp_path / "lines.jsonl"
    ahead = b'{"at": "2099-03-01T10:00:00+08:00", "actor": "u-1", "waybill": "YT1234567890"}\n'
    lines.insert(3_000, ahead)
    whole, parts = (ledger_of(played, tmp_path / name) for name in ("whole", "parts"))
    for low, high in ((0, 3_000), (3_000, 6_001)):
        with file.open("ab") as out:
            out.writelines(lines[low:high])
        watched(parts, file)
    watched(whole, file)
    assert notices_of(parts) == notices_of(whole) != []
    assert status_of(parts)["counted"]["out_of_time"] == 1
    assert status_of(parts)["stream_time"] == status_of(whole)["stream_time"]


def test_a_hole_and_a_new_count_are_named(played: Played, tmp_path: Path) -> None:
    ledger, file = ledger_of(played, tmp_path / "ledger"), tmp_path / "lines.jsonl"
    lines = numbered(list(played.lines[:300]))
    file.write_bytes(b"".join(lines[:100] + lines[120:200]))
    watched(ledger, file)
    with file.open("ab") as out:
        out.writelines(line.replace(b'"epoch": 5', b'"epoch": 6') for line in lines[:50])
    watched(ledger, file)
    status = status_of(ledger)
    assert status["holes"] == [{"gateway": "gw-1", "epoch": 5, "first": 101, "last": 120}]
    assert status["restarts"] == [{"gateway": "gw-1", "epoch": 6, "before": 5, "last": 200}]


def test_a_count_that_restarts_within_its_epoch_is_told(played: Played, tmp_path: Path) -> None:
    ledger, file = ledger_of(played, tmp_path / "ledger"), tmp_path / "lines.jsonl"
    lines = numbered(list(played.lines[:300]))
    file.write_bytes(b"".join([*lines[:200], *lines[:50], lines[200]]))
    watched(ledger, file)
    status = status_of(ledger)
    assert (status["doubled"], status["written_off"], status["holes"], status["restarts"]) == ({"gw-1": 50}, {}, [], [])


def test_what_is_kept(tmp_path: Path) -> None:
    state = KeptState(tmp_path)
    assert (state.day((1, 2)), state.gateways(3)) == (None, None)
    state.keep_day((1, 2), 20_500)
    for number in (3, 8):
        state.keep_gateways(number, KnownGateways(codes={"a": 0}, counts=GatewayCounts(), now=number), needed=number)
    again = KeptState(tmp_path)
    assert (again.day((1, 2)), again.day((1, 3)), again.gateways(3)) == (20_500, None, None)
    known = again.gateways(8)
    assert known is not None
    assert (known.codes, known.counts.holes(), known.now) == ({"a": 0}, (), 8)


@pytest.mark.parametrize("place", range(0, 120, 7))
def test_what_is_kept_and_was_changed_is_named(tmp_path: Path, place: int) -> None:
    state = KeptState(tmp_path)
    state.keep_day((1, 2), 20_500)
    state.keep_gateways(3, KnownGateways(codes={"a": 0}, counts=GatewayCounts(), now=7), needed=0)
    whole = (tmp_path / "state.json").read_bytes()
    turned = bytearray(whole)
    turned[place % len(whole)] ^= 1 << place % 7
    for content in (bytes(turned), whole[:place], b"{}", b"[]"):
        (tmp_path / "state.json").write_bytes(content)
        with pytest.raises(LiveError) as caught:
            KeptState(tmp_path)
        assert caught.value.file == tmp_path / "state.json"
