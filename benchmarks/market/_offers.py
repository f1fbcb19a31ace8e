"""Offers with the truth of who is behind them: shops that close and come back changed, copycats, agencies, middlemen.

Worlds differ in structure, not only in their seed: what changes when a shop comes back, how many copy, how many go
through an agency, whether the site says whose an offer is. Nothing here is taken from a real advert.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from wayseal.market.sellers import Offer
from wayseal.market.types import Handle, HandleKind

DAY = 86_400_000_000
START = 1_700_000_000_000_000
_KINDS = (HandleKind.QQ, HandleKind.WECHAT, HandleKind.TELEGRAM, HandleKind.PHONE, HandleKind.INVITE)
_SLOTS = (
    ("出快递单号", "面单数据现货", "单号批发", "快递料长期出", "实时面单", "各家单号都有", "大量底单出售", "收发单号"),
    ("当天新鲜", "一手直出", "今日刚出", "每天更新", "隔日也有", "历史的便宜", "凌晨更新一批", "不卖二手"),
    ("圆通中通都有", "主要做圆通", "四通一达", "顺丰少量", "申通为主", "极兔新上", "不限快递", "邮政也接"),
    ("江浙沪出发", "广东发全国", "按线路挑", "指定发货地", "北京上海为主", "山东河南", "西南几省", "全国任意"),
    ("一元一个", "八毛起", "量大从优", "百个起拍", "先试后买", "价格私聊", "包月更省", "千条五百"),
    ("母婴类目", "美妆护肤", "学生群体", "数码产品", "保健品老人", "服装鞋帽", "食品生鲜", "不分类目"),
    ("可以验货", "支持测试", "假一赔十", "错号包换", "有图有真相", "担保交易", "老店信誉", "三年老号"),
    ("带姓名电话", "文本格式", "手拍原图", "表格导出", "可定制字段", "带收货地址", "只要单号", "带物流轨迹"),
    ("非诚勿扰", "诚信合作", "长期有效", "闲聊勿加", "同行勿扰", "招代理", "欢迎老板", "备注来意"),
    ("秒发货", "在线时间早九晚十", "夜里也在", "自动发卡", "人工发货", "半小时内", "不催单", "看到就回"),
)
_MORE = "精准靠谱稳定高端渠道独家内部货源优质资源合作共赢放心省心快速安全隐蔽专业团队经验丰富口碑保证"
_LIKE = {"单": "丹", "号": "耗", "快": "筷", "面": "緬", "料": "枓", "递": "弟", "货": "貨", "实": "實", "电": "電"}
_SIGNS = ("！", "~", "🔥", "✅", " ", "，", "。", "|", "★", "\n", "…", "!!")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How a market is made. shares and chances lie between 0 and 1.

    Attributes:
        name: Under which it is told.
        sellers: How many.
        days: How long it is watched.
        shops: Most shops that one seller opens, one after the other.
        beside: Sellers with two shops at a time.
        keep_handle: Chance that a handle stays when a shop comes back.
        keep_picture: Chance that a picture stays, changed or not.
        keep_text: Chance that the text is written over, and not new.
        edit: Share of a text's parts that are changed then.
        agencies: How many agencies.
        through: Share of sellers that go through one.
        copycats: Share of sellers that copy another's text, half of them his picture as well.
        stock: Share of sellers that use a picture out of a common stock.
        named: Whether the site says whose an offer is.
        offers: Most offers of a shop.
        altered: Chance that a character is another one that looks or sounds alike.
    """

    name: str
    sellers: int = 300
    days: int = 120
    shops: int = 4
    beside: float = 0.1
    keep_handle: float = 0.4
    keep_picture: float = 0.7
    keep_text: float = 0.8
    edit: float = 0.2
    agencies: int = 4
    through: float = 0.2
    copycats: float = 0.06
    stock: float = 0.15
    named: bool = True
    offers: int = 6
    altered: float = 0.02


