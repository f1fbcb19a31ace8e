"""Looking at a pack, offline and without any ledger: whether it is what was written, and what differs.

1. Nothing is unpacked to disk; the archive is refused before anything in it is read that could mislead (`_archive`).
2. A file is held against every record of it: two manifests and `pack.json`. Where the records differ the file is what
   its SHA-256 and SM3 say together, and the record that says otherwise is named.
3. A pack agrees with itself also where somebody made all of it anew. What was written down elsewhere tells: the seal,
   a time stamp, the public key of the ledger's checkpoints.
4. A proof must hold, lead to the pack's checkpoint, and prove an access that the pack lists, as it lists it: in every
   column that both have, and once.
5. Without a key that somebody brings, the key in the pack is taken, and that is told: whoever makes a pack anew could
   put in a key of their own.
6. The list is read line by line, however long it is; a line that is no access says nothing.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import IO, Any

from wayseal.cases.evidence._archive import Archive
from wayseal.cases.evidence._bag import (
    BAGIT_FILE,
    CHUNKS_FILE,
    CUSTODY_FILE,
    INDEX_FILE,
    MANIFESTS,
    SEALED,
    TAG_MANIFESTS,
    Index,
    Records,
    items_of,
    manifest,
    read_chain,
    read_records,
    seal_of,
)
from wayseal.cases.evidence._fingerprint import CHUNK, Fingerprint, fingerprint, read_parts
from wayseal.cases.evidence.errors import EvidenceError, NotAPackError
from wayseal.cases.evidence.findings import Code, PackVerification
from wayseal.cases.evidence.types import PAYLOAD, Custody, Role
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.merkle.errors import UnknownKeyError
from wayseal.merkle.hashing import SIZE
from wayseal.model.errors import Finding, WaysealError
from wayseal.model.times import micros
from wayseal.proofs import ProvenRead, verify

Content = Callable[[str], bytes]
Parts = Callable[[str], Iterator[bytes]]
_COLUMNS = ("waybill", "actor", "source", "row", "action", "via", "session", "ip", "device", "purpose")
_ALWAYS = ("waybill", "actor")
_MOST_LINE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProofs:
    """holding: how many proofs hold. keys: who signed, as name+id. own_key: only the pack's key was there."""

    findings: tuple[Finding, ...]
    holding: int
    keys: tuple[str, ...]
    own_key: bool


def check_proofs(index: Index | None, content: Content, parts: Parts, keys: Sequence[VerifyKey]) -> CheckedProofs:
    """Checks all proofs of a pack (rules 4 and 5). content: gives a file of it; parts: the same, bit by bit."""
    proofs = items_of(index, Role.PROOF)
    trusted = list(keys) or _own_keys(index, content)
    point = _checkpoint(index, content)
    findings, names, proven_by_path = list[Finding](), dict[str, None](), dict[str, ProvenRead | None]()
    for item in proofs:
        try:
            proven = verify(content(item.path), trusted)
        except UnknownKeyError as error:
            findings.append(Finding(code=Code.PROOF_KEY, where=item.path, values={"keys": ", ".join(error.keys)}))
        except WaysealError:
            findings.append(Finding(code=Code.PROOF, where=item.path))
        else:
            proven_by_path[item.path] = proven if isinstance(proven, ProvenRead) else None
    listed = _listed_reads(index, parts, {_place(one) for one in proven_by_path.values() if one is not None})
    holding = 0
    for path, one in proven_by_path.items():
        if one is None or not _lists(listed.get(_place(one)), one.read):
            findings.append(Finding(code=Code.PROOF_READ, where=path))
        elif point is not None and one.checkpoint != point:
            findings.append(Finding(code=Code.PROOF_POINT, where=path))
        else:
            holding += 1
            names |= dict.fromkeys(one.keys)
    return CheckedProofs(
        findings=tuple(findings), holding=holding, keys=tuple(names), own_key=bool(proofs) and not keys
    )  # fmt: skip


def _place(proven: ProvenRead) -> str:
    return f"{proven.read['source']}:{proven.read['row']}"


def _own_keys(index: Index | None, content: Content) -> list[VerifyKey]:
    found = []
    for item in items_of(index, Role.KEY):
        try:
            found.append(VerifyKey.parse(content(item.path).decode("ascii")))
        except (UnicodeDecodeError, MerkleError):
            continue
    return found


