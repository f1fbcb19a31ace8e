"""What people decided on offers, learnt as a small correction of the model that comes with Wayseal.

1. A decision is a text that somebody kept (it sells what it says) or dismissed. Decisions of one seller, and those on
   one folded text, are one group; a text that was both kept and dismissed says nothing, and is left out.
2. The correction is one column of weights that both scores for somebody to look at a text take in. It is learnt by
   logistic regression beside what the model says, and drawn towards nothing: where decisions agree with the model it is
   small. Its threshold is raised until no more harmless texts are flagged than without, as judged by rule 4, and never
   lowered, since what people look at is no sample. So a text that has nothing of them is flagged no sooner.
3. Only places of the model that decisions of `LEAST_GROUPS` groups have are corrected; they are hashes. So no text, and
   nothing that one seller alone writes, can be read out of a correction.
4. It is judged by groups that it hasn't learnt from, each counting once, and refused where there are too few, where it
   isn't better than the model alone, or where chance alone would often be as good.

For whoever trains a model, or measures one: places of texts, models made of weights, what a model says of texts.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wayseal.market.errors import MarketError
from wayseal.market.reading._fold import Bounds, Tables, fold
from wayseal.market.reading._fold import tables as folding_tables
from wayseal.market.reading._reader import (
    COLUMNS,
    FLAG,
    LOGISTICS,
    SIDES,
    STRETCH,
    WIDE,
    Judged,
    Model,
    built_in,
    built_in_digest,
    find_loudest,
    judge,
    make_model,
)
from wayseal.market.reading._tokens import HASHED, PLACES
from wayseal.market.reading._words import Word, WordIndex, analyse, index_words, load_words
from wayseal.model.arrays import Floats, Ints, Longs
from wayseal.model.messages import N_, Message
from wayseal.model.progress import Progress

__all__ = [
    "COLUMNS",
    "FLAG",
    "HASHED",
    "LOGISTICS",
    "PLACES",
    "SIDES",
    "WIDE",
    "Judged",
    "Model",
    "Tables",
    "folding_tables",
    "make_model",
]
LEAST_GROUPS, LEAST_OF_EACH = 3, 5
FOLDS = 5
RIDGE = 0.05
"""How strongly weights are drawn towards nothing: chosen on texts that no figure is told of."""
SURE = 1.645
"""Standard errors by which fewer nats have to be lost: one in twenty is as good by chance."""
_AT_ONCE, _LEAST_STEP = 4096, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's decision on an offer. offer: its id; seller: whose it is; text: as it was read then."""

    offer: str
    seller: str
    text: str = field(repr=False)
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """An addition to a model (rules 2 and 3). base: the model's digest; places, and the weight of each; shift: by how
    many nats the threshold is raised."""  # noqa: D205, D209

    base: str
    places: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float16]
    shift: float = 0.0

    @property
    def digest(self) -> str:
        """Its name: the SHA-256 of all of it, in hex."""
        parts = (self.base.encode(), self.places.astype("<i4").tobytes(), self.weights.astype("<f2").tobytes())
        return hashlib.sha256(b"".join((*parts, np.array(self.shift, "<f8").tobytes()))).hexdigest()

    def body(self) -> dict[str, Any]:
        """It as JSON has it."""
        data = {"places": self.places.astype("<i4"), "weights": self.weights.astype("<f2")}
        coded = {name: base64.b64encode(one.tobytes()).decode() for name, one in data.items()}
        return {"digest": self.digest, "base": self.base, "shift": self.shift, **coded}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How decisions are met, each group counting once. harmless: share of them flagged; loss: nats a group."""

    precision: float
    recall: float
    f1: float
    harmless: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """The lesson of decisions.

    Attributes:
        kept: How many offers that were kept were learnt from.
        dismissed: How many that were dismissed.
        groups: Of how many sellers.
        contradicting: Offers that were left out, as the same text was kept and dismissed.
        before: How the model that comes with Wayseal meets the decisions; None: it can't be judged.
        after: How corrections meet those that they haven't learnt from.
        refused: Why the correction isn't to be used; None: it is better.
        correction: What was learnt of all decisions; None where that can't be.
    """

    kept: int
    dismissed: int
    groups: int
    contradicting: tuple[str, ...]
    before: Figures | None = None
    after: Figures | None = None
    refused: Message | None = None
    correction: Correction | None = None


def read_correction(body: Mapping[str, Any]) -> Correction:
    """A correction out of its JSON. MarketError: it is none, or not what was written."""
    try:
        places, weights = (
            np.frombuffer(base64.b64decode(body[name], validate=True), kind)
            for name, kind in (("places", "<i4"), ("weights", "<f2"))
        )
        shift = float(body["shift"])
        made = Correction(base=str(body["base"]), places=places, weights=weights, shift=shift)
        whole = len(places) == len(weights) and made.digest == body["digest"]
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise MarketError(N_("what was learnt is not what was written"))
    return made


def corrected(correction: Correction | None) -> Model:
    """The model that comes with Wayseal, with a correction that holds beside it (rule 2)."""
    model = built_in()
    return add(model, correction) if correction is not None and holds(correction) else model


def holds(correction: Correction | None) -> bool:
    """Check if a correction was learnt beside the model that comes with this version."""
    return correction is not None and correction.base == built_in_digest()


def add(model: Model, correction: Correction) -> Model:
    """A model with a correction."""
    rows = model.rows[correction.places]
    weights, bias = model.weights.copy(), model.bias.copy()
    for column in (FLAG, WIDE):
        bias[column] -= correction.shift
        weights[rows[rows >= 0], column] += correction.weights[rows >= 0]
    return replace(model, weights=weights, bias=bias)


def learn(
    decisions: Iterable[Decision],
    words: Iterable[Word] = (),
    progress: Progress | None = None,
    *,
    model: Model | None = None,
) -> Lesson:
    """Learn from decisions (rules 1 to 4).

    Args:
        decisions: They, in any order.
        words: Words that a person accepted, beside the built-in dictionary.
        progress: Is told what is done, how much of it, and of how much.
        model: Another model than the built-in one, for whoever measures.

    Returns:
        A correction, how good it is, or why there is none.
    """
    known, contradicting = _without_contradictions(sorted(decisions, key=lambda one: one.offer))
    groups = _groups(known)
    kept = np.array([one.kept for one, _ in known], np.bool_)
    sizes = [len(set(groups[side].tolist())) for side in (kept, ~kept)]
    lesson = Lesson(
        kept=int(kept.sum()),
        dismissed=int((~kept).sum()),
        groups=len(set(groups.tolist())),
        contradicting=contradicting,
    )
    if min(sizes) < LEAST_OF_EACH:
        why = N_(
            "decisions can't be judged: {kept} sellers' offers are kept and {dismissed} sellers' dismissed, and "
            "{least} of each are needed"
        )
        return replace(lesson, refused=Message(why, {"kept": sizes[0], "dismissed": sizes[1], "least": LEAST_OF_EACH}))
    tell, base = progress or (lambda *_: None), model or built_in()
    facts = _look([one.text for one, _ in known], words, base, tell)
    fold_of = _deal(groups, kept)
    nats = np.zeros(len(kept))
    for held in range(FOLDS):
        out = fold_of == held
        nats[out] = (facts.nats + facts.times(_fit(facts, kept, groups, ~out)))[out]
        tell("learn", held + 1, FOLDS + 1)
    weights = _fit(facts, kept, groups, np.ones(len(kept), np.bool_))
    tell("learn", FOLDS + 1, FOLDS + 1)
    rows = np.flatnonzero(weights)
    shift = _raise(facts.nats, nats, kept, groups)
    made = Correction(
        shift=shift,
        base=built_in_digest(),
        places=base.places[facts.columns[rows]],
        weights=weights[rows].astype(np.float16),
    )
    before, after = (_measure(some, kept, groups) for some in (facts.nats, nats - shift))
    refused = _refuse(before, after, _gain(facts.nats, nats - shift, kept, groups))
    return replace(lesson, before=before, after=after, refused=refused, correction=made)


def _without_contradictions(
    decisions: Sequence[Decision],
) -> tuple[list[tuple[Decision, str]], tuple[str, ...]]:
    """Decisions with their folded texts, and the offers that are left out (rule 1)."""
    folded = fold([one.text for one in decisions]).texts()
    said: defaultdict[str, set[bool]] = defaultdict(set)
    for one, text in zip(decisions, folded, strict=True):
        said[text].add(one.kept)
    pairs = list(zip(decisions, folded, strict=True))
    left_out = tuple(one.offer for one, text in pairs if len(said[text]) > 1)
    return [pair for pair in pairs if len(said[pair[1]]) == 1], left_out


def _groups(known: Sequence[tuple[Decision, str]]) -> Longs:
    """The group of each decision: sellers and texts that hang together (rule 1)."""
    of: dict[tuple[str, str], tuple[str, str]] = {}

    def root(name: tuple[str, str]) -> tuple[str, str]:
        while (above := of.setdefault(name, name)) != name:
            of[name] = of[above]
            name = above
        return name

    for one, text in known:
        of[root(("seller", one.seller))] = root(("text", text))
    numbers: dict[tuple[str, str], int] = {}
    return np.array([numbers.setdefault(root(("seller", one.seller)), len(numbers)) for one, _ in known], np.int64)


def _deal(groups: Longs, kept: npt.NDArray[np.bool_]) -> Longs:
    """The part that each decision is judged in: groups with something dismissed, then the others, dealt in turn."""
    dismissed = set(groups[~kept].tolist())
    order = sorted(
        set(groups.tolist()), key=lambda group: (group not in dismissed, hashlib.sha256(str(group).encode()).digest())
    )
    part = {group: place % FOLDS for place, group in enumerate(order)}
    return np.array([part[group] for group in groups.tolist()], np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Facts:
    """Texts as the model sees them. nats: its score; of, at, values: text, column and value of each place that a text
    has; columns: the model's row of each column."""  # noqa: D205, D209

    nats: Floats
    of: Longs
    at: Longs
    values: Floats
    columns: Longs

    def times(self, weights: Floats) -> Floats:
        """The sum of weights of each text."""
        made: Floats = np.bincount(self.of, self.values * weights[self.at], len(self.nats)).astype(np.float64)
        return made

    def back(self, shares: Floats) -> Floats:
        """The sum of texts' shares by column."""
        made: Floats = np.bincount(self.at, self.values * shares[self.of], len(self.columns)).astype(np.float64)
        return made


