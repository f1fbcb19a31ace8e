"""The table of addresses: numbers and what they count, and words that may be read.

Rows are alternatives of one expression, in their order: the first that fits at a place takes it. What no row takes is
hidden (rule 2), so that a row is needed to show something, never to hide it; rows that hide say where a number ends and
whether anything behind it may still be read.
"""

from wayseal.model.messages import N_
from wayseal.vault.masks._names import SINGLE
from wayseal.vault.masks._rule import HAN, HIDDEN, MaskRule

KEEP, HIDE, HIDE_DOOR, HIDE_ON, REGION = "keep", "hide", "hide door", "hide on", "region"

_H = f"[{HAN}]"
_CN = "〇零○一二三四五六七八九十百千两廿卅壹贰叁肆伍陆柒捌玖拾佰仟"
_N = f"[0-9{_CN}]"
_NC = f"[A-Za-z0-9{_CN}甲乙丙丁戊己庚辛]"
_NUMBER = rf"[第附临特]?{_NC}++(?: ?[-#./~,之附] ?{_NC}++)*+ ?"
_NO_PLACE = "(?![路街巷镇乡村县市区峡湾桥屯庄寨湾海])"
_COUNTED = (
    "号楼|#楼|号栋|号幢|栋|幢|座|单元|楼层|楼|层|室|房间|房|户|村民小组|村小组|小组|组|生产队|大队|队|社|铺位|铺|档口|档|"
    "柜|库房|库|仓|号门|门|排|床|号?工位|号?卡位|号?桌|号?座|号?店|梯|塔|翼|公寓|宿舍|舍"
)
"""What numbers of buildings and rooms count."""
_ONE = "省县区旗盟镇乡屯寨庄堡路街道巷里段"
"""Ends of words that may be read, of one character; 市 and 村 have conditions."""
_ENDS = """
小区 社区 园区 办事处 自治州 交叉口 交汇处 立交桥 幼儿园 家属院
工业园 产业园 科技园 创业园 物流园 软件园 科学园 创意园 科技城 商贸城
花园 家园 公寓 大厦 广场 中心 宿舍 大学 学院 中学 小学 学校 医院 酒店 宾馆 市场 商场 车站 机场 公园
别墅 山庄 国际 名苑 雅苑 花苑 佳苑 嘉苑 嘉园 名园 丽园 馨园 锦园 豪庭 华庭 雅庭 名庭 华府 公馆 世家 名都
名城 新城 花城 水岸 半岛 御园
路口 胡同 弄堂 高速 立交 大桥 苏木 嘎查 林场 农场 牧场
"""
_WORDS = tuple(_ENDS.split())
"""The same, of two characters and more."""
_WORD_STARTS = "".join(sorted({word[0] for word in _WORDS}))
_BUILDERS = (
    "万科 碧桂园 恒大 保利 绿地 中海 龙湖 融创 华润 金地 招商 绿城 世茂 万达 雅居乐 富力 远洋 首开 金茂".replace(
        " ", "|"
    )
)
STARTS = (
    rf"[0-9A-Za-z*+{_CN}甲乙丙丁戊己庚辛]|[第附临特]{_NC}|[东西南北中前后左右][0-9 {_CN}栋幢座单塔翼楼号区]|"
    "地下|负|[底顶][层楼商]|阁楼|楼[上下]|门牌"
)
"""Whatever rows of numbers can begin with: a quick look, so that the rest is passed by."""
_PEOPLE = "先生|女士|小姐|太太|老师|经理|师傅|同学(?![府院校])|转交|亲启|签收"
_WISHES = (
    "收件人|收货人|联系|姓名|电话|手机|请|麻烦|务必|备注|放[在到门前]|不要|代收|"
    r"旁边|隔壁|附近|对面|门口|里面|后面|前面|的"
)
_SIGNS = "收先女小太老经师同转亲签联姓电手请麻务备放不代旁隔附对门里后前的"
SIGN = rf"(?=[{_SIGNS}])(?:收|{_PEOPLE}|{_WISHES})"
"""What any addressee or wish holds: one quick look before the slower one."""

