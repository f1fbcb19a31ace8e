"""The list of a day: the SHA-256 of each of its files, as `sha256sum` reads it, signed and stamped.

1. `SHA256SUMS` begins with a comment that names the day, so that a signature on it is of that day alone; then a line a
   file, by name. A file is on it once nothing more is written to it.
2. `SHA256SUMS.sig` holds a line of a signed note (Ed25519) over all bytes of the list. While a list is replaced there
   are two, of the old list and of the new one, so that a crash leaves a list that is signed.
3. `SHA256SUMS.tsr` is a time stamp of RFC 3161 on all bytes of the list, had once the day is over and every file of it
   is on the list; `SHA256SUMS.tsr.sha256` is its hash, as what a service doesn't sign of its answer is found, too.
4. Who changes a list holds the folder's lock.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from wayseal.market.capture.errors import CaptureError
from wayseal.merkle.checkpoint import SigningKey, VerifyKey
from wayseal.store.durable import replace_file

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
    """Whether one of the keys signed a day's list as it stands (rule 2)."""
    try:
        content = (folder / LIST).read_bytes()
        lines = (folder / SIGNATURE).read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError):
        return False
    return len(lines) in {1, 2} and any(_signs(line, content, keys) for line in lines)


def _signs(line: str, content: bytes, keys: Sequence[VerifyKey]) -> bool:
    """Whether a line is a signature of one of the keys on some content."""
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
    """Whether the stamp is what was kept, byte by byte."""
    try:
        said = (folder / STAMP_HASH).read_text(encoding="ascii")
        return said == f"{hashlib.sha256((folder / STAMP).read_bytes()).hexdigest()}  {STAMP}\n"
    except (OSError, UnicodeDecodeError):
        return False
