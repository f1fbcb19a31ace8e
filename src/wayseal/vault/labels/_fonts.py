"""Letters of a label: widths, lines that fit, and the dots of each character at 8 dots a millimetre."""

import re
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wayseal.model.messages import N_
from wayseal.vault.errors import LabelError

Dots = NDArray[np.bool_]
"""Rows of dots or of modules; True is black."""
FAMILIES: Final = ("Noto Sans CJK SC", "Source Han Sans SC")
"""The first that is installed is taken."""
NO_FONT: Final = N_(
    "no font with Chinese letters is installed: Debian's package fonts-noto-cjk brings one (apt install fonts-noto-cjk)"
)
LEADING: Final = 1.22
"""Height of a line, in sizes of its letters."""
LEAST: Final = 16
"""Smallest letters, dots: two millimetres."""
_FILES = ("NotoSansCJK-{}.ttc", 2), ("SourceHanSansSC-{}.otf", 0)
_EM = 1000
_NO_CHARACTER = "\U0010fffd"
_TOKEN = re.compile(r"[A-Za-z0-9*'’/#&+-]+[,.:;]?|[（(“《]*[^ ][，。、；：？！）)”》,.:;]*| +")


@cache
def _font(size: int, bold: bool) -> Any:
    for name, index in _FILES:
        try:
            return ImageFont.truetype(name.format("Bold" if bold else "Regular"), size, index=index)
        except OSError:
            continue
    raise LabelError(NO_FONT)


@cache
def glyph(char: str, size: int, bold: bool) -> tuple[Dots, int, int] | None:
    """A character's dots, and where they begin from its place on the base line; None where the font lacks it."""
    found = _draw(char, size, bold)
    missing = found[0] if char.isascii() else _draw(_NO_CHARACTER, size, bold)[0]
    return None if missing is not found[0] and np.array_equal(missing, found[0]) else found


def _draw(char: str, size: int, bold: bool) -> tuple[Dots, int, int]:
    image = Image.new("1", (3 * size, 3 * size))
    ImageDraw.Draw(image).text((size, 2 * size), char, fill=1, font=_font(size, bold), anchor="ls")
    box = image.getbbox() or (size, size, size, size)
    return np.array(image.crop(box), dtype=bool), box[0] - size, box[1] - 2 * size


@cache
def _advance(char: str, bold: bool) -> float:
    return float(_font(_EM, bold).getlength(char)) / _EM


def width(text: str, size: int, bold: bool) -> float:
    """Dots that a line takes."""
    return sum([_advance(char, bold) for char in text]) * size


def _wrap(text: str, size: int, bold: bool, most: float) -> list[str]:
    """Lines of at most so many dots: words and numbers stay whole where they can, and no line begins with a stop."""
    lines, line = [], ""
    for token in _TOKEN.findall(text):
        if width(line + token, size, bold) > most and not token.isspace():
            lines.append(line)
            line = ""
        line += token
        while width(line.rstrip(), size, bold) > most:  # a word that is wider than a line
            cut = next((at for at in range(len(line) - 1, 1, -1) if width(line[:at], size, bold) <= most), 1)
            lines.append(line[:cut])
            line = line[cut:]
    return [shown for one in [*lines, line] if (shown := one.strip())]


def fit(text: str, key: str, *, wide: float, high: float, most: int, bold: bool) -> tuple[int, list[str]]:
    """The largest size at which a text fits a box, from `most` down to `LEAST`, and its lines; one always fits in.

    LabelError names the field: it doesn't fit, or the font lacks a character, which would be an empty box.
    """
    if any(glyph(char, LEAST, weight) is None for char in set(text) for weight in (False, True)):
        raise LabelError("has a character that the font lacks", key=key)
    for size in range(most, LEAST - 1, -1):
        lines = _wrap(text, size, bold, wide)
        if len(lines) * size * LEADING <= max(high, size * LEADING) and (size <= wide or not lines):
            return size, lines
    raise LabelError("is too long for a label of this size", key=key)
