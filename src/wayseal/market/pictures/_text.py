"""Lines of text in a picture, by RapidOCR with the models of its wheel; nothing is fetched from anywhere.

1. Finding, turning and reading are called one by one, so that a line that looks like a number keeps all its spellings
   with their probabilities (`_spellings.py`) and not the likeliest alone.
2. Lines of one picture stand in one or two directions. Whether a line is upside down is decided by those that lie the
   same way together, as few digits don't tell; what is read badly is read the other way round as well.
3. Lines are sorted by their boxes along the direction in which most text runs: top to bottom for whoever reads it.
4. One engine a process, one thread, made when the first picture wants it. Without the extra there is no text, and
   `text_is_read` says so.
"""

import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wayseal.market.pictures._spellings import Alphabet, spellings

_FOUND_AT = 1280
"""Pixels of the longer side on which text is looked for; it is read at full size."""
_LEAST_SIDE = 640
MOST_LINES = 200
_BATCH = 6
_BADLY = 0.8
_LEAST_SCORE = 0.4
_LONGEST = 40.0
"""Width by height of a line beyond which it is cut: nobody writes so."""

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A line as it was read. spellings: of what looks like a number, as (text, probability); else its text alone."""

    text: str = field(repr=False)
    probability: float
    spellings: tuple[tuple[str, float], ...] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class _Crop:
    """A line cut out. box: four corners; tall: it was turned by a quarter; flipped: and then upside down."""

    pixels: Pixels
    box: Floats
    tall: bool
    flipped: bool = False
    line: TextLine | None = None


_FINDS, _TURNS, _READS = "PP-OCRv6_det_small.onnx", "ch_ppocr_mobile_v2.0_cls_mobile.onnx", "PP-OCRv6_rec_small.onnx"
"""Files of the wheel. Their paths are given, as RapidOCR would fetch what it doesn't find by itself."""


def text_is_read() -> bool:
    """Whether what reads text is there (the extra `market-pictures`), with its models."""
    if importlib.util.find_spec("onnxruntime") is None:
        return False
    room = importlib.util.find_spec("rapidocr")
    if room is None or room.origin is None:
        return False
    models = Path(room.origin).parent / "models"
    return all((models / name).is_file() for name in (_FINDS, _TURNS, _READS))


class TextReader:
    """The three models, loaded."""

    def __init__(self) -> None:
        """Loads them."""
        import rapidocr

        models = Path(rapidocr.__file__).parent / "models"
        make: Any = rapidocr.RapidOCR
        self._engine = make(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_type": "max",
                "Det.limit_side_len": _FOUND_AT,
                "Det.model_path": str(models / _FINDS),
                "Cls.model_path": str(models / _TURNS),
                "Rec.model_path": str(models / _READS),
            }
        )
        self._find = self._engine._load_det_model()
        self._turn = self._engine._load_cls_model()
        self._recognise = self._engine._load_rec_model()
        self._alphabet = Alphabet(self._recognise.postprocess_op.character)

    def read(self, picture: Image.Image) -> tuple[TextLine, ...]:
        """Lines of a picture (rules 1 to 3).

        Args:
            picture: Upright, in colour.

        Returns:
            Top to bottom; at most `MOST_LINES`.
        """
        crops = self._crops(_large_enough(picture))
        self._upright(crops)
        self._read(crops)
        badly = [c for c in crops if c.line is None or c.line.probability < _BADLY]
        turned = [_Crop(pixels=_flip(c.pixels), box=c.box, tall=c.tall, flipped=not c.flipped) for c in badly]
        self._read(turned)
        for crop, other in zip(badly, turned, strict=True):
            if other.line and (crop.line is None or other.line.probability > crop.line.probability + 0.1):
                crop.line, crop.flipped = other.line, other.flipped
        read = [c for c in crops if c.line is not None and c.line.probability >= _LEAST_SCORE and c.line.text.strip()]
        return tuple(c.line for c in _sorted(read) if c.line is not None)

    def _crops(self, pixels: Pixels) -> list[_Crop]:
        found = self._find(pixels)
        boxes = [] if found.boxes is None else list(found.boxes[:MOST_LINES])
        crops = []
        for box, cut in zip(boxes, self._engine.crop_text_regions(pixels, boxes), strict=True):
            tall = _length(box, 0, 3) >= 1.5 * _length(box, 0, 1)
            if min(cut.shape[:2]) >= 4:
                crops.append(_Crop(pixels=cut[:, : int(cut.shape[0] * _LONGEST)], box=box, tall=tall))
        return crops

    def _upright(self, crops: Sequence[_Crop]) -> None:
        """Turns those that lie the same way together, by what the longer half of them says (rule 2)."""
        for tall in (False, True):
            alike = [c for c in crops if c.tall is tall]
            if not alike:
                continue
            said = self._turn([c.pixels for c in alike]).cls_res
            votes = [(1 if "180" in label else -1) * score for label, score in said]
            if sum(vote * _width(crop) for vote, crop in zip(votes, alike, strict=True)) > 0:
                for crop in alike:
                    crop.pixels, crop.flipped = _flip(crop.pixels), True

    def _read(self, crops: Sequence[_Crop]) -> None:
        by_width = sorted(crops, key=_width)
        for start in range(0, len(by_width), _BATCH):
            batch = by_width[start : start + _BATCH]
            widest = max(320 / 48, *(_width(c) for c in batch))
            normal = [self._recognise.resize_norm_img(c.pixels, widest) for c in batch]
            columns: Floats = self._recognise.session(np.stack(normal).astype(np.float32))
            for crop, seen in zip(batch, columns, strict=True):
                crop.line = self._line(seen)

    def _line(self, seen: Floats) -> TextLine | None:
        text, probability = self._alphabet.likeliest(seen)
        if not text:
            return None
        return TextLine(text=text, probability=probability, spellings=spellings(seen, self._alphabet, text))


