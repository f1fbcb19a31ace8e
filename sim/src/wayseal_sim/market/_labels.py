"""Pictures of labels: a waybill number as Code 128 and in print, names and phones half masked, a QR code.

1. Same picture, same bytes, on any machine: fonts are Pillow's own, so names are in Pinyin.
2. What is drawn follows from the motif; a variant changes the picture as a whole, as sellers do to hide a copy.
3. Names and phones are made up, phones begin with 154.

Pillow and zxing-cpp come with the extra `market`, and are loaded when a picture is asked for.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from wayseal_sim._errors import SimulateError
from wayseal_sim.types import stream

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from wayseal_sim.market._types import Picture

PAINTED_OVER = "-"
"""What stands for a QR code that whoever copied the picture painted over."""
_STREAM = 320
_NAMES = ("ZHANG", "WANG", "LI", "CHEN", "LIU", "YANG", "ZHAO", "HUANG", "ZHOU", "WU", "XU", "SUN")
_ROADS = ("Jianshe Lu", "Renmin Lu", "Zhongshan Dadao", "Xinhua Jie", "Jiefang Xi Lu", "Wenhua Lu")
_WIDTHS = (360, 400, 440)


def draw_label(picture: Picture, quality: int = 82) -> bytes:
    """A picture as JPEG.

    Args:
        picture: What to draw.
        quality: Of the JPEG; a site packs pictures anew, so the same picture has other bytes elsewhere.

    Returns:
        The file's bytes.

    Raises:
        SimulateError: Pillow or zxing-cpp isn't there.
    """
    try:
        image = _varied(_drawn(picture), picture)
    except ModuleNotFoundError as error:
        raise SimulateError("{name} must be installed to draw pictures", name=error.name) from error
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def _drawn(picture: Picture) -> Image:
    from PIL import Image, ImageDraw  # noqa: PLC0415

    rng = stream(picture.motif, _STREAM)
    width = int(rng.choice(_WIDTHS))
    height = int(width * rng.uniform(1.2, 1.6))
    paper = tuple(int(v) for v in rng.integers(225, 256, 3))
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    _backdrop(rng, draw, width, height)
    top = int(height * rng.uniform(0.03, 0.12))
    for block in rng.permutation(3).tolist():
        own = stream(picture.motif, _STREAM, block)
        if block == 0 and picture.number:
            top = _number(own, image, draw, picture.number, top)
        elif block == 1:
            top = _addresses(own, draw, width, top)
        elif block == 2 and picture.code:
            top = _square(own, image, picture.code, top)
    return image


def _square(rng: np.random.Generator, image: Image, code: str, top: int) -> int:
    """The QR code, or a white patch over it; returns where it ends."""
    side = min(int(image.width * rng.uniform(0.28, 0.36)), image.height - top - 8)
    left = int(rng.integers(8, image.width - side - 8))
    image.paste("white", (left, top, left + side, top + side))
    if code != PAINTED_OVER:
        image.paste(_barcode(code, "QRCode", side, side), (left, top))
    return top + side + 8


def _backdrop(rng: np.random.Generator, draw: ImageDraw, width: int, height: int) -> None:
    """What a label lies on: bands and boxes that no two motifs share."""
    for _ in range(int(rng.integers(6, 12))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = int(rng.integers(width // 8, width)), int(rng.integers(height // 10, height // 2))
        shade = tuple(int(v) for v in rng.integers(40, 235, 3))
        draw.rectangle((x - w // 2, y - h // 2, x + w // 2, y + h // 2), fill=shade)


def _number(rng: np.random.Generator, image: Image, draw: ImageDraw, number: str, top: int) -> int:
    """The barcode and the number beneath it; returns where they end."""
    bars = _barcode(number, "Code128", image.width - 40, int(rng.integers(52, 76)))
    left = (image.width - bars.width) // 2
    draw.rectangle((left - 10, top - 8, left + bars.width + 10, top + bars.height + 34), fill="white")
    image.paste(bars, (left, top))
    spaced = number if rng.random() < 0.5 else " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    _write(draw, (left + 16, top + bars.height + 4), spaced, 20)
    return top + bars.height + 40


def _addresses(rng: np.random.Generator, draw: ImageDraw, width: int, top: int) -> int:
    """Who sends and who gets it, half masked; returns where the lines end."""
    lines = []
    for side in ("FROM", "TO"):
        name = str(rng.choice(_NAMES))
        phone = "154" + "".join(str(d) for d in rng.integers(0, 10, 8))
        lines.append(f"{side} {name} * {phone[:3]}****{phone[-4:]}")
        lines.append(f"  {rng.choice(_ROADS)} {int(rng.integers(1, 400))} Hao")
    draw.rectangle((10, top, width - 10, top + 22 * len(lines) + 8), fill="white", outline="black")
    for k, line in enumerate(lines):
        _write(draw, (16, top + 5 + 22 * k), line, 15)
    return top + 22 * len(lines) + 12


def _write(draw: ImageDraw, where: tuple[int, int], text: str, size: int) -> None:
    from PIL import ImageFont  # noqa: PLC0415

    draw.text(where, text, fill="black", font=ImageFont.load_default(size))


def _barcode(text: str, form: str, width: int, height: int) -> Image:
    import zxingcpp  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, form))
    small = Image.fromarray(np.array(made.to_image(scale=1, add_quiet_zones=True)))
    times = max(1, width // small.width)
    tall = height if form == "Code128" else small.height * times
    return small.resize((small.width * times, tall), Image.Resampling.NEAREST)


def _varied(image: Image, picture: Picture) -> Image:
    from PIL import Image, ImageEnhance, ImageOps  # noqa: PLC0415

    match picture.variant:
        case "mirrored":
            return ImageOps.mirror(image)
        case "cropped":
            w, h = image.size
            part = image.crop((int(w * 0.02), int(h * 0.02), int(w * 0.98), int(h * 0.97)))
            return part.resize((w - 20, int((w - 20) * part.height / part.width)), Image.Resampling.LANCZOS)
        case "dimmed":
            return ImageEnhance.Brightness(image).enhance(0.8)
        case _:
            return image
