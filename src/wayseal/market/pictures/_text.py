"""Lines of text in a picture, by RapidOCR with the models of its wheel; nothing is fetched from anywhere.

1. Finding, turning and reading are called one by one, so that a line that looks like a number keeps all its spellings
   with their probabilities and not the likeliest alone.
2. Lines of one picture stand in one or two directions. Whether a line is upside down is decided by those that lie the
   same way together, as few digits don't tell; what is read badly is read the other way round as well.
3. Lines are sorted by their boxes along the direction in which most text runs: top to bottom for whoever reads it.
4. One engine a process, one thread, made when the first picture wants it. Without the extra there is no text, and
   `text_is_read` says so.

What a line that looks like a number may say: the spellings that its columns of probabilities hold.

A model of text says for each of some columns of a line how likely each character stands there, or none (a blank). A
spelling is the characters of a path through the columns, repeats and blanks left out (CTC). The likeliest path isn't
the likeliest spelling, and the second likeliest is what one needs where a 6 may be an 8.

5. Characters are put together: letters in upper case, digits in any width; whatever is neither letter, digit, space nor
   a dash is one sign that ends a number.
6. Look-alikes get a small share of each other, as models are surer than they are right.
7. A search with `BEAM` beams, over characters with a share that matters.
8. Spellings that differ in their spaces alone are one, with the likeliest spaces.
"""

import importlib.util
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BEAM = 24
KEPT = 12
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -"
END = "\u00b6"
"""Stands for all other characters."""
_LEAST = 5e-4
_MIXED = 1e-3
_ALIKE = ("68", "38", "08", "17", "56", "35", "49", "0O", "1I", "5S", "8B", "2Z", "06", "69", "89", "27", "1L", "0D")
_LEAST_DIGITS = 7

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Alphabet:
    """A model's characters: 0 is the blank."""

    def __init__(self, characters: Sequence[str]) -> None:
        """Puts them together (rule 5)."""
        self._characters = characters
        place = {sign: n for n, sign in enumerate(SIGNS, 1)}
        last = len(SIGNS) + 1
        folded = [_fold(c) for c in characters]
        group = np.array([0, *(place.get(c, last) for c in folded[1:])])
        self.signs = ["", *SIGNS, END]
        self._members = [np.flatnonzero(group == n) for n in range(last)]
        self._mix = _mix(self.signs)

    def likeliest(self, seen: Floats) -> tuple[str, float]:
        """The text of the likeliest path, and the mean probability of its characters.

        Args:
            seen: [columns, characters] probabilities.

        Returns:
            Both; "" and 0 if it is blank.
        """
        best, share = seen.argmax(1), seen.max(1)
        kept = (best != 0) & np.append(True, best[1:] != best[:-1])
        if not kept.any():
            return "", 0.0
        return "".join(self._characters[n] for n in best[kept]), float(share[kept].mean())

    def grouped(self, seen: Floats) -> Doubles:
        """[columns, signs] probabilities of the signs (rules 5 and 6)."""
        wide = seen.astype(np.float64)
        told = np.stack([wide[:, members].sum(axis=1) for members in self._members], axis=1)
        others = np.maximum(wide.sum(axis=1) - told.sum(axis=1), 0.0)
        mixed: Doubles = np.column_stack([told, others]) @ self._mix
        return mixed


def _fold(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).upper()
    return "-" if folded in ("—", "–", "_", ".", "·") else folded


def _mix(signs: Sequence[str]) -> Doubles:
    matrix = np.eye(len(signs))
    place = {sign: n for n, sign in enumerate(signs)}
    for one, other in map(tuple, _ALIKE):
        for a, b in ((place[one], place[other]), (place[other], place[one])):
            matrix[a, b] += _MIXED
            matrix[a, a] -= _MIXED
    return matrix


def spellings(seen: Floats, alphabet: Alphabet, text: str) -> tuple[tuple[str, float], ...]:
    """Find likely spellings of a line.

    Args:
        seen: [columns, characters] probabilities.
        alphabet: Whose characters those are.
        text: Of the likeliest path.

    Returns:
        (text, probability), the likeliest first, if it has digits enough for a number; else () .
    """
    if sum(c.isalnum() and c.isascii() for c in text) < _LEAST_DIGITS:
        return ()
    found = sorted(_search(alphabet.grouped(seen)).items(), key=lambda pair: -pair[1])
    told: dict[str, tuple[str, float]] = {}
    for path, share in found:
        spelling = "".join(alphabet.signs[n] for n in path)
        first, before = told.get(bare := spelling.replace(" ", ""), (spelling, 0.0))
        told[bare] = (first, before + share)
    return tuple(sorted(told.values(), key=lambda pair: (-pair[1], pair[0]))[:KEPT])


def _search(columns: Doubles) -> dict[tuple[int, ...], float]:
    """Prefixes and their probabilities after the last column (rule 7): those that end in a blank, and the others."""
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for column in columns:
        blank = float(column[0])
        signs = np.flatnonzero(column[1:] >= _LEAST) + 1
        if len(signs) == 0:
            beams = {path: ((a + b) * blank, 0.0) for path, (a, b) in beams.items()}
            continue
        after: dict[tuple[int, ...], tuple[float, float]] = {}
        for path, (ended, open_) in beams.items():
            _add(after, path, (ended + open_) * blank, 0.0)
            for sign in signs.tolist():
                share = float(column[sign])
                if path and path[-1] == sign:
                    _add(after, path, 0.0, open_ * share)
                    _add(after, (*path, sign), 0.0, ended * share)
                else:
                    _add(after, (*path, sign), 0.0, (ended + open_) * share)
        best = sorted(after.items(), key=lambda pair: -sum(pair[1]))[:BEAM]
        beams = dict(best)
    return {path: a + b for path, (a, b) in beams.items()}


def _add(beams: dict[tuple[int, ...], tuple[float, float]], path: tuple[int, ...], ended: float, open_: float) -> None:
    before = beams.get(path, (0.0, 0.0))
    beams[path] = before[0] + ended, before[1] + open_


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
    """Check for what reads text (the extra `market-pictures`), with its models."""
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