def _look(texts: Sequence[str], words: Iterable[Word], model: Model, tell: Progress) -> _Facts:
    index = index_words([*load_words(), *words])
    nats, rows, sizes = [], [], []
    for start in range(0, len(texts), _AT_ONCE):
        some = [_loud(text, index, model) for text in texts[start : start + _AT_ONCE]]
        found = analyse(some, index, model.rows)
        nats.append(judge(model, found.rows, found.bounds).flags)
        rows.append(found.rows.copy())
        sizes.append(np.diff(found.bounds))
        tell("texts", start + len(some), len(texts))
    size = np.concatenate(sizes)
    columns, at = np.unique(np.concatenate(rows), return_inverse=True)
    of = np.repeat(np.arange(len(texts)), size)
    values = 1 / np.sqrt(size + model.damping)
    return _Facts(nats=np.concatenate(nats), of=of, at=at, values=values[of], columns=columns.astype(np.int64))


def _loud(text: str, words: WordIndex, model: Model) -> str:
    """The stretch of a text by which it is judged."""
    if len(text) <= STRETCH:
        return text
    start = find_loudest(text, words, model)
    return text[start : start + STRETCH]


def _fit(facts: _Facts, kept: npt.NDArray[np.bool_], groups: Longs, taught: npt.NDArray[np.bool_]) -> Floats:
    """Weights by column: the least loss of those that are taught, by Newton's steps (rules 2 and 3)."""
    shares = np.where(taught, np.bincount(groups)[groups] ** -0.5, 0.0)
    here = taught[facts.of]
    pairs = np.unique(np.stack([facts.at[here], groups[facts.of[here]]]), axis=1)
    free = np.bincount(pairs[0], minlength=len(facts.columns)) >= LEAST_GROUPS

    def loss(weights: Floats) -> float:
        nats = facts.nats + facts.times(weights)
        return float(shares @ np.logaddexp(0, np.where(kept, -nats, nats)) + RIDGE / 2 * (weights @ weights))

    found = np.zeros(len(free))
    now = loss(found)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(facts.nats + facts.times(found), -500, 500)))
        slope = facts.back(shares * (chance - kept)) * free + RIDGE * found
        bend = shares * chance * (1 - chance)
        step = _solve(lambda some, bend=bend: facts.back(bend * facts.times(some)) * free + RIDGE * some, slope)  # type: ignore[misc]
        while (then := loss(found - step)) > now and np.abs(step).max() > _LEAST_STEP:
            step /= 2
        if np.abs(step).max() <= _LEAST_STEP or then > now:
            break
        found, now = found - step, then
    return found