WORLDS = (
    World(name="handles change one at a time", keep_handle=0.6, keep_picture=0.5, edit=0.35),
    World(name="handles gone, pictures stay", keep_handle=0.1, keep_picture=0.9, edit=0.3),
    World(name="handles gone, texts stay", keep_handle=0.1, keep_picture=0.4, keep_text=0.95, edit=0.1),
    World(name="much written anew", keep_handle=0.4, keep_picture=0.75, keep_text=0.4, edit=0.4),
    World(name="agencies everywhere", agencies=8, through=0.6, keep_handle=0.4),
    World(name="many copy", copycats=0.25, stock=0.35, keep_handle=0.4),
    World(name="a group without shops", named=False, offers=3, keep_handle=0.5, altered=0.05),
    World(name="few, often back", sellers=60, shops=10, days=240, keep_handle=0.35, beside=0.3),
)
LATER = (
    World(name="later: no pictures", keep_picture=0.0, stock=0.0, keep_handle=0.3, edit=0.25),
    World(name="later: small agencies", sellers=200, agencies=30, through=0.5, keep_handle=0.3, keep_picture=0.6),
    World(name="later: long-lived, two at a time", sellers=150, shops=3, days=365, beside=0.6, keep_handle=0.5),
    World(name="later: hiding", keep_handle=0.05, keep_picture=0.6, keep_text=0.7, edit=0.3, altered=0.1),
    World(name="later: a market of copies", sellers=400, copycats=0.4, stock=0.5, through=0.4, keep_handle=0.6),
    World(name="later: a busy group", named=False, sellers=500, days=60, offers=4, through=0.3, edit=0.15),
)
"""Written when weights were set on the first ones; weights were changed once more when these had been measured."""
LAST = (
    World(name="last: a group, small agencies", named=False, agencies=12, through=0.35, stock=0.2, keep_handle=0.25),
    World(name="last: quick returns", sellers=200, shops=6, days=90, keep_handle=0.3, keep_picture=0.8, edit=0.25),
    World(name="last: thin offers", sellers=400, offers=2, keep_handle=0.5, keep_picture=0.6, copycats=0.12, stock=0.3),
)
"""Written after that, and not looked at before they were measured."""


@dataclass(slots=True, kw_only=True)
class Generated:
    """Offers in the order in which they are seen. seller, shop: of each offer; ends: when each shop ended."""

    offers: list[Offer] = field(default_factory=list)
    seller: dict[str, int] = field(default_factory=dict)
    shop: dict[str, str] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def offer_of(self, shop: str) -> str:
        """The first offer of a shop."""
        return self.first[shop]


@dataclass(slots=True)
class _Face:
    """What a shop shows."""

    parts: list[str]
    signs: tuple[str, str]
    handles: list[Handle]
    pictures: list[tuple[int, int]]


