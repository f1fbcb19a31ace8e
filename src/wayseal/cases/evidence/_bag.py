r"""The files of a BagIt bag (RFC 8493) around the items: manifests that `sha256sum -c` reads, and what is said of them.

1. Items lie below `data/`; all else is a tag file. Manifests list the items, tag manifests list all tag files.
2. The SHA-256 of `tagmanifest-sha256.txt` stands for everything in the pack: that is its seal.
3. Lines end in \n, paths are sorted as bytes, values are one line: the same pack gives the same bytes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from wayseal.cases.evidence._chain import chain_acts
from wayseal.cases.evidence._fingerprint import CHUNK, Fingerprint, fingerprint_of
from wayseal.cases.evidence.types import Pack, TakenItem, Title
from wayseal.model.times import iso

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