def _large_enough(picture: Image.Image) -> Pixels:
    """Blue, green, red, as the models were taught; a small picture twice as large."""
    if max(picture.size) < _LEAST_SIDE:
        picture = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def _flip(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[::-1, ::-1])


def _length(box: Floats, start: int, end: int) -> float:
    return float(np.linalg.norm(box[start] - box[end]))


def _width(crop: _Crop) -> float:
    height, width = crop.pixels.shape[:2]
    return float(width / height)


def _direction(crop: _Crop) -> NDArray[np.float64]:
    """Where reading goes in the picture, one pixel long times the line's length."""
    box = crop.box.astype(np.float64)
    along = (box[3] - box[0] + box[2] - box[1]) / 2 if crop.tall else (box[1] - box[0] + box[2] - box[3]) / 2
    forward: NDArray[np.float64] = -along if crop.flipped else along
    return forward


def _sorted(crops: Sequence[_Crop]) -> list[_Crop]:
    """Top to bottom and left to right, as they stand for a reader (rule 3)."""
    if not crops:
        return []
    total = np.sum([_direction(c) for c in crops], axis=0)
    along = total / (float(np.linalg.norm(total)) or 1.0)
    down = np.array([-along[1], along[0]])
    centres = [c.box.astype(np.float64).mean(axis=0) for c in crops]
    height = float(np.median([min(_length(c.box, 0, 1), _length(c.box, 0, 3)) for c in crops]))
    by_row = sorted(range(len(crops)), key=lambda n: float(centres[n] @ down))
    rows: list[list[int]] = []
    for n in by_row:
        if rows and abs(float((centres[n] - centres[rows[-1][-1]]) @ down)) < 0.5 * height:
            rows[-1].append(n)
        else:
            rows.append([n])
    return [crops[n] for row in rows for n in sorted(row, key=lambda n: float(centres[n] @ along))]


_LOCK = threading.Lock()
_READER: list[TextReader] = []


def read_lines(picture: Image.Image) -> tuple[TextLine, ...]:
    """Lines of a picture by the process's one engine (rule 4).

    Args:
        picture: Upright, in colour.

    Returns:
        Top to bottom; () where what reads text isn't installed.
    """
    if not text_is_read():
        return ()
    with _LOCK:
        if not _READER:
            _READER.append(TextReader())
        return _READER[0].read(picture)
