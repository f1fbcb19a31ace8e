"""New words of the trade, proposed out of texts that know old ones; a person accepts them.

1. Only what a person accepts becomes a word: nothing here changes how texts are read.
2. Proposed is a run of two to four Han characters that stands near known words of a kind much more often than it does
   elsewhere, in several texts, and is no part of a known word nor made of one and something more. Known words of one
   character are passed over: they stand near everything.
3. What is a word stands beside different characters: a run that always has the same neighbour on one side is a piece
   of a text that was copied, or of a longer word.
4. A longer run takes the place of a shorter one inside it that hardly stands alone.
5. Names, numbers and letters are never proposed: a run is of Han characters alone.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wayseal.market.reading._fold import fold
from wayseal.market.reading._words import Word, WordKind, load_words

_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_NEAR = 12
_SHORTEST, _LONGEST = 2, 4
_ALONE = 0.4
_SMOOTH = 0.5
_SIDES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A word that may be one of the trade.

    Attributes:
        word: The word, folded.
        kind: What the known words near it speak for.
        texts: In how many different texts it stands near such a word.
        elsewhere: In how many it stands without.
        weight: Nats by which it is likelier near such words than elsewhere.
        near: The known words that it stands near, the commonest first.
    """

    word: str
    kind: WordKind
    texts: int
    elsewhere: int
    weight: float
    near: tuple[str, ...]


def propose_words(
    texts: Iterable[str], words: Iterable[Word] = (), *, least: int = 3, most: int = 50
) -> list[Proposal]:
    """Words that may be new (rules 2 to 4).

    Args:
        texts: Texts; copies count once.
        words: Words that were accepted before, beside the built-in ones.
        least: In how many texts a word has to stand near a known one.
        most: How many to propose.

    Returns:
        The likeliest first.
    """
    known: dict[str, WordKind] = {
        word.word: word.kind
        for word in [*load_words(), *words]
        if word.kind is not WordKind.LOGISTICS and len(word.word) > 1
    }
    folded = sorted({text for text in _folded(texts) if text})
    near: defaultdict[str, Counter[str]] = defaultdict(Counter)
    beside: defaultdict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    inside: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    hot = 0
    for text in folded:
        places = _known_places(text, known)
        hot += bool(places)
        everywhere.update(set(_runs(text)))
        for run, words_near in _near_runs(text, places).items():
            inside[run] += 1
            near[run].update(words_near)
            _look_beside(text, run, beside[run])
    cold = len(folded) - hot
    found = []
    for run, count in inside.items():
        if count < least or min(map(len, beside[run])) < _SIDES or any(run in word or word in run for word in known):
            continue
        elsewhere = everywhere[run] - count
        weight = math.log((count + _SMOOTH) / (hot + 1)) - math.log((elsewhere + _SMOOTH) / (cold + 1))
        if weight > 0:
            found.append(_propose(run, count, elsewhere, weight, near[run], known))
    return _without_parts(found)[:most]


def _folded(texts: Iterable[str]) -> list[str]:
    return fold(list(texts)).texts()


def _known_places(text: str, known: Iterable[str]) -> list[tuple[int, int, str]]:
    return [(text.find(word), text.find(word) + len(word), word) for word in known if word in text]


def _runs(text: str) -> Iterable[str]:
    for stretch in _HAN_RUN.finditer(text):
        run = stretch.group()
        for length in range(_SHORTEST, _LONGEST + 1):
            for at in range(len(run) - length + 1):
                yield run[at : at + length]


def _near_runs(text: str, places: Sequence[tuple[int, int, str]]) -> dict[str, set[str]]:
    """Runs within `_NEAR` characters of a known word, with the words that they are near."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for start, end, word in places:
        for run in set(_runs(text[max(0, start - _NEAR) : start])) | set(_runs(text[end : end + _NEAR])):
            found[run].add(word)
    return found


def _look_beside(text: str, run: str, beside: tuple[set[str], set[str]]) -> None:
    """Adds the characters on either side of a run where it stands first; an end of the text is one, too."""
    at = text.index(run)
    beside[0].add(text[at - 1 : at])
    beside[1].add(text[at + len(run) : at + len(run) + 1])


def _propose(
    run: str, count: int, elsewhere: int, weight: float, near: Counter[str], known: dict[str, WordKind]
) -> Proposal:
    kinds: Counter[WordKind] = Counter()
    for word, times in near.items():
        kinds[known[word]] += times
    return Proposal(
        word=run,
        kind=max(kinds, key=lambda kind: (kind is not WordKind.TRADE, kinds[kind])),
        texts=count,
        elsewhere=elsewhere,
        weight=round(weight, 2),
        near=tuple(word for word, _ in near.most_common(5)),
    )


def _without_parts(found: Sequence[Proposal]) -> list[Proposal]:
    """Without runs that hardly stand outside a longer one (rule 4); the likeliest first."""
    kept: list[Proposal] = []
    for one in sorted(found, key=lambda proposal: (-len(proposal.word), proposal.word)):
        covering = max((long.texts for long in kept if one.word in long.word), default=0)
        if one.texts - covering > _ALONE * one.texts:
            kept.append(one)
    return sorted(kept, key=lambda proposal: (-proposal.weight * math.log1p(proposal.texts), proposal.word))
