"""Where everything stands on a label: one layout, which every format draws.

1. Nothing overflows and nothing is cut: a text is wrapped and made smaller within its box, and refused where the least
   size doesn't suffice.
2. Modules of symbols are three dots or more, with their quiet zones (Code 128: ten modules, QR: four).
3. The payload stands there twice, in different columns of dots: a dead dot of the printer strikes one of them. Where
   the number's bars find room upright too, they stand at the edge: a dead dot crosses them harmlessly.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import zxingcpp

from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage
from wayseal.vault.errors import LabelError
from wayseal.vault.labels._fonts import LEADING, Dots, fit, width
from wayseal.vault.labels.data import LabelData, Party, Side

DOTS_MM: Final = 8
"""Dots a millimetre: 203 dpi."""
QUIET_BARS: Final = 10
QUIET_QR: Final = 4
_LEAST_MODULE, _MARGIN, _GAP, _STUB = 3, 16, 10, 288


class Size(StrEnum):
    """Sizes of labels: width and height in millimetres."""

    SMALL = "76x130"
    MEDIUM = "100x150"
    LARGE = "100x180"

    @property
    def dots(self) -> tuple[int, int]:
        """Width and height."""
        wide, _, high = self.partition("x")
        return int(wide) * DOTS_MM, int(high) * DOTS_MM


class Line(NamedTuple):
    """A line of text from its place on the base line, black or white."""

    x: int
    y: int
    size: int
    text: str
    bold: bool
    white: bool = False


class Symbol(NamedTuple):
    """Modules, and how many dots one is across and down; a rectangle is a symbol of one module."""

    x: int
    y: int
    modules: Dots
    across: int
    down: int


Element = Line | Symbol
_BLACK = np.ones((1, 1), dtype=bool)
TEXTS = ByLanguage(
    {
        "label_recipient": N_("TO", context="label_recipient"),
        "label_sender": N_("FR", context="label_sender"),
        "label_sealed": N_("Unit and room are sealed: scan with the outlet's device", context="label_sealed"),
        "label_signed": N_("Signed:", context="label_signed"),
        "label_stub": N_("Proof of delivery", context="label_stub"),
    }
)
"""What a label says by itself."""


@lru_cache(maxsize=1024)
def _symbol(content: str | bytes, format: Any, **how: str) -> Dots:  # noqa: A002
    image = zxingcpp.create_barcode(content, format, **how).to_image(scale=1, add_quiet_zones=False)
    modules: Dots = np.asarray(image) == 0
    return modules


def lay_out(data: LabelData, size: Size, lang: str) -> list[Element]:
    """The elements of a label. LabelError names the field that doesn't fit or can't be printed."""
    return list(_Page(data, size, lang).elements())


class _Page:
    """One label. scale: of letters and boxes beside the smallest size's; module: dots of one in the large symbols."""

    def __init__(self, data: LabelData, size: Size, lang: str) -> None:
        self.data, self.texts = data, TEXTS[lang]
        self.wide, self.high = size.dots
        self.scale, self.module = (1.0, _LEAST_MODULE) if size is Size.SMALL else (1.25, 4)
        self.stub = _STUB if size is Size.LARGE else 0
        self.left, self.right = _MARGIN, self.wide - _MARGIN
        self.bars = _symbol(data.waybill, zxingcpp.BarcodeFormat.Code128)[:1]
        self.code = _symbol(data.payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M")

    def elements(self) -> Iterator[Element]:
        """From top to bottom: route, number, recipient, sender, payloads; the recipient has what the others leave."""
        data, right, y = self.data, self.right, _MARGIN
        foot = self.high - self.stub - _MARGIN - (self.code.shape[0] + 2 * QUIET_QR) * self.module
        middle = foot - _GAP - (self._of(136) if data.sender else 0)
        yield from self._box(data.route, "route", self.left, y, right - self.left, self._of(80), 76, lines=1)
        yield self._rule(y := y + self._of(80) + _GAP, right)
        yield from self._number(y + _GAP, self._of(96), right)
        yield self._rule(y := y + self._of(136) + 2 * _GAP, right)
        # Upright bars and their quiet zones, if they find room between the two rules (obligation 3).
        room = foot - _GAP - y - (self.bars.shape[1] + 2 * QUIET_BARS) * _LEAST_MODULE
        if room >= 0:
            right -= self._of(56)
            yield Symbol(right, y + room // 2 + QUIET_BARS * _LEAST_MODULE, self.bars.T, self._of(56), _LEAST_MODULE)
            right -= 2 * _GAP
        yield from self._party(data.recipient, Side.RECIPIENT, y + _GAP, middle - _GAP, right)
        if data.sender:
            yield self._rule(middle, right)
            yield from self._party(data.sender, Side.SENDER, middle + _GAP, foot - 2 * _GAP, right)
        yield self._rule(foot - _GAP, self.right)
        yield from self._payloads(foot)
        if self.stub:
            yield from self._cut_off(self.high - self.stub)

    def _of(self, dots: float) -> int:
        return round(dots * self.scale)

    def _rule(self, y: int, right: int, left: int = _MARGIN, thick: int = 3) -> Symbol:
        return Symbol(left, y, _BLACK, right - left, thick)

    def _box(self, text: str, key: str, x: int, y: int, wide: int, high: int, most: int, **how: Any) -> Iterator[Line]:
        """A text in a box (obligation 1). how: bold, lines (most of them), middle (of its width), top, white."""
        bold = how.get("bold", True)
        room = 0 if how.get("lines") else high
        size, lines = fit(text, key, wide=wide, high=room, most=min(self._of(most), high), bold=bold)
        start = y if how.get("top") else y + (high - len(lines) * size * LEADING) / 2
        for at, line in enumerate(lines):
            left = x + (wide - width(line, size, bold)) / 2 if how.get("middle") else x
            base = start + (at + 0.5) * size * LEADING + 0.37 * size
            yield Line(round(left), round(base), size, line, bold, how.get("white", False))

    def _number(self, y: int, high: int, right: int, module: int | None = None) -> Iterator[Element]:
        """The number's bars and digits, in the middle between the left edge and a right one."""
        room, modules = right + _MARGIN, self.bars.shape[1] + 2 * QUIET_BARS
        module = min(module or self.module, room // modules)
        if module < _LEAST_MODULE:
            raise LabelError("is too long for a label of this size", key="waybill")
        yield Symbol((self.left + right - self.bars.shape[1] * module) // 2, y, self.bars, module, high)
        number = " ".join(self.data.waybill[at : at + 4] for at in range(0, len(self.data.waybill), 4))
        wide = right - self.left
        yield from self._box(number, "waybill", self.left, y + high, wide, self._of(40), 30, lines=1, middle=True)

    def _party(self, party: Party, side: Side, y: int, bottom: int, right: int) -> Iterator[Element]:
        """A badge, name and phone beside each other, the address below them."""
        badge, letters, most = (54, 42, 46) if side is Side.RECIPIENT else (38, 28, 26)
        high, word = self._of(badge), self.texts[f"label_{side}"]
        yield Symbol(self.left, y, _BLACK, high, high)
        font = badge // 2 if word.isascii() else badge * 7 // 10
        yield from self._box(word, side, self.left, y, high, high, font, lines=1, middle=True, white=True)
        x = self.left + high + _GAP
        name, phone = (right - x) * 2 // 5, (right - x) * 3 // 5
        yield from self._box(party.name, f"{side}_{FieldKind.NAME}", x, y, name - _GAP, high, letters)
        yield from self._box(party.phone, f"{side}_{FieldKind.PHONE}", x + name, y, phone, high, letters)
        top, bold = y + high + _GAP // 2, side is Side.RECIPIENT
        key, wide = f"{side}_{FieldKind.ADDRESS}", right - self.left
        yield from self._box(party.address, key, self.left, top, wide, bottom - top, most, bold=bold, top=True)

    def _payloads(self, y: int) -> Iterator[Element]:
        """The payload at both edges, and between them outlet, time and what the codes are."""
        quiet, side = QUIET_QR * self.module, self.code.shape[0] * self.module
        for left in (self.left + quiet, self.right - quiet - side):
            yield Symbol(left, y + quiet, self.code, self.module, self.module)
        x, wide = self.left + side + 2 * quiet, self.right - self.left - 2 * side - 4 * quiet
        high = (side + 2 * quiet) // 5
        yield from self._box(self.data.outlet, "outlet", x, y, wide, 2 * high, 30, middle=True)
        yield from self._box(self.data.printed, "printed", x, y + 2 * high, wide, high, 24, middle=True, bold=False)
        sealed = self.texts["label_sealed"]
        yield from self._box(sealed, "sealed", x, y + 3 * high, wide, 2 * high, 22, middle=True, bold=False)

    def _cut_off(self, y: int) -> Iterator[Element]:
        """The part that is cut off: the number once more, and a line to sign on."""
        for x in range(self.left, self.right, 24):
            yield self._rule(y, min(x + 14, self.right), x, 2)
        beside = self.left + (self.right - self.left) * 7 // 10
        yield from self._number(y + 24, self._of(76), beside, _LEAST_MODULE)
        wide, base = self.right - beside, self.high - _MARGIN - 64
        yield from self._box(self.texts["label_stub"], "stub", beside, y + 24, wide, 48, 22, bold=False)
        yield from self._box(self.data.outlet, "outlet", beside, y + 72, wide, 88, 18)
        yield from self._box(self.texts["label_signed"], "signed", self.left, base, 120, 48, 20, bold=False)
        yield self._rule(base + 44, beside - _GAP, self.left + 130, 2)
        yield from self._box(self.data.printed, "printed", beside, base, wide, 48, 20, bold=False)
