"""Learning from decisions: how texts are met that nobody decided on, before and after.

    python -m benchmarks run market_learning [--seeds 10] [--speed]

Texts of `texts` that no model learnt from stand for an installation's offers, each of a seller of its own. A part of
them is decided on, and the others are read before and after. `--speed` times learning from many decisions.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.registry import Said, Table, benchmark, option
from wayseal.market.reading.learning import Decision, Lesson, Model, add, corrected, judge_texts, learn
from wayseal.market.types import FLAGGED, Kind

TEXTS = Path(__file__).parent / "texts"
FILES = ("unseen.tsv", "fresh.tsv", "blind.tsv")
WRONG = 0.1
OWN_WORDS = {
    "面单": "糖串",
    "底单": "鱼苗",
    "单号": "茶饼",
    "单子": "糖串",
    "快递": "跑山",
    "数据": "水果",
    "资料": "水果",
    "信息": "枇杷",
    "名单": "枇杷",
    "查": "修表",
    "料": "竹笋",
    "内部": "庙里",
    "空包": "灯笼",
    "礼品": "灯笼",
    "电话": "铃铛",
    "号码": "铃铛",
}
"""How sellers of an invented market say what others say by its usual name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """How texts are met, each seller counting once. harmless: the share of harmless ones flagged."""

    precision: float
    recall: float
    f1: float
    harmless: float


def read_offers(*names: str) -> list[Decision]:
    """Texts of files, as decisions that are right."""
    lines = [line for name in names for line in (TEXTS / name).read_text(encoding="utf-8").splitlines()[1:]]
    parts = [line.partition("\t") for line in lines]
    return [
        Decision(offer=f"{at}", seller=f"{at}", text=text, kept=Kind(kind) in FLAGGED)
        for at, (kind, _, text) in enumerate(parts)
    ]


def in_own_words(offers: Sequence[Decision]) -> list[Decision]:
    """The same with adverts in words of their own."""
    return [replace(one, text=_say(one.text)) if one.kept else one for one in offers]


def _say(text: str) -> str:
    for usual, own in OWN_WORDS.items():
        text = text.replace(usual, own)
    return text


def flags_of(model: Model, offers: Sequence[Decision]) -> np.ndarray:
    """Which of them are to be looked at."""
    found: np.ndarray = judge_texts(model, [one.text for one in offers]).flags >= 0
    return found


def measure(model: Model, offers: Sequence[Decision]) -> Met:
    """How a model meets offers."""
    names = [one.seller for one in offers]
    _, of, sizes = np.unique(names, return_inverse=True, return_counts=True)
    shares, kept, flags = 1 / sizes[of], np.array([one.kept for one in offers]), flags_of(model, offers)
    right = shares[flags & kept].sum()
    precision, recall = right / max(shares[flags].sum(), 1e-9), right / shares[kept].sum()
    return Met(
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / max(precision + recall, 1e-9),
        harmless=shares[flags & ~kept].sum() / shares[~kept].sum(),
    )


def split(offers: Sequence[Decision], share: float, seed: int) -> tuple[list[Decision], list[Decision]]:
    """Offers whose sellers are decided on, a share of each side, and the others."""
    rng, taught = random.Random(seed), set()
    for side in (True, False):
        names = sorted({one.seller for one in offers if one.kept is side})
        rng.shuffle(names)
        taught |= set(names[: int(len(names) * share)])
    return [one for one in offers if one.seller in taught], [one for one in offers if one.seller not in taught]


def decide(model: Model, offers: Sequence[Decision], way: str, seed: int) -> list[Decision]:
    """Those that are decided on, and how.

    Args:
        model: Flags them.
        offers: They.
        way: `all`; `flagged`; `flagged and a fifth` of the others; `one in ten wrong`.
        seed: Of chance.

    Returns:
        The decisions.
    """
    rng = random.Random(seed)
    if way == "all":
        return list(offers)
    if way == "one in ten wrong":
        return [
            Decision(offer=one.offer, seller=one.seller, text=one.text, kept=one.kept != (rng.random() < WRONG))
            for one in offers
        ]
    rest = 0.2 if way == "flagged and a fifth" else 0.0
    return [one for one, flag in zip(offers, flags_of(model, offers), strict=True) if flag or rng.random() < rest]


WAYS = ("all", "flagged and a fifth", "one in ten wrong", "flagged")


def rows_of(name: str, model: Model, offers: Sequence[Decision], share: float, way: str, seeds: int) -> list[str]:
    """A row of the table: means over seeds, of the others, and how often it was refused."""
    before, after, forced, refused, counts = [], [], [], 0, []
    for seed in range(seeds):
        taught, others = split(offers, share, seed)
        decisions = decide(model, taught, way, seed)
        lesson = learn(decisions, model=model)
        counts.append(len(decisions))
        refused += lesson.refused is not None
        before.append(measure(model, others))
        forced.append(_with(model, lesson, others))
        after.append(before[-1] if lesson.refused is not None else forced[-1])
    return [
        name,
        way,
        f"{np.mean(counts):.0f}",
        *(_cell(one) for one in (before, after, forced)),
        f"{refused} of {seeds}",
    ]


def _with(model: Model, lesson: Lesson, others: Sequence[Decision]) -> Met:
    return measure(model if lesson.correction is None else add(model, lesson.correction), others)


def _cell(found: Sequence[Met]) -> str:
    mean = [np.mean([getattr(one, key) for one in found]) for key in ("precision", "recall", "f1", "harmless")]
    return f"{mean[0]:.3f} / {mean[1]:.3f} / {mean[2]:.3f}, {mean[3]:.1%}"


HEAD = [
    "texts", "decided on", "decisions", "before: P / R / F1, harmless flagged", "in force", "if nothing were refused",
    "refused",
]  # fmt: skip


def speed(counts: Sequence[int]) -> Iterator[list[str]]:
    """Learning from so many decisions: seconds, and bytes of the line."""
    known = read_offers("wide.tsv", "broad.tsv", "written.tsv")
    for count in counts:
        many = [
            Decision(offer=f"{at}", seller=f"{at % (count // 4)}", text=f"{one.text}{at // len(known)}", kept=one.kept)
            for at in range(count)
            for one in [known[at % len(known)]]
        ]
        begun = time.perf_counter()
        lesson = learn(many)
        size = 0 if lesson.correction is None else len(str(lesson.correction.body()))
        yield [f"{count:,}", f"{time.perf_counter() - begun:.1f}", f"{size:,}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, or the speed."""

    seeds: int = option(10)
    speed: bool = option(False, "how long learning takes, instead")


@benchmark(minutes=10)
def teach(options: Options) -> Iterator[Said]:
    """Measure what decisions teach, or how long that takes."""
    if options.speed:
        yield Table(("decisions", "seconds", "bytes of the line"), speed((500, 5_000, 20_000)))
        return
    model = corrected(None)
    found = []
    for names in (*((one,) for one in FILES), FILES):
        offers = read_offers(*names)
        found += [rows_of(" + ".join(names), model, offers, 0.5, way, options.seeds) for way in WAYS]
    own = in_own_words(read_offers(*FILES))
    mine = "all three, adverts in words of their own"
    found += [rows_of(mine, model, own, 0.5, way, options.seeds) for way in WAYS]
    yield Table(HEAD, found)
