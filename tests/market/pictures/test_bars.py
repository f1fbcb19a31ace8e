"""Bars by whole characters: read small, soft, moved, pale, run and bent; nothing read where nothing is."""

import string
from collections.abc import Callable

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.tables import each
from wayseal.market.pictures._bars import read_bars
from wayseal.market.pictures._code128 import (
    CHARACTERS,
    FINE,
    REACH,
    STOP,
    Blurred,
    draw_characters,
    grow,
    passes_check,
    spell,
)
from wayseal.market.pictures._codes import _is_firm, read_codes
from wayseal.market.pictures._strips import find_strips, read_lines_across

NUMBER = "YT8800000000017"
VALUES = [104, 57, 52, 24, 99, 80, 0, 0, 0, 0, 17]
"""Start in set B, Y, T, 8, set C, 80, 00 00 00 00 17; the check is to be added."""
Floats = NDArray[np.float64]


def _checked(values: list[int]) -> list[int]:
    return [*values, (values[0] + sum(n * value for n, value in enumerate(values[1:], 1))) % 103]


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
    return label.filter(ImageFilter.GaussianBlur(2.3))


def _moved(label: Image.Image) -> Image.Image:
    return Image.fromarray(np.mean([np.roll(np.asarray(label, float), n, 1) for n in range(6)], 0).astype(np.uint8))


def _pale(label: Image.Image) -> Image.Image:
    """Little ink, worn off in patches, and grain."""
    seen = np.asarray(label, float)
    y, x = np.indices(seen.shape)
    lost = 0.62 + 0.3 * np.sin(x / 8) * np.cos(y / 9)
    noise = np.random.default_rng(1).normal(0, 9, seen.shape)
    return Image.fromarray((seen + (220 - seen) * lost + noise).clip(0, 255).astype(np.uint8))


def _bent(label: Image.Image) -> Image.Image:
    """On a bag, out of focus: waves of several modules along the bars."""
    seen = np.asarray(label)
    y, x = np.indices(seen.shape)
    columns = (x + 5 * np.sin(y / 17)).round().clip(0, seen.shape[1] - 1).astype(int)
    return Image.fromarray(seen[y, columns]).filter(ImageFilter.GaussianBlur(1.7))


def _askew(label: Image.Image) -> Image.Image:
    return _soft(label.rotate(-17, Image.Resampling.BICUBIC, expand=True, fillcolor=220))


@each("spoil", [_soft, _moved, _pale, _bent, _askew, lambda label: _soft(label).rotate(180)])
def test_bars_that_no_plain_look_reads_are_read_as_characters(spoil: Callable[[Image.Image], Image.Image]) -> None:
    spoiled = spoil(_label(_row("Code128", NUMBER)))
    assert not any(
        zxingcpp.read_barcodes(look) for look in (spoiled, spoiled.filter(ImageFilter.UnsharpMask(3, 250, 0)))
    )
    assert read_codes(spoiled) == (("Code128", NUMBER),)


@each("payload", ["780123456789", "SF1234567890123", "RA123456785CN", "jd-0/42.x", "3141592653589793238462643"])
def test_whatever_is_written_is_read(payload: str) -> None:
    spoiled = _soft(_label(_row("Code128", payload), module=3.2, run=2))
    assert read_codes(spoiled) == (("Code128", payload),)


def test_ink_that_has_run_is_known() -> None:
    values = _checked(VALUES)
    blur = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / FINE / 0.9) ** 2)
    line = np.convolve(grow(draw_characters(values), 1.2), blur / blur.sum(), "same")
    assert Blurred(blur / blur.sum(), 1.2).read(line, len(values))[1] == values
    assert read_bars(np.repeat(np.pad(line, 20), 2), 80) == NUMBER


def test_characters_are_those_of_another_writer() -> None:
    values = _checked(VALUES)
    assert passes_check(values)
    assert not passes_check([*values[:3], 98, *values[4:]])
    assert spell(values) == NUMBER
    assert "".join(map(str, np.concatenate([*(CHARACTERS[v] for v in values), STOP]).astype(int))) == "".join(
        map(str, _row("Code128", NUMBER).astype(int))
    )
    text = string.ascii_letters + string.digits + string.punctuation
    for first in range(0, len(text), 20):
        said = [ord(letter) - 32 for letter in text[first : first + 20]]
        drawn = np.concatenate([*(CHARACTERS[v] for v in _checked([104, *said])), STOP])
        assert zxingcpp.read_barcodes(_label(drawn, 3))[0].text == text[first : first + 20]


def test_a_line_is_explained_best_by_what_it_shows() -> None:
    values = _checked(VALUES)
    blur = np.zeros(2 * REACH + 1)
    blur[REACH - 4 : REACH + 5] = 1 / 9
    line = np.convolve(draw_characters(values), blur, "same")
    blurred = Blurred(blur)
    left, read = blurred.read(line, len(values))
    assert read == values
    assert abs(left) < 1e-3
    gaps = blurred.find_gaps(line, len(values))
    other = [*values]
    other[5] = 81
    worse = float(((line - np.convolve(draw_characters(other), blur, "same")) ** 2).sum())
    assert len(gaps) == len(values) - 1
    assert 0.1 < gaps[4] <= worse + 1e-3


def _wrong_check() -> Image.Image:
    values = _checked(VALUES)
    values[-1] = (values[-1] + 41) % 103
    return _label(np.concatenate([*(CHARACTERS[v] for v in values), STOP]))


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


def test_strips_are_told_from_what_is_beside_them() -> None:
    label = _label(_row("Code128", NUMBER))
    ImageDraw.Draw(label).text((80, 20), "SHANGHAI 2026", 20, font=ImageFont.load_default(40))
    seen = np.asarray(label, np.float64)
    strip = find_strips(seen)[0]
    assert abs(strip.x - seen.shape[1] / 2) < 6
    assert abs(strip.y - seen.shape[0] / 2) < 6
    assert abs(strip.reach - 2.4 * 167 / 2) < 14
    lines = read_lines_across(seen, strip)
    assert np.quantile(lines.whole, 0.1) < 0.1
    assert np.quantile(lines.whole, 0.9) > 0.7
    assert find_strips(np.full((300, 300), 128.0)) == []
    assert find_strips(np.zeros((3, 3))) == []
