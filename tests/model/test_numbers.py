import string
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.model import clean_waybill, s10_is_valid
from wayseal.model.numbers import FORMATS, candidates, couriers_of, learn_formats, looks_like_waybill, rarity_of

CLEANED = [
    ("YT1234567890123", "YT1234567890123"),
    ("yt1234567890123", "YT1234567890123"),
    (" YT 1234-5678.90123\t", "YT1234567890123"),
    ("YT_1234567890123", "YT1234567890123"),
    ("ＹＴ１２３４５６７８９０１２３", "YT1234567890123"),
    ("YT１２３４５６７８９０１２３\u3000", "YT1234567890123"),
    ("𝟕𝟑𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝟎𝟏𝟐", "73123456789012"),
    ("٧٣١", "731"),
    ("YT\u200b12\ufeff34\u00ad56", "YT123456"),
    ("YT\u201312\u221234\u2014\u00b756。7", "YT1234567"),
    ("0001193125-12-324016", "000119312512324016"),
    ("运单 12", "运单12"),
    ("", ""),
    (" -._ ", ""),
    ("\u200b\u3000", ""),
    ("½", "1⁄2"),
    ("\x00A", "\x00A"),
]


@each(("text", "clean"), CLEANED)
def test_clean_spelling(text: str, clean: str) -> None:
    assert clean_waybill(text) == clean


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_waybill(text)
    assert clean_waybill(once) == once


@given(st.text(alphabet=string.ascii_uppercase + string.digits))
def test_clean_numbers_stay(text: str) -> None:
    assert clean_waybill(text) == text


@given(st.text(alphabet=string.ascii_letters + string.digits + " -._", max_size=30))
def test_ascii_and_wide_spellings_agree(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert clean_waybill(wide) == clean_waybill(text)


RANKED = [
    ("YT1234567890123", ["yto"]),
    ("YT1234567890123456", ["yunexpress"]),
    ("JT1234567890123", ["jt"]),
    ("DPK123456789012", ["deppon"]),
    ("SF1234567890123", ["sf"]),
    ("SFA123456789012", ["sf"]),
    ("JDVA12345678901", ["jd"]),
    ("PA12345678901", ["ems"]),
    ("621123456789012", ["cainiao"]),
    ("430000000000000", ["sto", "yunda"]),
    ("330000000000000", ["yunda"]),
    ("77123456789012", ["sto"]),
    ("771234567890123", ["sto"]),
    ("73123456789012", ["zto"]),
    ("78123456789012", ["zto"]),
    ("72123456789012", []),
    ("5123456789012", ["yunda"]),
    ("9123456789012", ["ems"]),
    ("RB123456785GB", ["s10"]),
    ("EB000717595HK", ["s10"]),
    ("RB123456786US", []),
    ("", []),
    ("YT123", []),
]


@each(("number", "couriers"), RANKED)
def test_candidates_are_ranked(number: str, couriers: list[str]) -> None:
    assert [c.courier for c in candidates(number)] == couriers


def test_a_candidate_has_names_and_a_reason_without_the_number() -> None:
    (found,) = candidates("yt 1234567890123")
    assert found.name == "YTO"
    assert found.reason == "YT and 13 digits"


S10 = [
    ("RB123456785GB", True),
    ("EB000717595HK", True),
    ("RB123456786US", False),
    ("EB000717594HK", False),
    ("RB12345678GB", False),
    ("rb123456785gb", False),
    ("RB12345678５GB", False),
    ("RB123456785GB\n", False),
]


@each(("number", "valid"), S10)
def test_s10(number: str, valid: bool) -> None:
    assert s10_is_valid(number) is valid


@given(st.integers(0, 10**8 - 1))
def test_s10_has_exactly_one_check_digit(serial: int) -> None:
    assert sum(s10_is_valid(f"EE{serial:08}{check}CN") for check in range(10)) == 1


def test_a_rarer_format_stands_before_a_commoner_one() -> None:
    assert all(f.rarity > 0 for f in FORMATS)
    ranks = {f.pattern.pattern: f.rarity for f in FORMATS}
    assert ranks[r"YT[0-9]{13}"] > ranks[r"(?:77|43)[0-9]{12,15}"] > ranks[r"[34][0-9]{14}"]


def numbers(head: str, digits: int, count: int = 500, seed: int = 1) -> list[str]:
    rng = Random(seed)
    return [head + "".join(rng.choice("0123456789") for _ in range(digits)) for _ in range(count)]


@pytest.mark.parametrize(
    ("head", "digits", "rarity"), [("SD", 13, 10.3), ("KY", 10, 8.7), ("Q", 12, 8.2), ("88", 11, 2.0), ("26", 14, 2.0)]
)
def test_a_format_that_no_other_courier_has(head: str, digits: int, rarity: float) -> None:
    (learnt,) = learn_formats(numbers(head, digits))
    other = numbers(head, digits, 50, seed=2)
    assert learnt.rarity == pytest.approx(rarity, abs=0.1)
    assert all("own" in couriers_of(number, (learnt,)) for number in other)
    assert all(rarity_of(number, (learnt,)) == learnt.rarity for number in other)
    assert not any(couriers_of(number + "1", (learnt,)) for number in other if not couriers_of(number + "1"))
    assert "own" not in couriers_of(other[0]), "nothing is learnt for good"


def test_letters_inside() -> None:
    rng = Random(3)
    made = [n[:6] + rng.choice("ABCXYZ") + n[6:] for n in numbers("WB", 12)]
    (learnt,) = learn_formats(made)
    assert learnt.pattern.pattern == "WB[0-9][0-9][0-9][0-9][0-9A-Z]".replace("[0-9A-Z]", "[0-9A-Z]") + "[0-9]" * 8


def test_what_is_known_or_common_is_not_learnt() -> None:
    assert learn_formats(numbers("YT", 13)) == (), "FORMATS has it"
    assert learn_formats(numbers("", 13, 5000)) == (), "most numbers of thirteen digits say nothing"
    assert learn_formats(numbers("SD", 13, 10)) == (), "too few"
    few = learn_formats([*numbers("SD", 13, 3000), *numbers("ZZ", 13, 25)])
    assert [one.pattern.pattern[:2] for one in few] == ["SD"]


@pytest.mark.parametrize(("head", "digits"), [("13", 9), ("15", 9), ("86138", 8), ("110101199001", 6), ("400", 7)])
def test_what_could_be_a_phone_or_an_identity_card_is_never_learnt(head: str, digits: int) -> None:
    assert learn_formats(numbers(head, digits)) == ()


def test_several_at_once_the_most_common_first() -> None:
    some = learn_formats([*numbers("SD", 13, 300), *numbers("KY", 10, 600)])
    assert [one.pattern.pattern[:2] for one in some] == ["KY", "SD"]


@given(st.lists(st.text("0123456789ABCXYZ", max_size=20), max_size=60))
def test_any_numbers(some: list[str]) -> None:
    learnt = learn_formats(some * 25)
    for one in learnt:
        assert any(one.pattern.fullmatch(number) for number in some if looks_like_waybill(number))
    assert all(len(candidates(number, learnt)) >= len(candidates(number)) for number in some)
