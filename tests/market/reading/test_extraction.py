"""What stands in a text: addresses, amounts, places, numbers. All of them are invented."""

import time

import pytest

from wayseal.market.reading import Reader
from wayseal.market.types import HandleKind


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("联系QQ：1２３4５67", [("qq", "1234567")]),
        ("企鹅号一二三四五六七", [("qq", "1234567")]),
        ("加微信ab_cd-99聊", [("wechat", "ab_cd-99")]),
        ("V：lizi8888", [("wechat", "lizi8888")]),
        ("薇信 lizi8888", [("wechat", "lizi8888")]),
        ("飞机联系@Li_Zi_a", [("telegram", "@li_zi_a")]),
        ("✈️lizi_bcd", [("telegram", "@lizi_bcd")]),
        ("频道t.me/lizi_chat看", [("telegram", "@lizi_chat")]),
        ("https://t.me/lizi_ahttps://t.me/lizi_b", [("telegram", "@lizi_a"), ("telegram", "@lizi_b")]),
        ("进群https://t.me/+AbCdEfGh12", [("invite", "https://t.me/+AbCdEfGh12")]),
        ("t.me/joinchat/AbCdEfGh12", [("invite", "https://t.me/joinchat/AbCdEfGh12")]),
        ("电话1３8 0000-0000", [("phone", "13800000000")]),
        ("微信13800000000", [("wechat", "13800000000"), ("phone", "13800000000")]),
        ("支付宝：13800000000", [("payment", "13800000000"), ("phone", "13800000000")]),
        ("一三八零零零零零零零零", [("phone", "13800000000")]),
        ("138O0O00l00", [("phone", "13800000100")]),
        ("138oooooooo", []),
        ("1380o000000", [("phone", "13800000000")]),
        ("12345678@qq.com", [("email", "12345678@qq.com"), ("qq", "12345678")]),
        ("见 https://example.com/a?B=1", [("link", "https://example.com/a?B=1")]),
        ("加微信 ab_cd 99聊", [("wechat", "ab_cd99")]),
        ("微信lizi 8888，面单", [("wechat", "lizi8888")]),
        ("VX:abc de123", [("wechat", "abcde123")]),
        ("V：lizi8888 66", [("wechat", "lizi888866")]),
        ("V：lizi8888 66条", [("wechat", "lizi8888")]),
        ("telegram: li zi_99", [("telegram", "@lizi_99")]),
        ("@mdx huo_88", [("telegram", "@mdxhuo_88")]),
        ("@mdx 666", []),
        ("@lizi_abc 100条", [("telegram", "@lizi_abc")]),
        ("V：lizi八八八八 面单", [("wechat", "lizi8888")]),
        ("加v lizi_八九78", [("wechat", "lizi_8978")]),
        ("飞机@li_zi八〇", [("telegram", "@li_zi80")]),
        ("t.me/lizi八八88", [("telegram", "@lizi8888")]),
        ("@lizi_abc一手面单", [("telegram", "@lizi_abc")]),
        ("扣扣：八8七7六6", [("qq", "887766")]),
        ("T" + "a1" * 16 + "b", [("payment", "T" + "a1" * 16 + "b")]),
        ("微信群里说的", []),
        ("qq炫舞", []),
        ("a@b", []),
    ],
)
def test_handles(reader: Reader, text: str, handles: list[tuple[str, str]]) -> None:
    found = reader.read(text).handles
    assert sorted((one.kind.value, one.value) for one in found) == sorted(handles)


def test_the_same_handle_counts_once_where_it_stands_first(reader: Reader) -> None:
    text = "@lizi_abc 联系 @Lizi_ABC"
    (found,) = reader.read(text).handles
    assert (found.kind, found.at) == (HandleKind.TELEGRAM, (0, 9))


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("出快递单号1.2一个", [(1.2, "number")]),
        ("出快递单号一个1元", [(1.0, "number")]),
        ("面单一块五一张，一手手拍", [(1.5, "label")]),
        ("快递数据8毛一条", [(0.8, "record")]),
        ("快递数据8毛5一条", [(0.85, "record")]),
        ("出面单¥0.6", [(0.6, "")]),
        ("空包代发2.5元/单，刷单", [(2.5, "parcel")]),
        ("面单2毛一枚，2毛一套", [(0.2, ""), (0.2, "")]),
        ("面单2毛1条", [(0.2, "record")]),
        ("面单1块2毛5一张", [(1.25, "label")]),
        ("面单两毛一", [(0.21, "")]),
        ("两毛一起的", [(0.21, "")]),
        ("日赚500元", []),
        ("押金200元", []),
        ("3万元", []),
        ("第1个", []),
    ],
)
def test_prices(reader: Reader, text: str, prices: list[tuple[float, str]]) -> None:
    assert [(one.yuan, one.unit) for one in reader.read(text).prices] == prices


