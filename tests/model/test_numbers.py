import string

from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.model import candidates, clean_waybill, s10_is_valid
from wayseal.model.numbers import FORMATS

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
