"""What people decided on offers of a record, learnt: shown first, put in force by somebody, and taken back.

1. Looks read by the words that people accepted, and by what was put in force last and wasn't taken back.
2. What is put in force is a line of the record, with weights under hashes and no text; so is taking it back.
3. Only what was judged to be better is put in force, and only where nobody did meanwhile.
4. It holds beside the model that it was learnt beside. With another version's model it isn't used, and whoever looks
   or learns is told.
5. Offers that were read before a word was accepted, or what was learnt put in force, are read again by the next look,
   and so is what was taken back; each that reads otherwise is a line of the record.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wayseal.market.crawling._visit import ReadTexts
from wayseal.market.errors import LearningError, NoSuchThingError
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.queries import decided, read_by
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import LearntRow, OfferRow
from wayseal.market.reading import Reader, Word, WordKind
from wayseal.market.reading.learning import Correction, Decision, Lesson, corrected, holds, learn, read_correction
from wayseal.market.types import FLAGGED, Reading, reading_json
from wayseal.model.messages import N_, Message
from wayseal.model.numbers import Formats
from wayseal.model.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An offer that would be looked at, or no longer. before, after: how it is read now, and how it would be."""

    offer: OfferRow
    before: Reading
    after: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """The lesson of a record's decisions.

    Attributes:
        seen: How many lines the record had.
        lesson: What was learnt.
        words: How many accepted words reading knows.
        gone: How many decisions are on offers whose text went by retention.
        in_force: What is in force; None: the model alone.
        outdated: Whether that was learnt beside another model, and isn't used (rule 4).
        offers: How many offers were read with both.
        changes: Those that would be looked at, or no longer, the farthest moved first.
    """

    seen: int
    lesson: Lesson
    words: int
    gone: int
    in_force: LearntRow | None
    outdated: bool
    offers: int
    changes: tuple[Change, ...]

    @property
    def refused(self) -> Message | None:
        """Why it isn't put in force (rule 3)."""
        if self.lesson.refused is not None or self.lesson.correction is None:
            return self.lesson.refused
        if self.in_force is not None and self.in_force.body["digest"] == self.lesson.correction.digest:
            return Message(N_("the same is in force"))
        return None


def reader_of(reads: Reads, own: Formats = (), more: Iterable[Word] = ()) -> Reader:
    """A reader by what people said (rule 1).

    Args:
        reads: The record.
        own: Formats of numbers that were learnt.
        more: Words beside the accepted ones.

    Returns:
        It.

    Raises:
        MarketError: What was learnt isn't what was written.
    """
    return Reader([*_words(reads), *more], model=corrected(_correction(reads.learnt())), own=own)


def said_by(reads: Reads) -> str:
    """By what people have accepted offers are read: a digest; "" where they accepted nothing."""
    learnt = reads.learnt()
    said = (reads.words(), None if learnt is None else learnt.body["digest"])
    return hashlib.sha256(repr(said).encode()).hexdigest() if any(said) else ""


def read_again(market: Market, reader: ReadTexts, at: int) -> Mapping[str, Reading]:
    """Reads all offers again, if people accepted something else since they were (rule 5).

    Args:
        market: The record.
        reader: Reads by what they accepted.
        at: When.

    Returns:
        How offers read now that read otherwise before, by their ids.

    Raises:
        MarketError: The record can't be read or written.
    """
    reads = Reads(market)
    by = said_by(reads)
    if by == read_by(market):
        return {}
    offers = list(reads.all_offers())
    readings = reader.read_many([row.said for row, _, _ in offers])
    told = {
        row.offer: reading
        for (row, body, _), reading in zip(offers, readings, strict=True)
        if _judged(reading_json(reading)) != _judged(body["reading"])
    }
    lines = [
        Line(kind=LineKind.READ, at=at, body={"by": by, "offer": offer, "reading": reading_json(reading)})
        for offer, reading in told.items()
    ]
    market.append([*lines, Line(kind=LineKind.READ, at=at, body={"by": by})])
    return told


def _judged(reading: Mapping[str, Any]) -> tuple[Any, ...]:
    return reading["kind"], reading["probability"], reading.get("sells")


