"""The reading's model, trained: the same code for what is shipped and for what is measured.

1. Texts are the labelled adverts (a row's weight is 1/√(rows of its family)), each as it is and four times altered,
   from lightly to heavily, which weighs as two; the texts of `texts/written.tsv`, as they are and twice altered,
   which weighs as one; composed ones (`_composed`), likewise; and those of `texts/wide.tsv`, `tuning.tsv`
   and `further.tsv`, written by others who had seen none of the adverts, of `broad.tsv`, and of `plain.tsv`, with
   sentences that were filled by chance.
2. A place is in the model only if texts of at least `LEAST_ORIGINS` origins have it; a family is one origin, whatever
   its copies. So what stands in one advert alone is not learned.
3. Four linear models: looked at or not, once without the wide texts and once with them, as those made the first worse
   at what stands in groups and are right where it knows no word (squared hinge, scores then scaled to nats on families
   that had not been seen); the four kinds that are looked at; and logistics against all else (logistic).
   The second one takes in a part of the first.
4. Everything is seeded. What is asked for (`Choices`) was chosen with folds of seeds 10 to 12 and alterations of seeds
   101 to 103, on the labelled adverts and on a fifth of the wide texts that was left out; `near` and both shifts once
   more on folds of seed 10, that fifth, and a third of the further texts.
"""

import csv
import random
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.market._alter import spell
from benchmarks.market._composed import TEXTS, compose, fill
from wayseal.market.reading.learning import (
    COLUMNS,
    FLAG,
    HASHED,
    LOGISTICS,
    PLACES,
    SIDES,
    WIDE,
    Model,
    list_text_places,
    make_model,
)
from wayseal.market.types import FLAGGED, Kind

