r"""The files of a BagIt bag (RFC 8493) around the items: manifests that `sha256sum -c` reads, and what is said of them.

A pack's own files are read here as well, and not believed.

1. Items lie below `data/`; all else is a tag file. Manifests list the items, tag manifests list all tag files.
2. The SHA-256 of `tagmanifest-sha256.txt` stands for everything in the pack: that is its seal.
3. Lines end in \n, paths are sorted as bytes, values are one line: the same pack gives the same bytes.
4. Lines of the custody hang together (`wayseal.journal.chain`): one that was changed, taken out, moved or put in is
   named by its number; cut-off ones by the manifest.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayseal.cases.evidence._fingerprint import CHUNK, Fingerprint, fingerprint_of, root_of
from wayseal.cases.evidence.errors import PackVersionError
from wayseal.cases.evidence.findings import Code
from wayseal.cases.evidence.types import PAYLOAD, Custody, CustodyAct, Pack, Role, TakenItem, Title
from wayseal.journal.chain import chain_line, check_lines, sum_of
from wayseal.merkle.hashing import SIZE
from wayseal.model.errors import Finding
from wayseal.model.times import iso, micros

VERSION = 2
FORMAT = "wayseal_pack"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT_FILE, INFO_FILE, INDEX_FILE = "bagit.txt", "bag-info.txt", "pack.json"
CHUNKS_FILE, CUSTODY_FILE = "chunks.bin", "custody.jsonl"
HASHES = ("sha256", "sm3")
MANIFESTS = {name: f"manifest-{name}.txt" for name in HASHES}
TAG_MANIFESTS = {name: f"tagmanifest-{name}.txt" for name in HASHES}
SEALED = TAG_MANIFESTS["sha256"]
"""Whose SHA-256 is the seal (rule 2)."""


def manifests(items: Sequence[TakenItem]) -> dict[str, bytes]:
    """The manifests of the items."""
    return {MANIFESTS[name]: manifest({one.item.path: one.print for one in items}, name) for name in HASHES}


def tag_files(pack: Pack) -> dict[str, bytes]:
    """All files beside the items, the tag manifests last; the whole bag but for `data/`."""
    tags = {
        BAGIT_FILE: BAGIT,
        INFO_FILE: _info(pack),
        **manifests(pack.items),
        INDEX_FILE: _index(pack),
        CHUNKS_FILE: b"".join(one.print.leaves for one in pack.items),
        CUSTODY_FILE: chain_acts(pack.acts),
        **pack.papers,
    }
    prints = {name: fingerprint_of(content) for name, content in tags.items()}
    return {**tags, **{TAG_MANIFESTS[name]: manifest(prints, name) for name in HASHES}}


def seal_of(tag_manifest: bytes) -> str:
    """The seal, by `tagmanifest-sha256.txt` (rule 2)."""
    return hashlib.sha256(tag_manifest).hexdigest()


def manifest(prints: Mapping[str, Fingerprint], name: str) -> bytes:
    """The manifest of some files. name: of the hash."""
    paths = sorted(prints, key=str.encode)
    return "".join(f"{getattr(prints[path], name)}  {path}\n" for path in paths).encode()


def _info(pack: Pack) -> bytes:
    head = pack.head
    size = sum(one.print.size for one in pack.items)
    lines = {
        "Source-Organization": head.unit,
        "Bagging-Date": iso(head.at)[:10],
        "External-Identifier": head.case,
        "External-Description": f"Evidence of case {head.case}",
        "Contact-Name": head.who,
        "Payload-Oxum": f"{size}.{len(pack.items)}",
        "Bag-Software-Agent": f"Wayseal {head.wayseal}",
        "Wayseal-Exported-At": iso(head.at),
        "Wayseal-Exported-Why": head.why,
        "Wayseal-Pack-Version": str(VERSION),
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items() if value).encode()


def _index(pack: Pack) -> bytes:
    head = pack.head
    content = {
        FORMAT: VERSION,
        "name": head.name,
        "case": head.case,
        "made_at": iso(head.at),
        "who": head.who,
        "why": head.why,
        "unit": head.unit,
        "wayseal": head.wayseal,
        "command": head.command,
        "settings": dict(head.settings),
        "remarks": [_title(one) for one in head.remarks],
        "chunk_bytes": CHUNK,
        "items": [_item(one) for one in pack.items],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _item(one: TakenItem) -> dict[str, object]:
    item, found = one.item, one.print
    return {
        "path": item.path,
        "title": _title(item.title),
        "format": item.format,
        "role": item.role.value,
        "source": item.source,
        "taken_at": iso(one.at),
        "bytes": found.size,
        "sha256": found.sha256,
        "sm3": found.sm3,
        "chunks": found.chunks,
        "root": found.root,
    }


def _title(title: Title) -> dict[str, str]:
    return {"zh": title.zh, "en": title.en}


def chain_acts(acts: Sequence[CustodyAct]) -> bytes:
    """Acts as lines."""
    out, before = [], ""
    for act in acts:
        said = {"act": act.act.value, "item": act.item, "at": iso(act.at), "who": act.who, "why": act.why}
        hashes = {"hash_before": act.before, "hash_after": act.after}
        out.append(chain_line({**said, **hashes}, before, ensure_ascii=False))
        before = sum_of(out[-1])
    return "".join(line + "\n" for line in out).encode()


def read_chain(content: bytes) -> tuple[tuple[CustodyAct, ...], tuple[int, ...]]:
    """The acts of whole lines, and the numbers of lines that are not what was written or don't go on."""
    *lines, rest = content.decode("utf-8", "replace").split("\n")
    found = check_lines(enumerate(lines, start=1))
    acts, faults = [], {fault.line for fault in found.faults}
    for number, said in found.entries:
        try:
            acts.append(_act_of(said))
        except (ValueError, KeyError, TypeError):
            faults.add(number)
    return tuple(acts), tuple(sorted(faults | ({len(lines) + 1} if rest else set())))


