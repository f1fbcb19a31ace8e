"""Goods: the class is shown, never the words; what tells of health, belief or private life shows nothing at all."""

from wayseal.model.messages import N_
from wayseal.vault.masks._normalize import clean, simple
from wayseal.vault.masks._rule import HIDDEN, Mask, MaskRule, first_match


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
