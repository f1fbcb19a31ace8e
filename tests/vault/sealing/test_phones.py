"""Phones in all their spellings, and their tags."""

from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.sealing.waybills import RING
from wayseal.vault.keyring import KeyPurpose, Keyring
from wayseal.vault.sealing.phones import COMMON, MOST_NUMBERS, lookup_tags, numbers, phone_tags, scanned

MOBILE = "13812345678"
BEIJING = "01067891234"
HANGZHOU = "057187654321"

CASES: dict[str, list[str]] = {
    "13812345678": [MOBILE],
    "１３８１２３４５６７８": [MOBILE],
    "１３８ １２３４－５６７８": [MOBILE],
    " 138 1234 5678 ": [MOBILE],
    "138-1234-5678": [MOBILE],
    "138–1234—5678": [MOBILE],
    "138.1234.5678": [MOBILE],
    "+8613812345678": [MOBILE],
    "+86 138 1234 5678": [MOBILE],
    "＋86－138－1234－5678": [MOBILE],
    "(+86)13812345678": [MOBILE],
    "+86(138)12345678": [MOBILE],
    "+ 86 13812345678": [MOBILE],
    "008613812345678": [MOBILE],
    "0086-13812345678": [MOBILE],
    "8613812345678": [MOBILE],
    "86-13812345678": [MOBILE],
    "86 138 1234 5678": [MOBILE],
    "013812345678": [MOBILE],
    "0 138 1234 5678": [MOBILE],
    "\u202a13812345678\u202c": [MOBILE],
    "138\u200b1234\u200b5678": [MOBILE],
    "电话：13812345678（王先生）": [MOBILE],
    "tel:13812345678": [MOBILE],
    "010-67891234": [BEIJING],
    "010 6789 1234": [BEIJING],
    "（010）67891234": [BEIJING],
    "+86 10 6789 1234": [BEIJING],
    "+86 (0)10 6789 1234": [BEIJING],
    "0086-10-67891234": [BEIJING],
    "+86-010-67891234": [BEIJING],
    "0571-87654321": [HANGZHOU],
    "0571 8765 4321": [HANGZHOU],
    "+86-571-87654321": [HANGZHOU],
    "0571-8765432": ["05718765432"],
    "87654321": ["87654321"],
    "8765-4321": ["87654321"],
    "400-123-4567": ["4001234567"],
    "400-1234-567": ["4001234567"],
    "4001234567": ["4001234567"],
    "+86 400 123 4567": ["4001234567"],
    "95588": ["95588"],
    "+852 9123 4567": ["+85291234567"],
    "00852-91234567": ["+85291234567"],
    "+1 (415) 555-2671": ["+14155552671"],
    "13812345678-1234": [MOBILE + "x1234"],
    "13812345678转1234": [MOBILE + "x1234"],
    "13812345678 转 1234": [MOBILE + "x1234"],
    "13812345678,转1234": [MOBILE + "x1234"],
    "13812345678 ext. 1234": [MOBILE + "x1234"],
    "13812345678#1234": [MOBILE + "x1234"],
    "010-67891234-8001": [BEIJING + "x8001"],
    "010-67891234 分机：8001": [BEIJING + "x8001"],
    "13812345678 13912345678": [MOBILE, "13912345678"],
    "13812345678/13912345678": [MOBILE, "13912345678"],
    "13812345678，010-67891234": [MOBILE, BEIJING],
    "13812345678;010-67891234转8001、400-123-4567": [MOBILE, BEIJING + "x8001", "4001234567"],
    "138 1234 5678 - 010 6789 1234": [MOBILE, BEIJING],
    "+8613812345678+8613912345678": [MOBILE, "13912345678"],
    "1234 13812345678": [MOBILE],
    "87654321 87654322": ["87654321", "87654322"],
    "": [],
    "无": [],
    "-": [],
    "+": [],
    "1234": [],
    "13812345678139123456789": [],
    "٣٤٥٦٧٨": [],
    "\ud800": [],
}


@each("text", CASES)
def test_spellings(text: str) -> None:
    assert [f"{n.digits}x{n.extension}" if n.extension else n.digits for n in numbers(text)] == CASES[text]


@each("text", CASES)
def test_what_is_stored_is_found_by_any_spelling(text: str) -> None:
    stored = phone_tags(RING, text)
    for spelling in CASES[text]:
        assert set(lookup_tags(RING, spelling)) <= set(stored)
        assert set(lookup_tags(RING, spelling.partition("x")[0])) <= set(stored)
    assert bool(stored) is bool(CASES[text])
    assert all((version, len(tag)) == (1, 16) for version, tag in stored)


@given(st.from_regex("1[3-9][0-9]{9}", fullmatch=True), st.tuples(*[st.sampled_from(["", " ", "-", "\u3000"])] * 11))
def test_a_number_has_one_tag_however_it_is_broken_up(number: str, breaks: tuple[str, ...]) -> None:
    written = "".join(b + d for b, d in zip(breaks, number, strict=True))
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in written)
    for text in (number, "+86" + number, "0086 " + number, wide):
        assert phone_tags(RING, text) == phone_tags(RING, number)


@given(st.from_regex(COMMON, fullmatch=True))
def test_the_short_way_says_what_the_long_way_would(text: str) -> None:
    assert numbers(text) == scanned(text)


@given(st.text() | st.text("0123456789013568 +-转,x()", max_size=40))
def test_any_text(text: str) -> None:
    """And a number's one spelling stays what it is."""
    found = numbers(text)
    assert len(found) <= MOST_NUMBERS
    for number in found:
        assert [n.digits for n in numbers(number.digits)] == [number.digits]


def test_an_extension_is_kept_apart() -> None:
    with_extension = phone_tags(RING, f"{MOBILE}转1234")
    assert len(with_extension) == 2
    assert phone_tags(RING, MOBILE)[0] in with_extension
    assert lookup_tags(RING, f"{MOBILE}-1234") == [with_extension[1]]
    assert lookup_tags(RING, f"{MOBILE}-1235")[0] not in with_extension
    assert lookup_tags(RING, f"{MOBILE}-1234")[0] not in phone_tags(RING, f"{MOBILE}-1235")


def test_a_number_twice_has_one_tag() -> None:
    assert len(phone_tags(RING, f"{MOBILE} / +86{MOBILE}")) == 1


def test_no_more_than_some() -> None:
    many = ",".join(f"138{i:08d}" for i in range(20))
    assert len(phone_tags(RING, many)) == MOST_NUMBERS


def test_rotation() -> None:
    """Written with the active key, looked up with all."""
    rotated = RING.rotate(KeyPurpose.INDEX, 1)
    new = phone_tags(rotated, MOBILE)
    assert [version for version, _ in new] == [2]
    assert lookup_tags(rotated, MOBILE) == [*phone_tags(RING, MOBILE), *new]
    assert lookup_tags(rotated.retire(KeyPurpose.INDEX, 1), MOBILE) == new


def test_without_the_key_a_tag_tells_nothing() -> None:
    assert phone_tags(Keyring.new(0), MOBILE) != phone_tags(RING, MOBILE)
