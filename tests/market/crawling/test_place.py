"""A watch's folder: words that are accepted while it looks, and pictures of what was brought in."""

import json
from pathlib import Path

import pytest

from wayseal.market.crawling import Planned, opened_watch
from wayseal.market.crawling.imports import ImportForm, bring_in
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.reads import Reads
from wayseal.market.sources import picture_of

TEXT = "糖单有的来，量大，懂的联系"


def chat(number: int, **more: str) -> bytes:
    message = {"id": number, "type": "message", "date_unixtime": str(1_790_000_000 + number), "text": TEXT, **more}
    return json.dumps({"id": 7, "messages": [message]}, ensure_ascii=False).encode()


def test_a_word_counts_from_the_next_look_on(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(chat(1))
    bring_in(tmp_path, "group", ImportForm.TELEGRAM, [("a.json", tmp_path / "a.json")])
    with opened_watch(tmp_path) as watch:
        assert watch.visit(Planned(source="group", at=1)).new == 1
        body = {"word": "糖单", "kind": "waybill", "meaning": "面单", "state": "accepted"}
        with open_market(tmp_path) as record:
            record.append([Line(kind=LineKind.WORD, at=2, body=body, who="li", why="three groups say so")])
        (tmp_path / "imports" / "group" / "b.json").write_bytes(chat(2))
        assert watch.visit(Planned(source="group", at=3)).new == 1
    with open_market(tmp_path) as record:
        reads = Reads(record)
        new, old = (reads.offer(row.offer) for row in reads.offers().rows)
        (first,) = (
            line.body["reading"] for _, line in record.lines(LineKind.OFFERED) if line.body["offer"] == old.row.offer
        )
        read = [line.body.get("offer") for _, line in record.lines(LineKind.READ)]
        record.verify()
    assert new.reading["probabilities"]["waybill"] > first["probabilities"]["waybill"]
    # What was read before is read again by it, once; the line of when it came in stays.
    assert old.reading["probabilities"] == new.reading["probabilities"]
    assert (read, old.versions) == ([old.row.offer, None], 1)
    with opened_watch(tmp_path) as watch:
        assert watch.visit(Planned(source="group", at=4)).reread == 0


def test_a_picture_lies_beside_its_export_or_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(chat(1, photo="../../secret.png"))
    (tmp_path / "secret.png").write_bytes(b"x")
    source = bring_in(tmp_path, "group", ImportForm.TELEGRAM, [("a.json", tmp_path / "a.json")])
    assert picture_of(source, "photos/1.png") == (tmp_path / "imports/group/photos/1.png").resolve()
    for name in ("../../secret.png", str(tmp_path / "secret.png")):
        with pytest.raises(FileNotFoundError):
            picture_of(source, name)
    with opened_watch(tmp_path) as watch:
        assert watch.visit(Planned(source="group", at=1)).new == 1
    with open_market(tmp_path) as record:
        assert len(list(record.lines(LineKind.CAPTURED))) == 1
