"""What goes between portal and console, as JSON (bytes in base 64).

1. What finds a box by its receipt stays on the portal; what was taken is each side's own knowledge.
2. Box, letter and files belong together, or it can't be read: whoever sends may be broken into.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar, Final, Self

from pydantic import ConfigDict, Field

from wayseal.cases.hotline.letters import KEY, MOST_FILES, Hex32, Letter, LetterKind, SealedLetter
from wayseal.cases.hotline.mailbox import Box, StoredFile
from wayseal.cases.hotline.sealing import CHUNK
from wayseal.model.schema import CLOSED

BOX: Final = 16
"""Bytes of a box's id, and of a file's."""
MOST_CHUNKS, MOST_PLACE = 1 << 13, 1 << 31
MOST_CARRIED: Final = 4 << 20
"""Bytes of the JSON of a letter."""
MOST_CHUNK: Final = CHUNK + 16
_WIRE = ConfigDict(**CLOSED, ser_json_bytes="base64", val_json_bytes="base64")
_Id = Annotated[bytes, Field(min_length=BOX, max_length=BOX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A letter on its way, with its box and its files; the chunks go by themselves."""

    __pydantic_config__: ClassVar = _WIRE
    box: Box
    letter: SealedLetter
    files: Annotated[tuple[StoredFile, ...], Field(max_length=MOST_FILES)] = ()

    @classmethod
    def of(cls, box: Box, letter: SealedLetter, files: Iterable[StoredFile] = ()) -> Self:
        """What goes of them (rule 1)."""
        bare = replace(box, lookup=None, gone=None, rule=None)
        return cls(box=bare, letter=replace(letter, taken=False), files=tuple(files))

    def __post_init__(self) -> None:
        """ValueError: parts that don't belong together (rule 2), or what doesn't go (rule 1)."""
        box, letter = self.box, self.letter
        lengths = [len(one) for one in (box.box, box.public, letter.digest, letter.salt)]
        if lengths != [BOX, KEY, KEY, KEY] or letter.box != box.box or not 0 < letter.place < MOST_PLACE:
            raise ValueError("letter")
        if (box.lookup, box.gone, box.rule, letter.taken) != (None, None, None, False):
            raise ValueError("box")
        for one in self.files:
            here = (one.box, one.place, len(one.file)) == (box.box, letter.place, BOX)
            if not (here and 0 <= one.chunks <= MOST_CHUNKS):
                raise ValueError("file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaken:
    """Box and place of reporters' letters that the console doesn't have."""

    __pydantic_config__: ClassVar = _WIRE
    letters: tuple[tuple[_Id, Annotated[int, Field(gt=0, lt=MOST_PLACE)]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Untaken):
    """Box and place of staff's letters that the portal has, and the boxes of which it has the tombstone alone."""

    gone: tuple[_Id, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """By which rule a box was deleted, and on which day."""

    __pydantic_config__: ClassVar = _WIRE
    day: date
    rule: Annotated[str, Field(max_length=100)]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TypedIn:
    """A report that staff typed in for somebody. identity: that person's name, and how to reach them.

    once: of the form, random: the same report of the same form is the same one.
    """

    __pydantic_config__: ClassVar = _WIRE
    letter: Letter
    once: Hex32
    identity: str = ""

    def __post_init__(self) -> None:
        """ValueError: it isn't such a report."""
        letter = self.letter
        typed = letter.kind is LetterKind.REPORT and letter.came != "portal" and not letter.files
        if not typed or letter.identity != bool(self.identity):
            raise ValueError("letter")
