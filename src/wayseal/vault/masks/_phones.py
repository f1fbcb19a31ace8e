"""Phones: at least six digits hidden, at most three shown at the start and two at the end; extensions hidden."""

import re

from wayseal.model.messages import N_
from wayseal.vault.masks._normalize import clean
from wayseal.vault.masks._rule import HIDDEN, Mask, MaskRule, first_match

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
