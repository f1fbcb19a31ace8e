"""Whether what is kept is what was seen: every file of every day against its list, its signature and its stamp.

1. Every byte of a listed file is in its hash; where that differs, the first record that is wrong is named.
2. A file that no list knows is looked at record by record: of today that is one that is written to, of a day that is
   over it is a finding.
3. Nothing is skipped: what can't be checked is counted as such, and isn't called good.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wayseal.market.capture._lists import (
    LIST,
    SIGNATURE,
    STAMP,
    STAMP_HASH,
    SUFFIX,
    day_folders,
    read_list,
    signed_by,
    stamp_is_kept,
    tombstone_of,
)
from wayseal.market.capture._members import members
from wayseal.market.capture.errors import CaptureError
from wayseal.market.capture.types import CapturesVerification, Code
from wayseal.merkle.checkpoint import VerifyKey
from wayseal.merkle.findings import Finding
from wayseal.model.times import time_at
from wayseal.proofs.errors import StampError
from wayseal.proofs.stamps import Stamped, verify_stamp
from wayseal.store.durable import file_digest


@dataclass(slots=True)
class _Looking:
    """What is found on the way."""

    today: str
    keys: Sequence[VerifyKey]
    certificates: Sequence[bytes]
    files: int = 0
    open_files: int = 0
    records: int = 0
    purged: int = 0
    signed: int = 0
    stamped: dict[str, Stamped] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: Code, where: str, **values: str | int) -> None:
        """One thing that is wrong."""
        self.findings.append(Finding(code=code, where=where, values=values))


def verify_captures(
    folder: Path, now: int, keys: Sequence[VerifyKey] = (), certificates: Sequence[bytes] = ()
) -> CapturesVerification:
    """Checks a folder of captures (rules 1 to 3).

    Args:
        folder: Of captures.
        now: The time (µs): days before it are over.
        keys: That are trusted to sign lists; empty: signatures aren't checked.
        certificates: That are trusted for time stamps, in PEM; empty: stamps aren't checked.

    Returns:
        What was found.

    Raises:
        OSError: Something can't be read.
        StampError: A certificate is none.
    """
    looking = _Looking(time_at(now).date().isoformat(), keys, certificates)
    days = day_folders(folder)
    for day in days:
        _look_at_day(day, looking)
    return CapturesVerification(
        days=len(days),
        files=looking.files,
        open_files=looking.open_files,
        records=looking.records,
        purged=looking.purged,
        signed=looking.signed,
        stamped=looking.stamped,
        waiting=tuple(looking.waiting),
        unchecked=tuple(looking.unchecked),
        findings=tuple(looking.findings),
    )


def _look_at_day(day: Path, looking: _Looking) -> None:
    try:
        listed = read_list(day)
    except CaptureError:
        looking.find(Code.LIST, f"{day.name}/{LIST}")
        listed = {}
    for name, sha256 in listed.items():
        _look_at_file(day / name, sha256, looking)
    for path in sorted(day.glob(f"*{SUFFIX}")):
        if path.name not in listed:
            _look_at_open(path, looking)
    if not listed:
        return
    if looking.keys:
        if signed_by(day, looking.keys):
            looking.signed += 1
        else:
            looking.find(Code.SIGNATURE, f"{day.name}/{SIGNATURE}")
    _look_at_stamp(day, looking)


def _look_at_file(path: Path, sha256: str, looking: _Looking) -> None:
    where = f"{path.parent.name}/{path.name}"
    tombstone = tombstone_of(path)
    if not path.exists():
        if not tombstone.exists():
            looking.find(Code.MISSING, where)
        elif not _stands_for(tombstone, sha256):
            looking.find(Code.TOMBSTONE, f"{path.parent.name}/{tombstone.name}")
        else:
            looking.purged += 1
        return
    if file_digest(path) == sha256:
        looking.files += 1
        with path.open("rb") as file:
            looking.records += sum(1 for _ in members(file))
        return
    wrong = _first_wrong(path, looking)
    looking.find(Code.CHANGED, where, **wrong)


def _first_wrong(path: Path, looking: _Looking) -> dict[str, str | int]:
    """Record and place of the first that is wrong; `record` is "" where all read as whole (a gzip head, say)."""
    end = 0
    with path.open("rb") as file:
        for one in members(file):
            if not one.whole:
                return {"record": one.id, "offset": one.offset}
            looking.records += 1
            end = one.offset + one.length
    return {"record": "", "offset": end}


def _look_at_open(path: Path, looking: _Looking) -> None:
    """A file that no list knows (rule 2)."""
    where = f"{path.parent.name}/{path.name}"
    looking.open_files += 1
    if path.parent.name < looking.today:
        looking.find(Code.EXTRA, where)
    offset, again = 0, True
    with path.open("rb") as file:
        while again:
            size, again = path.stat().st_size, False
            for one in members(file, offset):
                offset = one.offset + (one.length if one.whole else 0)
                looking.records += one.whole
                if one.cut and path.stat().st_size != size:
                    again = True  # it was written to meanwhile
                elif not one.whole:
                    looking.find(Code.CUT if one.cut else Code.CHANGED, where, record=one.id, offset=one.offset)


def _stands_for(tombstone: Path, sha256: str) -> bool:
    try:
        found = json.loads(tombstone.read_bytes())
        return bool(found["wayseal_tombstone"] == 1 and found["sha256"] == sha256)
    except (ValueError, KeyError, TypeError):
        return False


def _look_at_stamp(day: Path, looking: _Looking) -> None:
    where = f"{day.name}/{STAMP}"
    there = [(day / name).exists() for name in (STAMP, STAMP_HASH)]
    if not any(there):
        looking.waiting.append(day.name)
    elif not all(there) or not stamp_is_kept(day):
        looking.find(Code.STAMP, where)
    elif not looking.certificates:
        looking.unchecked.append(day.name)
    else:
        try:
            stamp, content = (day / STAMP).read_bytes(), (day / LIST).read_bytes()
            looking.stamped[day.name] = verify_stamp(stamp, content, looking.certificates)
        except StampError:
            looking.find(Code.STAMP, where)
