"""The list of a day: the SHA-256 of each of its files, as `sha256sum` reads it, signed and stamped.

1. `SHA256SUMS` begins with a comment that names the day, so that a signature on it is of that day alone; then a line a
   file, by name. A file is on it once nothing more is written to it.
2. `SHA256SUMS.sig` holds a line of a signed note (Ed25519) over all bytes of the list. While a list is replaced there
   are two, of the old list and of the new one, so that a crash leaves a list that is signed.
3. `SHA256SUMS.tsr` is a time stamp of RFC 3161 on all bytes of the list, had once the day is over and every file of it
   is on the list; `SHA256SUMS.tsr.sha256` is its hash, as what a service doesn't sign of its answer is found, too.
4. Who changes a list holds the folder's lock.

What looking after captures finds, as data; the command line has the words.

Retention: files whose time is over go, and a tombstone tells what they were.

5. Only whole files go, those on their day's list whose day in the name is past; the list stays as it was signed and
   stamped, so that `sha256sum --ignore-missing` still checks what is left.
6. The tombstone is durable before the file goes. It tells the file's hash (the list's) and of each record its kind, id,
   place and digest, so that who holds a copy can show that it is the one; it tells no address and no text.
7. A file that isn't what its list says isn't removed: that is a finding, and no time that is over.
8. A file that holds something that is still needed stays as a whole: who calls says which.

Whether what is kept is what was seen: every file of every day against its list, its signature and its stamp.

9. Every byte of a listed file is in its hash; where that differs, the first record that is wrong is named.
10. A file that no list knows is looked at record by record: of today that is one that is written to, of a day that is
   over it is a finding.
11. Nothing is skipped: what can't be checked is counted as such, and isn't called good.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from wayseal.market.capture._files import members
from wayseal.market.errors import CaptureChangedError, CaptureError
from wayseal.merkle.checkpoint import SigningKey, VerifyKey
from wayseal.model.errors import Finding
from wayseal.model.times import iso, time_at
from wayseal.proofs.errors import StampError
from wayseal.proofs.stamps import Stamped, verify_stamp
from wayseal.store.durable import file_digest, lock_folder, replace_file, sync_folder

LIST = "SHA256SUMS"
SIGNATURE = f"{LIST}.sig"
STAMP = f"{LIST}.tsr"
STAMP_HASH = f"{STAMP}.sha256"
SUFFIX = ".warc.gz"
TOMBSTONE = ".tombstone.json"
_HEAD = "# wayseal captures {day}"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]{1,200})")
_SIGNED = re.compile("\u2014 ([^ +\\s]+) ([A-Za-z0-9+/]+={0,2})\n")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def tombstone_of(path: Path) -> Path:
    """Where the tombstone of a file lies."""
    return path.with_name(path.name.removesuffix(SUFFIX) + TOMBSTONE)


def day_folders(folder: Path) -> list[Path]:
    """The days that have captures, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if DAY.fullmatch(one.name) and one.is_dir())


def read_list(folder: Path) -> dict[str, str]:
    """Hashes by file of a day; empty where there is no list. CaptureError: it can't be read."""
    try:
        content = (folder / LIST).read_bytes()
    except FileNotFoundError:
        return {}
    return parse_list(content, folder)


def parse_list(content: bytes, folder: Path) -> dict[str, str]:
    """Hashes by file out of a list's bytes (rule 1)."""
    try:
        first, *lines, last = content.decode("ascii").split("\n")
    except (UnicodeDecodeError, ValueError):
        raise CaptureError("this is no list of captures", file=folder / LIST) from None
    found = [_LINE.fullmatch(line) for line in lines]
    entries = {match[2]: match[1] for match in found if match}
    if first != _HEAD.format(day=folder.name) or last or len(entries) != len(lines):
        raise CaptureError("this is no list of captures", file=folder / LIST)
    return entries


def write_list(folder: Path, entries: Mapping[str, str], key: SigningKey | None) -> None:
    """Writes a day's list, and signs it (rules 1 and 2)."""
    lines = [_HEAD.format(day=folder.name), *(f"{entries[name]}  {name}" for name in sorted(entries))]
    text = "".join(f"{line}\n" for line in lines)
    place = folder / SIGNATURE
    if key is None:
        replace_file(folder / LIST, text.encode())
        return
    before = place.read_bytes() if place.exists() else b""
    signature = key.sign(text).removeprefix(f"{text}\n").encode()
    replace_file(place, before + signature)
    replace_file(folder / LIST, text.encode())
    replace_file(place, signature)


def signed_by(folder: Path, keys: Sequence[VerifyKey]) -> bool:
    """Check if one of the keys signed a day's list as it stands (rule 2)."""
    try:
        content = (folder / LIST).read_bytes()
        lines = (folder / SIGNATURE).read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError):
        return False
    return len(lines) in {1, 2} and any(_signs(line, content, keys) for line in lines)


