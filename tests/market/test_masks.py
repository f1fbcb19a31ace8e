"""What people see of bystanders; numbers and names are made up."""

from tests.tables import each
from wayseal.market.masks import mask_text


@each(
    ("text", "masked"),
    [
        ("电话13800001111。", "电话138********。"),
        ("电话 138 0000 1111", "电话 138 **** ****"),
        ("１３８００００１１１１", "１３８********"),
        ("010-12345678", "010*********"),
        ("mail a.b@example.com", "mail ***@example.com"),
        ("身份证110101199003070011", "身份证11****************"),
        ("11010119900307001 5", "11010119900307001 5"),
        ("单号 YT1234567890123 和 773012345678901", "单号 YT1234567890123 和 773012345678901"),
        ("收件人：张三丰", "收件人：张**"),
        ("收货人 欧阳小明,", "收货人 欧阳**,"),
        ("联系人电话", "联系人电话"),
        ("收件人地址：朝阳区建国路88号2单元301室", "收件人地址：朝阳区建国路**号*单元***室"),
        ("中山路五号", "中山路*号"),
        ("加微信号码88号群", "加微信号码88号群"),
        ("每天 3000 单 1.2 元", "每天 3000 单 1.2 元"),
        ("", ""),
        ("\u202e138\u200b0000\u200e1111 料", "\u202e138\u200b****\u200e**** 料"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    found = mask_text(text)
    assert found == masked
    assert len(found) == len(text)


def test_what_a_seller_is_reached_by_is_kept() -> None:
    text = "加 138-0000-1111 或 seller@example.com 或 010-12345678，买家 13900002222"
    assert mask_text(text, ["13800001111", "SELLER@example.com", "01012345678", ""]) == (
        "加 138-0000-1111 或 seller@example.com 或 010-12345678，买家 139********"
    )


def test_a_number_far_from_a_place_is_none_of_a_house() -> None:
    text = "北京市" + "很" * 30 + "3号发货"
    assert mask_text(text) == text


def test_masking_twice_changes_nothing() -> None:
    text = "收件人：张三 13800001111 建国路88号"
    assert mask_text(mask_text(text)) == mask_text(text)
