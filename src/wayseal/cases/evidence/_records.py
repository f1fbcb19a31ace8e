"""What a pack's own files say of its files: manifests, `pack.json`, the hashes of pieces; read, not believed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayseal.cases.evidence._bag import CHUNKS_FILE, FORMAT, HASHES, INDEX_FILE, MANIFESTS, TAG_MANIFESTS, VERSION
from wayseal.cases.evidence._fingerprint import root_of
from wayseal.cases.evidence.errors import PackVersionError
from wayseal.cases.evidence.findings import Code
from wayseal.cases.evidence.types import PAYLOAD, Role
from wayseal.merkle.hashing import SIZE
from wayseal.model.errors import Finding

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