def _signs(line: str, content: bytes, keys: Sequence[VerifyKey]) -> bool:
    """Check if a line is a signature of one of the keys on some content."""
    found = _SIGNED.fullmatch(line)
    try:
        raw = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        return False
    if not found or base64.b64encode(raw).decode() != found[2]:
        return False
    return any((key.name, key.id) == (found[1], raw[:4].hex()) and key.signed(content, raw[4:]) for key in keys)


def keep_stamp(folder: Path, stamp: bytes) -> None:
    """Puts a stamp beside its list (rule 3)."""
    replace_file(folder / STAMP_HASH, f"{hashlib.sha256(stamp).hexdigest()}  {STAMP}\n".encode())
    replace_file(folder / STAMP, stamp)


def stamp_is_kept(folder: Path) -> bool:
    """Check if the stamp is the one kept, byte by byte."""
    try:
        said = (folder / STAMP_HASH).read_text(encoding="ascii")
        return said == f"{hashlib.sha256((folder / STAMP).read_bytes()).hexdigest()}  {STAMP}\n"
    except (OSError, UnicodeDecodeError):
        return False


class Code(StrEnum):
    """A fault of a folder of captures."""

    CHANGED = "capture-changed"
    """A file isn't what its list says; `record` and `offset` tell the first record that is wrong."""
    MISSING = "capture-missing"
    """A file of a list isn't there, and no tombstone stands for it."""
    EXTRA = "capture-extra"
    """A file that no list knows, in a day that is over."""
    CUT = "capture-cut"
    """A file ends in the middle of a record; the next opening repairs it."""
    LIST = "capture-list"
    """A day's list can't be read."""
    SIGNATURE = "capture-signature"
    """A list isn't what was signed, or isn't signed, or by none of the keys that were given."""
    STAMP = "capture-stamp"
    """A day's time stamp doesn't hold."""
    TOMBSTONE = "capture-tombstone"
    """A tombstone says another hash than the list."""


@dataclass(slots=True, kw_only=True)
class CapturesVerification:
    """The result of verifying a folder of captures.

    Attributes:
        days: Days that were looked at.
        files: Files whose bytes are what their lists say.
        open_files: Files that no list knows yet, looked at record by record.
        records: Records in them all.
        purged: Files for which a tombstone stands.
        signed: Days whose lists are signed by a key that was given.
        stamped: The stamp of each day that has one that holds.
        waiting: Days without a stamp.
        unchecked: Days whose stamp was not checked, as no certificate was given.
        findings: What is wrong.
    """

    days: int = 0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A file that had been cut: name, and how many bytes behind its last whole record were put aside."""

    name: str
    aside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """A file that was removed as its time was over: name, bytes, and how many records the tombstone tells of."""

    name: str
    size: int
    records: int


_UNTIL = re.compile(r"-until-(\d{4}-\d{2}-\d{2})-")


def over(folder: Path, now: int, before: str = "") -> tuple[str, ...]:
    """Files whose retention is over, and those of days before a given one, as day and name (rule 5).

    Args:
        folder: Of captures.
        now: The time (µs).
        before: A day (`2026-03-02`): what was captured before it counts as over; "" for none.

    Returns:
        What `purge` would remove, the oldest day first.

    Raises:
        CaptureError: A list can't be read.
    """
    return tuple(f"{day.name}/{name}" for day in day_folders(folder) for name, _ in _over(day, now, before))


def purge(folder: Path, now: int, before: str = "", keep: Collection[str] = ()) -> tuple[Purged, ...]:
    """Removes files whose retention is over (rules 5 to 8).

    Args:
        folder: Of captures.
        now: The time (µs).
        before: A day: see `over`.
        keep: Files that stay, as day and name.

    Returns:
        What was removed.

    Raises:
        CaptureChangedError: A file isn't what its list says; those before it are gone.
        CaptureError: A list can't be read.
        OSError: The disk refuses.
    """
    out = []
    for day in day_folders(folder):
        with lock_folder(day):
            for name, sha256 in _over(day, now, before):
                if f"{day.name}/{name}" not in keep:
                    out.append(_remove(day / name, sha256, now))
    return tuple(out)


def is_purged(folder: Path, warc: str) -> bool:
    """Check for the tombstone of a file. warc: day and name."""
    return tombstone_of(folder / warc).exists()


def _over(day: Path, now: int, before: str) -> Iterator[tuple[str, str]]:
    today = time_at(now).date().isoformat()
    for name, sha256 in read_list(day).items():
        until = _UNTIL.search(name)
        if until and (until[1] < today or day.name < before) and (day / name).exists():
            yield name, sha256


def _remove(path: Path, sha256: str, now: int) -> Purged:
    if file_digest(path) != sha256:
        raise CaptureChangedError("this file isn't what its list says", file=path)
    with path.open("rb") as file:
        heads = {"type": "warc-type", "id": "warc-record-id", "digest": "warc-block-digest"}
        records = [
            {**{key: one.head.get(name, "") for key, name in heads.items()}, "offset": one.offset, "length": one.length}
            for one in members(file)
        ]
    size = path.stat().st_size
    content = {
        "wayseal_tombstone": 1,
        "file": path.name,
        "sha256": sha256,
        "size": size,
        "purged_at": iso(now),
        "why": "retention",
        "records": records,
    }
    replace_file(tombstone_of(path), (json.dumps(content, indent=1) + "\n").encode())
    path.unlink()
    sync_folder(path.parent)
    return Purged(name=f"{path.parent.name}/{path.name}", size=size, records=len(records))


def verify_captures(
    folder: Path, now: int, keys: Sequence[VerifyKey] = (), certificates: Sequence[bytes] = ()
) -> CapturesVerification:
    """Checks a folder of captures (rules 9 to 11).

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
    found, today = CapturesVerification(), time_at(now).date().isoformat()
    for day in day_folders(folder):
        found.days += 1
        listed = _verify_day(day, today, found)
        if listed and keys:
            if signed_by(day, keys):
                found.signed += 1
            else:
                found.find(Code.SIGNATURE, f"{day.name}/{SIGNATURE}")
        if listed:
            _verify_stamp(day, certificates, found)
    return found