def _checkpoint(index: Index | None, content: Content) -> Checkpoint | None:
    for item in items_of(index, Role.CHECKPOINT):
        try:
            return Checkpoint.claimed(content(item.path))
        except MerkleError:
            return None
    return None


def _listed_reads(index: Index | None, parts: Parts, wanted: Collection[str]) -> dict[str, Any]:
    """Some accesses of the pack by `source:row`; None for one that stands there more than once."""
    found: dict[str, Any] = {}
    for item in items_of(index, Role.READS) if wanted else ():
        for line in _lines(parts(item.path)):
            try:
                read = json.loads(line)
                key = str(read["read"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if key in wanted:
                found[key] = None if key in found else read
    return found


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Rule 6. What is longer than a line can be comes in pieces, none of which is an access."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
        if len(rest) > _MOST_LINE:
            yield rest
            rest = b""
    yield rest


def _lists(known: Any, read: Mapping[str, str | int | None]) -> bool:
    """Check whether the pack lists an access as it was proven (rule 4)."""
    if not isinstance(known, dict):
        return False
    same = all(known.get(name) == read.get(name) for name in _COLUMNS if name in known or name in _ALWAYS)
    return same and _same_time(str(known.get("at")), str(read["at"]))


def _same_time(one: str, other: str) -> bool:
    try:
        return micros(one) == micros(other)
    except ValueError:
        return False


MOST_RANGES = 20
"""Ranges of bytes that are told of a file."""


def describe_chunks(path: str, was: bytes, now: bytes, parts: Iterable[bytes], *, text: bool) -> Finding:
    """Which pieces of a file differ, by their hashes then and now. text: whether it has lines."""
    pieces = max(len(was), len(now)) // SIZE
    odd = [n for n in range(pieces) if was[n * SIZE : n * SIZE + SIZE] != now[n * SIZE : n * SIZE + SIZE]]
    lines = _lines_of(odd, parts) if text else []
    values: dict[str, str | int] = {
        "chunks": _ranges([n + 1 for n in odd]),
        "count": len(odd),
        "of": pieces,
        "first": odd[0] * CHUNK if odd else 0,
        "lines": _ranges(lines),
    }
    return Finding(code=Code.CHUNKS, where=path, values=values)


def _lines_of(odd: Sequence[int], parts: Iterable[bytes]) -> list[int]:
    """Numbers of lines that lie in these pieces."""
    wanted, lines, line = set(odd), list[int](), 1
    for number, piece in enumerate(_changed_pieces(parts)):
        breaks = piece.count(b"\n")
        if number in wanted:
            lines += range(line, line + breaks + (not piece.endswith(b"\n")))
        line += breaks
    return lines


def _changed_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        rest += part
        while len(rest) >= CHUNK:
            yield rest[:CHUNK]
            rest = rest[CHUNK:]
    if rest:
        yield rest


def describe_bytes(path: str, original: Iterable[bytes], parts: Iterable[bytes]) -> Iterator[Finding]:
    """Which bytes of a file differ from the original: ranges, each with line and column of its first byte.

    What was put in or left out makes all that follows differ: the last range then goes to the end.
    """
    told, at, line, column = 0, 0, 1, 1
    open_at, where = -1, (1, 1)
    for one, other in zip_longest(_changed_pieces(original), _changed_pieces(parts), fillvalue=b""):
        if one == other and open_at < 0:
            at, breaks = at + len(one), one.count(b"\n")
            line, column = line + breaks, len(one) - one.rfind(b"\n") if breaks else column + len(one)
            continue
        for a, b in zip_longest(one, other):
            if a != b and open_at < 0:
                open_at, where = at, (line, column)
            elif a == b and open_at >= 0:
                yield _byte_range(path, open_at, at, where)
                told, open_at = told + 1, -1
                if told >= MOST_RANGES:
                    return
            at += 1
            line, column = (line + 1, 1) if a == 10 else (line, column + 1)
    if open_at >= 0:
        yield _byte_range(path, open_at, at, where)


def _byte_range(path: str, start: int, end: int, where: tuple[int, int]) -> Finding:
    values = {"first": start, "last": end - 1, "count": end - start, "line": where[0], "column": where[1]}
    return Finding(code=Code.BYTES, where=path, values=values)


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers in order as "3, 7-9"."""
    out: list[list[int]] = []
    for number in numbers:
        if out and number <= out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


MOST_RECORD = 64 << 20
"""Bytes of a file that describes the pack."""
NEEDED = (BAGIT_FILE, *MANIFESTS.values(), *TAG_MANIFESTS.values(), INDEX_FILE, CHUNKS_FILE, CUSTODY_FILE)


class OpenPack:
    """A pack that is open to be read. name: of the folder in it; empty_folders: those that no file lies in."""

    def __init__(self, file: IO[bytes]) -> None:
        self.archive = Archive(file)
        tops = {path.partition("/")[0] for path in (*self.archive.files, *self.archive.folders)}
        self.name = tops.pop() if len(tops) == 1 else ""
        if f"{self.name}/{BAGIT_FILE}" not in self.archive.files:
            raise NotAPackError("this archive is no evidence pack: no single folder with {name}", name=BAGIT_FILE)
        self.paths = {path.partition("/")[2]: None for path in self.archive.files}
        holding = {path[: at + 1] for path in self.archive.files for at, char in enumerate(path) if char == "/"}
        self.empty_folders = [path.partition("/")[2] for path in self.archive.folders if path not in holding]

    def parts(self, path: str) -> Iterator[bytes]:
        """A file's bytes."""
        return self.archive.parts(f"{self.name}/{path}")

    def read(self, path: str) -> Iterator[bytes]:
        """The same; nothing where there is no such file."""
        return self.parts(path) if path in self.paths else iter(())

    def content(self, path: str) -> bytes:
        """A file that describes the pack, or a proof in it; b"" where there is none."""
        return self.archive.content(f"{self.name}/{path}", MOST_RECORD) if path in self.paths else b""

    def same_crc(self, path: str, found: Fingerprint) -> bool:
        """Check whether the archive's own sum fits the file."""
        return self.archive.files[f"{self.name}/{path}"].crc == found.crc


def verify_pack(
    file: IO[bytes], *, keys: Sequence[VerifyKey] = (), against: IO[bytes] | None = None, seal: str = ""
) -> PackVerification:
    """Looks at a pack.

    Args:
        file: The archive.
        keys: Public keys that are trusted, for the proofs in it; without any, those in the pack are taken.
        against: The original of a file in it, or another copy of the pack: tells bytes.
        seal: The value that was written down elsewhere; "" for none.

    Returns:
        What was found.

    Raises:
        NotAPackError: It is no pack, or was cut off.
        PackRefusedError: It is not safe to read.
        PackVersionError: It is of another version.
        EvidenceError: `against` is the original of nothing in it.
    """
    pack = OpenPack(file)
    records = read_records({name: pack.content(name) for name in NEEDED})
    prints = {path: fingerprint(pack.parts(path)) for path in pack.paths}
    findings = [*records.findings, *_judge_files(pack, records, prints), *_check_custody(pack, records)]
    own = seal_of(pack.content(SEALED))
    if seal and seal != own:
        findings.append(Finding(code=Code.SEAL, where=SEALED))
    proven = check_proofs(records.index, pack.content, pack.read, keys)
    findings += proven.findings
    if against is not None:
        findings += _compare(pack, records, prints, against)
    unchanged = set(prints) - {finding.where for finding in findings if finding.code is Code.CHANGED}
    head: Mapping[str, str] = records.index.head if records.index is not None else {}
    return PackVerification(
        name=pack.name,
        case=head.get("case", ""),
        made_at=head.get("made_at", ""),
        who=head.get("who", ""),
        wayseal=head.get("wayseal", ""),
        files=len(prints),
        size=sum(found.size for found in prints.values()),
        seal=own,
        findings=tuple(findings),
        proofs=proven.holding,
        keys=proven.keys,
        own_key=proven.own_key,
        as_written=pack.archive.as_written and all(pack.same_crc(path, prints[path]) for path in unchanged),
        remarks=records.index.remarks if records.index is not None else (),
    )


def _judge_files(pack: OpenPack, records: Records, prints: Mapping[str, Fingerprint]) -> Iterator[Finding]:
    listed = records.listed
    for path in sorted({*listed, *NEEDED} - set(prints)):
        yield Finding(code=Code.MISSING, where=path, values={"by": listed.get(path, BAGIT_FILE)})
    yield from (Finding(code=Code.EXTRA, where=path) for path in pack.empty_folders)
    for path, found in prints.items():
        if path in TAG_MANIFESTS.values():
            yield from _judge_tags(pack, records, path, prints)
            continue
        said = records.hashes_of(path)
        if not said:
            yield Finding(code=Code.EXTRA, where=path)
            continue
        wrong = [by for by, name, value in said if getattr(found, name) != value]
        right = {name for _, name, value in said if getattr(found, name) == value}
        if right == {"sha256", "sm3"} or (right and len(said) - len(wrong) >= len(wrong)):
            others = dict.fromkeys([*wrong, *records.silent_on(path)])
            yield from (Finding(code=Code.RECORD, where=by, values={"path": path}) for by in others)
            continue
        yield Finding(code=Code.CHANGED, where=path, values={"size": found.size})
        yield from _pieces(pack, records, path, found)


def _judge_tags(pack: OpenPack, records: Records, path: str, prints: Mapping[str, Fingerprint]) -> Iterator[Finding]:
    """A tag manifest is in no manifest: it says nothing, or it is what the tag files come to, to the byte."""
    name = next(name for name, one in TAG_MANIFESTS.items() if one == path)
    tags = {one: found for one, found in prints.items() if not one.startswith(PAYLOAD)}
    tags = {one: found for one, found in tags.items() if one not in TAG_MANIFESTS.values()}
    said = records.said[path]
    right = said == {one: getattr(found, name) for one, found in tags.items()}
    if not said or (right and pack.content(path) != manifest(tags, name)):
        yield Finding(code=Code.CHANGED, where=path, values={"size": prints[path].size})


def _pieces(pack: OpenPack, records: Records, path: str, found: Fingerprint) -> Iterator[Finding]:
    was = records.leaves_of(path)
    if was is not None and records.index is not None and was != found.leaves:
        text = records.index.items[path].is_text
        yield describe_chunks(path, was, found.leaves, pack.parts(path), text=text)


def _check_custody(pack: OpenPack, records: Records) -> Iterator[Finding]:
    content = pack.content(CUSTODY_FILE)
    acts, faults = read_chain(content)
    yield from (Finding(code=Code.CUSTODY, where=CUSTODY_FILE, values={"line": line}) for line in faults)
    hashes = records.said[MANIFESTS["sha256"]]
    for act in acts:
        if act.act is Custody.RECEIVED and hashes.get(act.item, act.after) != act.after:
            yield Finding(code=Code.CUSTODY_HASH, where=CUSTODY_FILE, values={"path": act.item})
    value = fingerprint([pack.content(MANIFESTS["sha256"])]).sha256
    exports = [act.after for act in acts if act.act is Custody.EXPORTED and not act.item]
    if content and value not in exports:
        yield Finding(code=Code.CUSTODY_HASH, where=CUSTODY_FILE, values={"path": MANIFESTS["sha256"]})


def _compare(
    pack: OpenPack, records: Records, prints: Mapping[str, Fingerprint], against: IO[bytes]
) -> Iterator[Finding]:
    """Bytes that differ from the original of a file, or from another copy of the pack."""
    try:
        other = OpenPack(against)
    except EvidenceError:
        against.seek(0)
        path = _whose(records, fingerprint(read_parts(against)), getattr(against, "name", ""))
        against.seek(0)
        if path not in prints:
            raise EvidenceError("this is the original of nothing in the pack") from None
        yield from describe_bytes(path, read_parts(against), pack.parts(path))
        return
    for path in prints:
        if path in other.paths and fingerprint(other.parts(path)).sha256 != prints[path].sha256:
            yield from describe_bytes(path, other.parts(path), pack.parts(path))


def _whose(records: Records, found: Fingerprint, name: object) -> str:
    """The path of what has this hash by a manifest, else of the only item of this name."""
    by_hash = [
        path
        for said in records.said.values()
        for path, value in said.items()
        if value in (found.sha256, found.sm3)
    ]  # fmt: skip
    last = str(name).rpartition("/")[2]
    by_name = [path for path in records.listed if path.startswith(PAYLOAD) and path.rpartition("/")[2] == last]
    return by_hash[0] if by_hash else by_name[0] if len(by_name) == 1 else ""


def read_sealed(file: IO[bytes]) -> bytes:
    """The file of a pack that a time stamp is on: `tagmanifest-sha256.txt`. Errors are those of `verify_pack`."""
    return OpenPack(file).content(SEALED)
