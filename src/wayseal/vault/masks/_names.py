"""Names: the family name, or a first letter or character, is shown, and stars whose number tells nothing."""

from wayseal.vault.masks._normalize import HAN, clean
from wayseal.vault.masks._rule import HIDDEN, Mask, MaskRule, first_match
from wayseal.vault.masks._surnames import COMPOUND, SINGLE

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
        zh="复姓：保留复姓，名全部隐藏",
        en="A family name of two characters or more is shown, the rest is hidden",
    ),
    MaskRule(
        id="name.single",
        pattern=rf"{_ONE}(?:(?: ?{_H}){{1,5}}|\*+)",
        show=r"\1**",
        example="张三丰",
        masked="张**",
        zh="单姓：保留姓，其余全部隐藏；“王女士”的称谓也隐藏，与全名的结果一样",
        en=(
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
        zh="带间隔号的姓名：只保留首字，不透露有几段、几个字",
        en="A name with a dot shows its first character, and not how many parts or characters it has",
    ),
    MaskRule(
        id="name.latin",
        pattern=rf"([{_L}])[.'* -]*[{_L}*][{_L}.,'* -]*",
        show=r"\1**",
        example="John Smith",
        masked="J**",
        zh="拉丁字母姓名：只保留首字母",
        en="A name in Latin letters shows its first letter",
    ),
    MaskRule(
        id="name.and_more",
        pattern=rf"(?:{_TWO}|(?:{_ONE}))(?:{_H}{{1,3}})?[^{HAN}·].*",
        show=r"\1\2**",
        example="李四13800000000",
        masked="李**",
        zh="姓名后面还写了别的（电话、括号、第二个人）：只保留姓，其余全部隐藏",
        en=(
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
        zh="其余：单个字、不认识的姓、公司名、其他文字，全部隐藏",
        en="Anything else is hidden whole: one character, an unknown family name, a company, other scripts",
    ),
)


def name_mask(rows: tuple[MaskRule, ...]) -> Mask:
    """The rows as a mask. An empty value stays empty."""
    run = first_match(rows)

    def mask(value: str) -> str:
        text = clean(value)
        return (run(text) or HIDDEN) if text else HIDDEN if value else ""

    return mask
