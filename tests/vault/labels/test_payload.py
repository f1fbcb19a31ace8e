"""Payloads open with the key of their outlet and day, under their number, and not otherwise."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vault.labels.making import DAY, KEY, NUMBER, RING
from wayseal.vault.errors import KeyringError, LabelError
from wayseal.vault.keyring import KeyPurpose, Keyring
from wayseal.vault.labels.payload import MOST, SIZES, Content, day_key, read_day_key
from wayseal.vault.masks import clean

CONTENT = Content(door="5号楼1203室", alias="小林")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30).map(clean)


@given(TEXTS, TEXTS)
def test_what_is_sealed_opens(door: str, alias: str) -> None:
    content = Content(door=door, alias=alias)
    try:
        payload = KEY.seal(NUMBER, content)
    except LabelError as error:
        assert error.key == "recipient_address"  # noqa: PT017
        assert len(f"{door}\n{alias}".encode("gb18030")) > MOST
        return
    assert KEY.open(NUMBER, payload) == content
    assert len(payload) in SIZES
    assert payload == KEY.seal(NUMBER, content)


def test_lengths_tell_little_and_nothing_is_cut() -> None:
    sizes = {len(KEY.seal(NUMBER, Content(door="x" * n))) for n in range(MOST)}
    assert sizes == set(SIZES)
    with pytest.raises(LabelError, match="132 bytes") as caught:
        KEY.seal(NUMBER, Content(door="保密" * 32, alias="xxx"))
    assert "保密" not in str(caught.value)


@pytest.mark.parametrize("place", range(SIZES[0]))
def test_a_changed_byte_opens_nothing(place: int) -> None:
    raw = bytearray(KEY.seal(NUMBER, CONTENT))
    raw[place] ^= 1
    with pytest.raises(LabelError):
        KEY.open(NUMBER, bytes(raw))


def test_another_number_day_outlet_or_keyring_opens_nothing() -> None:
    payload = KEY.seal(NUMBER, CONTENT)
    with pytest.raises(LabelError, match="isn't the one of this number"):
        KEY.open(NUMBER[:-1] + "4", payload)
    for ring, outlet, day in (
        (RING, KEY.outlet, DAY + timedelta(1)),
        (RING, "成都武侯", DAY),
        (RING.rotate(KeyPurpose.LABEL, 1), KEY.outlet, DAY),
    ):
        with pytest.raises(LabelError, match="sealed by this key"):
            day_key(ring, outlet, day).open(NUMBER, payload)
    for raw in (b"", payload[:-1], payload + b"\0", b"\x02" + payload[1:]):
        with pytest.raises(LabelError, match="no sealed payload"):
            KEY.open(NUMBER, raw)


def test_nothing_readable_stands_in_a_payload() -> None:
    payload = KEY.seal(NUMBER, CONTENT)
    for text in ("5号楼", "1203", "小林", NUMBER):
        assert text.encode("gb18030") not in payload
        assert text.encode() not in payload


def test_a_day_key_is_kept_as_a_file() -> None:
    assert read_day_key(KEY.to_json()) == KEY
    assert KEY.to_json().count("key") == 2
    assert repr(KEY.secret) not in repr(KEY)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        "",
        "[]",
        KEY.to_json().replace("-1", "-2"),
        KEY.to_json().replace("2026-03-02", "today"),
        KEY.to_json()[:-6] + '"}',
        KEY.to_json().replace('"key": "', '"key": "?'),
        KEY.to_json().replace("{", '{"more": 1, '),
        '{"format": "wayseal-label-key-1", "outlet": "x", "day": "2026-03-02", "key": "AAAA"}',
    ],
)
def test_another_file_is_refused(text: str | bytes) -> None:
    with pytest.raises(LabelError, match="no file of a day key") as caught:
        read_day_key(text)
    assert caught.value.__cause__ is None


def test_a_keyring_of_before_labels_gets_its_key_by_a_rotation() -> None:
    raw = RING.to_json().decode()
    start = raw.index('"purpose": "label"')
    begin, end = raw.rindex("{", 0, start), raw.index("}", start)
    old = Keyring.from_json((raw[:begin] + raw[end + 1 :].lstrip(",\n ")).encode())
    assert old.versions(KeyPurpose.LABEL) == ()
    with pytest.raises(KeyringError, match="vault key rotate label"):
        day_key(old, "x", date(2026, 1, 1))
    new = old.rotate(KeyPurpose.LABEL, 5)
    assert new.versions(KeyPurpose.LABEL) == (1,)
    assert day_key(Keyring.from_json(new.to_json()), "x", DAY) == day_key(new, "x", DAY)
    assert old.rotate(KeyPurpose.LABEL, 5, activate=False).active(KeyPurpose.LABEL) == 1
