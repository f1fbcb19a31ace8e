"""A pack of evidence as a value. All times are microseconds after 1970, UTC."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from wayseal.cases.evidence._fingerprint import Fingerprint
from wayseal.cases.evidence.errors import EvidenceError
from wayseal.cases.views import MarkedRead
from wayseal.model.messages import Message
from wayseal.page.languages import translator

PAYLOAD = "data/"
"""Folder of the items."""
MOST_NAME = 200
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('\\:*?"<>|%')


class Role(StrEnum):
    """The role of an item in the pack: verifying does more with some of them.

    PROOF: of an access, checked with the public key alone; CHECKPOINT: what it leads to; KEY: the public key; READS:
    the accesses, a JSON object a line; ITEM: anything else.
    """

    PROOF = "proof"
    CHECKPOINT = "checkpoint"
    KEY = "key"
    READS = "reads"
    ITEM = "item"


class Custody(StrEnum):
    """A step in the custody of evidence."""

    RECEIVED = "received"
    VIEWED = "viewed"
    COPIED = "copied"
    EXPORTED = "exported"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyAct:
    """Something that was done with an item, or with all of them.

    Attributes:
        act: What.
        item: Path of the item in the pack, "" for the whole pack.
        at: When.
        who: Who did it.
        why: Why.
        before: SHA-256 that it had before, "" where it was not there yet.
        after: SHA-256 that it had afterwards.
    """

    act: Custody
    item: str
    at: int
    who: str
    why: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """The title of an item in the two languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, said: Message) -> "Title":
        """A text in both languages."""
        return cls(zh=said.fill(translator("zh")), en=said.fill(translator("en")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that is handed over, before the machine has taken it in.

    Attributes:
        path: Its path in the pack, below `data/`.
        title: What it is.
        content: Its bytes, or the file that has them.
        format: Its media type.
        role: What it is in the pack.
        source: Where it is from, as a person wrote it; "" for what Wayseal made.
    """

    path: str
    title: Title
    content: bytes | Path = field(repr=False)
    format: str
    role: Role = Role.ITEM
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenItem:
    """An item that was taken in: what it was at that moment, by the machine.

    Attributes:
        item: It.
        print: What it was.
        at: When.
        who: Who took it in, where that was before and has a record of its own; "": whoever makes the pack.
    """

    item: Item
    print: Fingerprint
    at: int
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackHead:
    """The head of a pack: what it says of itself.

    Attributes:
        name: Of the folder in it; also what the file is called.
        case: Id of the case.
        at: When it was made.
        who: Who made it.
        why: Why.
        wayseal: Version of the program.
        unit: The unit that hands it over; "" is left blank in the documents.
        command: What makes it again.
        settings: What a result depends on: versions, seeds, options, digests.
        remarks: What the reader must know of the pack, in both languages.
    """

    name: str
    case: str
    at: int
    who: str
    why: str
    wayseal: str
    unit: str = ""
    command: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    remarks: tuple[Title, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack: its head, the items that were taken in, what was done with them, and papers that go with it.

    Attributes:
        head: What it says of itself.
        items: In the order in which they are listed.
        acts: Custody, in the order of time.
        papers: Path → bytes of what goes with the items and is none of them (the list, the statement).
    """

    head: PackHead
    items: tuple[TakenItem, ...]
    acts: tuple[CustodyAct, ...] = ()
    papers: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def check_name(path: str) -> None:
    """EvidenceError where a path could lead elsewhere, or would be another one on another system."""
    parts = path.split("/")
    plain = unicodedata.normalize("NFC", path) == path and not any(
        unicodedata.category(char) in _HIDDEN or char in _FORBIDDEN for char in path
    )
    if not plain or not all(_is_part(part) for part in parts) or len(path.encode()) > 2 * MOST_NAME:
        raise EvidenceError("a name that can't stand in a pack: it leads elsewhere, hides, or is another one elsewhere")


def _is_part(part: str) -> bool:
    known = part not in ("", ".", "..") and not _DEVICES.fullmatch(part)
    return known and part[-1] not in ". " and part[0] != " " and len(part.encode()) <= MOST_NAME


def safe_name(text: str) -> str:
    """A text as a name that can stand in a pack: what can't is replaced by _."""
    plain = unicodedata.normalize("NFC", text).replace("/", "_")
    kept = "".join("_" if c in _FORBIDDEN or unicodedata.category(c) in _HIDDEN else c for c in plain).strip(". ")
    while len(kept.encode()) > MOST_NAME // 2:
        kept = kept[:-1].rstrip(". ")
    return f"_{kept}" if not kept or _DEVICES.fullmatch(kept) else kept


def twin_key(path: str) -> str:
    """Return a key that paths share if some system can't tell them apart: by case and the form of their characters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """The facts known of the ledger. origin "" and keys (): it was not signed."""

    digest: str
    generation: int
    origin: str = ""
    root: str = ""
    size: int = 0
    keys: tuple[str, ...] = ()
    proofs: int = 0

    @property
    def signed(self) -> bool:
        """True if a checkpoint was given."""
        return bool(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAct:
    """An act on the case. kind: as the casebook calls it; statement: what was said, of an act of hearing."""

    kind: str
    at: int
    who: str
    why: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The facts of the case that a pack is about.

    Attributes:
        head: The pack's head.
        state: How the case stands.
        alerted_at: When it was alerted.
        accounts: Its accounts, under the names that may be shown.
        since: First day looked at.
        until: Last day looked at.
        ledger: What is known of the ledger.
        book_head: Head of the casebook after the export was recorded.
        acts: What was done with the case.
        verdicts: Of each account that has one, whether its reads were no work, and what its hearings lacked.
        found: Detection's JSON of the case, by language; empty where detection doesn't find it any more.
        reads: By language the columns `read`, `at`, `waybill`, `actor`, `action`, `via` and `work` of each read.
        waybills: How many distinct ones were read.
        commands: What makes the reports again.
        score: The probability that the casebook has of it, for where detection finds no such case.
        traced: The trace that it was opened from, by language: a title, and rows of name and value.
        marked: Reads that people starred or commented on.
    """

    head: PackHead
    state: str
    alerted_at: int
    accounts: tuple[str, ...]
    since: str
    until: str
    ledger: LedgerFacts
    book_head: str
    acts: tuple[RecordedAct, ...]
    found: Mapping[str, Mapping[str, object]]
    reads: Mapping[str, Sequence[Mapping[str, str]]]
    waybills: int
    commands: tuple[str, ...]
    score: float
    traced: Mapping[str, Mapping[str, object]]
    verdicts: tuple[tuple[str, bool, tuple[str, ...]], ...] = ()
    marked: tuple[MarkedRead, ...] = ()
