"""Rule 4: whatever is done to a line, its number is said, and nothing is read out of such a casebook."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.detect.casebook.making import NOW, run, secret, some
from wayseal.detect.casebook import CasebookError, read_casebook, verify, writing
from wayseal.detect.casebook._chain import chain_lines
from wayseal.detect.casebook.findings import Code, Head
from wayseal.detect.casebook.types import FILE

TIME = "2026-05-26T00:00:00Z"
WHOLE: dict[str, object] = {
    "at": TIME,
    "case": "c-1",
    "actors": ["u-1042"],
    "alerted_at": TIME,
    "score": 0.5,
    "detectors": [],
    "who": "Li",
    "why": "why",
    "statement": "said",
    "actor": None,
    "true": False,
    "before_at": TIME,
    "acts": 1,
    "cut": 0,
    "lines": 3,
    "head": "00",
    "last": 1,
}


def whole(act: dict[str, object]) -> dict[str, object]:
    """An act with all members that any kind needs."""
    return WHOLE | {"cases": 1 if act.get("act") == "forgotten" else {"c-1": ["u-1042"]}} | act


@pytest.fixture
def path(tmp_path: Path) -> Path:
    some(tmp_path / "detect")
    return tmp_path / "detect"


def found(path: Path, content: bytes) -> tuple[int, str]:
    """The first line that is named, and as what."""
    (path / FILE).write_bytes(content)
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
        with pytest.raises(CasebookError, match=rf":{looked.faults[0].line}: "), writing(path):
            pass
        return looked.faults[0].line, looked.faults[0].code
    assert looked.unread, "nothing was seen"
    return looked.unread[0], "cut"


CHANGES = (1, 0x20, 0x80, 0xFF)


@pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.deep) for turn in (1, 2, 3))])
def test_every_byte_of_every_line(path: Path, turn: int) -> None:
    """Each byte is changed in one way, and in the other three in deep runs."""
    content = (path / FILE).read_bytes()
    line = 1
    for at, byte in enumerate(content):
        changed = content[:at] + bytes([byte ^ CHANGES[(at + turn) % 4]]) + content[at + 1 :]
        number, code = found(path, changed)
        assert number == line, at
        assert code == "cut" if at == len(content) - 1 else code in {"changed", "this is no casebook"}
        line += byte == ord("\n")
    assert line == 8


def test_every_byte_as_a_line_break(path: Path) -> None:
    content = (path / FILE).read_bytes()
    for at in range(len(content)):
        if content[at] != ord("\n"):
            number, _ = found(path, content[:at] + b"\n" + content[at + 1 :])
            assert number == content[:at].count(b"\n") + 1


def test_lines_that_were_taken_out_moved_or_doubled(path: Path) -> None:
    lines = (path / FILE).read_bytes().splitlines(keepends=True)
    for at in range(1, len(lines) - 1):
        assert found(path, b"".join(lines[:at] + lines[at + 1 :])) == (at + 1, "missing")
        swapped = [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]
        assert found(path, b"".join(swapped)) == (at + 1, "missing")
        assert found(path, b"".join([*lines[:at], lines[at], *lines[at:]])) == (at + 2, "missing")
    assert found(path, b"".join(lines[1:])) == (1, "this is no casebook")


def test_a_line_that_was_written_anew_is_found_by_the_next(path: Path) -> None:
    """Whoever makes a line anew has to make all after it anew, too: that is what a head kept elsewhere is for."""
    lines = (path / FILE).read_bytes().splitlines(keepends=True)
    kept = verify(path).head
    act = json.loads(lines[-3])
    act["who"] = "somebody else"
    forged = chain_lines([{k: v for k, v in act.items() if k not in {"before", "sum"}}], act["before"])
    assert found(path, b"".join([*lines[:-3], forged, *lines[-2:]])) == (6, "missing")
    rest = b"".join([*lines[:-3], forged])
    (path / FILE).write_bytes(rest)
    assert verify(path).sound
    assert verify(path, head=kept).earlier is False


def test_a_head_that_was_written_down(path: Path) -> None:
    content = (path / FILE).read_bytes()
    kept = verify(path).head
    assert verify(path, head=kept).earlier is True
    run(path, lambda w: w.open("c-2", "Li", "why", NOW))
    looked = verify(path, head=kept)
    assert (looked.sound, looked.earlier, looked.restarted, looked.head.lines) == (True, True, None, 8)
    for head in (Head(lines=0, sum=kept.sum), Head(lines=9, sum=kept.sum), Head(lines=6, sum=kept.sum)):
        assert not verify(path, head=head).sound
    (path / FILE).write_bytes(b"".join(content.splitlines(keepends=True)[:-1]))
    assert verify(path).sound, "a casebook that was cut back agrees with itself"
    assert not verify(path, head=kept).sound


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
        {"act": "verdict", "at": "9999-12-31T23:59:59-23:59"},
    ],
)
def test_a_line_that_says_what_cannot_be(path: Path, act: dict[str, object]) -> None:
    content = (path / FILE).read_bytes()
    last = verify(path).head.sum
    assert found(path, content + chain_lines([whole(act)], last)) == (8, Code.ACT)


@pytest.mark.parametrize("kind", ["case", "alert", "opened", "unmasked", "reads", "heard", "verdict", "forgotten"])
def test_the_table_above_starts_from_what_can_be(path: Path, kind: str) -> None:
    line = whole({"act": kind, "case": "c-3" if kind == "case" else "c-1"})
    with (path / FILE).open("ab") as file:
        file.write(chain_lines([line], verify(path).head.sum))
    assert verify(path).sound


def test_a_line_that_fits_the_chain_and_is_no_json(path: Path) -> None:
    body = b'{"act":heard'
    line = body + b',"sum":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'
    assert found(path, (path / FILE).read_bytes() + line) == (8, Code.CHANGED)


@pytest.mark.parametrize("content", [b"{}\n", b"\n", b"waybill,seen_at\n", b"\xff\n", b"[" * 100_000, b"#cut\n"])
def test_something_else_is_no_casebook(path: Path, content: bytes) -> None:
    (path / FILE).write_bytes(content)
    for look in (read_casebook, verify):
        with pytest.raises(CasebookError, match=":1: this is no casebook") as caught:
            look(path)
        assert caught.value.exit_code == 6
    with pytest.raises(CasebookError, match="no casebook"), writing(path):
        pass
    assert (path / FILE).read_bytes() == content


def test_another_version(path: Path) -> None:
    (path / FILE).write_bytes(chain_lines([{"wayseal": "casebook", "version": 2, "secret": ""}], ""))
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
    with pytest.raises(CasebookError, match=message), writing(path):
        pass
    assert file.exists() == (other is not None), "it is never made anew"
