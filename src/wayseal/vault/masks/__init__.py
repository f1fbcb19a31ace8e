"""Masks by rule set: what is shown of a name, phone, address or goods to whoever needs no more.

Rule sets, the rows of goods and phones, and the function that everybody calls.

Goods: the class is shown, never the words; what tells of health, belief or private life shows nothing at all.

Phones: at least six digits hidden, at most three shown at the start and two at the end; extensions hidden.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_
from wayseal.vault.masks._address_words import ADDRESSES, ADDRESSES_REGION
from wayseal.vault.masks._addresses import address_mask, region
from wayseal.vault.masks._names import NAMES, name_mask
from wayseal.vault.masks._rule import HIDDEN, LONGEST, Mask, MaskRule, clean, first_match, simple

__all__ = ["GB_T_41833", "HIDDEN", "RULE_SETS", "MaskRule", "RuleSet", "clean", "mask", "region"]


def _row(name: str, show: str, words: str, example: str, says: str) -> MaskRule:
    pattern = f"(?s:.*(?:{words}).*)"
    return MaskRule(id=f"goods.{name}", pattern=pattern, show=show, example=example, masked=show, says=says)


GOODS = (
    _row(
        "private",
        HIDDEN,
        "药|胶囊|口服液|注射|胰岛素|试纸|验孕|早孕|避孕|安全套|情趣|成人用品|飞机杯|轮椅|假发|助听|血糖|血压|"
        "医疗|病历|体检|"
        "经书|佛|圣经|古兰|护照|身份证|证件|合同|发票|银行卡|处方|尿不湿成人|成人纸尿|伟哥|艾滋|抑郁",
        "胰岛素注射笔",
        N_("Health, private life, belief, papers: hidden whole, before any other row"),
    ),
    _row("documents", "文件", "文件|资料|档案|信函|单据", "标书资料一份", N_("Papers")),
    _row(
        "electronics",
        "数码产品",
        "数码|手机|电脑|平板|耳机|充电|数据线|相机|键盘|鼠标|[uU]盘|硬盘|手表|音箱|[iI]Phone|[iI]Pad",
        "iPhone 15 手机壳",
        N_("Electronics"),
    ),
    _row(
        "appliances",
        "家用电器",
        "家用电器|电饭|冰箱|洗衣机|空调|电视|风扇|微波炉|热水器|吹风机|吸尘器",
        "小型电饭煲",
        N_("Household appliances"),
    ),
    _row("shoes", "鞋包", "鞋|箱包|背包|书包|钱包|手提包|行李箱|拖鞋|靴", "男士运动鞋 42 码", N_("Shoes and bags")),
    _row("clothes", "服装", "服装|衣|裤|裙|衫|外套|袜|帽|围巾|内裤|T恤|卫衣|羽绒", "白色连衣裙 M 码", N_("Clothes")),
    _row("baby", "母婴用品", "母婴|奶粉|纸尿裤|尿不湿|婴儿|奶瓶|童车", "婴儿奶瓶两只", N_("For babies")),
    _row("toys", "玩具", "玩具|积木|娃娃|模型|手办|盲盒|拼图", "积木一盒", N_("Toys")),
    _row(
        "fresh",
        "生鲜",
        "生鲜|水果|苹果|樱桃|荔枝|芒果|橙|海鲜|大闸蟹|牛肉|猪肉|蔬菜|冷冻",
        "红富士苹果 5 斤",
        N_("Fresh food"),
    ),
    _row(
        "food", "食品", "食品|零食|饼干|茶|咖啡|糖|坚果|面条|大米|酱|糕|酒|饮料|牛奶", "绿茶两罐", N_("Food and drink")
    ),
    _row(
        "beauty",
        "美妆个护",
        "美妆|护肤|面膜|口红|洗发|沐浴|香水|化妆|牙膏|牙刷|洗面奶",
        "面膜十片",
        N_("Beauty and care"),
    ),
    _row(
        "books",
        "图书文具",
        "图书|书籍|教材|教辅|绘本|文具|笔记本|铅笔|中性笔",
        "小学教材一套",
        N_("Books and stationery"),
    ),
    _row(
        "home",
        "家居用品",
        "家居|床单|被|枕|毛巾|窗帘|收纳|餐具|锅|碗|杯|灯|家具|椅|桌|日用|纸巾",
        "四件套床单",
        N_("Household goods"),
    ),
    _row("tools", "五金工具", "五金|螺丝|扳手|电钻|工具|水管|插座|轴承", "螺丝一包", N_("Tools and hardware")),
    _row("parts", "汽车用品", "汽车用品|车载|轮胎|机油|雨刮|坐垫|车膜", "车载支架", N_("For cars")),
    _row(
        "sport",
        "运动户外",
        "运动户外|羽毛球|篮球|足球|瑜伽|帐篷|鱼竿|哑铃|自行车",
        "羽毛球拍",
        N_("Sport and outdoors"),
    ),
    _row("pets", "宠物用品", "宠物|猫粮|狗粮|猫砂", "猫砂一袋", N_("For pets")),
)
GOODS_OTHER = MaskRule(
    id="goods.other",
    pattern=r"(?s:.*)",
    show=HIDDEN,
    example="祖母的礼物",
    masked="***",
    says=N_("Anything else is hidden whole"),
)
"""Stands behind all other rows."""


def goods_mask(rows: tuple[MaskRule, ...]) -> Mask:
    """The rows as a mask. An empty value stays empty."""
    run = first_match(rows)

    def mask(value: str) -> str:
        text = simple(clean(value))
        return (run(text) or HIDDEN) if text else HIDDEN if value else ""

    return mask


_D = "[0-9*]"
_CHINA = r"(?:\(?(?:\+|00)?86\)?-?)?"
_MOBILE = rf"{_CHINA}(1[3-9]{_D})-?{_D}{{4}}-?{_D}{{2}}({_D}{{2}})"
_SHORT_AREA = rf"{_CHINA}\(?(010|02[0-9])\)?-?{_D}{{4}}-?{_D}{{2}}({_D}{{2}})"
_LONG_AREA = rf"{_CHINA}\(?(0[3-9][0-9]){_D}\)?-?{_D}{{5,6}}({_D}{{2}})"
_HOTLINE = rf"([48]00)(?:-?{_D}){{6}}-?({_D})"
_VIRTUAL = rf"(95[0-9])(?:-?{_D}){{6,13}}({_D}{{2}})"
_EXTENSION = r"(?:-|转|轉|,|#|[xX]|[eE][xX][tT]-?|分机|分機)+(?:[0-9]{1,6}|\*+)#?"

PHONES = (
    MaskRule(
        id="phone.mobile",
        pattern=_MOBILE,
        show=r"\1******\2",
        example="+86 138-0013-8078",
        masked="138******78",
        says=N_(
            "A mobile shows its first three and last two digits, six are hidden; +86, 0086, spaces and dashes "
            "are left out"
        ),
    ),
    MaskRule(
        id="phone.mobile_extension",
        pattern=_MOBILE + _EXTENSION,
        show=r"\1******\2转***",
        example="13800138078转1234",
        masked="138******78转***",
        says=N_("A mobile or virtual number with an extension: the extension is hidden whole"),
    ),
    MaskRule(
        id="phone.landline",
        pattern=_SHORT_AREA,
        show=r"\1-******\2",
        example="010-12345678",
        masked="010-******78",
        says=N_("A landline with an area code of three digits shows that and its last two digits"),
    ),
    MaskRule(
        id="phone.landline_extension",
        pattern=_SHORT_AREA + _EXTENSION,
        show=r"\1-******\2转***",
        example="(021)12345678-801",
        masked="021-******78转***",
        says=N_("The same with an extension, which is hidden whole"),
    ),
    MaskRule(
        id="phone.landline_long_area",
        pattern=_LONG_AREA,
        show=r"\1*-*****\2",
        example="0755-8765432",
        masked="075*-*****32",
        says=N_(
            "A landline with an area code of four digits shows three of them and its last two; six or seven are hidden"
        ),
    ),
    MaskRule(
        id="phone.landline_long_area_extension",
        pattern=_LONG_AREA + _EXTENSION,
        show=r"\1*-*****\2转***",
        example="0755-8765432-801",
        masked="075*-*****32转***",
        says=N_("The same with an extension, which is hidden whole"),
    ),
    MaskRule(
        id="phone.hotline",
        pattern=rf"{_HOTLINE}(?:{_EXTENSION})?",
        show=r"\1******\2",
        example="400-820-8820",
        masked="400******0",
        says=N_("A 400 or 800 number shows its first three digits and its last; an extension is left out"),
    ),
    MaskRule(
        id="phone.virtual",
        pattern=rf"{_VIRTUAL}(?:{_EXTENSION})?",
        show=r"\1******\2",
        example="95013 1234 5678转1234",
        masked="950******78",
        says=N_(
            "A privacy number starting with 95 shows its first three and last two digits; an extension is left out"
        ),
    ),
    MaskRule(
        id="phone.eight",
        pattern=rf"{_D}{{4}}-?{_D}{{2}}({_D}{{2}})",
        show=r"******\1",
        example="8765 4321",
        masked="******21",
        says=N_("Eight digits without an area code show the last two"),
    ),
    MaskRule(
        id="phone.seven",
        pattern=rf"{_D}{{3}}-?{_D}{{3}}({_D})",
        show=r"******\1",
        example="8765432",
        masked="******2",
        says=N_("Seven digits show the last one"),
    ),
    MaskRule(
        id="phone.foreign",
        pattern=rf"(?:\+|00)(?:\(?{_D}\)?-?){{6,14}}({_D}{{2}})",
        show=r"+******\1",
        example="+1 (212) 555-0123",
        masked="+******23",
        says=N_("A foreign number shows its last two digits alone, as country codes have no fixed length"),
    ),
)
PHONES_TWO = (
    MaskRule(
        id="phone.last_two",
        pattern=(
            rf"(?:{_CHINA}(?:1[3-9]{_D}-?{_D}{{4}}-?{_D}{{2}}|\(?(?:010|02[0-9])\)?-?{_D}{{4}}-?{_D}{{2}}|"
            rf"\(?0[3-9][0-9]{_D}\)?-?{_D}{{5,6}})|"
            rf"[48]00(?:-?{_D}){{5}}-?|95[0-9](?:-?{_D}){{6,13}}|{_D}{{4}}-?{_D}{{2}}|{_D}{{9}}|(?:\+|"
            rf"00)(?:\(?{_D}\)?-?){{6,14}})"
            rf"({_D}{{2}})(?:{_EXTENSION})?"
        ),
        show=r"*********\1",
        example="0755-87654321-801",
        masked="*********21",
        says=N_("Any of the forms of a number of eight digits or more shows its last two; an extension is left out"),
    ),
)
OTHER = MaskRule(
    id="phone.other",
    pattern=r"(?s:.*)",
    show=HIDDEN,
    example="张三 13800138078",
    masked="***",
    says=N_("Anything else is hidden whole: too few or too many digits, a name or other words among them"),
)
"""Stands behind all other rows."""

_SEVERAL = re.compile(r"[/,;|]|或")


def phone_mask(rows: tuple[MaskRule, ...]) -> Mask:
    """The rows as a mask. Several phones in one value are taken one by one. An empty value stays empty."""
    run = first_match(row for row in rows if row is not OTHER)

    def mask(value: str) -> str:
        if (first := run(value)) is not None:
            return first
        text = clean(value).replace(" ", "").replace(".", "-").strip("-")
        if not text:
            return HIDDEN if value else ""
        if (whole := run(text)) is not None:
            return whole
        parts = [part for part in _SEVERAL.split(text) if part]
        return "/".join([run(part) or HIDDEN for part in parts]) if len(parts) > 1 else HIDDEN

    return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rows of rules by kind of field, and what runs them. id: how purposes and policies name it; says: in words."""

    id: str
    says: str
    rows: Mapping[FieldKind, tuple[MaskRule, ...]]
    masks: Mapping[FieldKind, Mask] = field(repr=False, compare=False)


