"""The papers: what stands in them, in both languages, and that they are set the same twice."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cases.evidence.packs import AT, item, need_font, pack, written
from wayseal.cases.evidence import make_pack, take_in
from wayseal.cases.evidence.documents import MOST_READS, case_document, handover_document
from wayseal.cases.evidence.types import CaseFacts, LedgerFacts, Pack, RecordedAct, Role, Title
from wayseal.cases.evidence.typesetting import Typesetter
from wayseal.cases.types import ReadMark
from wayseal.cases.verdicts import HearingPoint
from wayseal.cases.views import MarkedRead
from wayseal.page.languages import LANGS

MADE = pack(unit="某快递", remarks=(Title(zh="备注", en="a remark"),), command="wayseal evidence export c-1")
LEDGER = LedgerFacts(digest="d" * 64, generation=3)
REASON = {
    "title": "Beyond capacity", "text": "It read 812 parcels.", "value": 812, "peers": [0, 90], "weight": 14.21,
    "strength": "very_strong", "from": "2026-03-01T00:00:00Z", "to": "2026-03-07T00:00:00Z",
}  # fmt: skip
PERSON = {"actor": "u-1", "role": "clerk", "place": "", "evidence": 14.2, "strength": "very_strong"}
FOUND: dict[str, object] = {"cases": [{"score": 0.991, "people": [PERSON], "reasons": [REASON]}]}
READ = {"at": "2026-03-02T01:00:00Z", "waybill": "YT1", "actor": "u-1", "action": "view", "via": "", "work": "none"}
FACTS = CaseFacts(
    score=0.25,
    traced={},
    head=MADE.head,
    state="opened",
    alerted_at=AT,
    accounts=("u-1",),
    since="2026-02-16",
    until="2026-03-15",
    ledger=LEDGER,
    book_head=f"7:{'a' * 64}",
    acts=(
        RecordedAct(kind="opened", at=AT, who="Li", why="notice 7"),
        RecordedAct(kind="heard", at=AT, who="Wu", statement="I helped out\nat the hub."),
    ),
    found=dict.fromkeys(LANGS, FOUND),
    reads={lang: [{**READ, "read": f"0:{n}"} for n in range(MOST_READS + 5)] for lang in LANGS},
    waybills=612,
    commands=("wayseal detect LEDGER",),
    verdicts=(("u-1", True, tuple(HearingPoint)[:2]), ("u-2", False, ())),
    marked=(MarkedRead(read="0:3", waybill="YT1", mark=ReadMark(starred=True, comment="bought"), who="Wu", at=AT),),
)


def texts(value: object) -> Iterator[str]:
    """Every text in some data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)


@pytest.mark.parametrize("lang", LANGS)
def test_the_list_names_every_item_with_the_hashes_of_the_machine(lang: str) -> None:
    told = handover_document(MADE, FACTS, lang)
    rows = told["items"]
    assert isinstance(rows, list)
    for row, one in zip(rows, MADE.items, strict=True):
        assert (row["path"], row["sha256"], row["sm3"]) == (one.item.path, one.print.sha256, one.print.sm3)
    assert "提取笔录" not in json.dumps(told, ensure_ascii=False)


def test_the_certificate_tells_the_values_of_the_manifests_in_the_pack() -> None:
    told = handover_document(MADE, FACTS, "zh")
    content, _ = written(MADE)
    at = content.find(b"manifest-sha256.txt") + len("manifest-sha256.txt")
    lines = sorted(f"{one.print.sha256}  {one.item.path}\n" for one in MADE.items)
    manifest = "".join(sorted(lines, key=lambda line: line[66:].encode())).encode()
    assert content[at : at + len(manifest)] == manifest
    assert told["value_sha256"] == hashlib.sha256(manifest).hexdigest()


def test_proofs_are_one_row_and_a_signed_ledger_is_told() -> None:
    proofs = [replace(item(f"data/proofs/0-{n}.json", b"{}"), role=Role.PROOF) for n in range(3)]
    made: Pack = make_pack(MADE.head, [*MADE.items, *(take_in(one, AT) for one in proofs)])
    signed = replace(LEDGER, origin="wayseal/1", root="b" * 64, size=9, keys=("keeper+1",), proofs=3)
    told = handover_document(made, replace(FACTS, ledger=signed), "en")
    rows = told["items"]
    assert isinstance(rows, list)
    assert len(rows) == len(MADE.items) + 1
    assert "3 files" in rows[-1]["title"]
    assert "keeper+1" in str(told["ledger"])
    assert "not signed" in str(handover_document(MADE, FACTS, "en")["ledger"])


@pytest.mark.parametrize("lang", LANGS)
def test_no_blank_is_left_unfilled(lang: str) -> None:
    for told in (handover_document(MADE, FACTS, lang), case_document(FACTS, lang)):
        assert not [text for text in texts({**told, "words": {}}) if "{" in text]
        if lang == "zh":
            words = told["words"]
            assert isinstance(words, dict)
            assert not [text for text in words.values() if text.isascii() and text.strip()]


def test_verdicts_say_what_hearings_lacked() -> None:
    told = case_document(FACTS, "zh")["facts"]
    assert isinstance(told, list)
    assert told[-2:] == [
        ["对 u-1 的认定", "这些查看不属于工作；听取说明尚缺：告知所涉事项、询问账号和设备是否与他人共用"],
        ["对 u-2 的认定", "这些查看属于工作"],
    ]


def test_a_case_that_detection_finds_no_more_has_a_report() -> None:
    told = case_document(replace(FACTS, found={}, reads={lang: [] for lang in LANGS}), "en")
    assert (told["people"], told["reasons"], told["reads"]) == ([], [], [])
    assert "25%" in json.dumps([told["facts"], told["headline"]])


def test_papers_are_set_the_same_twice() -> None:
    need_font()
    for name, made in (("handover", handover_document(MADE, FACTS, "zh")), ("case", case_document(FACTS, "zh"))):
        once = Typesetter().pdf(name, made, AT)
        assert once == Typesetter().pdf(name, made, AT)
        assert once != Typesetter().pdf(name, made, AT + 2_000_000)
        assert once.startswith(b"%PDF-1.7")
        assert b"pdfaid:part" in once
        assert b"pdfuaid:part" in once
    assert Typesetter().pictures("handover", made_short(), AT)[0].startswith(b"\x89PNG")


def made_short() -> dict[str, object]:
    return handover_document(MADE, FACTS, "en")
