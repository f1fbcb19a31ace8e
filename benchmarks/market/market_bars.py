"""Barcodes of many makes, out of focus, moved, askew and pale: how many are read, and what is read that isn't there.

    python -m benchmarks run market_bars [--pictures 400] [--seed 1] [--jsonl FILE]

Labels of `_label_pictures.py` are drawn and photographed in one way; here modules, heights, quiet zones, what is
written and in which kind, run ink, sorts of blur, light and surroundings are drawn for each picture by itself. Half of
the pictures show a Code 128; the others another kind of bars, a Code 128 whose check is wrong, print without bars, or
stripes. Plain is zxing-cpp as it comes, on the same pictures and kinds. False is whatever is said of bars that isn't
what the picture shows. Times are CPU seconds of one thread.
"""

import io
import string
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.market._label_pictures import FONTS
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.market.pictures._codes import read_codes
from wayseal.market.pictures._read import decode

Floats = NDArray[np.float64]
Random = np.random.Generator
BARS = ("Code128", "Code39", "Code93", "ITF", "Codabar")
"""Kinds that are read as bars; what is said in others isn't counted."""
SHOWN = ("Code128",) * 8 + ("Code39", "Code93", "ITF", "Codabar", "EAN13", "wrong check", "print", "stripes")
_UP = 6
"""Pixels of a module where it is drawn, before it is photographed."""
_FONT = f"{FONTS}/truetype/dejavu/DejaVuSans.ttf"


def write_payload(rng: Random, kind: str) -> str:
    """Something that a kind can say."""

    def some(letters: str, least: int = 6, most: int = 19) -> str:
        return "".join(rng.choice(list(letters), int(rng.integers(least, most))))

    if kind == "EAN13":
        body = some(string.digits, 12, 13)
        total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body))
        return f"{body}{-total % 10}"
    if kind == "ITF":
        return some(string.digits, 4, 9) * 2
    if kind == "Codabar":
        return f"A{some(string.digits)}B"
    if kind in ("Code39", "Code93"):
        return some(string.digits + string.ascii_uppercase, 6, 15)
    letters = (string.digits, string.digits, string.digits + string.ascii_uppercase, string.ascii_letters + "-./ 0123")
    return some("ABCDEFGJKSTY", 0, 4) + some(letters[int(rng.integers(len(letters)))]).strip()


