"""Words that the reading proposes, as their job keeps them and a page shows them: with where they stand, masked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from wayseal.console.errors import JobError
from wayseal.store.durable import replace_file

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
    text = json.dumps([asdict(one) for one in words], ensure_ascii=False).encode()
    replace_file(folder / WORDS, text)
    return {"words_sha256": hashlib.sha256(text).hexdigest(), "words": str(len(words))}


def load_words(folder: Path, result: Mapping[str, str]) -> tuple[WordSeen, ...]:
    """The words again. JobError: they aren't there any more, or aren't what was written."""
    try:
        content = (folder / WORDS).read_bytes()
    except OSError:
        raise JobError("what this found isn't kept any more: look again") from None
    if hashlib.sha256(content).hexdigest() != result.get("words_sha256"):
        raise JobError("what this found isn't what was written: look again")
    try:
        return _LIST.validate_json(content)
    except ValidationError:
        raise JobError("another version of Wayseal made this: look again") from None
