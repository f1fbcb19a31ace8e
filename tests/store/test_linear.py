"""Patterns out of mappings: what they fit, and that none of them takes for ever."""

import re
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import put
from tests.store.logs.making import read
from wayseal.store.mapping import MOST_LETTERS, match_whole, names_of, size_of

HOSTILE = (
    r"/(?:(?P<waybill>[a-z]+)+)+!", r"/(([a-z]+)+)+(?P<waybill>!)", r"/(?P<waybill>(?:a|a|aa)*)!",
    r"/(.*a){20}(?P<waybill>!)",
    r"/(?P<waybill>[^/]+)(?P<customer>[^/]+)(?P<channel>[^/]+)(?P<limit>[^/]+)!",
)  # fmt: skip
FITS = [
    (r"/(old|v1)/(?P<waybill>[A-Z0-9]+)", "/v1/YT1", {"waybill": "YT1"}),
    (r"/(old|v1)/(?P<waybill>[A-Z0-9]+)", "/v2/YT1", None),
    (r"/a|/b(?P<waybill>.+)", "/ac", None),
    (r"/a|/b(?P<waybill>.+)", "/bc", {"waybill": "c"}),
    (r"(?i)/A(?P<waybill>.)?", "/a", {"waybill": ""}),
    (r"/[(](?P<waybill>.)[])(]", "/(x)", {"waybill": "x"}),
    (r"/[](](?P<waybill>.)\(\\(a)", "/]x(\\a", {"waybill": "x"}),
    (r"/(?P<waybill>\w+)", "/a\n", None),
    (r"/单(?P<waybill>.+)", "/单号", {"waybill": "号"}),
    ("", "", {}),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "held"), FITS)
def test_a_pattern_stands_for_the_whole_text(pattern: str, text: str, held: dict[str, str] | None) -> None:
    assert match_whole(pa.array([text]), pattern).to_pylist() == [held]
    found = re.compile(pattern).fullmatch(text)
    assert (None if found is None else {name: value or "" for name, value in found.groupdict().items()}) == held


PARTS = ("a", "b", "[^/]", ".", "(a|b)", "(?:ab)?", "b*", "(?P<waybill>a+)", "|", "/")


@given(
    st.lists(st.sampled_from(PARTS), max_size=6),
    st.text("ab/", max_size=6),
)
def test_it_fits_what_it_fits_in_python(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    try:
        names_of(pattern)
    except ValueError:
        return
    found = re.compile(pattern).fullmatch(text)
    held = None if found is None else {name: value or "" for name, value in found.groupdict().items()}
    assert match_whole(pa.array([text]), pattern).to_pylist() == [held]


def test_no_pattern_takes_for_ever(tmp_path: Path) -> None:
    """Each of these needs more steps than there are seconds, if it is tried one way after the other."""
    path = "/" + "a" * 20_000
    line = f'10.1.2.3 - u-17 [04/Mar/2026:11:02:31 +0800] "GET {path} HTTP/1.1" 200 512\n'
    log, began = put(tmp_path / "access.log", line), time.process_time()
    for pattern in HOSTILE:
        assert names_of(pattern)
        text = f"format = \"combined\"\n[[paths]]\nregex = '{pattern}'\n"
        reads, asked = read(log, text)
        assert (reads.rows, asked.rows, reads.dropped) == ([], [], 1)
    assert time.process_time() - began < 20


def test_what_is_written_out_is_bounded() -> None:
    assert size_of(r"[A-Z]{2}[0-9]{10,15}x{3,}\({,4}y{0}") == 2 + 15 + 3 + 4 + 1
    assert size_of("((ab){10}c{5}){100}") == 2500
    assert [size_of(wrong) for wrong in (")", "{3}", "(a", "a{", "x)(y){2}")] == [1, 0, 1, 2, 4]
    assert size_of("(a?){900}" * 3) > MOST_LETTERS > size_of(r"/(?P<waybill>YT[0-9]{13}|SF[0-9]{12,15})")
    for wrong in ("(?=a)", "(?<!a)b", r"(a)\1", "(", "((a{900}){900})", "a{5000}", r"\p{L}", "(?P<x>a)|(?P<x>b)"):
        with pytest.raises(ValueError, match=r"\w"):
            names_of(wrong)