def _solve(times: Callable[[Floats], Floats], wanted: Floats) -> Floats:
    """Find what `times` makes `wanted` of, by conjugate gradients."""
    found, left = np.zeros(len(wanted)), wanted.copy()
    way, size = left.copy(), float(left @ left)
    least = 1e-6 * size
    for _ in range(200):
        if size <= least:
            break
        turned = times(way)
        step = size / float(way @ turned)
        found += step * way
        left -= step * turned
        size, before = float(left @ left), size
        way = left + size / before * way
    return found


def _losses(nats: Floats, kept: npt.NDArray[np.bool_], groups: Longs) -> Floats:
    """Nats that are lost by group, in the mean of its decisions."""
    lost = np.logaddexp(0, np.where(kept, -nats, nats))
    return np.bincount(groups, lost) / np.bincount(groups)


def _gain(before: Floats, after: Floats, kept: npt.NDArray[np.bool_], groups: Longs) -> float:
    """How many standard errors fewer nats are lost."""
    less = _losses(before, kept, groups) - _losses(after, kept, groups)
    return float(less.mean() / max(less.std(ddof=1) / len(less) ** 0.5, 1e-12))


def _raise(before: Floats, after: Floats, kept: npt.NDArray[np.bool_], groups: Longs) -> float:
    """By how much the threshold has to be raised so that no more harmless texts are flagged (rule 2)."""
    asked = _measure(before, kept, groups).harmless
    for shift in (0.0, *np.nextafter(np.sort(after[~kept & (after >= 0)]), np.inf).tolist()):
        if _measure(after - shift, kept, groups).harmless <= asked:
            return float(shift)
    return 0.0


