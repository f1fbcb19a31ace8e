"""Bars read small, soft, moved, scratched and askew; nothing read where nothing is."""

from collections.abc import Callable

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.tables import each
from wayseal.market.pictures._codes import _is_firm, read_codes

NUMBER = "YT8800000000017"
Floats = NDArray[np.float64]


def _row(kind: str, payload: str) -> Floats:
    """Ink of each module, quiet zones left out."""
    made = np.array(zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.__members__[kind]).to_image(scale=1))
    ink = made[made.shape[0] // 2] < 128
    there = np.flatnonzero(ink)
    modules: Floats = ink[there[0] : there[-1] + 1].astype(np.float64)
    return modules


def _label(row: Floats, module: float = 2.4, high: int = 70, run: int = 0) -> Image.Image:
    """Bars on paper, modules as wide as a camera sees them; ink that has run by sixths of a module on either side."""
    fine = np.pad(np.repeat(row, 6), 90)
    inked = np.convolve(fine, np.ones(2 * run + 1), "same") > 0
    wide = round(len(fine) * module / 6)
    bars = Image.fromarray(np.where(inked, 30, 220).astype(np.uint8)[None].repeat(high, 0))
    label = Image.new("L", (wide + 120, high + 160), 220)
    label.paste(bars.resize((wide, high), Image.Resampling.BOX), (60, 80))
    return label


def _soft(label: Image.Image) -> Image.Image:
    return label.filter(ImageFilter.GaussianBlur(1.2))


def _pale(label: Image.Image) -> Image.Image:
    """Little ink, worn off in patches, and grain."""
    seen = np.asarray(label, float)
    y, x = np.indices(seen.shape)
    lost = 0.62 + 0.3 * np.sin(x / 8) * np.cos(y / 9)
    noise = np.random.default_rng(1).normal(0, 9, seen.shape)
    return Image.fromarray((seen + (220 - seen) * lost + noise).clip(0, 255).astype(np.uint8))


def _askew(label: Image.Image) -> Image.Image:
    return _pale(label.rotate(-17, Image.Resampling.BICUBIC, expand=True, fillcolor=220))


@each("spoil", [_pale, _askew, lambda label: _pale(label).rotate(180)])
def test_bars_that_no_plain_look_reads_are_read(spoil: Callable[[Image.Image], Image.Image]) -> None:
    spoiled = spoil(_label(_row("Code128", NUMBER)))
    assert not any(
        zxingcpp.read_barcodes(look) for look in (spoiled, spoiled.filter(ImageFilter.UnsharpMask(3, 250, 0)))
    )
    assert read_codes(spoiled) == (("Code128", NUMBER),)


@each("payload", ["780123456789", "SF1234567890123", "RA123456785CN", "jd-0/42.x", "3141592653589793238462643"])
def test_whatever_is_written_is_read(payload: str) -> None:
    spoiled = _soft(_label(_row("Code128", payload)))
    assert read_codes(spoiled) == (("Code128", payload),)


def _wrong_check() -> Image.Image:
    row = _row("Code128", NUMBER)
    return _label(np.concatenate([row[:11], row[22:33], row[11:22], row[33:]]))


def _printed() -> Image.Image:
    page = Image.new("L", (500, 200), 230)
    for n in range(3):
        ImageDraw.Draw(page).text((20, 56 * n), "lI1|H ilL1 |||HI NM1l", 20, font=ImageFont.load_default(44))
    return page


def _stripes() -> Image.Image:
    rng = np.random.default_rng(3)
    return _label(np.repeat(np.arange(120) % 2, rng.integers(1, 5, 120)).astype(float))


def _of_goods() -> Image.Image:
    return _label(_row("EAN13", "6901234567892"))


@each("made", [_wrong_check, _printed, _stripes, _of_goods])
def test_nothing_is_read_where_nothing_is(made: Callable[[], Image.Image]) -> None:
    assert read_codes(_soft(made())) == ()


def test_bars_that_are_gone_are_not_guessed() -> None:
    gone = _label(_row("Code128", NUMBER), module=1.7).filter(ImageFilter.GaussianBlur(4))
    assert read_codes(gone) == ()


def test_bars_without_a_check_count_if_both_halves_of_a_strip_say_so() -> None:
    seen = np.asarray(_label(_row("ITF", "12345678901234")), float)
    grain = np.random.default_rng(1).normal(0, 60, seen.shape)
    noisy = Image.fromarray((seen + grain).clip(0, 255).astype(np.uint8))
    assert not zxingcpp.read_barcodes(noisy)
    assert read_codes(noisy) == (("ITF", "12345678901234"),)


def test_bars_are_believed_if_enough_lines_agree() -> None:
    tall, thin = (zxingcpp.read_barcodes(_label(_row("Code128", NUMBER), 3, high))[0].position for high in (80, 8))
    assert _is_firm(tall)
    assert not _is_firm(thin)
