"""Names: the family name, or a first letter or character, is shown, and stars whose number tells nothing."""

from wayseal.model.messages import N_
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
