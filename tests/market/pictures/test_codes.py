"""Codes: found turned, inverted, small, scratched; nothing found where nothing is; where payloads lead."""

from collections.abc import Callable

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tests.tables import each
from wayseal.market.pictures._codes import read_codes
from wayseal.market.pictures._read import handle_of
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