def is_outdated(standing: LearntRow | None) -> bool:
    """Check if what is in force was learnt beside another model, and so isn't used (rule 4)."""
    return standing is not None and not holds(_correction(standing))


def teach(market: Market, progress: Progress) -> Taught:
    """Learn from decisions, and find what would change; changes nothing.

    Args:
        market: The record.
        progress: Is told what is done, how much of it, and of how much.

    Returns:
        The lesson, and what would change.

    Raises:
        MarketError: The record can't be read.
    """
    reads, seen = Reads(market), market.size()
    words, standing = _words(reads), reads.learnt()
    rows, gone = decided(market)
    decisions = [Decision(offer=offer, seller=seller, text=text, kept=kept) for offer, seller, text, kept in rows]
    lesson = learn(decisions, words, progress)
    offers = [row for row, _, _ in reads.all_offers()] if lesson.correction is not None else []
    found: list[list[Reading]] = []
    for one in (_correction(standing), lesson.correction) if offers else ():
        base = len(found) * len(offers)
        reader = Reader(words, model=corrected(one))
        found.append(
            reader.read_many(
                [row.said for row in offers],
                lambda done, base=base: progress("read", base + done, 2 * len(offers)),  # type: ignore[misc]
            )
        )
    changes = [
        Change(offer=row, before=before, after=after)
        for row, before, after in zip(offers, *found, strict=True)
        if (before.kind in FLAGGED) != (after.kind in FLAGGED)
    ]
    return Taught(
        seen=seen,
        lesson=lesson,
        words=len(words),
        gone=gone,
        in_force=standing,
        outdated=is_outdated(standing),
        offers=len(offers),
        changes=tuple(
            sorted(changes, key=lambda one: (-abs(_flagged(one.after) - _flagged(one.before)), one.offer.seq))
        ),
    )


def put_in_force(market: Market, taught: Taught, *, who: str, why: str, at: int) -> None:
    """Puts what was learnt in force (rules 2 and 3).

    Args:
        market: The record.
        taught: What `teach` found.
        who: Whose act it is.
        why: The reason.
        at: When.

    Raises:
        LearningError: It isn't better, can't be judged, or is in force.
        OvertakenError: Somebody put something in force meanwhile.
        RecordError: Who or why is missing or too long.
    """
    lesson = taught.lesson
    if taught.refused is not None or lesson.correction is None or lesson.before is None or lesson.after is None:
        raise LearningError(taught.refused or Message(N_("there is nothing to be learnt")))
    body = {
        **lesson.correction.body(),
        "kept": lesson.kept,
        "dismissed": lesson.dismissed,
        "sellers": lesson.groups,
        "f1": [round(lesson.before.f1, 4), round(lesson.after.f1, 4)],
    }
    market.append([Line(kind=LineKind.LEARNT, at=at, body=body, who=who, why=why)], seen=taught.seen)


def take_back(market: Market, *, who: str, why: str, at: int) -> tuple[LearntRow, LearntRow | None]:
    """Takes back what is in force, so that what was before it holds again (rule 2).

    Args:
        market: The record.
        who: Whose act it is.
        why: The reason.
        at: When.

    Returns:
        What was in force; what is now, None: the model alone.

    Raises:
        NoSuchThingError: Nothing is in force.
        OvertakenError: Somebody took it back meanwhile.
        RecordError: Who or why is missing or too long.
    """
    reads, seen = Reads(market), market.size()
    standing = reads.learnt()
    if standing is None:
        raise NoSuchThingError(N_("nothing that was learnt is in force"))
    line = Line(kind=LineKind.UNLEARNT, at=at, body={"seq": standing.seq}, who=who, why=why)
    market.append([line], seen=seen)
    return standing, reads.learnt()


def _words(reads: Reads) -> list[Word]:
    return [
        Word(word=word, zh=meaning, en=meaning, kind=WordKind(kind), source="accepted", date="")
        for word, kind, meaning in reads.words()
    ]


def _correction(row: LearntRow | None) -> Correction | None:
    return None if row is None else read_correction(row.body)


def _flagged(reading: Reading) -> float:
    return sum(value for kind, value in reading.probabilities if kind in FLAGGED)
