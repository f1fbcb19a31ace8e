"""What the market's sellers say: a grammar for each trade, as lists of phrases with blanks.

The phrases are made up for the simulation, in the words of the trade as newspapers told of them; nothing is taken from
a real advert. Blanks: {origin}, {city}: cities; {courier}; {sort}: a sort of goods; {many}: how many; {price}; {hour}.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Trade(StrEnum):
    """What a seller sells."""

    NUMBERS = "numbers"
    LABELS = "labels"
    PERSONAL = "personal"
    INSIDER = "insider"
    EMPTY_PARCELS = "empty_parcels"
    PRINTING = "printing"
    SOFTWARE = "software"
    FORWARDING = "forwarding"
    PACKING = "packing"
    SECOND_HAND = "second_hand"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """Phrases of a trade.

    Attributes:
        kind: What a reader should call its texts.
        weight: How many of its half of the sellers (honest or not) are in it.
        names: Stems of shops' names.
        titles: Titles.
        offers: What is on offer; one to three of them.
        details: What more is said; up to three.
        prices: How a price is said.
        closers: The last words.
        yuan: Lowest and highest price of one.
    """

    kind: str
    weight: float
    names: tuple[str, ...]
    titles: tuple[str, ...]
    offers: tuple[str, ...]
    details: tuple[str, ...]
    prices: tuple[str, ...]
    closers: tuple[str, ...]
    yuan: tuple[float, float]


CITIES = (
    "广州", "深圳", "义乌", "杭州", "上海", "北京", "成都", "武汉", "郑州", "泉州", "东莞", "苏州", "临沂", "石家庄",
    "长沙", "西安", "合肥", "宁波", "青岛", "重庆",
)  # fmt: skip
COURIERS = ("圆通", "中通", "申通", "韵达", "YT", "ZT", "四通一达", "极兔", "邮政", "顺丰")
SORTS = ("母婴", "美妆", "童装", "保健品", "学生用品", "女装", "数码", "茶叶", "白酒", "宠物", "食品", "鞋服")
ABOUT = ("回头客多", "老客户介绍", "做了三年", "诚信经营", "假一赔十", "不满意不收", "团队作业", "非中介", "随时在线")

_NUMBERS = Grammar(
    kind="waybill", weight=0.34,
    names=("单号", "物流单号", "快递单号", "单号网", "底单", "单号查询", "真实单号", "小件单号"),
    titles=(
        "{courier}真实单号 {price}一个", "快递单号出售 可指定发收货地", "全国可双向查询 物流单号", "{origin}发{city}单号 当天有记录",
        "底单 真实物流单号", "{courier}单号 未揽收", "单号批发 量大从优", "电商真实单号", "{origin}实时单号",
    ),
    offers=(
        "出{courier}真实快递单号", "每天{many}个单号更新", "可指定发货地和收货地", "{origin}发全国单号", "{origin}到{city}的单号都有",
        "未揽收的单号优先", "{hour}点后开始上新单", "扫描过的和没扫描的都有", "真实物流轨迹,可以双向查询", "单号只卖一次,不重复",
    ),
    details=(
        "上午少 下午{hour}点以后多", "可先测试再批量", "付款后秒发", "支持批量导入", "带签收", "空号包换", "当天{hour}点前有揽收记录",
        "平台不查", "价格按量算", "系统自动出单", "可按{sort}类目筛", "凌晨清库",
    ),
    prices=("{price}元一个", "单价{price}", "{price}/个,量大可谈", "每个{price}块", "¥{price} 一条"),
    closers=("要的联系", "需要的加", "长期合作", "在线秒回", "先到先得", "骗子绕道"),
    yuan=(0.4, 1.2),
)  # fmt: skip
_LABELS = Grammar(
    kind="waybill", weight=0.28,
    names=("一手面单", "实时料", "母婴面单", "快递料", "手拍单", "电商面单", "新鲜面单"),
    titles=(
        "出{sort}面单 实时一手", "{courier}面单 当天手拍", "KD料 {sort} 每天{many}", "快递面单 文本/手拍", "一手{sort}快递料",
        "收菜 长期收面单", "出历史面单 {sort}", "{origin}仓{sort}实时面单",
    ),
    offers=(
        "出{sort}面单,实时一手", "每天{many}条,当天的", "手拍和文本都有", "快递料,姓名电话地址齐全", "{sort}类目,精准", "长期出MD",
        "测试料可以先看", "历史料便宜处理", "收菜,有料的来谈", "{origin}仓库一手,不倒二手", "面单带商品名",
    ),
    details=(
        "隔天的半价", "先测后买", "{hour}点出当天的", "不出二手", "可按地区", "可按金额筛", "重复的包补", "量大走担保", "只做熟人",
        "一次{many}起", "不满意换批", "可日结",
    ),
    prices=("{price}一条", "{price}元/条 量大优惠", "实时{price}", "文本{price},手拍另算", "打包价{price}一个"),
    closers=("有渠道的来", "诚心的加", "懂的来", "秒回", "非诚勿扰", "中介勿扰"),
    yuan=(1.0, 5.0),
)  # fmt: skip
_PERSONAL = Grammar(
    kind="personal", weight=0.16,
    names=("数据中心", "信息查询", "精准数据", "资料社", "查档", "大数据"),
    titles=(
        "精准客户数据 {sort}", "个人信息查询 一手", "手机号查地址", "出{city}车主数据", "网购数据 {sort} 带电话", "查档 全套",
    ),
    offers=(
        "出网购客户数据,带姓名电话", "手机号查收货地址", "查快递收件地址", "{city}本地数据{many}条", "一手渠道个人信息", "全套资料可查",
        "{sort}买家数据,三个月内", "身份信息核查",
    ),
    details=("可验", "空号率低", "{hour}点后出结果", "日更", "包新", "不成功不收费", "支持测试", "可按年龄性别筛"),
    prices=("{price}元一条", "一单{price}", "{price}起", "¥{price}/条"),
    closers=("要的私", "单子发来", "在线接单", "长期", "靠谱合作"),
    yuan=(0.5, 60.0),
)  # fmt: skip
_INSIDER = Grammar(
    kind="insider", weight=0.08,
    names=("内部合作", "渠道招募", "高薪合作", "内部人员"),
    titles=("寻{courier}内部人员 高价", "招快递网点内部合作", "收快递系统账号", "找{city}网点客服合作"),
    offers=(
        "寻{courier}内部人员长期合作", "收快递后台账号,按天结算", "能查单的网点客服来", "有系统权限的来谈", "{city}网点有人的联系",
        "拍面单一张{price}", "仓库打包员也可以",
    ),
    details=("安全,不留痕", "日结", "一天几百单", "不影响上班", "介绍也有提成", "待遇面谈", "只看权限"),
    prices=("一张{price}", "按单{price}结", "一条{price},日结"),
    closers=("有意的加", "非诚勿扰", "长期有效", "细聊"),
    yuan=(1.0, 5.0),
)  # fmt: skip
_EMPTY_PARCELS = Grammar(
    kind="empty_parcels", weight=0.14,
    names=("空包网", "礼品单", "空包代发", "小礼品", "空包快递"),
    titles=("{courier}空包 {price}一单", "空包代发 全程物流", "礼品代发 真实签收", "{origin}空包 秒出单号"),
    offers=(
        "{courier}空包,全程有物流信息", "空包代发,真实签收", "刷单专用,不降权", "{origin}发出,可指定{city}收", "下单秒出单号",
        "礼品单空包都做", "每天{many}单不限",
    ),
    details=("{hour}点前下单当天揽收", "带底单", "可批量导入", "支持各平台", "包签收", "重量可改"),
    prices=("{price}元一单", "{price}/单", "会员价{price}", "¥{price} 起"),
    closers=("注册即用", "老板来", "客服在线", "代理招募中"),
    yuan=(1.5, 4.0),
)  # fmt: skip
_PRINTING = Grammar(
    kind="logistics", weight=0.22,
    names=("打印耗材", "热敏纸", "面单纸", "标签打印", "条码设备"),
    titles=("一联电子面单纸 {price}一卷", "热敏打印机 打单快", "快递面单打印纸 三联", "标签机 {courier}面单可打", "二联面单纸 厂家直销"),
    offers=(
        "热敏面单纸,各家快递通用", "便携面单打印机,手机蓝牙直连", "电子面单空白纸,一箱{many}张", "打印速度快,不卡纸", "支持{courier}等面单模板",
        "厂家直销,可开发票",
    ),
    details=("全国包邮", "{hour}点前下单当天发货", "质保一年", "可定制印刷", "不褪色", "{city}仓发货", "送碳带"),
    prices=("{price}元一卷", "{price}/卷", "单价{price}", "整箱每卷{price}"),
    closers=("欢迎选购", "售后无忧", "批发联系客服", "支持七天退换"),
    yuan=(3.0, 40.0),
)  # fmt: skip
_SOFTWARE = Grammar(
    kind="logistics", weight=0.18,
    names=("打单软件", "快递助手", "物流系统", "电商工具", "ERP"),
    titles=("多平台打单软件 批量电子面单", "快递打单助手 一键发货", "物流查询接口 稳定", "电商ERP 订单发货管理"),
    offers=(
        "一键批量打印电子面单,自动回传单号", "支持{courier}电子面单直连", "物流轨迹接口,实时推送", "订单合并,多店铺管理", "单号自动识别快递公司",
        "异常件预警,签收提醒",
    ),
    details=("免费试用", "客服{hour}点前在线", "数据加密,面单隐私号", "不限店铺数", "提供开发文档", "按年付费"),
    prices=("{price}元一年", "每千次{price}", "基础版{price}/月"),
    closers=("免费体验", "欢迎咨询", "企业可签合同", "正规公司 可开票"),
    yuan=(20.0, 600.0),
)  # fmt: skip
_FORWARDING = Grammar(
    kind="logistics", weight=0.2,
    names=("集运", "货代", "专线物流", "代发仓", "云仓"),
    titles=("{origin}集运 每公斤{price}", "一件代发 {sort}", "{origin}到{city}专线", "云仓代发 电商仓储", "国际转运 双清包税"),
    offers=(
        "{origin}到{city}物流专线,天天发车", "一件代发,{sort}货源", "云仓代发货,{courier}发出", "集运转运,合箱免费", "仓储打包发货一条龙",
        "日发{many}单以上仓库",
    ),
    details=("{hour}点前订单当天出库", "丢件全赔", "发货后给单号", "可上门看仓", "系统对接", "按件计费"),
    prices=("每公斤{price}", "首重{price}", "操作费{price}一件", "{price}元/公斤"),
    closers=("欢迎来仓参观", "长期合作优惠", "电话咨询", "商家入驻"),
    yuan=(1.2, 30.0),
)  # fmt: skip
_PACKING = Grammar(
    kind="logistics", weight=0.14,
    names=("纸箱", "快递袋", "包装材料", "气泡袋", "胶带厂"),
    titles=("快递袋 加厚 {price}一个", "邮政纸箱 {sort}包装", "气泡膜 打包袋", "透明胶带 封箱"),
    offers=("加厚快递袋,防水", "三层五层纸箱,尺寸齐全", "{sort}专用包装盒", "厂家直供,每天{many}个产能", "可印logo"),
    details=("{city}发货", "{hour}点前当天发", "量大免费设计", "样品可寄", "包邮"),
    prices=("{price}一个", "{price}元/只", "百个{price}"),
    closers=("欢迎下单", "批发价详谈", "老店信誉"),
    yuan=(0.1, 20.0),
)  # fmt: skip
_SECOND_HAND = Grammar(
    kind="other", weight=0.16,
    names=("闲置", "二手小铺", "旧货", "转让", "淘旧"),
    titles=("九成新{sort} 便宜出", "搬家处理 {sort}", "{city}自提 二手货架", "闲置转让 {price}元"),
    offers=("自用{sort},九成新", "搬家带不走,便宜出", "买来没用几次", "支持验货", "快递发出给单号"),
    details=("不退不换", "{city}可自提", "{hour}点后回复", "可小刀", "{courier}到付"),
    prices=("{price}元", "{price}包邮", "一口价{price}"),
    closers=("喜欢直接拍", "诚心要来", "勿压价"),
    yuan=(10.0, 900.0),
)  # fmt: skip
_TRACKING = Grammar(
    kind="logistics", weight=0.1,
    names=("查快递", "物流跟踪", "快递之家", "代查件"),
    titles=("快递单号查询小程序", "{courier}查件 物流跟踪", "丢件理赔咨询", "快递投诉 代写"),
    offers=(
        "输入单号查询全国快递物流", "快递丢件理赔怎么走流程,免费问", "{courier}网点电话查询", "物流异常提醒,到件通知", "寄快递上门取件,首重{price}",
    ),
    details=("只查自己的件", "不收集个人信息", "{hour}点前取件当天发出", "支持{courier}", "{city}地区"),
    prices=("首重{price}元", "{price}起", "免费"),
    closers=("收藏备用", "欢迎转发", "有问题留言"),
    yuan=(5.0, 20.0),
)  # fmt: skip

GRAMMARS: Mapping[Trade, Grammar] = MappingProxyType(
    {
        Trade.NUMBERS: _NUMBERS, Trade.LABELS: _LABELS, Trade.PERSONAL: _PERSONAL, Trade.INSIDER: _INSIDER,
        Trade.EMPTY_PARCELS: _EMPTY_PARCELS, Trade.PRINTING: _PRINTING, Trade.SOFTWARE: _SOFTWARE,
        Trade.FORWARDING: _FORWARDING, Trade.PACKING: _PACKING, Trade.SECOND_HAND: _SECOND_HAND,
        Trade.TRACKING: _TRACKING,
    }
)  # fmt: skip
FORBIDDEN = (Trade.NUMBERS, Trade.LABELS, Trade.PERSONAL, Trade.INSIDER, Trade.EMPTY_PARCELS)
HONEST = tuple(trade for trade in Trade if trade not in FORBIDDEN)
CHATTER = (
    "有人知道{courier}今天为什么不动吗", "我的件卡在{city}三天了", "早上好", "求推荐便宜的面单纸", "哪家打单软件好用",
    "收到了谢谢", "{city}下雨了发货慢", "{courier}客服电话打不通", "丢件了怎么赔", "骗子太多了大家小心", "刚入行请多指教",
    "新闻说{city}又抓了卖面单的", "警察提醒:买卖个人信息违法", "双十一爆仓了", "{sort}现在好卖吗", "这个群规矩看置顶",
)  # fmt: skip
