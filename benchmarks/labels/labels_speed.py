"""Labels a second on one processor, by format and size, beside a bare page.

    python -m benchmarks run labels_speed [--labels 300] [--seed 1]

A label is laid out, drawn and written from texts that are masked and a payload that is sealed; every one is another.
The bare page is what somebody would write in an hour: one Code 128 and one QR code by zxing-cpp, six lines by Pillow,
saved as PNG; it measures no text, shrinks none and has no second copy.
"""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from benchmarks.labels._labels import labels, outlet_key
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.vault.labels import Format, LabelData, Size, write_labels

_ROUNDS = 3
_BARE = "bare page, PNG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked."""

    labels: int = option(300, "labels of each format and size")
    seed: int = option(1, "seed of their numbers")


def _bare(made: list[LabelData], size: Size) -> None:
    font = ImageFont.truetype("NotoSansCJK-Bold.ttc", 32, index=2)
    for one in made:
        page = Image.new("1", size.dots, 1)
        draw = ImageDraw.Draw(page)
        for at, content, form in (
            (20, one.waybill, zxingcpp.BarcodeFormat.Code128),
            (600, one.payload, zxingcpp.BarcodeFormat.QRCode),
        ):
            drawn = Image.fromarray(zxingcpp.create_barcode(content, form).to_image(scale=3))
            page.paste(drawn.convert("1"), (20, at))
        party = one.recipient
        for at, text in enumerate((one.route, one.waybill, party.name, party.phone, party.address, one.outlet)):
            draw.text((20, 200 + 50 * at), text, font=font, fill=0)
        page.save(io.BytesIO(), "PNG")


def _rate(work: Callable[[], object], count: int) -> float:
    """The best of some rounds, as others may run beside."""
    best = 0.0
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        best = max(best, count / (time.perf_counter() - begun))
    return best


@benchmark(
    minutes=1,
    kept=[
        Kept(
            f"labels a second, {form}",
            form,
            size,
            unit="a second",
            least=150,
            beside=("a bare page", _BARE, size) if form is Format.PNG else None,
        )
        for form in Format
        for size in (Size.LARGE,)
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """One table."""
    made = list(labels(options.labels, options.seed, outlet_key()))
    rows = [
        (form, *[f"{_rate(lambda f=form, s=size: write_labels(made, f, s, 'zh'), len(made)):,.0f}" for size in Size])  # type: ignore[misc]
        for form in Format
    ]
    rows.append((_BARE, *[f"{_rate(lambda s=size: _bare(made, s), len(made)):,.0f}" for size in Size]))  # type: ignore[misc]
    yield Table(("format", *Size), rows)
