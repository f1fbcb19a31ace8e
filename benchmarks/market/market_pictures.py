"""Numbers in pictures of labels: among the first candidates, by effect, beside plain zxing-cpp and OCR.

    python -m benchmarks run market_pictures [--pictures 300] [--seed 1] [--strength 1] [--jsonl FILE] [--codes-only]
    python -m benchmarks run market_pictures --again FILE

Labels are drawn and photographed in effect (`_label_pictures.py`): of each effect as many, of each kind of barcode
about a third. Beside ours, on the same pictures in the same run: zxing-cpp as it comes, then RapidOCR as it comes,
whose lines are searched for a run of letters and digits of a courier's format. "lines" leaves codes out. Of a cropped
picture no code is asked for. Times are CPU seconds of one thread. With `--codes-only` no line is read, so that numbers
are those that codes say. What a run that was stopped left in its FILE is told by `--again`.
"""

import io
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image

from benchmarks.market._label_pictures import HELD_OUT, LabelPicture, pictures
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.market.numbers import candidates as candidates_of
from wayseal.market.pictures import _is_sharp, _read_text, decode, hash_picture, read_codes, writings
from wayseal.model.numbers import candidates as couriers_of
from wayseal.model.numbers import clean_waybill, looks_like_waybill

FIRST = 3
BARS = frozenset({"Code128", "Code39", "Code93", "ITF", "Codabar"})
"""Kinds of which all that is told but a label's number is false."""
_RUN = re.compile(r"[0-9A-Za-z](?:[ .-]?[0-9A-Za-z]){7,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one picture. Ranks from 1; 0: not found."""

    effect: str
    layout: str
    barcode: str
    courier: str
    ours: int
    lines: int
    plain: int
    plain_lines: int
    bars: bool
    plain_bars: bool
    qr: bool
    plain_qr: bool
    seconds: float
    code_seconds: float
    plain_seconds: float
    probability: float
    false_bars: int = 0
    plain_false_bars: int = 0


@dataclass(slots=True)
class Plain:
    """What somebody would write first: both libraries as they come."""

    engine: Any = field(default=None)

    def codes(self, picture: Image.Image) -> list[tuple[str, str]]:
        """(format, payload) of codes."""
        return [(code.symbology.name, code.text) for code in zxingcpp.read_barcodes(picture)]

    def lines(self, picture: Image.Image) -> list[str]:
        """Lines of text."""
        if self.engine is None:
            import rapidocr  # noqa: PLC0415  # an extra

            quiet = {"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": 1}
            self.engine = rapidocr.RapidOCR(params=quiet)
        return list(self.engine(np.asarray(picture)[:, :, ::-1]).txts or ())

    def numbers(self, texts: Iterable[str]) -> list[str]:
        """Runs of letters and digits in a courier's format, in their order."""
        found = (clean_waybill(m.group()) for text in texts for m in _RUN.finditer(text))
        fitting = [number for number in found if looks_like_waybill(number) and couriers_of(number)]
        return list(dict.fromkeys(fitting))


def rank(number: str, numbers: Iterable[str]) -> int:
    """Place of a number, from 1; 0 if it isn't there."""
    return next((n for n, other in enumerate(numbers, 1) if other == number), 0)


def look(made: LabelPicture, plain: Plain, *, codes_only: bool) -> Outcome:
    """Reads one picture in every way."""
    start = time.process_time()
    picture = decode(made.data)
    found = read_codes(picture)
    code_seconds = time.process_time() - start
    lines, numbers = ((), candidates_of(writings(found, ()))) if codes_only else _read_text(picture, found, ())
    hash_picture(picture)
    seconds = time.process_time() - start
    # Only of a soft picture a second look depends on what codes said.
    again = not codes_only and not _is_sharp(picture)
    alone = _read_text(picture, (), ())[1] if again else candidates_of(writings((), lines))
    start = time.process_time()
    raw = Image.open(io.BytesIO(made.data)).convert("RGB")
    codes, texts = plain.codes(raw), [] if codes_only else plain.lines(raw)
    plain_seconds = time.process_time() - start
    ours = rank(made.number, (one.number for one in numbers))
    return Outcome(
        effect=made.effect,
        layout=made.layout,
        barcode=made.barcode,
        courier=made.courier,
        ours=ours,
        lines=rank(made.number, (one.number for one in alone)),
        plain=rank(made.number, plain.numbers([payload for _, payload in codes] + texts)),
        plain_lines=rank(made.number, plain.numbers(texts)),
        bars=any(payload == made.number for _, payload in found),
        plain_bars=any(payload == made.number for _, payload in codes),
        qr=any(payload == made.qr for _, payload in found),
        plain_qr=any(payload == made.qr for _, payload in codes),
        seconds=seconds,
        code_seconds=code_seconds,
        plain_seconds=plain_seconds,
        probability=numbers[0].probability if numbers else 0.0,
        false_bars=sum(kind in BARS and payload != made.number for kind, payload in found),
        plain_false_bars=sum(kind in BARS and payload != made.number for kind, payload in codes),
    )


def _share(rows: list[Outcome], of: Callable[[Outcome], bool]) -> str:
    return f"{sum(map(of, rows)) / len(rows):.3f}" if rows else "–"


def report(outcomes: list[Outcome]) -> Iterator[Table]:
    """Make the tables."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        held = "layouts never fitted on" if one.layout in HELD_OUT else "layouts fitted on"
        for name in ("all", f"barcode {one.barcode}", held, f"effect {one.effect}"):
            groups[name].append(one)
    rows: list[tuple[str, ...]] = []
    for name, some in groups.items():
        uncut = [one for one in some if one.effect != "crop"]
        barred = [one for one in uncut if one.barcode != "hidden"]
        rows.append(
            (
                name,
                str(len(some)),
                _share(some, lambda one: 0 < one.ours <= FIRST),
                _share(some, lambda one: one.ours == 1),
                _share(some, lambda one: 0 < one.lines <= FIRST),
                _share(some, lambda one: 0 < one.plain <= FIRST),
                _share(some, lambda one: 0 < one.plain_lines <= FIRST),
                _share(barred, lambda one: one.bars),
                _share(barred, lambda one: one.plain_bars),
                _share(uncut, lambda one: one.qr),
                _share(uncut, lambda one: one.plain_qr),
            )
        )
    heads = ("pictures of", "n", "first 3", "first", "lines", "plain", "plain lines", "bars", "plain bars")
    yield Table((*heads, "QR", "plain QR"), rows)
    rows = []
    for name, of in (("ours", "seconds"), ("codes alone", "code_seconds"), ("plain", "plain_seconds")):
        times = np.array([getattr(one, of) for one in outcomes])
        rows.append((name, f"{np.median(times):.2f}", f"{np.quantile(times, 0.95):.2f}"))
    yield Table(("a picture", "CPU s, median", "CPU s, p95"), rows)
    rows = []
    for name, of in (("ours", "false_bars"), ("plain", "plain_false_bars")):
        false = sum(getattr(one, of) > 0 for one in outcomes)
        rows.append((name, f"{false / len(outcomes):.3f} ({false} of {len(outcomes)})"))
    yield Table(("pictures", "with false bars"), rows)
    rows = []
    said = np.array([one.probability for one in outcomes])
    right = np.array([one.ours == 1 for one in outcomes])
    for low, high in ((0.0, 0.5), (0.5, 0.9), (0.9, 0.99), (0.99, 1.01)):
        inside = (said >= low) & (said < high)
        if inside.any():
            rows.append((f"{low:.2f} to {min(high, 1):.2f}", f"{inside.sum()}", f"{right[inside].mean():.3f}"))
    yield Table(("probability", "n", "right"), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many pictures, and how hard."""

    pictures: int = option(300)
    seed: int = option(1)
    strength: float = option(1.0)
    codes_only: bool = option(False)
    jsonl: Path | None = option(None, "file to which each picture's outcome is added")
    again: Path | None = option(None, "tables of such a file")


@benchmark(
    minutes=20,
    kept=[
        Kept(
            "number among the first three, labels photographed",
            "all",
            "first 3",
            least=0.97,
            beside=("RapidOCR and zxing-cpp as they come", "all", "plain"),
        ),
        Kept(
            "whole barcode read, all effects",
            "barcode whole",
            "bars",
            least=0.97,
            beside=("zxing-cpp as it comes", "barcode whole", "plain bars"),
        ),
        Kept(
            "scratched barcode read",
            "barcode scratched",
            "bars",
            beside=("zxing-cpp as it comes", "barcode scratched", "plain bars"),
        ),
        Kept("QR code read, all effects", "all", "QR", least=0.97, beside=("zxing-cpp as it comes", "all", "plain QR")),
        Kept(
            "shares of pictures with false bars",
            "ours",
            "with false bars",
            most=0.001,
            beside=("zxing-cpp as it comes", "plain", "with false bars"),
        ),
        Kept(
            "codes of a picture, p95",
            "codes alone",
            "CPU s, p95",
            "CPU s",
            most=1.2,
            beside=("zxing-cpp as it comes", "plain", "CPU s, p95"),
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Read each picture in both ways."""
    if options.again:
        yield from report([Outcome(**json.loads(line)) for line in options.again.read_text("utf-8").splitlines()])
        return
    plain = Plain()
    outcomes = []
    for made in pictures(options.seed, options.pictures, strength=options.strength):
        outcomes.append(look(made, plain, codes_only=options.codes_only))
        if options.jsonl:
            with options.jsonl.open("a", encoding="utf-8") as out:
                line = {name: getattr(outcomes[-1], name) for name in Outcome.__slots__}
                out.write(json.dumps(line) + "\n")
    yield from report(outcomes)
