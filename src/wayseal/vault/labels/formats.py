"""Labels in the formats that are asked for: one picture of dots for printers and PNG, and a PDF of text and shapes.

Printers are sent dots, letters and symbols among them: their own fonts have no Chinese that one could count on, and
they differ in how they draw symbols. In PDF, by typst, letters and modules are shapes of any resolution; its text layer
holds what is printed, masked, and it has no title, author or date.

1. ZPL II: `^GFA` in Z64 (zlib, base64, CRC-16 of CCITT), 1 is black.
2. TSPL: `BITMAP` of raw bytes, 0 is black.
3. CPCL: `EG` in hexadecimal, 1 is black.
"""

import base64
import binascii
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import typst

from wayseal.vault.errors import LabelError
from wayseal.vault.labels._fonts import FAMILIES, NO_FONT, Dots, glyph, width
from wayseal.vault.labels.data import LabelData
from wayseal.vault.labels.layout import DOTS_MM, Element, Line, Size, Symbol, lay_out


class Format(StrEnum):
    """Formats of labels."""

    PDF = "pdf"
    PNG = "png"
    ZPL = "zpl"
    TSPL = "tspl"
    CPCL = "cpcl"


def write_labels(labels: Iterable[LabelData], form: Format, size: Size, lang: str) -> list[bytes]:
    """Labels in a format: one file of all as PDF, one for each otherwise (printers take them joined).

    LabelError names the field that can't be printed.
    """
    pages = [lay_out(label, size, lang) for label in labels]
    if form is Format.PDF:
        return render_pages(pages, size) if pages else []
    return [_WRITERS[form](draw(page, size)) for page in pages]


def draw(elements: Sequence[Element], size: Size) -> Dots:
    """The dots of a label, rows from the top; True is black."""
    wide, high = size.dots
    dots = np.zeros((high, wide), dtype=bool)
    for one in elements:
        if isinstance(one, Symbol):
            drawn = one.modules.repeat(one.down, axis=0).repeat(one.across, axis=1)
            dots[one.y : one.y + drawn.shape[0], one.x : one.x + drawn.shape[1]] = drawn
            continue
        at = 0.0
        for char in one.text:
            if (shape := glyph(char, one.size, one.bold)) is not None:
                x, y = one.x + round(at) + shape[1], one.y + shape[2]
                dots[y : y + shape[0].shape[0], x : x + shape[0].shape[1]] ^= shape[0]
            at += width(char, one.size, one.bold)
    return dots


def _png(dots: Dots) -> bytes:
    """One bit a dot, unfiltered: PNG by Pillow takes four times as long."""
    high, wide = dots.shape
    rows = np.pad(~np.packbits(dots, axis=1), ((0, 0), (1, 0)))  # before each row its filter: none
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 1, 0, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", DOTS_MM * 1000, DOTS_MM * 1000, 1)),
        (b"IDAT", zlib.compress(rows.tobytes(), 1)),
        (b"IEND", b""),
    )
    sums = (struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts)
    chunks = [struct.pack(">I", len(data)) + kind + data + end for (kind, data), end in zip(parts, sums, strict=True)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _zpl(dots: Dots) -> bytes:
    raw, (high, wide) = np.packbits(dots, axis=1).tobytes(), dots.shape
    packed = base64.b64encode(zlib.compress(raw, 1))
    head = f"^XA^PW{wide}^LL{high}^LH0,0^FO0,0^GFA,{len(raw)},{len(raw)},{wide // 8},:Z64:"
    return head.encode() + packed + f":{binascii.crc_hqx(packed, 0):04x}^FS^XZ\n".encode()


def _tspl(dots: Dots) -> bytes:
    high, wide = dots.shape
    head = f"SIZE {wide // DOTS_MM} mm,{high // DOTS_MM} mm\r\nGAP 2 mm,0\r\nDIRECTION 1\r\nCLS\r\n"
    head += f"BITMAP 0,0,{wide // 8},{high},0,"
    return head.encode() + (~np.packbits(dots, axis=1)).tobytes() + b"\r\nPRINT 1\r\n"


def _cpcl(dots: Dots) -> bytes:
    raw, (high, wide) = np.packbits(dots, axis=1).tobytes(), dots.shape
    head = f"! 0 200 200 {high} 1\r\nPAGE-WIDTH {wide}\r\nEG {wide // 8} {high} 0 0 "
    return (head + raw.hex().upper() + "\r\nFORM\r\nPRINT\r\n").encode()


_WRITERS: Mapping[Format, Callable[[Dots], bytes]] = MappingProxyType(
    {Format.PNG: _png, Format.ZPL: _zpl, Format.TSPL: _tspl, Format.CPCL: _cpcl}
)


@cache
def _typesetter() -> tuple[typst.Fonts, str]:
    """The fonts of this machine and the family that is taken."""
    fonts = typst.Fonts(include_embedded_fonts=False)
    family = next((name for name in FAMILIES if name in fonts.families()), None)
    if family is None:
        raise LabelError(NO_FONT)
    return fonts, family


def render_pages(pages: Sequence[Sequence[Element]], size: Size, **how: Any) -> list[bytes]:
    """Labels by typst: one PDF of all, or what else `how` says (PNG: one for each)."""
    fonts, family = _typesetter()
    wide, high = size.dots
    data = {"font": family, "wide": wide, "high": high, "pages": [[_said(one) for one in page] for page in pages]}
    with resources.as_file(resources.files(__package__)) as folder:
        compiler = typst.Compiler(
            Path(folder) / "label.typ",
            root=str(folder),
            font_paths=fonts,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
        made: Any = compiler.compile(timestamp=0, **({"format": "pdf"} | how))
    return [made] if isinstance(made, bytes) else list(made)


def _said(one: Element) -> list[Any]:
    """An element as the template takes it; a symbol as the path of its runs of black modules, in modules."""
    if isinstance(one, Line):
        return ["line", one.x, one.y, one.size, one.text, one.bold, one.white]
    high, wide = one.modules.shape
    return ["symbol", one.x, one.y, wide * one.across, high * one.down, _svg(one.modules.tobytes(), high, wide)]


@lru_cache(maxsize=1024)
def _svg(modules: bytes, high: int, wide: int) -> str:
    edges = np.diff(np.frombuffer(modules, dtype=np.int8).reshape(high, wide), axis=1, prepend=0, append=0)
    starts, ends = np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1).tolist()
    path = "".join(f"M{x} {y}H{end}V{y + 1}H{x}Z" for (y, x), (_, end) in zip(starts, ends, strict=True))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" preserveAspectRatio="none">'
    return f'{head}<path d="{path}"/></svg>'
