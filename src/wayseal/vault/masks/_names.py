"""Names: the family name, or a first letter or character, is shown, and stars whose number tells nothing.

Family names, simplified and traditional. Whoever bears another one is hidden whole.
"""

from wayseal.model.messages import N_
from wayseal.vault.masks._rule import HAN, HIDDEN, Mask, MaskRule, clean, first_match

_COMPOUND = """
欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 闻人 聞人 夏侯
诸葛 諸葛 尉迟 尉遲 公羊 赫连 赫連 澹台 澹臺 皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 公孙
公孫 慕容 仲孙 仲孫 钟离 鍾離 长孙 長孫 宇文 司徒 鲜于 鮮于 司空 闾丘 閭丘 子车 亓官
司寇 巫马 巫馬 公西 颛孙 顓孫 壤驷 公良 漆雕 乐正 樂正 宰父 谷梁 穀梁 拓跋 夹谷 轩辕
軒轅 令狐 段干 百里 呼延 东郭 東郭 南门 羊舌 微生 梁丘 左丘 东门 西门 西門 南荣 第五
贺兰 賀蘭 纳兰 納蘭 完颜 完顏 耶律 爱新觉罗 叶赫那拉
"""
COMPOUND = tuple(_COMPOUND.split())
"""Of two characters or more."""

SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦"
    "昌马苗凤花方俞任袁柳酆鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏"
    "成戴谈宋茅庞熊纪舒屈项祝董梁"
    "杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣"
    "贲邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾"
    "暴甘钭厉戎祖武符刘景詹束龙"
    "叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂"
    "濮牛寿通边扈燕冀浦尚农温别庄"
    "晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁"
    "勾敖融冷訾辛阚那简饶空曾毋沙"
    "乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖闫覃付代邸苑初句撒晋楚仉督岳帅缑亢况有琴商牟佘佴伯赏墨哈"
    "谯笪年爱阳佟言福邝占涂门战原"
    "植候庹仝邬揭但信税冼虎鹿尧展降母户要昂衣薜苟奉青才才修由塔楼线召洛矫展种仁来寻敬皇亓官尉呼赫南西长太"
    "轩令爨佀么粟鄢铁玉问化生礼"
    "趙錢孫吳鄭馮陳褚衛蔣韓楊許呂張孔嚴陶謝鄒喻竇雲蘇範魯韋馬鳳鮑費賀湯羅畢鄔樂時齊餘顧黃蕭談龐紀項閔賈婁"
    "顏鍾鐘駱淩萬盧經應鄧單諸"
    "龔榮陸儲烏車寧欒厲劉葉黎薊懷從賴藺喬陰蒼聞黨譚貢勞酈壽邊溫莊閻連習魚廣闕東歐師鞏聶簡饒須豐關紅遊權蓋"
    "岳況賞愛陽鄺戰堯瀋鈕儂"
)
"""Of one character."""


_H = f"[{HAN}]"
_FIRST = "".join({name[0] for name in COMPOUND})
_TWO = f"(?=[{_FIRST}])({'|'.join(COMPOUND)})"
_ONE = f"([{SINGLE}])"
_L = "A-Za-z\u00c0-\u024f"

NAMES = (
    MaskRule(
        id="name.compound",
        pattern=rf"{_TWO}(?:(?: ?{_H}){{1,4}}|\*+)",
        show=r"\1**",
        example="欧阳娜娜",
        masked="欧阳**",
        says=N_("A family name of two characters or more is shown, the rest is hidden"),
    ),
    MaskRule(
        id="name.single",
        pattern=rf"{_ONE}(?:(?: ?{_H}){{1,5}}|\*+)",
        show=r"\1**",
        example="张三丰",
        masked="张**",
        says=N_(
            "A family name of one character is shown; the rest is hidden, and so is a title, so that 王女士 "
            "looks like any other"
        ),
    ),
    MaskRule(
        id="name.dotted",
        pattern=rf"({_H})(?:{_H}|\*)*(?: ?[·.] ?(?:{_H}|\*)+)+",
        show=r"\1**·**",
        example="买买提·艾力",
        masked="买**·**",
        says=N_("A name with a dot shows its first character, and not how many parts or characters it has"),
    ),
    MaskRule(
        id="name.latin",
        pattern=rf"([{_L}])[.'* -]*[{_L}*][{_L}.,'* -]*",
        show=r"\1**",
        example="John Smith",
        masked="J**",
        says=N_("A name in Latin letters shows its first letter"),
    ),
    MaskRule(
        id="name.and_more",
        pattern=rf"(?:{_TWO}|(?:{_ONE}))(?:{_H}{{1,3}})?[^{HAN}·].*",
        show=r"\1\2**",
        example="李四13800000000",
        masked="李**",
        says=N_(
            "Of a name with something behind it (a phone, brackets, a second person) the family name is shown, "
            "nothing else"
        ),
    ),
    MaskRule(
        id="name.other",
        pattern=r"(?s:.*)",
        show=HIDDEN,
        example="某某科技有限公司 张三",
        masked="***",
        says=N_("Anything else is hidden whole: one character, an unknown family name, a company, other scripts"),
    ),
)


def name_mask(rows: tuple[MaskRule, ...]) -> Mask:
    """The rows as a mask. An empty value stays empty."""
    run = first_match(rows)

    def mask(value: str) -> str:
        text = clean(value)
        return (run(text) or HIDDEN) if text else HIDDEN if value else ""

    return mask
