"""Labels that nobody ever printed, photographed in effect: what reading of pictures is measured on.

A label is drawn in one of six layouts (two of which nothing was fitted on, see `HELD_OUT`) with a number of some
courier's format, other digits that mislead (phones, orders, times), Code 128 and QR. Then it is laid on a table and
suffers: one effect, hard, or several at once. To see them: `python -m benchmarks.market._label_pictures FOLDER`.
"""

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Random = np.random.Generator
FONTS = "/usr/share/fonts"
_CJK = (
    f"{FONTS}/opentype/noto/NotoSansCJK-Regular.ttc",
    f"{FONTS}/opentype/noto/NotoSansCJK-Bold.ttc",
    f"{FONTS}/opentype/noto/NotoSerifCJK-Regular.ttc",
)
_LATIN = (
    *_CJK[:2],
    f"{FONTS}/truetype/dejavu/DejaVuSans.ttf",
    f"{FONTS}/truetype/dejavu/DejaVuSans-Bold.ttf",
    f"{FONTS}/truetype/dejavu/DejaVuSansMono.ttf",
    f"{FONTS}/truetype/dejavu/DejaVuSansCondensed.ttf",
    f"{FONTS}/truetype/dejavu/DejaVuSerif.ttf",
)
HELD_OUT = frozenset({"wide", "list"})
EFFECTS = (
    "none", "blur", "motion", "angle", "turned", "perspective", "jpeg", "shadow", "noise", "glare", "crop", "small",
    "faded", "creased", "mixed",
)  # fmt: skip
"""`mixed`: three of the others at two thirds of their strength."""
_COUNTABLE = EFFECTS[1:-1]
_COURIERS = {"yto": "圆通速递", "jt": "极兔速递", "sf": "顺丰速运", "jd": "京东快递", "zto": "中通快递"} | {
    "sto": "申通快递", "yunda": "韵达快递", "deppon": "德邦快递", "ems": "邮政EMS", "s10": "国际小包",
}  # fmt: skip
_CITIES = ("杭州", "成都", "武汉", "广州", "西安", "长沙", "济南", "南昌", "沈阳", "昆明")
_GOODS = ("日用品", "服饰鞋包", "母婴用品", "数码配件", "图书", "食品")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPicture:
    """A picture and its truth. barcode: whole, scratched or hidden; qr: its payload, "" if there is none."""

    data: bytes = field(repr=False)
    number: str
    courier: str
    layout: str
    effect: str
    barcode: str
    qr: str


def draw_number(rng: Random) -> tuple[str, str]:
    """(courier, number) in one of the formats."""

    def digits(n: int) -> str:
        return "".join(map(str, rng.integers(0, 10, n)))

    courier = str(rng.choice(list(_COURIERS)))
    letter = str(rng.choice(list("ABCDEGHKMNPRTVX")))
    forms = {
        "yto": f"YT{digits(13)}",
        "jt": f"JT{digits(13)}",
        "sf": f"SF{rng.integers(0, 10)}{digits(12)}",
        "jd": f"JD{letter}{rng.choice(list('ABX03'))}{digits(11)}",
        "zto": f"7{rng.choice(list('34568'))}{digits(12)}",
        "sto": f"77{digits(13)}",
        "yunda": f"{rng.choice(list('34'))}{digits(14)}",
        "deppon": f"DPK{digits(12)}",
        "ems": f"9{digits(12)}",
        "s10": f"{rng.choice(list('RLCE'))}{letter}",
    }
    if courier == "s10":
        serial = digits(8)
        total = sum(w * int(d) for w, d in zip((8, 6, 4, 2, 3, 5, 9, 7), serial, strict=True))
        check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
        return courier, f"{forms['s10']}{serial}{check}CN"
    return courier, forms[courier]