def draw_modules(rng: Random, kind: str, payload: str) -> Floats:
    """Ink of each module of a line across."""
    wrong = kind == "wrong check"
    symbology = zxingcpp.BarcodeFormat.__members__["Code128" if wrong else kind]
    made = np.array(zxingcpp.create_barcode(payload or "YT8800000000017", symbology).to_image(scale=1))
    row = made[made.shape[0] // 2 if kind != "EAN13" else 2] < 128
    there = np.flatnonzero(row)
    modules: Floats = row[there[0] : there[-1] + 1].astype(np.float64)
    # Places of characters count in the check: two in each other's place make it wrong.
    return np.concatenate([modules[:11], modules[22:33], modules[11:22], modules[33:]]) if wrong else modules


def draw_label(rng: Random, kind: str, payload: str) -> Floats:
    """Paper with bars and some print, `_UP` pixels a module; 1 is ink."""
    if kind == "print":
        return _draw_print(rng, int(rng.integers(900, 1600)), int(rng.integers(300, 900)), lines=6)
    if kind == "stripes":
        edges = rng.integers(2, 6 * int(rng.integers(2, 12)), 160)
        ink = np.repeat(np.arange(len(edges)) % 2, edges).astype(np.float64)[: int(rng.integers(500, 1800))]
    else:
        ink = np.repeat(draw_modules(rng, kind, payload), _UP)
        gain = int(rng.integers(-1, 3))
        ink = np.convolve(ink, np.ones(2 * abs(gain) + 1), "same")
        ink = (ink > 0 if gain >= 0 else ink > 2 * abs(gain)).astype(np.float64)
    quiet = [int(rng.integers(4, 14)) * _UP for _ in range(2)]
    high = int(len(ink) * rng.uniform(0.08, 0.4))
    bars = np.tile(np.pad(ink, quiet), (high, 1))
    above, below = (_draw_print(rng, bars.shape[1], int(rng.integers(60, 260)), lines=2) for _ in range(2))
    gap = np.zeros((int(rng.integers(6, 50)), bars.shape[1]))
    return np.pad(np.concatenate([above, gap, bars, gap, below]), 40)


def _draw_print(rng: Random, width: int, height: int, *, lines: int) -> Floats:
    image = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(image)
    for n in range(lines):
        said = "".join(rng.choice(list(string.digits + string.ascii_uppercase + "  lI1|"), 30))
        size = int(rng.integers(20, max(height // lines, 24)))
        pen.text((int(rng.integers(0, 60)), n * height // lines), said, fill=255, font=ImageFont.truetype(_FONT, size))
    return np.asarray(image, np.float64) / 255


def photograph(rng: Random, ink: Floats) -> tuple[bytes, dict[str, Any]]:
    """A label as somebody photographs it, and how."""
    module = float(rng.uniform(1.7, 5.0))
    soft = float(rng.uniform(0, 1.0))
    sort = str(rng.choice(["sharp", "gauss", "disc", "moved"], p=[0.1, 0.3, 0.3, 0.3]))
    shade = Image.fromarray((255 - 255 * ink * rng.uniform(0.35, 0.95)).astype(np.uint8))
    scale = module / _UP
    shade = shade.resize((max(int(shade.width * scale), 8), max(int(shade.height * scale), 8)), Image.Resampling.BOX)
    around = int(rng.integers(20, 120))
    table_ = Image.effect_noise((shade.width + 2 * around, shade.height + 2 * around), float(rng.uniform(2, 30)))
    table_.paste(shade, (around, around))
    tilt = float(rng.uniform(-25, 25) if rng.random() < 0.5 else rng.uniform(-3, 3)) + 90 * int(rng.integers(0, 4))
    seen = _lean(rng, table_).rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=110)
    pixels = np.asarray(seen, np.float64)
    pixels = _spread(pixels, _make_blur(rng, sort, soft * module))
    y, x = np.indices(pixels.shape)
    turn = rng.uniform(0, 6.3)
    lit = 0.75 + 0.25 * np.cos((x * np.cos(turn) + y * np.sin(turn)) / max(pixels.shape) * rng.uniform(0, 5))
    pixels = pixels * lit * rng.uniform(0.5, 1) + rng.normal(0, rng.uniform(0, 8), pixels.shape)
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=int(rng.integers(45, 96)))
    return out.getvalue(), {"module": module, "soft": soft if sort != "sharp" else 0.0, "sort": sort}


def _lean(rng: Random, flat: Image.Image) -> Image.Image:
    """Seen from some side."""
    width, height = flat.size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    seen = corners + rng.uniform(-0.06, 0.06, (4, 2)) * [width, height]
    rows, right = [], []
    for (x, y), (u, v) in zip(seen, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    solved = [float(one) for one in np.linalg.solve(np.array(rows), np.array(right))]
    return flat.transform(flat.size, Image.Transform.PERSPECTIVE, solved, Image.Resampling.BICUBIC, fillcolor=110)


def _make_blur(rng: Random, sort: str, width: float) -> Floats:
    """What becomes of a point: `width` is its standard deviation in pixels along one side."""
    reach = int(4 * width) + 2
    y, x = np.indices((8 * reach + 4, 8 * reach + 4)) / 4 - reach - 0.375
    turn = rng.uniform(0, 3.15)
    along, aside = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    if sort == "disc":
        point = (np.hypot(x, y) <= max(2 * width, 0.4)).astype(float)
    elif sort == "moved":
        point = ((np.abs(along) <= max(1.73 * width, 0.4)) & (np.abs(aside) <= 0.5)).astype(float)
    else:
        point = np.exp(-(x**2 + y**2) / (2 * max(width if sort == "gauss" else 0.3, 0.3) ** 2))
    coarse = point.reshape(2 * reach + 1, 4, 2 * reach + 1, 4).sum((1, 3))
    blur: Floats = coarse / coarse.sum()
    return blur


def _spread(pixels: Floats, blur: Floats) -> Floats:
    reach = len(blur) // 2
    padded = np.pad(pixels, reach, mode="edge")
    total = np.zeros_like(pixels)
    for row, column in zip(*np.nonzero(blur > 1e-4), strict=True):
        there = padded[row : row + pixels.shape[0], column : column + pixels.shape[1]]
        total += blur[row, column] * there
    return total


def look(seed: int, number: int) -> dict[str, Any]:
    """One picture, read in both ways."""
    rng = np.random.default_rng((seed, number))
    kind = SHOWN[number % len(SHOWN)]
    payload = write_payload(rng, kind) if kind in zxingcpp.BarcodeFormat.__members__ else ""
    data, how = photograph(rng, draw_label(rng, kind, payload))
    picture = decode(data)
    start = time.process_time()
    ours = read_codes(picture)
    seconds = time.process_time() - start
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.__members__[name] for name in BARS])
    plain = [(code.symbology.name, code.text) for code in zxingcpp.read_barcodes(picture, formats=formats)]
    row: dict[str, Any] = {"number": number, "kind": kind, "payload": payload, "seconds": seconds, **how}
    for name, said in (("ours", ours), ("plain", plain)):
        bars = [(one, text) for one, text in said if one in BARS]
        row[name] = any(text == payload for _, text in bars)
        row[f"{name}_false"] = [code for code in bars if code[1] != payload or code[0] != kind]
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many pictures."""

    pictures: int = option(400)
    seed: int = option(1)


@benchmark(
    minutes=10,
    kept=[
        Kept("Code 128 of other makes read", "Code128", "read", beside=("zxing-cpp as it comes", "Code128", "plain")),
        Kept("pictures with anything false, bars of other makes", "all", "false", most=0),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Read each picture in both ways."""
    rows = [look(options.seed, number) for number in range(options.pictures)]
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[f"{row['kind']}"].append(row)
        if row["kind"] == "Code128":
            groups[f"Code128, {row['sort']}"].append(row)
            groups[f"Code128, blur {int(row['soft'] * 4) / 4:.2f} modules and more"].append(row)
            groups[f"Code128, {int(row['module'])} pixels a module"].append(row)
    lines = []
    for name, some in [*sorted(groups.items()), ("all", rows)]:
        false = [str(sum(bool(row[f"{who}_false"]) for row in some)) for who in ("ours", "plain")]
        with_bars = [row for row in some if row["payload"]]
        shares = [f"{np.mean([row[who] for row in with_bars]):.3f}" if with_bars else "–" for who in ("ours", "plain")]
        lines.append((name, str(len(some)), *shares, *false))
    yield Table(("pictures of", "n", "read", "plain", "false", "plain false"), lines)
    times = np.array([row["seconds"] for row in rows])
    cells = (f"{np.median(times):.3f}", f"{np.quantile(times, 0.95):.3f}", f"{times.max():.3f}")
    yield Table(("CPU s a picture", "median", "p95", "most"), [("ours", *cells)])