def rule_set(
    id: str,  # noqa: A002
    says: str,
    *,
    names: tuple[MaskRule, ...],
    phones: tuple[MaskRule, ...],
    addresses: tuple[MaskRule, ...],
    goods: tuple[MaskRule, ...],
) -> RuleSet:
    """A rule set of rows, compiled."""
    kinds = FieldKind
    rows = {kinds.NAME: names, kinds.PHONE: phones, kinds.ADDRESS: addresses, kinds.GOODS: goods}
    masks = {
        kinds.NAME: name_mask(names),
        kinds.PHONE: phone_mask(phones),
        kinds.ADDRESS: address_mask(addresses),
        kinds.GOODS: goods_mask(goods),
    }
    return RuleSet(id=id, says=says, rows=MappingProxyType(rows), masks=MappingProxyType(masks))


GB_T_41833 = rule_set(
    "gb-t-41833-2022",
    N_(
        "Express electronic waybill (GB/T 41833-2022): one character of a name, six digits of a phone, unit and room "
        "hidden"
    ),
    names=NAMES,
    phones=(*PHONES, OTHER),
    addresses=ADDRESSES,
    goods=(*GOODS, GOODS_OTHER),
)
MINIMAL = rule_set(
    "minimal",
    N_("Least: family name, last two digits of a phone, address up to the district, no goods; for hubs and linehaul"),
    names=NAMES,
    phones=(*PHONES_TWO, OTHER),
    addresses=ADDRESSES_REGION,
    goods=(GOODS_OTHER,),
)
RULE_SETS: Mapping[str, RuleSet] = MappingProxyType({rules.id: rules for rules in (GB_T_41833, MINIMAL)})
"""Every rule set by its id."""


def mask(value: str, kind: FieldKind, rules: RuleSet = GB_T_41833) -> str:
    """Mask a value by a rule set. Never fails; what it can't read is hidden whole (rules 1 and 2)."""
    return rules.masks[kind](value) if len(value) <= LONGEST else HIDDEN
