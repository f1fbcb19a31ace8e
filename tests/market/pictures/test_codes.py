"""Codes: found turned, inverted, small, scratched; nothing found where nothing is; where payloads lead."""

from collections.abc import Callable

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from tests.tables import each
from wayseal.market.pictures import handle_of, read_codes
from wayseal.market.types import HandleKind

NUMBER = "YT8800000000017"


def _code(kind: str, payload: str | bytes, scale: int = 3) -> Image.Image:
    made = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.__members__[kind]).to_image(scale)
    return ImageOps.expand(Image.fromarray(np.array(made)), 60, 255)


def _scratched(picture: Image.Image) -> Image.Image:
    """No line across is whole: what is left has to be put together."""
    seen = picture.resize((picture.width, picture.height * 2))
    pen = ImageDraw.Draw(seen)
    for n in range(16):
        x = 70 + (seen.width - 200) * n // 16
        pen.line((x, seen.height - 100, x + 200, 100), fill=255, width=9)
    return seen


@each(
    "change",
    [
        lambda p: p,
        lambda p: p.rotate(90, expand=True),
        lambda p: p.rotate(180),
        lambda p: p.rotate(23, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC),
        ImageOps.invert,
        lambda p: p.filter(ImageFilter.GaussianBlur(1.6)),
        lambda p: p.resize((p.width // 2, p.height // 2), Image.Resampling.BOX),
        lambda p: p.point([int(100 + v * 0.2) for v in range(256)]),
        lambda p: ImageOps.expand(p.resize((p.width * 3, p.height * 3)), 400, 128),
    ],
)
def test_bars_are_read_however_they_lie(change: Callable[[Image.Image], Image.Image]) -> None:
    assert ("Code128", NUMBER) in read_codes(change(_code("Code128", NUMBER)).convert("RGB"))


@each("tilt", [0, 21])
def test_what_a_scratch_left_is_put_together(tilt: int) -> None:
    scratched = _scratched(_code("Code128", NUMBER))
    seen = scratched.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    assert not zxingcpp.read_barcodes(seen)
    assert read_codes(seen) == (("Code128", NUMBER),)


def test_what_a_scratch_left_is_put_together_across_a_shadow() -> None:
    scratched = _scratched(_code("Code128", NUMBER))
    y, x = np.indices((scratched.height, scratched.width))
    dark = 0.9 / (1 + np.exp(20 * (y / scratched.height - x / scratched.width)))
    seen = Image.fromarray((np.asarray(scratched) * (1 - dark)).astype(np.uint8))
    assert read_codes(seen) == (("Code128", NUMBER),)


@each("kind", ["QRCode", "DataMatrix", "PDF417", "Aztec"])
def test_squares_are_read(kind: str) -> None:
    assert read_codes(_code(kind, "https://t.example.cn/q?no=1")) == ((kind, "https://t.example.cn/q?no=1"),)


def _square(module: int = 5, payload: str = "https://t.example.cn/q?no=1") -> Image.Image:
    made = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(module)
    return ImageOps.expand(Image.fromarray(np.array(made)), 60, 255)


def test_a_square_out_of_focus_is_read() -> None:
    assert read_codes(_square().filter(ImageFilter.GaussianBlur(2.6))) == (("QRCode", "https://t.example.cn/q?no=1"),)


def test_bars_and_square_of_one_label_are_both_read_once() -> None:
    label = Image.new("L", (900, 700), 255)
    label.paste(_code("Code128", NUMBER), (20, 20))
    label.paste(_code("Code128", NUMBER), (20, 300))
    label.paste(_code("QRCode", "订单 1"), (600, 400))
    assert sorted(read_codes(label)) == [("Code128", NUMBER), ("QRCode", "订单 1")]


def test_bytes_are_told_in_hexadecimal_and_goods_are_left_out() -> None:
    assert read_codes(_code("QRCode", b"\x00\xff\x10\x80")) == (("QRCode", "00ff1080"),)
    assert read_codes(_code("EAN13", "6901234567892")) == ()
    noise = np.random.default_rng(1).integers(0, 256, (300, 300), np.uint8)
    assert read_codes(Image.fromarray(noise)) == ()
    assert read_codes(Image.new("RGB", (1, 1))) == ()


@each(
    ("payload", "kind", "value"),
    [
        ("https://t.me/Some_Body", HandleKind.TELEGRAM, "some_body"),
        ("https://t.me/+AbCdEf", HandleKind.INVITE, "https://t.me/+AbCdEf"),
        ("HTTPS://T.ME/joinchat/AbC", HandleKind.INVITE, "HTTPS://T.ME/joinchat/AbC"),
        ("https://u.wechat.com/AbC", HandleKind.WECHAT, "https://u.wechat.com/AbC"),
        ("https://weixin.qq.com/g/AbC", HandleKind.INVITE, "https://weixin.qq.com/g/AbC"),
        ("https://qm.qq.com/q/abc", HandleKind.QQ, "https://qm.qq.com/q/abc"),
        ("https://qr.alipay.com/fkx1", HandleKind.PAYMENT, "https://qr.alipay.com/fkx1"),
        ("wxp://f2f0abc", HandleKind.PAYMENT, "wxp://f2f0abc"),
        ("tel:+86 138-0000-0000", HandleKind.PHONE, "13800000000"),
        ("mailto:A@Example.cn", HandleKind.EMAIL, "a@example.cn"),
        ("T" + "9" * 33, HandleKind.PAYMENT, "T" + "9" * 33),
        ("https://not-t.me.example.cn/x", HandleKind.QR, "https://not-t.me.example.cn/x"),
        ("https://evil.example.cn/?t.me/x", HandleKind.QR, "https://evil.example.cn/?t.me/x"),
        ("http://[::1", HandleKind.QR, "http://[::1"),
        ("任何文字", HandleKind.QR, "任何文字"),
        ("x" * 3000, HandleKind.QR, "x" * 512),
    ],
)
def test_a_payload_leads_to_a_handle(payload: str, kind: HandleKind, value: str) -> None:
    handle = handle_of("QRCode", payload, lambda _: False)
    assert handle is not None
    assert (handle.kind, handle.value) == (kind, value)
    assert value not in repr(handle)


def test_labels_lead_to_nobody() -> None:
    assert handle_of("QRCode", f"https://t.example.cn/{NUMBER}", lambda text: NUMBER in text) is None
    assert handle_of("Code128", "https://t.me/a", lambda _: False) is None
    assert handle_of("QRCode", " \n", lambda _: False) is None


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