LEAST_ORIGINS = 3
SHARES = (0.25, 0.5, 0.5, 0.75)
Matrix: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What training is told.

    Attributes:
        cost: Of the squared hinge.
        damping: Added to the number of known places of a text.
        advert_harmless: By how much more an advert weighs that nobody is to look at.
        written: Weight of a written text.
        harmless: By how much more a written harmless one weighs.
        composed: Weight of a composed text.
        wide: Weight of a wide text, in the model that learns from them.
        wide_harmless: By how much more a wide harmless one weighs.
        wide_composed: Weight of a composed text in that model.
        filled: Weight of a filled sentence in that model.
        plain: How often each plain advert counts among the wide texts: it is short, and honest ones have its words.
        count: Composed texts of each form.
        fills: Filled sentences of each form.
        shift: How far above 0 a score must be to be looked at.
        wide_shift: The same for the model with the wide texts.
        lean: Nats by which what is looked at is rather taken for `waybill`: a list of look-ups with parcels among them
            concerns the courier. Whether it is looked at doesn't change.
        sounds: By how much more runs of readings count than runs of characters.
        telling: How much a run counts that stands as often on either side, in the model with the wide texts; another
            counts that much and 1 for each nat between the sides.
        near: How much of the first score is added to that with the wide texts: where what adverts teach speaks clearly
            against a text, its wording has to speak more clearly for it.
    """

    cost: float = 2.0
    damping: float = 25.0
    advert_harmless: float = 2.0
    written: float = 0.6
    harmless: float = 10.0
    composed: float = 0.3
    wide: float = 0.6
    wide_harmless: float = 6.0
    wide_composed: float = 0.1
    filled: float = 0.1
    plain: int = 4
    count: int = 150
    fills: int = 40
    shift: float = 0.2
    wide_shift: float = 0.4
    sounds: float = 1.5
    lean: float = 1.5
    telling: float = 2.0
    near: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """Texts of one sort. origins: texts of the same origin have the same; weights: of each."""

    texts: tuple[str, ...]
    kinds: tuple[Kind, ...]
    origins: tuple[str, ...]
    weights: npt.NDArray[np.float64]
    plain: Matrix
    altered: tuple[Matrix, ...]

    @property
    def flagged(self) -> npt.NDArray[np.bool_]:
        """Whether somebody is to look at each."""
        return np.array([kind in FLAGGED for kind in self.kinds])

    def select(self, rows: npt.NDArray[np.int64]) -> "Texts":
        """Some of them."""
        return Texts(
            texts=tuple(self.texts[row] for row in rows),
            kinds=tuple(self.kinds[row] for row in rows),
            origins=tuple(self.origins[row] for row in rows),
            weights=self.weights[rows],
            plain=self.plain[rows],
            altered=tuple(one[rows] for one in self.altered),
        )


def read_adverts(paths: Sequence[Path], seed: int = 9) -> tuple[Texts, npt.NDArray[np.str_], npt.NDArray[np.str_]]:
    """The labelled adverts of some files, their labels and their files, without those that are `unclear`."""
    rows: list[dict[str, str]] = []
    files: list[str] = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            rows += [row for row in csv.DictReader(file) if row["label"] != "unclear"]
        files += [path.stem] * (len(rows) - len(files))
    kinds = {"none": Kind.OTHER, "personal": Kind.PERSONAL, "waybill": Kind.WAYBILL}
    sizes = Counter(row["family"] for row in rows)
    made = make_texts(
        [(kinds[row["label"]], row["text"]) for row in rows],
        seed,
        origins=[row["family"] for row in rows],
        weights=[sizes[row["family"]] ** -0.5 for row in rows],
    )
    return made, np.array([row["label"] for row in rows]), np.array(files)


def read_written(*names: str, seed: int = 5, plain: str = "", copies: int = 1) -> Texts:
    """Written texts of files in `texts`. plain: one more file, whose adverts stand there so many times."""
    known = [one for name in names for one in _known_of(name)]
    more = _known_of(plain) if plain else []
    return make_texts(known + more + [one for one in more if one[0] in FLAGGED] * (copies - 1), seed)


def _known_of(name: str) -> list[tuple[Kind, str]]:
    lines = (TEXTS / name).read_text(encoding="utf-8").splitlines()[1:]
    return [(Kind(kind), text) for kind, _, text in (line.partition("\t") for line in lines)]


def composed(count: int, seed: int = 1) -> Texts:
    """Composed texts."""
    return make_texts([(Kind(kind), text) for kind, text in compose(count, seed)], seed + 2)


def filled(count: int, seed: int = 1) -> Texts:
    """Filled sentences."""
    return make_texts([(Kind(kind), text) for kind, text in fill(count, seed)], seed + 3)


def make_texts(
    known: Sequence[tuple[Kind, str]],
    seed: int,
    *,
    origins: Sequence[str] | None = None,
    weights: Sequence[float] | None = None,
) -> Texts:
    """Texts with their kinds, and altered forms of them."""
    rng = random.Random(seed)
    texts = [text for _, text in known]
    return Texts(
        texts=tuple(texts),
        kinds=tuple(kind for kind, _ in known),
        origins=tuple(texts if origins is None else origins),
        weights=np.ones(len(texts)) if weights is None else np.array(weights),
        plain=matrix(texts),
        altered=tuple(matrix([spell(text, share, rng) for text in texts]) for share in SHARES),
    )


def matrix(texts: Sequence[str]) -> Matrix:
    """Texts × places: 1 where a text has a place."""
    places, bounds = list_text_places(texts)
    return sp.csr_matrix((np.ones(len(places), np.float32), places, bounds), shape=(len(texts), PLACES))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """All texts that a model learns from."""

    adverts: Texts
    written: Texts
    wide: Texts
    made: Texts
    filled: Texts


def train(texts: Learnt, choices: Choices, scale: float = 1.0, *, sides: bool = True) -> Model:
    """Trains a model (rules 1 to 3).

    Args:
        texts: What it learns from.
        choices: What it is told.
        scale: Nats for one of the hinge's scores.
        sides: Whether it learns the kinds on either side as well; without, it says whether somebody is to look.

    Returns:
        The model.
    """
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    places = _known_places([texts.adverts, texts.written, texts.wide, texts.made, texts.filled])
    near = _stack(texts, choices)
    wide = _stack(texts, replace(choices, composed=choices.wide_composed), choices.wide)
    stress = np.where((places >= HASHED) & (places < 2 * HASHED), choices.sounds, 1.0)
    column = np.zeros((len(places), COLUMNS), np.float32)
    bias = np.zeros(COLUMNS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        telling = stress * _telling(wide, places, choices.telling)
        for at, part, own, shift in (
            (FLAG, near, stress, choices.shift),
            (WIDE, wide, telling, choices.wide_shift),
        ):
            flag = LinearSVC(C=choices.cost, random_state=0, tol=1e-3).fit(
                _stressed(part.x, places, choices, own), part.flagged, sample_weight=part.weights
            )
            column[:, at], bias[at] = flag.coef_[0] * own * scale, (flag.intercept_[0] - shift) * scale
        column[:, WIDE] += choices.near * column[:, FLAG]
        bias[WIDE] += choices.near * bias[FLAG]
        if sides:
            _learn_sides(column, bias, _stressed(wide.x, places, choices, stress), wide, choices)
            column[:, 1 : LOGISTICS + 1] *= stress[:, None]
    return make_model(places, column.astype(np.float16), bias, choices.damping)


def _telling(texts: "_Stack", places: npt.NDArray[np.int32], base: float) -> npt.NDArray[np.float64]:
    """How telling each place is: nats between texts to be looked at and others, over a base; 1 in the mean."""
    weights, x = texts.weights, texts.x[:, places]
    found = [1 + x.T @ np.where(side, weights, 0.0) for side in (texts.flagged, ~texts.flagged)]
    flagged, others = (np.log(one / one.sum()) for one in found)
    made = base + np.abs(flagged - others)
    return np.asarray(made / made.mean())


def _learn_sides(
    column: npt.NDArray[np.float32], bias: npt.NDArray[np.float64], x: Matrix, texts: "_Stack", choices: Choices
) -> None:
    """Fills the columns of the kinds on either side (rule 3)."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    names, flagged = [kind.value for kind in SIDES[0]], texts.flagged
    inner = LogisticRegression(C=20.0, max_iter=500, tol=1e-3).fit(
        x[flagged], texts.kinds[flagged], sample_weight=texts.weights[flagged]
    )
    order = [list(inner.classes_).index(name) for name in names]
    column[:, 1:5], bias[1:5] = inner.coef_[order].T, inner.intercept_[order]
    bias[1] += choices.lean
    honest = LogisticRegression(C=20.0, solver="liblinear", tol=1e-3).fit(
        x[~flagged], texts.kinds[~flagged] == Kind.LOGISTICS.value, sample_weight=texts.weights[~flagged]
    )
    column[:, LOGISTICS], bias[LOGISTICS] = honest.coef_[0], honest.intercept_[0]


