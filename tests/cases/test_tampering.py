"""Rule 4: whatever is done to a line, its number is said, and nothing is read out of such a casebook."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.cases.making import NOW, lines, put_lines, run, secret, some
from tests.tables import each
from wayseal.cases import open_cases, read_casebook, verify
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import FILE
from wayseal.cases.verdicts import ProposalKind
from wayseal.journal.chain import Code, Head, chain_line, check_lines, find_last_sum, sum_of
from wayseal.model.times import micros

TIME = "2026-05-26T00:00:00Z"
WHOLE: dict[str, object] = {
    "at": TIME,
    "case": "c-1",
    "actors": ["u-1042"],
    "alerted_at": TIME,
    "score": 0.5,
    "detectors": [],
    "parcels_a_day": 7.5,
    "worth": True,
    "who": "Li",
    "why": "why",
    "statement": "said",
    "actor": None,
    "true": False,
    "was": "false",
    "before_at": TIME,
    "acts": 1,
    "lines": 3,
    "head": "00",
    "last": 1,
    "proposal": "p-1",
    "kind": "names",
    "until": "2026-05-29T00:00:00Z",
    "yes": True,
}
JUDGED: dict[str, object] = {"account": "u-1042", "was": False, "lacking": []}

MARK: dict[str, object] = {"read": "0:1042", "waybill": "YT1", "was": None, "after": {"starred": True, "comment": ""}}


def whole(act: dict[str, object]) -> dict[str, object]:
    """An act with all members that any kind needs."""
    return WHOLE | {"cases": 1 if act.get("act") == "forgotten" else {"c-1": ["u-1042"]}} | act


@pytest.fixture
def path(tmp_path: Path) -> Path:
    some(tmp_path / "detect")
    return tmp_path / "detect"


def found(path: Path, content: Sequence[str]) -> tuple[int, str]:
    """The first line that is named, and as what."""
    put_lines(path, content)
    try:
        looked = verify(path)
    except CasebookError as error:
        named = re.match(rf"{re.escape(str(path / FILE))}:(\d+): (.*)", str(error))
        if named is None:
            raise
        return int(named[1]), named[2]
    if looked.faults:
        with pytest.raises(CasebookError, match=rf":{looked.faults[0].line}: ") as caught:
            read_casebook(path)
        assert caught.value.exit_code == 7
        with pytest.raises(CasebookError, match=rf":{looked.faults[0].line}: "), open_cases(path):
            pass
        return looked.faults[0].line, looked.faults[0].code
    raise AssertionError("nothing was seen")


CHANGES = (1, 0x20, 0x80, 0xFF)


@pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.deep) for turn in (1, 2, 3))])
def test_every_character_of_every_line(path: Path, turn: int) -> None:
    """Each is changed in one way, and in the other three in deep runs."""
    whole = lines(path)
    assert len(whole) == 7
    start = len('{"wayseal":"casebook",')
    for number, line in enumerate(whole, start=1):
        for at in range(start if number == 1 else 0, len(line)):
            changed = line[:at] + chr(ord(line[at]) ^ CHANGES[(at + turn) % 4]) + line[at + 1 :]
            all_lines = [(n, changed if n == number else each) for n, each in enumerate(whole, start=1)]
            assert check_lines(all_lines).faults[0].line == number, (number, at)
            assert find_last_sum(all_lines, 1, "") is None, (number, at)
    assert find_last_sum(list(enumerate(whole, start=1)), 1, "") == verify(path).head.sum
    for number in (1, 4, 7):
        told = found(path, [line[:30] + "x" + line[31:] if n == number else line for n, line in enumerate(whole, 1)])
        assert told == (number, "changed")


def test_lines_that_were_taken_out_moved_or_doubled(path: Path) -> None:
    whole = lines(path)
    for at in range(1, len(whole) - 1):
        assert found(path, [*whole[:at], *whole[at + 1 :]]) == (at + 1, "missing")
        swapped = [*whole[:at], whole[at + 1], whole[at], *whole[at + 2 :]]
        assert found(path, swapped) == (at + 1, "missing")
        assert found(path, [*whole[:at], whole[at], *whole[at:]]) == (at + 2, "missing")
    assert found(path, whole[1:]) == (1, "this is no casebook")


def test_a_line_that_was_deleted_and_nothing_else(path: Path) -> None:
    with closing(sqlite3.connect(path / FILE)) as db, db:
        db.execute("DELETE FROM casework_journal WHERE line = 4")
    fault = verify(path).faults[0]
    assert (fault.line, fault.code) == (5, "missing")


def test_a_line_that_was_written_anew_is_found_by_the_next(path: Path) -> None:
    """Whoever makes a line anew has to make all after it anew, too: that is what a head kept elsewhere is for."""
    whole = lines(path)
    kept = verify(path).head
    act = json.loads(whole[-3])
    act["who"] = "somebody else"
    forged = chain_line({k: v for k, v in act.items() if k not in {"before", "sum"}}, act["before"])
    assert found(path, [*whole[:-3], forged, *whole[-2:]]) == (6, "missing")
    put_lines(path, [*whole[:-3], forged])
    assert verify(path).faults[0].code == "tables"
    with closing(sqlite3.connect(path / FILE)) as db, db:
        db.execute("UPDATE casework_state SET version = 0")
    with open_cases(path):
        pass
    assert verify(path).sound, "whoever makes the tables anew, too, is seen by the head alone"
    assert verify(path, head=kept).earlier is False


def test_a_head_that_was_written_down(path: Path) -> None:
    kept = verify(path).head
    assert verify(path, head=kept).earlier is True
    whole = lines(path)
    run(path, lambda w: w.open("c-2", "Li", "why", NOW))
    looked = verify(path, head=kept)
    assert (looked.sound, looked.earlier, looked.restarted, looked.head.lines) == (True, True, None, 8)
    for head in (Head(lines=0, sum=kept.sum), Head(lines=9, sum=kept.sum), Head(lines=6, sum=kept.sum)):
        assert not verify(path, head=head).sound
    put_lines(path, whole[:-1])
    with closing(sqlite3.connect(path / FILE)) as db, db:
        db.execute("UPDATE casework_state SET version = 0")
    with open_cases(path):
        pass
    assert verify(path).sound, "a casebook that was cut back agrees with itself"
    assert not verify(path, head=kept).sound


def test_a_line_that_somebody_else_adds_is_looked_at(path: Path) -> None:
    with open_cases(path) as writer:
        put_lines(path, [*lines(path), "{}"])
        with pytest.raises(CasebookError, match=":8: this line was changed") as caught:
            writer.open("c-2", "Li", "why", NOW)
        assert caught.value.exit_code == 7


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"act": "other"},
        {"act": "case", "case": "c-1"},
        {"act": "case", "case": "c-3", "actors": []},
        {"act": "case", "case": "c-3", "actors": "u"},
        {"act": "case", "case": "c-3", "actors": [7]},
        {"act": "case", "case": "c-03"},
        {"act": "case", "case": "17"},
        {"act": "case", "case": "c-3", "score": True},
        {"act": "case", "case": "c-3", "score": "1"},
        {"act": "case", "case": "c-3", "parcels_a_day": -1},
        {"act": "case", "case": "c-3", "worth": 1},
        {"act": "case", "case": "c-3", "alerted_at": "2026-03-04"},
        {"act": "alert", "case": "c-3"},
        {"act": "opened", "cases": {"c-3": []}},
        {"act": "opened", "cases": {"c-1": ["somebody"]}},
        {"act": "opened", "cases": []},
        {"act": "opened", "who": None},
        {"act": "heard", "case": "c-9"},
        {"act": "heard", "actor": "somebody"},
        {"act": "heard", "statement": 7},
        {"act": "verdict", "case": "c-9"},
        {"act": "verdict", "true": 1},
        {"act": "forgotten", "lines": -1},
        {"act": "forgotten", "lines": True},
        {"act": "mark", **MARK, "case": "c-9"},
        {"act": "mark", **MARK, "read": "0:1042 "},
        {"act": "mark", **MARK, "read": "-1:2"},
        {"act": "mark", **MARK, "waybill": ""},
        {"act": "mark", **MARK, "was": {"starred": True, "comment": ""}},
        {"act": "mark", **MARK, "after": None},
        {"act": "mark", **MARK, "after": {"starred": False, "comment": ""}},
        {"act": "mark", **MARK, "after": {"starred": 1, "comment": ""}},
        {"act": "mark", **MARK, "after": {"starred": True, "comment": "", "more": 1}},
        {"act": "tag", "tag": "night", "on": True, "case": "c-9"},
        {"act": "tag", "tag": "night", "on": False},
        {"act": "tag", "tag": "", "on": True},
        {"act": "tag", "tag": "x" * 41, "on": True},
        {"act": "tag", "tag": "two\nlines", "on": True},
        {"act": "verdict", "at": "9999-12-31T23:59:59-23:59"},
        {"act": "verdict", "accounts": [JUDGED | {"account": "somebody", "was": None}]},
        {"act": "verdict", "accounts": [JUDGED | {"was": None}]},
        {"act": "verdict", "accounts": [JUDGED, JUDGED]},
        {"act": "verdict", "accounts": [JUDGED | {"lacking": ["told"]}]},
        {"act": "verdict", "accounts": [JUDGED], "true": True},
        {"act": "heard", "points": ["other"]},
        {"act": "proposed", "proposal": "p-2"},
        {"act": "proposed", "kind": "other"},
        {"act": "proposed", "until": TIME},
        {"act": "proposed", "until": "2026-05-30T00:00:00Z"},
        {"act": "proposed", "accounts": ["somebody"]},
        {"act": "answered"},
    ],
)
def test_a_line_that_says_what_cannot_be(path: Path, act: dict[str, object]) -> None:
    last = verify(path).head.sum
    assert found(path, [*lines(path), chain_line(whole(act), last)]) == (8, Code.ACT)


@each("answer", [{"who": "Li"}, {"at": "2026-05-29T00:00:00Z"}, {"proposal": "p-2"}, {"case": "c-2"}, {}])
def test_a_forged_answer(path: Path, answer: dict[str, object]) -> None:
    """By the proposer, too late, to nothing, and a second one."""
    if len(lines(path)) == 7:
        run(path, lambda w: w.propose("c-1", ProposalKind.NAMES, "Li", "why", micros(TIME)))
    first = {"act": "answered", "at": TIME, "case": "c-1", "proposal": "p-1", "yes": True, "who": "Wang", "why": "yes"}
    there, before = lines(path), sum_of(lines(path)[-1])
    forged = chain_line(first | answer, before)
    if not answer:
        there.append(forged)
        forged = chain_line(first | {"yes": False}, sum_of(forged))
    assert found(path, [*there, forged]) == (len(there) + 1, Code.ACT)
    put_lines(path, there[:8])


KINDS = ["case", "alert", "opened", "unmasked", "reads", "heard", "verdict", "proposed", "forgotten", "mark", "tag"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_above_starts_from_what_can_be(path: Path, kind: str) -> None:
    more = {"mark": MARK, "tag": {"tag": "night", "on": True}}.get(kind, {})
    line = whole({"act": kind, "case": "c-3" if kind == "case" else "c-1", **more})
    put_lines(path, [*lines(path), chain_line(line, verify(path).head.sum)])
    assert verify(path).sound


def test_a_line_that_fits_the_chain_and_is_no_json(path: Path) -> None:
    body = '{"act":heard'
    line = f'{body},"sum":"{hashlib.sha256(body.encode()).hexdigest()}"}}'
    assert found(path, [*lines(path), line]) == (8, Code.CHANGED)


@pytest.mark.parametrize("content", ["{}", "", "waybill,seen_at", "\xff", "[" * 100_000])
def test_something_else_is_no_casebook(path: Path, content: str) -> None:
    put_lines(path, [content])
    for look in (read_casebook, verify):
        with pytest.raises(CasebookError, match=":1: this is no casebook") as caught:
            look(path)
        assert caught.value.exit_code == 6
    with pytest.raises(CasebookError, match="no casebook"), open_cases(path):
        pass
    assert lines(path) == [content]


def test_another_version(path: Path) -> None:
    put_lines(path, [chain_line({"wayseal": "casebook", "version": 1, "secret": ""}, "")])
    with pytest.raises(CasebookError, match=":1: this casebook is of another version") as caught:
        read_casebook(path)
    assert caught.value.exit_code == 6


def test_a_casebook_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "detect" / FILE).mkdir(parents=True)
    for look in (read_casebook, verify):
        with pytest.raises(CasebookError, match="this is no casebook"):
            look(tmp_path / "detect")
    with pytest.raises(CasebookError, match="there is no casebook here"):
        verify(tmp_path)
    assert read_casebook(tmp_path / "nowhere").cases == ()


@pytest.mark.parametrize("other", [None, b"", b"short", secret(33), bytes(32)])
def test_a_secret_that_is_another_or_missing(path: Path, other: bytes | None) -> None:
    file = path / "secret"
    file.unlink() if other is None else file.write_bytes(other)
    message = "the casebook's secret is missing" if other is None else "this is not the casebook's secret"
    with pytest.raises(CasebookError, match=message) as caught:
        verify(path)
    assert caught.value.exit_code == 6
    with pytest.raises(CasebookError, match=message), open_cases(path):
        pass
    assert file.exists() == (other is not None), "it is never made anew"
