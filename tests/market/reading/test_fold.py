"""The folded copy: what is dropped, what is put in its place, and that places lead back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayseal.market.errors import MarketError
from wayseal.market.reading._fold import Folded, _variants, fold, tables


def folded(text: str) -> str:
    return fold([text]).texts()[0]


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("快遞單號", "快递单号"),
        ("快·递★面 / 单", "快递面单"),
        ("快\u200b递\u202e面\u0336单\ufe0f", "快递面单"),
        ("ＫＤ 一手", "快递 一手"),
        ("kd_abc kdx @kd", "kd_abc kdx @kd"),
        ("面D", "面单"),
        ("木旦档", "查档"),
        ("面*D K-递 加 V", "面单 快递加v"),
        ("Q 12345 kd_a 面", "q 12345 kd_a 面"),
        ("块递枓", "快递料"),
        ("🐧①②③", "qq123"),
        ("1.2一个", "1.2一个"),
        ("㈱", "(株)"),
        ("\ud800a", "a"),
        ("٣", "٣"),
        ("", ""),
    ],
)
def test_spellings_of_the_trade(seen: str, meant: str) -> None:
    assert folded(seen) == meant


@pytest.mark.kernels
def test_places_lead_back_to_what_was_seen() -> None:
    text = "出\u200b快·遞 面D 1.2"
    made = fold(["x", text])
    at = made.texts()[1].index("快递")
    start = made.bounds[1] + at
    assert text[made.begins[start] : made.ends[start + 1]] == "快·遞"
    label = made.bounds[1] + made.texts()[1].index("面单")
    assert text[made.begins[label] : made.ends[label + 1]] == "面D"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=30), max_size=4))
def test_any_text_is_folded_by_itself_and_in_order(texts: list[str]) -> None:
    made = fold(texts)
    for at, text in enumerate(texts):
        assert made.texts()[at] == folded(text)
        span = slice(made.bounds[at], made.bounds[at + 1])
        begins, ends = made.begins[span], made.ends[span]
        assert (np.diff(begins) >= 0).all()
        assert ((begins >= 0) & (begins < ends) & (ends <= len(text))).all()


def test_a_long_run_of_marks_costs_no_more_a_mark() -> None:
    made: Folded = fold(["/" * 300_000 + "面" + " /" * 100_000 + "单"])
    assert made.texts()[0] == "/" * 300_000 + "面单"


def test_what_is_folded_stays_as_it_is() -> None:
    known = tables()
    meant = sorted({chr(code) for code in known.into.tolist() if code < 0x10FFFF and not 0xD800 <= code < 0xE000})
    again = zip(meant, fold(meant).texts(), strict=True)
    odd = [char for char, text in again if text not in {char, ""} and len(text) == 1]
    assert odd == []


def test_variants_that_would_grow_a_text_are_refused() -> None:
    head = '[[group]]\nsort = "s"\nsource = "s"\ndate = "d"\n[group.pairs]\n'
    assert dict(_variants(head + '"木旦" = "查"\n')) == {"木旦": "查"}
    for wrong in ('"ab" = "abc"', '"abcdefg" = "a"', '"a" = ""'):
        with pytest.raises(MarketError):
            list(_variants(head + wrong + "\n"))