def fit_scale(
    scores: npt.NDArray[np.float64], flagged: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> float:
    """Nats for one of the hinge's scores: the likeliest on texts whose families were not trained on."""
    scales = np.linspace(0.5, 12, 116)
    losses = [(weights * np.logaddexp(0, np.where(flagged, -1, 1) * scores * scale)).sum() for scale in scales]
    return float(scales[int(np.argmin(losses))])


def normed(x: Matrix, places: npt.NDArray[np.int32], damping: float) -> Matrix:
    """Known places alone, each text over the root of how many it has."""
    kept = x[:, places]
    return (sp.diags(1 / np.sqrt(np.asarray(kept.sum(axis=1)).ravel() + damping)) @ kept).tocsr()


def _known_places(parts: Iterable[Texts]) -> npt.NDArray[np.int32]:
    """Places that texts of enough origins have (rule 2)."""
    counts = np.zeros(PLACES, np.int64)
    for part in parts:
        names, of = np.unique(part.origins, return_inverse=True)
        group = sp.csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), shape=(len(names), len(of)))
        has = group @ (part.plain + sum(part.altered[1:], part.altered[0]))
        counts += np.asarray((has > 0).sum(axis=0)).ravel()
    return np.flatnonzero(counts >= LEAST_ORIGINS).astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stack:
    """Texts, one under the other: places, whether each is to be looked at, kinds, weights."""

    x: Matrix
    flagged: npt.NDArray[np.bool_]
    kinds: npt.NDArray[np.str_]
    weights: npt.NDArray[np.float64]


def _stack(texts: Learnt, choices: Choices, wide: float = 0.0) -> _Stack:
    """What one model learns from. wide: weight of a wide text; 0: without them."""
    parts, flagged, kinds, weights = [], [], [], []
    of_adverts = texts.adverts.weights * np.where(texts.adverts.flagged, 1.0, choices.advert_harmless)
    of_written = choices.written * np.where(texts.written.flagged, 1.0, choices.harmless)
    of_wide = wide * np.where(texts.wide.flagged, 1.0, choices.wide_harmless)
    for part, weight, copies in (
        (texts.adverts, of_adverts, 4),
        (texts.written, of_written, 2),
        (texts.wide, of_wide, 2),
        (texts.made, np.full(len(texts.made.texts), choices.composed), 2),
        (texts.filled, np.full(len(texts.filled.texts), choices.filled if wide else 0.0), 1),
    ):
        if not weight.any():
            continue
        for at, one in enumerate((part.plain, *part.altered[:copies])):
            parts.append(one)
            flagged.append(part.flagged)
            kinds.append(np.array([kind.value for kind in part.kinds]))
            weights.append(weight / 2 if at else weight)
    return _Stack(
        x=sp.vstack(parts).tocsr(),
        flagged=np.concatenate(flagged),
        kinds=np.concatenate(kinds),
        weights=np.concatenate(weights),
    )


def _stressed(x: Matrix, places: npt.NDArray[np.int32], choices: Choices, stress: npt.NDArray[np.float64]) -> Matrix:
    return (normed(x, places, choices.damping) @ sp.diags(stress)).tocsr()