def _verify_day(day: Path, today: str, found: CapturesVerification) -> Collection[str]:
    """Check a day's files; those of its list."""
    try:
        listed = read_list(day)
    except CaptureError:
        found.find(Code.LIST, f"{day.name}/{LIST}")
        listed = {}
    for name, sha256 in listed.items():
        _verify_file(day / name, sha256, found)
    for path in sorted(day.glob(f"*{SUFFIX}")):
        if path.name not in listed:
            if day.name < today:
                found.find(Code.EXTRA, f"{day.name}/{path.name}")
            _verify_open(path, found)
    return listed


def _verify_file(path: Path, sha256: str, found: CapturesVerification) -> None:
    where = f"{path.parent.name}/{path.name}"
    tombstone = tombstone_of(path)
    if not path.exists():
        if not tombstone.exists():
            found.find(Code.MISSING, where)
        elif not _stands_for(tombstone, sha256):
            found.find(Code.TOMBSTONE, f"{path.parent.name}/{tombstone.name}")
        else:
            found.purged += 1
        return
    if file_digest(path) == sha256:
        found.files += 1
        with path.open("rb") as file:
            found.records += sum(1 for _ in members(file))
        return
    wrong = _first_wrong(path, found)
    found.find(Code.CHANGED, where, **wrong)


def _first_wrong(path: Path, found: CapturesVerification) -> dict[str, str | int]:
    """Record and place of the first that is wrong; `record` is "" where all read as whole (a gzip head, say)."""
    end = 0
    with path.open("rb") as file:
        for one in members(file):
            if not one.whole:
                return {"record": one.id, "offset": one.offset}
            found.records += 1
            end = one.offset + one.length
    return {"record": "", "offset": end}


def _verify_open(path: Path, found: CapturesVerification) -> None:
    """A file that no list knows (rule 10)."""
    where = f"{path.parent.name}/{path.name}"
    found.open_files += 1
    offset, again = 0, True
    with path.open("rb") as file:
        while again:
            size, again = path.stat().st_size, False
            for one in members(file, offset):
                offset = one.offset + (one.length if one.whole else 0)
                found.records += one.whole
                if one.cut and path.stat().st_size != size:
                    again = True  # it was written to meanwhile
                elif not one.whole:
                    found.find(Code.CUT if one.cut else Code.CHANGED, where, record=one.id, offset=one.offset)


def _stands_for(tombstone: Path, sha256: str) -> bool:
    try:
        said = json.loads(tombstone.read_bytes())
        return bool(said["wayseal_tombstone"] == 1 and said["sha256"] == sha256)
    except (ValueError, KeyError, TypeError):
        return False


def _verify_stamp(day: Path, certificates: Sequence[bytes], found: CapturesVerification) -> None:
    where = f"{day.name}/{STAMP}"
    there = [(day / name).exists() for name in (STAMP, STAMP_HASH)]
    if not any(there):
        found.waiting.append(day.name)
    elif not all(there) or not stamp_is_kept(day):
        found.find(Code.STAMP, where)
    elif not certificates:
        found.unchecked.append(day.name)
    else:
        try:
            stamp, content = (day / STAMP).read_bytes(), (day / LIST).read_bytes()
            found.stamped[day.name] = verify_stamp(stamp, content, certificates)
        except StampError:
            found.find(Code.STAMP, where)
