"""The kind `market_words`: words that may be of the trade, out of all offers on record."""

from collections.abc import Mapping
from pathlib import Path

from wayseal.console.errors import JobError
from wayseal.console.jobs.words import WordSeen, keep_words
from wayseal.console.jobs.work import Work
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.work import words as decided_words
from wayseal.market.masks import mask_text
from wayseal.market.reading import Word, WordKind, propose_words

_MOST_WORDS, _PLACES, _AROUND = 60, 3, 18


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Looks for them; a person accepts them."""
    del values
    work.step("market_words", 0, 0)
    with open_market(market_folder(work), work.settings.market_database) as market:
        texts = {row.offer: row.said for row, _, _ in Reads(market).all_offers()}
        decided = decided_words(market)
    known = [
        Word(word=one.word, zh=one.meaning, en=one.meaning, kind=WordKind(one.kind), source=one.who, date="")
        for one in decided
        if one.state == "accepted"
    ]
    passed = {one.word for one in decided}
    found = propose_words(texts.values(), known, most=_MOST_WORDS + len(passed))
    masked = {offer: " ".join(mask_text(text).split()) for offer, text in texts.items()}
    seen = tuple(
        WordSeen(
            word=one.word,
            kind=one.kind.value,
            texts=one.texts,
            elsewhere=one.elsewhere,
            near=one.near,
            places=_places(one.word, masked),
        )
        for one in found
        if one.word not in passed
    )
    return {**keep_words(work.folder, seen[:_MOST_WORDS]), "texts": str(len(texts))}


def _places(word: str, texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Where a word stands, in texts that differ."""
    out: dict[str, str] = {}
    for offer, text in texts.items():
        at = text.find(word)
        if at >= 0:
            around = text[max(0, at - _AROUND) : at + len(word) + _AROUND]
            out.setdefault(around, offer)
        if len(out) == _PLACES:
            break
    return tuple((offer, around) for around, offer in out.items())


def market_folder(work: Work) -> Path:
    """The folder of the market's watch. JobError: none is set."""
    folder = work.settings.market
    if folder is None:
        raise JobError("no market is watched here: an administrator names its folder where the console is started")
    return folder