def _act_of(said: Mapping[str, Any]) -> CustodyAct:
    who, before, after = said["who"], said["hash_before"], said["hash_after"]
    act, at = Custody(said["act"]), micros(said["at"])
    return CustodyAct(act=act, item=said["item"], at=at, who=who, why=said["why"], before=before, after=after)


_LINE = re.compile("([0-9a-f]{64})  ([^ \r\n][^\r\n]*)")
_ROLES = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedItem:
    """An item as `pack.json` describes it."""

    path: str
    format: str
    role: str
    sha256: str
    sm3: str
    chunks: int
    root: str

    @property
    def is_text(self) -> bool:
        """True if it has lines."""
        return self.format.startswith("text/") or "json" in self.format


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The content of `pack.json`."""

    head: Mapping[str, str]
    items: Mapping[str, IndexedItem]
    remarks: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records about files. said: file that says it → path → hash. index: None where it can't be read."""

    said: Mapping[str, Mapping[str, str]]
    index: Index | None
    chunks: bytes
    findings: tuple[Finding, ...]

    def hashes_of(self, path: str) -> list[tuple[str, str, str]]:
        """Return the recorded hashes of a path: (file that says it, which hash, its value)."""
        table = MANIFESTS if path.startswith(PAYLOAD) else TAG_MANIFESTS
        found = [(table[name], name, self.said[table[name]].get(path, "")) for name in HASHES]
        item = self.index.items.get(path) if self.index is not None else None
        if item is not None:
            found += [(INDEX_FILE, "sha256", item.sha256), (INDEX_FILE, "sm3", item.sm3)]
        return [one for one in found if one[2]]

    def silent_on(self, path: str) -> list[str]:
        """The files that can be read and should list a path, and don't."""
        payload = path.startswith(PAYLOAD)
        tables = (MANIFESTS if payload else TAG_MANIFESTS).values()
        found = [name for name in tables if self.said[name] and path not in self.said[name]]
        left_out = payload and self.index is not None and path not in self.index.items
        return [*found, INDEX_FILE] if left_out else found

    @property
    def listed(self) -> dict[str, str]:
        """Every path that is listed, with the file that lists it first."""
        out: dict[str, str] = {}
        for name, paths in self.said.items():
            out |= {path: name for path in paths if path not in out}
        items = self.index.items if self.index is not None else {}
        return {**dict.fromkeys(items, INDEX_FILE), **out}

    def leaves_of(self, path: str) -> bytes | None:
        """Hashes of the pieces of an item as they were; None where they can't be had."""
        at = 0
        for item in self.index.items.values() if self.index is not None else ():
            if item.path == path:
                leaves = self.chunks[at * SIZE : (at + item.chunks) * SIZE]
                parts = [leaves[n : n + SIZE] for n in range(0, len(leaves), SIZE)]
                return leaves if root_of(parts).hex() == item.root else None
            at += item.chunks
        return None


def read_records(contents: Mapping[str, bytes]) -> Records:
    """Read the records in the files of a pack, by path; those that are missing say nothing. PackVersionError."""
    findings: list[Finding] = []
    said = {}
    for name in (*MANIFESTS.values(), *TAG_MANIFESTS.values()):
        said[name], odd = _read_manifest(contents.get(name, b""))
        findings += [Finding(code=Code.LINE, where=name, values={"line": line}) for line in odd]
    index = _read_index(contents.get(INDEX_FILE, b""))
    if index is None:
        findings.append(Finding(code=Code.INDEX, where=INDEX_FILE))
    return Records(said=said, index=index, chunks=contents.get(CHUNKS_FILE, b""), findings=tuple(findings))


def _read_manifest(content: bytes) -> tuple[dict[str, str], list[int]]:
    """Paths with their hashes, and numbers of lines that say nothing, or of a path that was told of."""
    found, odd = dict[str, str](), list[int]()
    lines = content.decode("utf-8", "replace").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in found:
            odd.append(number)
        else:
            found[match[2]] = match[1]
    return found, odd


def _read_index(content: bytes) -> Index | None:
    try:
        found = json.loads(content)
        version = found[FORMAT]
        if type(version) is int and version != VERSION:
            raise PackVersionError("this version of Wayseal reads packs of version {version}", version=VERSION)
        items = [_read_item(one) for one in found["items"]]
        head = {name: str(found[name]) for name in ("name", "case", "made_at", "who", "wayseal")}
        remarks = tuple({lang: str(one[lang]) for lang in ("zh", "en")} for one in found["remarks"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Index(head=head, items={one.path: one for one in items}, remarks=remarks)


def _read_item(found: Any) -> IndexedItem:
    chunks, role = found["chunks"], found["role"]
    texts = {name: found[name] for name in ("path", "format", "sha256", "sm3", "root")}
    whole = type(chunks) is int and chunks >= 0
    if not whole or role not in _ROLES or not all(type(text) is str for text in texts.values()):
        raise ValueError
    return IndexedItem(chunks=chunks, role=role, **texts)


def items_of(index: Index | None, role: Role) -> Sequence[IndexedItem]:
    """The items of a role."""
    return [one for one in index.items.values() if one.role == role] if index is not None else []
