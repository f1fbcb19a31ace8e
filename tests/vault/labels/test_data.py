"""A label is made of masked texts alone; what the mask hides of an address is sealed."""

from typing import Any

import pytest

from tests.vault.labels.making import DOOR, KEY, NUMBER, PRINTED, label, plain, shown
from tests.vault.world import SECRETS
from wayseal.model.fields import Field, FieldKind
from wayseal.vault.errors import LabelError
from wayseal.vault.labels import LabelData, Party, data, label_of

GOOD: dict[str, Any] = {"name": "李**", "phone": "139******21", "address": "广东省深圳市南山区科技园路***"}


def test_a_disclosure_is_printed_masked_and_its_door_sealed() -> None:
    made = label()
    assert (made.recipient.name, made.recipient.phone) == ("李**", "139******21")
    assert made.recipient.address == "广东省深圳市南山区科技园路***软件大厦***"
    assert made.sender is not None
    assert made.sender.address == "浙江省杭州市西湖区文三路***"
    assert (made.route, made.outlet) == ("755-南山A-03", "深圳南山")
    content = KEY.open(NUMBER, made.payload)
    assert (content.door, content.alias) == (DOOR, "小林")
    assert SECRETS[Field.GOODS] not in f"{made} {content}"


def test_the_route_is_the_place_where_none_is_given() -> None:
    assert label(route="").route == "广东省深圳市南山区"
    assert label(route="", recipient_address="软件园8号").route == ""


def test_what_the_purpose_masked_or_leaves_out_is_not_sealed() -> None:
    only = shown()
    masked = {Field.RECIPIENT_ADDRESS: "广东省深圳市南山区科技园路***"}
    for values in (masked, {}):
        made = label_of(
            type(only)(waybill=NUMBER, values=values, forms={}, until=only.until, seq=0, leaf=""), KEY, printed=PRINTED
        )
        assert made.sender is None
        assert KEY.open(NUMBER, made.payload).door == ""


def test_an_address_of_which_masking_again_hides_more_is_printed_so() -> None:
    made = label(recipient_address="472935，三明市 三元区 十里铺乡王府井街门牌五百三十号九龙仓20楼3000工位")
    assert made.recipient.address == "***三元区 十里铺乡王府井街***"


def test_a_mask_that_never_rests_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "mask", lambda text, _: "*" if text == "***" else text + "*")
    assert data._masked("广东省", FieldKind.ADDRESS) == "***"


@pytest.mark.parametrize("side", ["recipient", "sender"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("name", "李小四"),
        ("phone", "13987654321"),
        ("phone", "139****4321"),
        ("phone", "138******78转1234"),
        ("address", "广东省深圳市南山区科技园路5号"),
        ("address", "广东省深圳市南山区科技园路***1203室"),
        ("name", "李**\n"),
    ],
)
def test_what_is_not_masked_is_refused_by_its_field(side: str, kind: str, text: str) -> None:
    with pytest.raises(LabelError) as caught:
        plain(**{side: Party(**{**GOOD, kind: text})})
    assert caught.value.key == f"{side}_{kind}"
    assert text not in str(caught.value)


def test_what_stands_in_is_printed_and_nothing_else() -> None:
    point: dict[str, Any] = {"name": "梧桐-7", "phone": "18877771111-123", "address": "科技园路8号 邮局驿站 3号柜"}
    whole = Party(**point, stands_in=frozenset(FieldKind(kind) for kind in point))
    assert plain(recipient=whole).recipient.phone == "18877771111-123"
    with pytest.raises(LabelError) as caught:
        plain(recipient=Party(**point, stands_in={FieldKind.NAME, FieldKind.ADDRESS}))
    assert caught.value.key == "recipient_phone"


@pytest.mark.parametrize(
    "changed", [{"route": "x" * 65}, {"route": "call 139 8765 4321"}, {"outlet": "a\nb"}, {"printed": "\x1b"}]
)
def test_no_phone_stands_in_a_text_beside(changed: dict[str, Any]) -> None:
    with pytest.raises(LabelError) as caught:
        plain(**changed)
    assert caught.value.key in changed


@pytest.mark.parametrize("waybill", ["", "yt1", "YT 1", "运单1", "Y" * 65])
def test_a_number_has_letters_and_digits(waybill: str) -> None:
    with pytest.raises(LabelError) as caught:
        plain(waybill=waybill)
    assert caught.value.key == "waybill"


def test_a_label_shows_nothing_of_it_in_repr() -> None:
    made = repr(label())
    assert isinstance(label(), LabelData)
    assert "李" not in made
    assert "139" not in made
