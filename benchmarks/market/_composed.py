"""Adverts that are put together from the trade's words, for training alone: no one wrote them, nobody is in them.

Look-ups of people are offered in lists of a few words, and collections of their data in lists of trades; which words
stand together is chance. So words that stand in one real advert are also known in others.

`fill` puts words of `texts/slots.tsv` into the sentences of `texts/forms.tsv`, honest ones among them:
what an advert is made of (who is sought, where he works, what he is to do, what he gets) stands in many wordings.
"""

import random
import re
from collections.abc import Sequence
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"

LOOKUPS = """
    户籍 全户 个户 全家 户口 户籍全家 开房 同住 酒店同住 开房同住 开房记录 住宿记录 轨迹 手机轨迹 出行轨迹 行程
    流水 银行流水 卡流水 余额 反余额 卡反 银行卡反 银行反 卡冻因 冻结原因 司法冻结 案件 案件详情 案情 内部案情
    涉案 网逃 在逃 犯罪记录 前科 案底 取保 口供 刑侦 车档 车主 车主信息 名下车 名下房 名下号 名下资产 房产
    公司法人 法人信息 公司流水 机主 三网机主 移动机主 电信机主 联通机主 手机实名 手机号反查 反手机号 反查
    微信提取 微信好友 好友列表 提好友 聊天记录 微信记录 微信流水 微信实名 支付宝实名 支付宝机主 抖音反查
    快手反查 定位 三网定位 手机定位 实时定位 公网 猎魔 大头 人脸 有效期 婚姻 民政婚姻 疫苗地址 社保 单位地址
    工作单位 外卖地址 淘宝地址 快递地址 收货地址 常用号 预留手机 身份证 身份证照 找人 查人 查档 开盒 社工库 警查
    半码 学籍 出入境 航班 通话详单 短信内容 实名 名下卡 常用银行卡 配偶 个人档案 病历 征信 查址 查询 信息 照片
""".split()
PARCEL_LOOKUPS = """
    快递地址 外卖快递地址 圆通地址 顺丰地址 中通 邮政快递地址 快递轨迹 收件地址 快递查址 网购地址 快递单查人
""".split()
TRADES = """
    棋牌 菠菜 bc 彩票 体育 六合 综合盘 股民 股票配资 网贷 贷款 期货 外汇 币圈 教育 学生 大学生 家长 毕业生 教师
    医护 医美 宝妈 母婴 车主 业主 企业主 法人 老年 保健品 网购 购物 信用卡 保险 pos 电销 淘宝 京东 抖音 快手
    支付宝 相亲 求职 高管 海外华侨 海外华人 留学生 印度 泰国 越南 印尼 日本 美国 台湾 香港 马来 国内 全行业
    各行业 全国
""".split()
WAYS = """
    sdk dpi sdk/dpi 三网dpi 运营商 短信劫持 验证码劫持 注册短信 渗透 脱库 爬虫 抓取 提权 指定app 指定网址
    指定网站 域名抓取 接口推送 采集 拦截 机房 数据库 带证件号 带地址 带姓名电话
""".split()
GOODS = """
    一手 源头 实时 精准 高质量 新鲜 优质 当天 历史 独家 活跃 可测试 日更 真实 稳定 海量
""".split()
TAILS = """
    支持测试 先测后款 欢迎老板咨询 诚招代理 招代理 质优价优 长期合作 诚信合作 骗子勿扰 中介勿扰 有需要的联系
    来聊 量大优惠 有实力的来 老板联系我 需要的私 秒出 秒回 24小时 价格私聊 走担保 usdt结算 可走担保 免费查 频道
""".split()
PARCELS = """
    快递 面单 快递面单 快递单号 单号 物流 网购 网购数据 购物 订单 发货单 底单 包裹 圆通 中通 申通 韵达 顺丰 极兔
    邮政 快递数据 面单数据 收件人 快递料 面单料
""".split()
PARCEL_GOODS = """
    手拍 文本 图片 实时 当天 一手 一手料 历史 未签收 已签收 未扫描 母婴 女装 美妆 学生 宝妈 保健品 股民 数码
    茶叶 生鲜 带电话 姓名电话地址 可测 日更 全国 清晰 源头 站点 云仓 到付
""".split()
SELL = """
    出 收 诚出 诚收 长期出 长期收 高价收 大量出 有 需要 寻 求购 出售 代查 专业
""".split()
COURIERS = """
    圆通 中通 申通 韵达 顺丰 极兔 邮政 ems 德邦 京东 菜鸟 百世 快递 快递公司 驿站 网点
""".split()
INSIDERS = """
    内部人员 内部员工 内鬼 内线 在职员工 站长 客服 快递员 分拣员 打单员 仓管 网点老板 驿站老板 有权限的
    上班的朋友 操作员 辅警 民警 银行职员 营业厅员工 柜员 护士 前台 运营商内部 公安内部 银行内部 民政内部
    电商客服 店铺客服 技术员 管理员 体制内
""".split()
TASKS = """
    能查单 能导单 拍面单 提供面单 导数据 查收件人 查地址 查机主 查定位 查户籍 查流水 出租工号 出租后台账号
    借账号 能进后台 能进系统 能进内网 查物流 提供数据 拍单子 导订单 导名单 报单 接单
""".split()
REWARDS = """
    日结 现结 一单一结 高薪 报酬丰厚 价格你开 长期合作 安全保密 五五分成 日入过千 押金可付 u结 月入过万 待遇好谈
    单多
""".split()
EMPTY = """
    空包 空单 空包单号 空包代发 代发空包 空包网 礼品单 礼品代发 小礼品代发 空包裹 虚假物流 无货单号 补单空包
    刷单空包
""".split()
EMPTY_GOODS = """
    真实物流 全程可查 包签收 带底单 可提供底单 有重量 称重正常 当天揽收 自动签收 刷单专用 补单专用 不降权
    淘宝拼多多京东 抖音小店 发货地可选 批量上传 招代理 搭建分站 api对接 日发万单 低价 一块一个 八毛 1.5元
    网点直出 国际空包 真实轨迹 送达截图
""".split()
ASKING = """
    请问 求助 怎么 为什么 有没有人知道 哪里可以 谁知道 想问下 能不能 客服你好 麻烦 亲 提醒 通知 公告 新闻 招聘
    转让 推荐
""".split()
THINGS = """
    快递单号 运单号 电子面单 面单 快递面单 面单纸 面单打印机 物流信息 物流轨迹 底单 签收底单 快递 包裹 空包裹
    取件码 快递费 月结账单 打单软件 仓库 云仓 代发 一件代发 网点 驿站 快递员 客服 巴枪 后台 订单 发货单 货源
    一手货源 货车 定位 快递柜 收件人电话 收货地址 隐私面单 内部系统 数据报表 历史订单 实时物流 虚拟号 快递数据
    物流数据
""".split()
MATTERS = """
    打印不出来 查不到 没有更新 丢了怎么赔 怎么打印 怎么充值 怎么开通 填错了 发错了 在哪里看 多少钱 怎么收费
    怎么投诉 没收到 签收了没收到 泄露了怎么办 被泄露 被卖了 骗子打电话 违法吗 被判刑 被抓 被处罚 严禁外泄
    不得外借 统一销毁 要涂掉 怎么举报 批发 厂家直销 二手转让 免费试用 系统升级 今晚暂停 急招 招人 包吃住
    月薪六千 怎么解绑 怎么对接 接口文档 支持导出 什么时候到 几天能到 催一下 破损了 理赔材料 申诉成功 登记一下
    请核对 已发出 明天更新 请查收 到付 包邮 保价 运费险 毕业设计 行业报告 论文
""".split()
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_JOINS = ("", "", "", "、", "，", " ", "/", ".", "。", "·", "|")


