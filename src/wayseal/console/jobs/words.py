"""Words that the reading proposes, as their job keeps them and a page shows them: with where they stand, masked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from wayseal.console.jobs._found import keep_found, load_found

WORDS = "words.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSeen:
    """A word that may be one of the trade.

    Attributes:
        word: It.
        kind: What the known words near it speak for.
        texts: In how many texts it stands near one.
        elsewhere: In how many it stands without.
        near: These known words.
        places: Ids of offers, and what stands around the word there.
    """

    word: str
    kind: str
    texts: int
    elsewhere: int
    near: tuple[str, ...]
    places: tuple[tuple[str, str], ...] = field(repr=False)


_LIST = TypeAdapter(tuple[WordSeen, ...])


def keep_words(folder: Path, words: tuple[WordSeen, ...]) -> dict[str, str]:
    """Writes words down; what their job has to know of it."""
    return {"words_sha256": keep_found(folder / WORDS, [asdict(one) for one in words]), "words": str(len(words))}


def load_words(folder: Path, result: Mapping[str, str]) -> tuple[WordSeen, ...]:
    """The words again. JobError: they aren't there any more, or aren't what was written."""
    return load_found(folder / WORDS, result.get("words_sha256"), _LIST)
