"""Offers by hand."""

import random
from collections.abc import Sequence

from wayseal.market.sellers import Offer
from wayseal.market.types import Handle, HandleKind

DAY = 86_400_000_000
NOW = 1_700_000_000_000_000
TEXTS = (
    "老张快递料每天中午十二点更新圆通中通申通三家江浙沪发货地随便挑一块二一个量大可谈",
    "专做母婴面单手拍原图当天发完就没有华南各省都有八毛起不包售后要的抓紧时间",
    "内部渠道长期稳定提供收件信息表格导出字段可选先测试后合作按月结算诚信第一",
    "高价回收各种底单历史数据也行数量不限现金结算西北地区优先学生党勿扰谢谢理解",
)
FOOTER = "本条由大黄蜂广告代发覆盖三百个群聊每日置顶咨询请找客服小妹"


def offer(
    name: str,
    text: str = "",
    handles: Sequence[str] = (),
    pictures: Sequence[int] = (),
    days: tuple[float, float] = (0, 10),
    kind: HandleKind = HandleKind.QQ,
    shop: str | None = None,
) -> Offer:
    """name: of shop and offer, as "shop:1". A picture's mirror is its complement."""
    return Offer(
        id=name,
        shop=name.partition(":")[0] if shop is None else shop,
        at=NOW + int(days[0] * DAY),
        last_at=NOW + int(days[1] * DAY),
        capture=f"capture of {name}",
        text=text,
        handles=tuple(Handle(kind=kind, value=value) for value in handles),
        pictures=tuple((picture, picture ^ ((1 << 64) - 1)) for picture in pictures),
    )


PICTURE = 0x0F1E2D3C4B5A6978


def flip(picture: int, bits: int) -> int:
    return picture ^ sum(1 << (7 * bit) for bit in range(bits))


def some(seed: int) -> list[Offer]:
    rng = random.Random(seed)
    handles = [str(n) for n in range(14)]
    pictures = [rng.getrandbits(64) for _ in range(6)]
    made = []
    for n in range(60):
        start = rng.uniform(0, 90)
        text = "".join(rng.sample(TEXTS, 2)) if rng.random() < 0.6 else "".join(rng.sample("".join(TEXTS), 30))
        shown = [flip(rng.choice(pictures), rng.randrange(6))] if rng.random() < 0.4 else []
        made.append(offer(f"s{n % 40}:{n}", text, rng.sample(handles, rng.randint(0, 2)), shown, (start, start + 9)))
    return made