def compose(count: int, seed: int) -> list[tuple[str, str]]:
    """Adverts as (kind, text).

    Args:
        count: How many of each form: look-ups, look-ups of parcels among others, collections, parcels' data, insiders,
            empty parcels, and, twice, honest logistics.
        seed: Of the choices.
    """
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        made.append(("personal", _framed(rng, _words(rng, LOOKUPS, 2, 7))))
        mixed = _words(rng, LOOKUPS, 1, 8) + _words(rng, PARCEL_LOOKUPS, 1, 2)
        made.append(("waybill", _framed(rng, rng.sample(mixed, len(mixed)))))
        made.append(("personal", _framed(rng, _collection(rng))))
        made.append(("waybill", _framed(rng, _parcels(rng))))
        seek = [rng.choice(("寻", "找", "招", "诚招", "收", "求", "有没有")), *_words(rng, COURIERS, 0, 2)]
        asked = _words(rng, INSIDERS, 1, 2) + _words(rng, TASKS, 1, 2) + _words(rng, REWARDS, 0, 3)
        made.append(("insider", _framed(rng, seek + asked)))
        empty = _words(rng, EMPTY, 1, 2) + _words(rng, COURIERS, 0, 2) + _words(rng, EMPTY_GOODS, 1, 4)
        made.append(("empty_parcels", _framed(rng, rng.sample(empty, len(empty)))))
        made += [("logistics", _honest(rng)) for _ in range(2)]
    return made