def _measure(nats: Floats, kept: npt.NDArray[np.bool_], groups: Longs) -> Figures:
    shares, flagged = 1 / np.bincount(groups)[groups], nats >= 0
    right = float(shares[flagged & kept].sum())
    precision, recall = right / max(float(shares[flagged].sum()), 1e-12), right / float(shares[kept].sum())
    f1 = 2 * precision * recall / max(precision + recall, 1e-12)
    harmless = float(shares[flagged & ~kept].sum() / shares[~kept].sum())
    loss = float(_losses(nats, kept, groups).mean())
    return Figures(precision=precision, recall=recall, f1=f1, harmless=harmless, loss=loss)


def _refuse(before: Figures, after: Figures, gain: float) -> Message | None:
    """Why a correction isn't to be used (rule 4)."""
    if after.f1 <= before.f1:
        return Message(N_("decisions of sellers that weren't learnt from are met no better than without"))
    if gain < SURE:
        return Message(N_("what is better is so little that chance may have made it: more decisions are needed"))
    return None


def fold_texts(texts: Sequence[str]) -> list[str]:
    """Folded copies of texts."""
    return fold(texts).texts()


def list_text_places(texts: Sequence[str]) -> tuple[Ints, Bounds]:
    """The places of texts in a model, one text after the other, and where each begins."""
    return _list_rows(texts, np.arange(PLACES, dtype=np.int32))


def judge_texts(model: Model, texts: Sequence[str]) -> Judged:
    """Judge texts by a model."""
    return judge(model, *_list_rows(texts, model.rows))


def _list_rows(texts: Sequence[str], rows: Ints) -> tuple[Ints, Bounds]:
    words = index_words(load_words())
    found, sizes = [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    for at in range(0, len(texts), _AT_ONCE):
        some = analyse(texts[at : at + _AT_ONCE], words, rows)
        found.append(some.rows.copy())
        sizes.append(np.diff(some.bounds))
    return np.concatenate(found), np.cumsum(np.concatenate(sizes))
