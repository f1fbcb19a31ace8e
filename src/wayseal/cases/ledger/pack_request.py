"""What a pack of evidence is asked for with."""

from dataclasses import dataclass
from pathlib import Path

from wayseal.cases.ledger.traced import Traced
from wayseal.merkle import VerifyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that goes into a pack as it is.

    Attributes:
        path: Where it lies.
        name: What it is called in the pack.
        source: What it was called where it came from.
        sha256: What it was when it was taken in; "": that is now.
        sm3: The same by SM3; "": that wasn't kept.
        at: When it was taken in (µs).
        who: Who took it in.
    """

    path: Path
    name: str
    source: str
    sha256: str = ""
    sm3: str = ""
    at: int = 0
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRequest:
    """An export request. at: µs; keys: names of files and keys; most_proofs: no more reads are proved; attached: files.

    lost: so many files of the case aren't there any more. traced: the run that it was opened from, where it is kept.
    """

    ledger: Path
    case: str
    who: str
    why: str
    at: int
    unit: str
    offset: str
    templates: Path | None
    canaries: Path | None
    contracts: Path | None
    checkpoint: Path | None
    keys: tuple[tuple[str, VerifyKey], ...]
    most_proofs: int
    attached: tuple[Attached, ...]
    lost: int = 0
    traced: Traced | None = None