def fill(count: int, seed: int) -> list[tuple[str, str]]:
    """Sentences as (kind, text): each form so many times, with words by chance; now and then a slot is left out."""
    rng = random.Random(seed)
    slots = {name: words.split() for name, words in _lines("slots.tsv")}
    forms = [(kind, re.split(r"(\{\w+\}|，)", form)) for kind, form in _lines("forms.tsv")]
    made = []
    for _ in range(count):
        for kind, parts in forms:
            places = [at for at, part in enumerate(parts) if part.startswith("{")]
            left_out = rng.choice(places[1:]) if len(places) > 3 and rng.random() < 0.3 else -1
            said = [_fill_part(rng, part, slots) for at, part in enumerate(parts) if at != left_out]
            handle = "".join(rng.choices(_LETTERS, k=rng.randint(6, 10)))
            end = rng.choice((" @", "  V:", "飞机")) + handle if rng.random() < 0.2 else ""
            made.append((kind, "".join(said) + end))
    return made


def _fill_part(rng: random.Random, part: str, slots: dict[str, list[str]]) -> str:
    if part == "，":
        return rng.choice(("，", "，", " ", "", "；", "。", "！", " | "))
    return rng.choice(slots[part[1:-1]]) if part.startswith("{") else part


def _lines(name: str) -> list[tuple[str, str]]:
    lines = (TEXTS / name).read_text(encoding="utf-8").splitlines()[1:]
    return [(first, rest) for first, _, rest in (line.partition("\t") for line in lines)]


def _words(rng: random.Random, among: Sequence[str], least: int, most: int) -> list[str]:
    return rng.sample(among, rng.randint(least, most))


def _collection(rng: random.Random) -> list[str]:
    parts = [rng.choice(SELL)] if rng.random() < 0.5 else []
    parts += _words(rng, GOODS, 0, 3) + _words(rng, TRADES, 1, 6) + _words(rng, WAYS, 0, 3)
    tail = parts[1:]
    rng.shuffle(tail)
    said = parts[:1] + tail + (["数据"] if rng.random() < 0.8 else ["料"])
    return said + _words(rng, TAILS, 0, 2)


def _parcels(rng: random.Random) -> list[str]:
    parts = _words(rng, PARCELS, 1, 3) + _words(rng, PARCEL_GOODS, 1, 4)
    rng.shuffle(parts)
    return [rng.choice(SELL), *parts, *_words(rng, TAILS, 0, 2)]


def _honest(rng: random.Random) -> str:
    ends = ("", "？", "。", "，谢谢", "，急", "！", "，在线等", "，请知悉")
    parts = _words(rng, ASKING, 0, 1) + _words(rng, COURIERS, 0, 1) + _words(rng, THINGS, 1, 2)
    return "".join(parts + _words(rng, MATTERS, 1, 2)) + rng.choice(ends)


def _framed(rng: random.Random, words: Sequence[str]) -> str:
    join = rng.choice(_JOINS)
    text = "".join(word + (join if rng.random() < 0.8 else rng.choice(_JOINS)) for word in words)
    code = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(1, 3)))
    handle = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(5, 12)))
    way = rng.random()
    if way < 0.35:
        return f"{code}{text}https://t.me/+{handle}" + (code if rng.random() < 0.5 else "")
    if way < 0.55:
        return f"{text}@{handle}"
    if way < 0.7:
        return f"{code}{text}{code}"
    return text