class _Maker:
    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, random.Random(f"{world.name}/{seed}")
        self.made = Generated()
        self._stock = [self._picture() for _ in range(12)]
        self._agencies = [self._agency() for _ in range(world.agencies)]
        self._faces: list[tuple[int, int, _Face]] = []

    def run(self) -> Generated:
        for seller in range(self.world.sellers):
            self._seller(seller)
        self.made.offers.sort(key=lambda offer: (offer.at, offer.id))
        for offer in self.made.offers:
            self.made.first.setdefault(self.made.shop[offer.id], offer.id)
        return self.made

    def _seller(self, seller: int) -> None:
        rng, world = self.rng, self.world
        face = self._new_face()
        begin = START + int(rng.random() * world.days * 0.7 * DAY)
        if rng.random() < world.copycats and self._faces:
            other = rng.choice(self._faces)
            face.parts, begin = list(other[2].parts), other[0] + int(rng.random() * max(DAY, other[1] - other[0]))
            if rng.random() < 0.5:
                face.pictures = [self._shaken(picture, 3) for picture in other[2].pictures]
        footer, agent = rng.choice(self._agencies) if rng.random() < world.through else ("", [])
        for number in range(rng.randint(1, world.shops)):
            until = begin + int((3 + rng.expovariate(1 / 20)) * DAY)
            name = f"site{seller % 3}/{seller}-{number}"
            self._shop(seller, name, (begin, until), face, footer, agent)
            self._faces.append((begin, until, face))
            if until > START + world.days * DAY:
                break
            gap = -rng.random() * 6 if rng.random() < world.beside else rng.expovariate(1 / 4)
            begin = max(begin + DAY, until + int(gap * DAY))
            face = self._changed(face)

    def _shop(
        self, seller: int, name: str, span: tuple[int, int], face: _Face, footer: str, agent: list[Handle]
    ) -> None:
        rng, made = self.rng, self.made
        made.starts[name], made.ends[name], made.owner[name] = *span, seller
        count = rng.randint(1, self.world.offers)
        for number in range(count):
            at = span[0] if number == 0 else rng.randint(*span)
            parts = [part for part in face.parts if rng.random() < 0.93] or face.parts
            shown = rng.sample(face.handles, rng.randint(1, len(face.handles)))
            text = self._written(parts, face.signs)
            text += "".join(f"{face.signs[0]}{handle.kind}{handle.value}" for handle in shown)
            by_agency = bool(footer) and rng.random() < 0.8
            text += f"\n{footer}" if by_agency else ""
            offer = Offer(
                id=f"{name}/{number}",
                shop=name if self.world.named else "",
                at=at,
                last_at=max(at, span[1] - int(rng.random() * DAY)),
                capture=f"c-{name}/{number}",
                text=text,
                handles=(*shown, *(agent if by_agency else ())),
                pictures=tuple(self._shaken(picture, 2) for picture in face.pictures if rng.random() < 0.8),
            )
            made.offers.append(offer)
            made.seller[offer.id], made.shop[offer.id] = seller, name

    def _new_face(self) -> _Face:
        rng = self.rng
        pictures = [self._picture() for _ in range(rng.randint(0, 3))]
        if rng.random() < self.world.stock:
            pictures.append(rng.choice(self._stock))
        return _Face(
            self._new_parts(),
            (rng.choice(_SIGNS), rng.choice(_SIGNS)),
            [self._handle() for _ in range(rng.randint(1, 3))],
            pictures,
        )

    def _new_parts(self) -> list[str]:
        slots = self.rng.sample(range(len(_SLOTS)), self.rng.randint(5, 9))
        return [self._part(slot) for slot in slots]

    def _part(self, slot: int) -> str:
        word = "".join(self.rng.sample(_MORE, self.rng.choice((0, 0, 2, 3, 4))))
        return self.rng.choice(_SLOTS[slot]) + word

    def _changed(self, face: _Face) -> _Face:
        """How a shop comes back."""
        rng, world = self.rng, self.world
        parts = self._new_parts()
        if rng.random() < world.keep_text:
            parts = [
                part if rng.random() > world.edit else self._part(rng.randrange(len(_SLOTS))) for part in face.parts
            ]
        handles = [handle if rng.random() < world.keep_handle else self._handle() for handle in face.handles]
        pictures = [
            self._handed_on(picture) if rng.random() < world.keep_picture else self._picture()
            for picture in face.pictures
        ]
        signs = face.signs if rng.random() < 0.8 else (rng.choice(_SIGNS), rng.choice(_SIGNS))
        return _Face(parts, signs, handles, pictures)

    def _handed_on(self, picture: tuple[int, int]) -> tuple[int, int]:
        """As it is, saved again, cropped or mirrored."""
        how: Callable[[], tuple[int, int]] = self.rng.choice(
            (
                lambda: picture,
                lambda: self._shaken(picture, 3),
                lambda: self._shaken(picture, 7),
                lambda: self._shaken((picture[1], picture[0]), 3),
            )
        )
        return how()

    def _shaken(self, picture: tuple[int, int], most: int) -> tuple[int, int]:
        hash_, mirror = picture
        for _ in range(self.rng.randint(0, most)):
            hash_ ^= 1 << self.rng.randrange(64)
            mirror ^= 1 << self.rng.randrange(64)
        return hash_, mirror

    def _picture(self) -> tuple[int, int]:
        return self.rng.getrandbits(64), self.rng.getrandbits(64)

    def _handle(self) -> Handle:
        kind = self.rng.choice(_KINDS)
        return Handle(kind=kind, value=f"{kind}{self.rng.randrange(10**9):09d}")

    def _agency(self) -> tuple[str, list[Handle]]:
        handles = [self._handle() for _ in range(self.rng.randint(1, 2))]
        words = "".join(self.rng.sample("代发广告全网推广各大群频道每日数万人次联系客服价格实惠效果好", 18))
        return f"{words}{handles[0].value}欢迎各位老板咨询置顶轮播", handles

    def _written(self, parts: list[str], signs: tuple[str, str]) -> str:
        text = signs[0].join(parts) + signs[1]
        return "".join(_LIKE.get(sign, sign) if self.rng.random() < self.world.altered * 4 else sign for sign in text)


def generate(world: World, seed: int) -> Generated:
    """The offers of a world, seeded."""
    return _Maker(world, seed).run()