ADDRESSES = (
    MaskRule(
        id="address.hidden",
        pattern=r"\*+",
        show=HIDE,
        example="科苑路***科兴科学园***",
        masked="科苑路***科兴科学园***",
        says=N_("What was hidden before stays hidden"),
    ),
    MaskRule(
        id="address.addressee",
        pattern=rf"(?![路庄])[{SINGLE}](?:{_H}{{0,2}} ?(?:{_PEOPLE})|{_H}{{1,2}} ?收)|{_WISHES}",
        show=HIDE_ON,
        example="西湖区文三路王红旗收",
        masked="西湖区文三路***",
        says=N_("An addressee, a title, a wish, directions: hidden with all that follows, before any other row"),
    ),
    MaskRule(
        id="address.road_number",
        pattern=(
            r"[GSXYgsxy]?[0-9]{1,4}(?:国道|省道|县道|乡道|高速(?:公路)?)|"
            rf"[第东西南北]?(?:[0-9]{{1,3}}号?|[{_CN}]{{1,3}}号)(?:环路|大街|大道|马路|支路|横路|公路|街道|"
            rf"道(?!口)|路|街(?!坊)|巷|段|村(?![民小]))"
        ),
        show=KEEP,
        example="杭州市钱塘区2号大街501号",
        masked="杭州市钱塘区2号大街***",
        says=N_("A number that is part of a road's name is shown"),
    ),
    MaskRule(
        id="address.unit",
        pattern=(
            rf"{_NUMBER}(?:{_COUNTED}){_NO_PLACE}|"
            rf"[A-Za-z甲乙丙丁戊东西南北中前后左右] ?(?:栋|幢|座|单元|塔楼?|翼|楼|号楼)(?![路街巷镇乡村县市区])|"
            r"[0-9]+ ?/?[Ff](?![A-Za-z])|"
            rf"(?:地下|负){_N}*(?:室|层|楼)|[Bb][0-9](?:层|楼)?|[UL]?GF?(?=/F|层)|[底顶][层楼商]|阁楼|楼上|楼下"
        ),
        show=HIDE_ON,
        example="深圳市南山区阳光花园3栋2单元501室 张三收",
        masked="深圳市南山区阳光花园***",
        says=N_("Building, unit, floor, room, household, village group, stall or desk: hidden with all that follows"),
    ),
    MaskRule(
        id="address.door",
        pattern=(
            rf"(?:门牌)?(?:{_NUMBER}|[甲乙丙丁戊])(?:号大院|号院|号|弄|支弄|院)"
            rf"(?:甲|乙|丙|丁|附[0-9{_CN}]+号|内|旁|之[0-9{_CN}]+)?"
        ),
        show=HIDE_DOOR,
        example="上海市徐汇区漕溪北路1288弄15号",
        masked="上海市徐汇区漕溪北路***",
        says=N_("Number of a door, lane or yard: hidden; the name of an estate behind it may be read"),
    ),
    MaskRule(
        id="address.zone",
        pattern=rf"{_NUMBER}(?:期|区|街坊|地块)|[甲乙丙丁东西南北中A-Za-z]区(?= ?[第0-9A-Za-z{_CN}])",
        show=HIDE,
        example="厦门市思明区软件园二期望海路59号",
        masked="厦门市思明区软件园***望海路***",
        says=N_("Phase or zone of an estate: hidden"),
    ),
    MaskRule(
        id="address.long_number",
        pattern=r"\+?[0-9](?:[ -]?[0-9]){5,}",
        show=HIDE,
        example="518000 深圳市南山区科苑路 13800138078",
        masked="***深圳市南山区科苑路***",
        says=N_("Six digits or more (postcode, phone): hidden"),
    ),
    MaskRule(
        id="address.bare_number",
        pattern=(
            r"[东西南北](?=[0-9]{3,4}(?![0-9号弄栋幢座楼单]))[0-9]+|(?:[A-Za-z甲乙丙丁]{1,3}-?)?[0-9]+[A-Za-z]?(?:[-#./~][A-Za-z0-9]+)*#?|"
            r"[〇零○一二三四五六七八九]{3,}(?![东西南北中]?(?:大[道街]|[路街道巷村]))"
        ),
        show=HIDE_ON,
        example="成都市武侯区玉林小区3-2-501",
        masked="成都市武侯区玉林小区***",
        says=N_("A number that counts nothing may be a building or a room: hidden with all that follows"),
    ),
    MaskRule(
        id="address.word",
        pattern=(
            rf"{_H}*(?:道[东西中]|[{_ONE}]|(?=[{_WORD_STARTS}])(?:{'|'.join(_WORDS)})|"
            rf"(?<![超门都夜城])市(?!民)|村(?!民)|(?<=[{_CN}])条|(?<=里)铺)"
        ),
        show=KEEP,
        example="广东省深圳市南山区粤海街道科苑路科兴科学园",
        masked="广东省深圳市南山区粤海街道科苑路科兴科学园",
        says=N_(
            "Words that end as divisions, roads, villages or estates do are shown, up to the first number of a door"
        ),
    ),
    MaskRule(
        id="address.behind_door",
        pattern=rf"{_H}{{2,}}(?=[{_WORD_STARTS}])(?:{'|'.join(_WORDS)})",
        show=KEEP,
        example="西湖区文三路90号东部软件园 赵小路",
        masked="西湖区文三路***东部软件园***",
        says=N_(
            "Behind the number of a door: only ends of two characters and more count, as 赵小路 or 刘村 may be a person"
        ),
    ),
    MaskRule(
        id="address.estate",
        pattern=(
            rf"{_H}{{1,9}}[园苑城府庭轩阁居湾郡邸墅院寓坊舍庐岸岛台峰谷洲源都堂馆厂里庄村]|"
            rf"{_H}{{0,6}}(?:{_BUILDERS}){_H}{{0,8}}"
        ),
        show=KEEP,
        example="北京市朝阳区望京西路50号融科橄榄城3号楼",
        masked="北京市朝阳区望京西路***融科橄榄城***",
        says=N_(
            "Words that end in a short form of estates, or hold a developer's name: shown where a number follows "
            "at once"
        ),
    ),
    MaskRule(
        id="address.other",
        pattern="(?s:.)",
        show=HIDE,
        example="西湖区文三路 张三收",
        masked="西湖区文三路***",
        says=N_("Any other words are hidden"),
    ),
)
ADDRESSES_REGION = (
    MaskRule(
        id="address.region",
        pattern="",
        show=REGION,
        example="广东省深圳市南山区科苑路15号科兴科学园A栋1203室",
        masked="广东省深圳市南山区***",
        says=N_("Province, city and district alone, by a table of their names; hidden whole where none is found"),
    ),
    MaskRule(
        id="address.other",
        pattern="(?s:.)",
        show=HIDE,
        example="阳光花园3栋2单元501室",
        masked=HIDDEN,
        says=N_("Anything else is hidden"),
    ),
)