class _Sheet:
    """A label that is being drawn."""

    def __init__(self, rng: Random, size: tuple[int, int], *, number: str, courier: str, barcode: str, qr: str) -> None:
        self.image = Image.new("L", size, 255)
        self.draw = ImageDraw.Draw(self.image)
        self.rng, self.number, self.courier, self.barcode, self.qr = rng, number, courier, barcode, qr
        self.cjk = str(rng.choice(_CJK))
        self.latin = str(rng.choice(_LATIN))
        self.group = int(rng.choice([0, 0, 3, 4]))

    def text(self, at: tuple[int, int], text: str, size: int, *, latin: bool = False) -> None:
        self.draw.text(at, text, fill=0, font=ImageFont.truetype(self.latin if latin else self.cjk, size))

    def printed(self) -> str:
        """The number as it is printed, in groups or not."""
        if not self.group:
            return self.number
        return " ".join(self.number[n : n + self.group] for n in range(0, len(self.number), self.group))

    def centred(self, box: tuple[int, int, int], size: int) -> None:
        """The number between x and x' at y, made smaller until it fits."""
        left, right, y = box
        while (font := ImageFont.truetype(self.latin, size)).getlength(self.printed()) > right - left:
            size -= 1
        x = left + int(right - left - font.getlength(self.printed())) // 2
        self.draw.text((x, y), self.printed(), fill=0, font=font)

    def bars(self, box: tuple[int, int, int, int], *, upright: bool = False) -> None:
        """Code 128 of the number in a box; whole, scratched, or blank where it is hidden."""
        left, top, right, bottom = box
        size = (bottom - top, right - left) if upright else (right - left, bottom - top)
        if self.barcode == "hidden":
            return
        code = np.array(zxingcpp.create_barcode(self.number, zxingcpp.BarcodeFormat.Code128).to_image())
        made = Image.fromarray(code[code.shape[0] // 2 :][:1]).resize(size, Image.Resampling.NEAREST)
        if self.barcode == "scratched":
            self._scratch(made)
        self.image.paste(made.transpose(Image.Transpose.ROTATE_90) if upright else made, (left, top))

    def _scratch(self, bars: Image.Image) -> None:
        """Strokes of a pen and of a knife all over it, so that few lines across are left whole."""
        pen = ImageDraw.Draw(bars)
        width, height = bars.size
        for _ in range(int(self.rng.integers(4, 11))):
            ends = [(int(self.rng.integers(0, width)), int(y)) for y in self.rng.integers(0, height, 2)]
            pen.line(ends, fill=int(self.rng.choice([0, 255])), width=int(self.rng.integers(3, 9)))

    def square(self, left: int, top: int, side: int) -> None:
        """The QR code, if there is one."""
        if self.qr:
            level = str(self.rng.choice(["L", "M", "Q"]))
            code = zxingcpp.create_barcode(self.qr, zxingcpp.BarcodeFormat.QRCode, ec_level=level).to_image()
            made = Image.fromarray(np.array(code)).resize((side, side), Image.Resampling.NEAREST)
            self.image.paste(made, (left, top))

    def phone(self) -> str:
        """A phone, masked as on labels."""
        return f"1{self.rng.choice([3, 5, 8])}{self.rng.integers(0, 10)}****{self.rng.integers(0, 10_000):04}"

    def order(self) -> str:
        """An order's number."""
        return "".join(map(str, self.rng.integers(0, 10, 18)))

    def route(self) -> str:
        """Where the parcel is sorted to."""
        area, lane = self.rng.integers(100, 1000), f"{self.rng.choice(list('ABCD'))}{self.rng.integers(10, 99)}"
        return f"{area}-{lane} 0{self.rng.integers(1, 9)}"

    def city(self) -> str:
        """A city."""
        return str(self.rng.choice(_CITIES))

    def when(self) -> str:
        """When it was printed."""
        return f"2026/11/{self.rng.integers(1, 29):02} {self.rng.integers(8, 22):02}:{self.rng.integers(0, 60):02}"


def _tall(s: _Sheet) -> None:
    s.text((20, 14), _COURIERS[s.courier], 40)
    s.text((400, 22), s.when(), 22)
    s.text((30, 80), s.route(), 74)
    s.bars((50, 190, 558, 310))
    s.centred((40, 568, 314), 36)
    s.draw.line((0, 372, 608, 372), fill=0, width=2)
    s.text((20, 390), f"收 {s.city()}市 *先生 {s.phone()}", 30)
    s.text((20, 436), f"{s.city()}路***号***室", 30)
    s.text((20, 500), f"寄 {s.city()}市 某店 {s.phone()}", 24)
    s.draw.line((0, 552, 608, 552), fill=0, width=2)
    s.text((20, 566), f"物品 {s.rng.choice(_GOODS)} 1件  订单 {s.order()}", 20)
    s.square(400, 610, 180)
    s.text((20, 640), "签收人", 26)
    s.text((20, 740), s.number, 26, latin=True)


def _two_part(s: _Sheet) -> None:
    s.text((24, 20), f"{_COURIERS[s.courier]}  {s.city()}集散", 34)
    s.centred((60, 550, 80), 40)
    s.bars((60, 132, 548, 250))
    s.text((24, 276), f"至 {s.city()} {s.route()}", 50)
    s.text((24, 352), f"*女士 {s.phone()} {s.city()}***", 28)
    s.draw.line((0, 410, 608, 410), fill=0, width=3)
    s.bars((200, 440, 580, 520))
    s.centred((200, 580, 524), 26)
    s.square(24, 440, 150)
    s.text((24, 600), f"订单号 {s.order()}", 22)
    s.text((24, 640), f"打印 {s.when()}", 22)


def _side(s: _Sheet) -> None:
    s.text((24, 20), _COURIERS[s.courier], 44)
    s.text((24, 88), "运单号", 26)
    s.text((120, 84), s.printed(), 32, latin=True)
    s.text((24, 150), s.route(), 66)
    s.bars((500, 150, 590, 620), upright=True)
    s.text((24, 250), f"收件 **  {s.phone()}", 30)
    s.text((24, 300), f"{s.city()}市{s.city()}大道***", 30)
    s.text((24, 360), f"寄件 {s.city()} {s.phone()}", 26)
    s.square(24, 420, 200)
    s.text((250, 440), f"{s.rng.choice(_GOODS)}\n0.{s.rng.integers(10, 99)}kg", 28)


def _small(s: _Sheet) -> None:
    s.square(20, 20, 170)
    s.text((210, 24), _COURIERS[s.courier], 36)
    s.text((210, 80), f"单号:{s.number}", 26, latin=False)
    s.text((210, 126), f"{s.city()}→{s.city()}  {s.route()}", 30)
    s.bars((60, 210, 548, 300))
    s.centred((60, 548, 306), 30)
    s.text((20, 360), f"* {s.phone()}  {s.when()}", 24)


def _wide(s: _Sheet) -> None:
    s.text((24, 18), f"{_COURIERS[s.courier]} EXPRESS", 40)
    s.square(24, 90, 210)
    s.centred((270, 870, 92), 42)
    s.bars((270, 150, 870, 280))
    s.text((24, 320), f"{s.route()}   {s.city()}", 60)
    s.text((24, 410), f"To: *** {s.phone()} {s.city()}市***街", 28)
    s.text((24, 456), f"Ref {s.order()}  {s.when()}", 24)


def _list(s: _Sheet) -> None:
    s.text((24, 20), "发货清单", 44)
    s.text((24, 92), f"快递公司 {_COURIERS[s.courier]}", 30)
    s.text((24, 142), f"运单编号 {s.printed()}", 30)
    s.text((24, 192), f"订单编号 {s.order()}", 30)
    s.text((24, 242), f"联系电话 {s.phone()}", 30)
    s.text((24, 292), f"下单时间 {s.when()}", 30)
    s.bars((40, 350, 480, 430))
    s.square(500, 330, 120)
    s.text((24, 470), f"{s.rng.choice(_GOODS)} x{s.rng.integers(1, 5)}  ¥{s.rng.integers(9, 300)}.00", 30)


LAYOUTS: dict[str, tuple[tuple[int, int], Callable[[_Sheet], None]]] = {
    "tall": ((608, 820), _tall),
    "two_part": ((608, 690), _two_part),
    "side": ((608, 650), _side),
    "small": ((608, 410), _small),
    "wide": ((900, 510), _wide),
    "list": ((640, 540), _list),
}


def draw_label(rng: Random, layout: str, *, courier: str, number: str, barcode: str, qr: str) -> Image.Image:
    """A label as it comes out of the printer, eight dots a millimetre, paper around it."""
    size, paint = LAYOUTS[layout]
    sheet = _Sheet(rng, size, number=number, courier=courier, barcode=barcode, qr=qr)
    paint(sheet)
    return sheet.image


def photograph(rng: Random, label: Image.Image, effect: str, strength: float) -> bytes:
    """The label as somebody's telephone sees it."""
    names = [effect] if effect != "mixed" else list(rng.choice(_COUNTABLE, 3, replace=False))
    hard = {str(name): strength if effect != "mixed" else 0.66 * strength for name in names}
    if "faded" in hard:
        label = _faded(rng, label, hard["faded"])
    scale = (0.62 / hard["small"] ** 0.7 if "small" in hard else float(rng.uniform(0.95, 1.5))) * 608 / label.width
    label = label.resize((int(label.width * scale), int(label.height * scale)), Image.Resampling.LANCZOS)
    pixels = np.asarray(_laid(rng, label, hard), np.float32)
    pixels = _light(rng, pixels, hard)
    picture = _lens(rng, pixels, hard)
    if "crop" in hard:
        picture = _cropped(rng, picture)
    if "turned" in hard:
        picture = picture.rotate(int(rng.choice([90, 180, 270])), expand=True)
    out = io.BytesIO()
    quality = int(rng.integers(12, 26) / hard["jpeg"]) if "jpeg" in hard else int(rng.integers(60, 92))
    picture.save(out, "JPEG", quality=max(quality, 3))
    return out.getvalue()


def _faded(rng: Random, label: Image.Image, strength: float) -> Image.Image:
    """Printed by a head with dead dots and little heat, on paper that lay in the sun."""
    pixels = np.asarray(label, np.float32)
    dead = rng.integers(0, label.width, int(5 * strength))
    pixels = np.where(np.isin(np.arange(label.width), dead)[None, :], 255.0, pixels)
    patchy = np.asarray(Image.effect_noise((label.width // 12, label.height // 12), 60).resize(label.size), np.float32)
    lost = np.clip(0.45 * strength + (patchy - 128) / 255, 0, 0.92)
    return Image.fromarray((pixels + (255 - pixels) * lost).astype(np.uint8))


def _laid(rng: Random, label: Image.Image, hard: dict[str, float]) -> Image.Image:
    """On a table, seen from some side."""
    width, height = label.size
    margin = int(0.12 * max(width, height))
    table = Image.effect_noise((width + 2 * margin, height + 2 * margin), float(rng.uniform(6, 24)))
    table = table.point([int(v * rng.uniform(0.5, 0.9)) for v in range(256)])
    table.paste(label.point([int(v * 0.9 + 20) for v in range(256)]), (margin, margin))
    corners = np.array([[0, 0], [table.width, 0], [table.width, table.height], [0, table.height]], float)
    reach = min(0.15 * hard.get("perspective", 0.1), 0.24)
    seen = corners + rng.uniform(-reach, reach, (4, 2)) * [table.width, table.height]
    tilt = np.radians(
        rng.uniform(10, 28) * rng.choice([-1, 1]) * hard["angle"] if "angle" in hard else rng.uniform(-3, 3)
    )
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    seen = (seen - seen.mean(0)) @ turn.T
    seen -= seen.min(0)
    size = tuple(int(v) + 1 for v in seen.max(0))
    coefficients = _homography(seen, corners)
    seen_so = table.transform(
        (size[0], size[1]), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=90
    )
    return _creased(rng, seen_so, hard["creased"]) if "creased" in hard else seen_so


def _creased(rng: Random, picture: Image.Image, strength: float) -> Image.Image:
    """On a bag that isn't flat: waves along both sides, lighter and darker."""
    pixels = np.asarray(picture)
    height, width = pixels.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    length, turn = rng.uniform(60, 200), rng.uniform(0, 6.3, 2)
    high = rng.uniform(2, 5) * strength
    dy, dx = high * np.sin(x / length * 6.3 + turn[0]), high * np.sin(y / length * 6.3 + turn[1])
    moved = pixels[np.clip(y + dy, 0, height - 1).astype(int), np.clip(x + dx, 0, width - 1).astype(int)]
    lit = 1 + 0.12 * strength * np.sin((x + y) / length * 6.3 + turn[0])
    return Image.fromarray(np.clip(moved * lit, 0, 255).astype(np.uint8))


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> list[float]:
    """Coefficients that bring points of the picture back to the table."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(c) for c in np.linalg.solve(np.array(rows), np.array(right))]


def _light(rng: Random, pixels: NDArray[np.float32], hard: dict[str, float]) -> NDArray[np.float32]:
    """Shadow and glare."""
    height, width = pixels.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    if "shadow" in hard:
        edge = x * np.cos(angle := rng.uniform(0, 6.3)) + y * np.sin(angle)
        middle = float(np.quantile(edge, rng.uniform(0.3, 0.7)))
        pixels = pixels * (1 - min(hard["shadow"] * 0.65, 0.94) / (1 + np.exp((edge - middle) * rng.uniform(20, 200))))
    if "glare" in hard:
        spot = (x - rng.uniform(0.2, 0.8) * width / max(height, width)) ** 2 / rng.uniform(0.01, 0.04)
        spot = spot + (y - rng.uniform(0.2, 0.8) * height / max(height, width)) ** 2 / rng.uniform(0.005, 0.02)
        pixels = pixels + hard["glare"] * 190 * np.exp(-spot)
    return np.clip(pixels, 0, 255).astype(np.float32)


def _lens(rng: Random, pixels: NDArray[np.float32], hard: dict[str, float]) -> Image.Image:
    """Blur, movement, noise."""
    picture = Image.fromarray(pixels.astype(np.uint8))
    if "blur" in hard:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(1.4, 2.8)) * hard["blur"]))
    if "motion" in hard:
        reach, tilt = rng.uniform(4, 8) * hard["motion"], rng.uniform(0, 3.14)
        steps = np.linspace(-reach / 2, reach / 2, 9)
        seen = np.asarray(picture, np.float32)
        moved = [np.roll(seen, (round(s * np.sin(tilt)), round(s * np.cos(tilt))), (0, 1)) for s in steps]
        picture = Image.fromarray(np.mean(moved, 0).astype(np.uint8))
    if "noise" in hard:
        grain = rng.normal(0, rng.uniform(18, 45) * hard["noise"], (picture.height, picture.width))
        picture = Image.fromarray(np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8))
    return picture


def _cropped(rng: Random, picture: Image.Image) -> Image.Image:
    """A fifth to two fifths cut off at the bottom: what stands above, the number among it, stays."""
    keep = int(picture.height * rng.uniform(0.6, 0.8))
    return picture.crop((int(picture.width * rng.uniform(0, 0.06)), 0, picture.width, keep))


def pictures(
    seed: int, count: int, layouts: tuple[str, ...] = tuple(LAYOUTS), strength: float = 1.0
) -> Iterator[LabelPicture]:
    """Pictures, as many of each effect; of barcodes a third each is whole, scratched and hidden.

    Args:
        seed: Equal seeds give equal pictures.
        count: How many.
        layouts: Out of which each is drawn.
        strength: Of each effect.

    Yields:
        One after the other.
    """
    for n in range(count):
        rng = np.random.default_rng((seed, n))
        courier, number = draw_number(rng)
        effect, layout = EFFECTS[n % len(EFFECTS)], str(rng.choice(layouts))
        barcode = str(rng.choice(["whole", "scratched", "hidden"]))
        token = "".join(rng.choice(list("abcdefghjkmnpqrstuvwxyz23456789"), 12))
        says = bool(rng.integers(0, 2)) and barcode != "hidden"
        qr = f"https://t.example.cn/q?no={number}&k={token}" if says else f"https://t.example.cn/{token}"
        label = draw_label(rng, layout, courier=courier, number=number, barcode=barcode, qr=qr)
        data = photograph(rng, label, effect, strength)
        yield LabelPicture(
            data=data, number=number, courier=courier, layout=layout, effect=effect, barcode=barcode, qr=qr
        )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for place, made in enumerate(pictures(1, 2 * len(EFFECTS))):
        (folder / f"{place:03}-{made.layout}-{made.effect}-{made.barcode}.jpg").write_bytes(made.data)
