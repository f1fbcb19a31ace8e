"""Labels read again: clean, blurred and noisy, with dead dots and patches, in every size and language.

    python -m benchmarks run labels_decode [--labels 40] [--seed 1]

Each label is drawn at 8 dots a millimetre, damaged, and read as a picture. *Blurred*: Gaussian, one dot, and noise of
deviation 20 of 255. *Dead dots*: five columns of the printer's head, anywhere, print white. *Patch*: a white square of
8 % of a payload's area lies on one of its copies; *on the label*: of 8 % of the whole label, anywhere. A label counts
as read if any copy of the payload opens, and any of the number; beside it the same with one copy (the left one, and the
number's bars at the top alone), which is what a label without the second would be.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.labels._labels import DOORS, labels, outlet_key
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.page.languages import LANGS
from wayseal.vault.labels import LabelData, Size
from wayseal.vault.labels.formats import draw
from wayseal.vault.labels.layout import QUIET_QR, Element, Symbol, lay_out
from wayseal.vault.labels.reading import find_symbols

BLUR, NOISE, DEAD, PATCH = 1.0, 20.0, 5, 0.08
_Damage = Callable[[Any, list[Symbol], np.random.Generator], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked."""

    labels: int = option(40, "labels of each size, language and version")
    seed: int = option(1, "seed of numbers and damage")


def _blurred(grey: Any, _: list[Symbol], rng: np.random.Generator) -> Any:
    soft = np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(BLUR)), float)
    return np.clip(soft + rng.normal(0, NOISE, grey.shape), 0, 255).astype(np.uint8)


def _dead(grey: Any, _: list[Symbol], rng: np.random.Generator) -> Any:
    struck = grey.copy()
    struck[:, rng.choice(grey.shape[1], DEAD, replace=False)] = 255
    return struck


def _patched(grey: Any, codes: list[Symbol], rng: np.random.Generator) -> Any:
    code, struck = codes[int(rng.integers(len(codes)))], _dead(grey, codes, rng)
    side = code.modules.shape[0] * code.across
    edge = round(side * PATCH**0.5)
    x, y = code.x + int(rng.integers(side - edge)), code.y + int(rng.integers(side - edge))
    struck[y : y + edge, x : x + edge] = 255
    return struck


def _stained(grey: Any, codes: list[Symbol], rng: np.random.Generator) -> Any:
    struck, (high, wide) = _dead(grey, codes, rng), grey.shape
    edge = round((high * wide * PATCH) ** 0.5)
    x, y = int(rng.integers(wide - edge)), int(rng.integers(high - edge))
    struck[y : y + edge, x : x + edge] = 255
    return struck


DAMAGES: dict[str, _Damage] = {
    "clean": lambda grey, *_: grey,
    "blurred, noisy": _blurred,
    "five dead dots": _dead,
    "dead dots, patch on a copy": _patched,
    "dead dots, patch on the label": _stained,
    "dead dots, patch on a copy, blurred": lambda grey, codes, rng: _blurred(_patched(grey, codes, rng), codes, rng),
}
BAR = "dead dots, patch on a copy"


@benchmark(
    minutes=6,
    kept=[
        Kept("labels read when blurred and noisy", "blurred, noisy", "read", least=1.0),
        Kept("labels read with five dead dots", "five dead dots", "read", least=0.98),
        Kept(
            "labels read with five dead dots and a patch", BAR, "read", least=0.98, beside=("one copy", BAR, "one copy")
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Tables by damage, and by size for the worst size and language."""
    rng, key = np.random.default_rng(options.seed), outlet_key()
    seen: dict[str, dict[str, list[tuple[bool, bool]]]] = {name: {} for name in DAMAGES}
    for size in Size:
        for lang in LANGS:
            for version, door in zip((5, 6, 8), DOORS, strict=True):
                for made in labels(options.labels, options.seed, key, door):
                    elements = lay_out(made, size, lang)
                    for name, damage in DAMAGES.items():
                        kind = f"{size} mm, {lang}, QR {version}"
                        seen[name].setdefault(kind, []).append(_read(made, elements, size, damage, rng))
    rows, worst = [], []
    for name, kinds in seen.items():
        every = [one for found in kinds.values() for one in found]
        low = min(kinds, key=lambda kind: sum(both for both, _ in kinds[kind]))
        rows.append((name, _share([both for both, _ in every]), _share([one for _, one in every]), f"{len(every):,}"))
        worst.append((name, low, _share([both for both, _ in kinds[low]])))
    yield Table(("damage", "read", "one copy", "labels"), rows)
    yield Table(("damage", "worst kind", "read"), worst, title="The kind of label that is read worst")


def _read(
    made: LabelData, elements: list[Element], size: Size, damage: _Damage, rng: np.random.Generator
) -> tuple[bool, bool]:
    """Whether a label is read, and whether it would be with one copy of each."""
    symbols = [one for one in elements if isinstance(one, Symbol) and one.modules.size > 1]
    codes = [one for one in symbols if one.modules.shape[0] == one.modules.shape[1]]
    grey = damage(np.where(draw(elements, size), 0, 255).astype(np.uint8), codes, rng)
    found = find_symbols(Image.fromarray(grey))
    both = made.waybill in found.numbers and made.payload in found.payloads
    left = min(codes, key=lambda one: one.x)
    side, quiet = left.modules.shape[0] * left.across, QUIET_QR * left.across
    across = slice(max(0, left.x - quiet), left.x + side + quiet)
    alone = find_symbols(Image.fromarray(grey[left.y - quiet : left.y + side + quiet, across]))
    bars = next(one for one in elements if isinstance(one, Symbol) and one.modules.shape[1] > 20)
    top = find_symbols(Image.fromarray(grey[: bars.y + bars.down + quiet]))
    return both, made.payload in alone.payloads and made.waybill in top.numbers


def _share(found: list[bool]) -> str:
    return f"{sum(found) / len(found):.4f}"