@pytest.mark.parametrize(
    ("text", "quantities"),
    [
        ("出快递单号每天3万个,收件人电话都有", [(30_000, "number", True)]),
        ("快递数据日更2w", [(20_000, "", True)]),
        ("面单两千张", [(2_000, "label", False)]),
        ("历史快递数据800万条", [(8_000_000, "record", False)]),
        ("一个人", []),
        ("2026年3月", []),
    ],
)
def test_quantities(reader: Reader, text: str, quantities: list[tuple[int, str, bool]]) -> None:
    assert [(one.count, one.unit, one.daily) for one in reader.read(text).quantities] == quantities


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("广东发全国", [("广东", "")]),
        ("上海到北京、杭州→成都", [("上海", "北京"), ("杭州", "成都")]),
        ("广東省發往長沙", [("广东", "长沙")]),
        ("发货地义乌收货地长沙", [("义乌", ""), ("", "长沙")]),
        ("全国到各地", []),
        ("发到家里", []),
    ],
)
def test_routes(reader: Reader, text: str, routes: list[tuple[str, str]]) -> None:
    assert [(one.origin, one.destination) for one in reader.read(text).routes] == routes


def test_couriers_and_freshness(reader: Reader) -> None:
    reading = reader.read("三通一达，圓通 YT sf都有，历史实时")
    assert reading.couriers == ("yto", "zto", "sto", "yunda", "sf")
    assert reading.freshness == "realtime"
    assert reader.read("今天的单").freshness == "same_day"
    assert reader.read("@sf_abc京东").couriers == ()


def test_couriers_by_sound_where_a_text_is_about_parcels(reader: Reader) -> None:
    assert reader.read("出快递面单，缘通钟通运哒，鸡兔顺风都有").couriers == ("yto", "zto", "yunda", "jt", "sf")
    assert reader.read("祝你一路顺风").couriers == ()
    assert reader.read("快递面单怎么打印，有证才行，得帮我问问").couriers == ()


@pytest.mark.parametrize(
    ("text", "number", "couriers"),
    [
        ("单号YT1234567890123已签收", "YT1234567890123", ("yto",)),
        ("ＳＦ1234-5678-90123", "SF1234567890123", ("sf",)),
        ("EA123456786CN", None, ()),
        ("RR473124829FI", "RR473124829FI", ("s10",)),
        ("13800000000", None, ()),
        ("110101199003070000", None, ()),
        ("https://example.com/YT1234567890123", None, ()),
        ("@yt1234567890123", None, ()),
        ("七七三一二三四五六七八九零一二三", "773123456789012" + "3", ("sto",)),
    ],
)
def test_numbers(reader: Reader, text: str, number: str | None, couriers: tuple[str, ...]) -> None:
    found = reader.read(text).numbers
    assert [one.number for one in found] == ([] if number is None else [number])
    if found:
        assert found[0].couriers[: len(couriers)] == couriers
        start, end = found[0].at or (0, 0)
        assert text[start:end]


@pytest.mark.kernels
@pytest.mark.filterwarnings("ignore:overflow encountered")  # hashes without the compiler
def test_places_are_those_of_the_text_as_it_was_seen(reader: Reader) -> None:
    text = "\u202e出快遞單號\u200b，１.２一个，廣東 發 全國，Q Q：1２３4５67，YT1234567890123"
    reading = reader.read(text)

    def at(place: tuple[int, int] | None) -> str:
        assert place is not None
        return text[place[0] : place[1]]

    assert [at(one.at) for one in reading.prices] == ["１.２一个"]
    assert [at(one.at) for one in reading.routes] == ["廣東 發 全國"]
    assert [at(one.at) for one in reading.handles] == ["1２３4５67"]
    assert [at(one.at) for one in reading.numbers] == ["YT1234567890123"]


@pytest.mark.parametrize(
    "unit", ["@", "1", "a.", "/", "1 ", "一", "块毛", "a@a.a", "北京到", "13800000000 ", "t.me/", "v: "]
)
def test_odd_texts_cost_no_more_a_character(reader: Reader, unit: str) -> None:
    reader.read(unit * 100)
    start = time.process_time()
    reader.read(unit * (60_000 // len(unit)))
    assert time.process_time() - start < 5


def test_values_stay_out_of_what_is_logged(reader: Reader) -> None:
    shown = repr(reader.read("微信lizi8888 YT1234567890123 出快递单号"))
    assert "lizi8888" not in shown
    assert "YT1234567890123" not in shown
    assert "快递" not in shown
