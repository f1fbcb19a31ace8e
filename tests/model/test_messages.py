"""What a person reads: a text with blanks, in any language, and an error after its place."""

import errno
from pathlib import Path

from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import Bilingual, Message

GERMAN = {
    "{who} read {n:waybill|waybills} of {where}": "{who} las {n:,} Sendungen von {where}",
    "nobody": "niemand",
    "line {line}": "Zeile {line}",
    "it says {words:en}": "es sagt {words:zh}",
}


def german(text: str) -> str:
    return GERMAN.get(text, text)


def test_blanks_are_filled() -> None:
    read = Message("{who} read {n:waybill|waybills} of {where}", {"who": "u-1", "n": 1, "where": "o1"})
    assert str(read) == "u-1 read waybill of o1"
    many = Message(read.text, {"who": Message("nobody"), "n": 1234, "where": ["o1", "o2"]})
    assert str(many) == "nobody read waybills of o1, o2"
    assert many.fill(german) == "niemand las 1,234 Sendungen von o1, o2"
    assert str(Message("a {brace} that nothing fills stays")) == "a {brace} that nothing fills stays"


def test_a_text_that_comes_in_both_languages() -> None:
    said = Message("it says {words:en}", {"words": Bilingual(zh="运单", en="waybill")})
    assert (str(said), said.fill(german)) == ("it says waybill", "es sagt 运单")


def test_an_error_stands_behind_its_place() -> None:
    inner = WaysealError(Message("nobody"), line=3)
    assert (str(inner), inner.worded(german)) == ("line 3: nobody", "Zeile 3: niemand")
    outer = WaysealError("{why}", why=inner, file=Path("a.csv"), line=7, key="at")
    assert str(outer) == "a.csv:7: at: line 3: nobody"
    assert outer.worded(german) == "a.csv:7: at: Zeile 3: niemand"
    assert (str(WaysealError("", file="a.csv")), str(WaysealError("why"))) == ("a.csv", "why")


def test_a_place_that_is_known_stays() -> None:
    error = WaysealError("why", line=3)
    assert error.at(file="a.csv", line=4, key="at") is error
    assert error.at(file="b.csv", key="actor") is error
    assert (error.file, error.line, error.key) == ("a.csv", 3, "at")


def test_what_the_disk_says() -> None:
    assert str(disk_says(OSError(errno.ENOSPC, "whatever"))) == "No space left on device"
    assert str(disk_says(OSError("of a library"))) == "the disk refuses"
