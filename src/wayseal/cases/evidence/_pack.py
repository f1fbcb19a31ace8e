"""Taking items in, and writing a pack: a zip of a BagIt bag, the same bytes for the same items and time."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from wayseal.cases.evidence._archive import Entry, directory, dos_time, place, write_header
from wayseal.cases.evidence._bag import MANIFESTS, SEALED, manifests, seal_of, tag_files
from wayseal.cases.evidence._fingerprint import fingerprint, fingerprint_of, read_parts
from wayseal.cases.evidence.errors import EvidenceError, ItemChangedError
from wayseal.cases.evidence.types import (
    PAYLOAD,
    Custody,
    CustodyAct,
    Item,
    Pack,
    PackHead,
    TakenItem,
    check_name,
    twin_key,
)

MOST_LINE = 500


def take_in(item: Item, at: int) -> TakenItem:
    """Hashes an item as it is now. EvidenceError: its path can't stand in a pack; OSError: it can't be read."""
    check_name(item.path)
    if not item.path.startswith(PAYLOAD):
        raise EvidenceError("an item lies below {folder}", folder=PAYLOAD)
    if not isinstance(item.content, Path):
        return TakenItem(item=item, print=fingerprint_of(item.content), at=at)
    with item.content.open("rb") as file:
        return TakenItem(item=item, print=fingerprint(read_parts(file)), at=at)


def make_pack(head: PackHead, items: Iterable[TakenItem], acts: Sequence[CustodyAct] = ()) -> Pack:
    """A pack with the custody of its items: each was received, then what `acts` say, then the export of all."""
    taken = tuple(items)
    _check(head, taken)
    received = [
        CustodyAct(
            act=Custody.RECEIVED,
            item=one.item.path,
            at=one.at,
            who=one.who or head.who,
            why="" if one.who else head.why,
            before="",
            after=one.print.sha256,
        )
        for one in sorted(taken, key=lambda one: one.at)
    ]
    value = payload_value(taken)
    export = CustodyAct(
        act=Custody.EXPORTED, item="", at=head.at, who=head.who, why=head.why, before=value, after=value
    )  # fmt: skip
    return Pack(head=head, items=taken, acts=(*received, *acts, export))


def payload_value(items: Sequence[TakenItem], name: str = "sha256") -> str:
    """Return the value for all items: the SHA-256 of `manifest-sha256.txt`, or the SM3 of `manifest-sm3.txt`."""
    found = fingerprint_of(manifests(items)[MANIFESTS[name]])
    return found.sm3 if name == "sm3" else found.sha256


def _check(head: PackHead, items: Sequence[TakenItem]) -> None:
    check_name(head.name)
    if "/" in head.name:
        raise EvidenceError("a pack's name is one name, without folders")
    for key, text in (("who", head.who), ("why", head.why)):
        if not text.strip() or len(text) > MOST_LINE or not text.isprintable():
            raise EvidenceError("one line of up to {most} characters", key=key, most=MOST_LINE)
    _refuse_twins([one.item.path for one in items])


def _refuse_twins(paths: Sequence[str]) -> None:
    keys = {twin_key(path) for path in paths}
    folders = {twin_key(path[:at]) for path in paths for at, char in enumerate(path) if char == "/"}
    if len(keys) < len(paths) or keys & folders:
        raise EvidenceError("two items have names that some system can't tell apart")


def write_pack(pack: Pack, out: IO[bytes]) -> str:
    """Writes a pack.

    Args:
        pack: What it holds.
        out: Where it goes, from the beginning.

    Returns:
        Its seal: the SHA-256 of `tagmanifest-sha256.txt`, which stands for everything in it.

    Raises:
        EvidenceError: More than a pack holds; ItemChangedError: a file is no longer what was taken in.
    """
    tags = tag_files(pack)
    for path in tags:
        check_name(path)
    _refuse_twins([*tags, *(one.item.path for one in pack.items)])
    time, top = dos_time(pack.head.at), pack.head.name
    prints = {path: fingerprint_of(content) for path, content in tags.items()}
    prints |= {one.item.path: one.print for one in pack.items}
    contents: Mapping[str, bytes | Path] = {**tags, **{one.item.path: one.item.content for one in pack.items}}
    entries = place(
        Entry(name=f"{top}/{path}".encode(), crc=prints[path].crc, size=prints[path].size) for path in prints
    )
    for entry, (path, found) in zip(entries, prints.items(), strict=True):
        write_header(out, entry, time)
        now = hashlib.sha256()
        with _parts(contents[path]) as parts:
            for part in parts:
                now.update(part)
                out.write(part)
        if now.hexdigest() != found.sha256:
            raise ItemChangedError("this is no longer what was taken in", file=path)
    out.write(directory(entries, time))
    return seal_of(tags[SEALED])


@contextmanager
def _parts(content: bytes | Path) -> Iterator[Iterable[bytes]]:
    if not isinstance(content, Path):
        yield [content]
        return
    with content.open("rb") as file:
        yield read_parts(file)
