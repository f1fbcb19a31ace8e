"""proofs.md defines what the code reads: members, bytes, examples, in both languages."""

import re

import pytest

from tests.docs.pages import blocks, read, sections
from wayseal.merkle import Checkpoint, VerifyKey
from wayseal.model.fields import Form
from wayseal.proofs import entries, growth, reads, reports

PAGES = ("docs/reference/proofs.md", "docs/reference/proofs.zh.md")


def part(page: str, place: int) -> str:
    """A section by its place, which is the same in both languages."""
    return list(sections(read(page)).values())[place]


def tables(text: str) -> list[list[str]]:
    """The first columns of each table."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[row.split("|")[1].strip() for row in one.splitlines()[2:]] for one in found]


def names(cells: list[str]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`([a-z_0-9]+)`", cell)]


@pytest.mark.parametrize("page", PAGES)
def test_the_key_and_the_note_are_right(page: str) -> None:
    _, key, note, leaf = blocks(read(page), "text")
    point, by = Checkpoint.open(note.encode(), [VerifyKey.parse(key)])
    assert (point.origin, point.size, point.more) == ("vault.example", 1, ("at 1772323200000000",))
    assert [one.name for one in by] == ["example"]
    assert re.findall(r"u(\d+)", leaf) == ["8", "8", "64", "32", "32", "16"]


@pytest.mark.parametrize("page", PAGES)
def test_every_member_of_every_proof_is_named(page: str) -> None:
    entry, shown = tables(part(page, 5))
    assert names(entry) == [entries.FORMAT, *entries._MEMBERS]
    wanted = {*entries._TEXTS, *entries._MAY_BE, "kind", "at", "policy", "v", "fields", "more"}
    assert sorted(names(shown)) == sorted(wanted)
    assert all(f"`{word}`" in part(page, 5) for word in (*entries.KINDS, *Form))
    assert names(tables(part(page, 6))[0]) == [growth.FORMAT, "old", "new", "path"]
    read_proof, columns, hashed, _ = tables(part(page, 7))
    assert names(read_proof) == list(reads._MEMBERS)
    keys = [f"{name}_key" for name in sorted(reads.KEYS)]
    assert {*names(columns)} == {"waybill", "actor", "at", "source", "row", "action", *reads.COLUMNS, *keys}
    report, of_letter = tables(part(page, 9))
    assert names(report) == [reports.FORMAT, *entries._MEMBERS, "letter"]
    assert names(of_letter) == list(reports.make_entry("report", "2026-12-01", bytes(32)))
    assert all(f"`{word}`" in part(page, 9) for word in (*reports.KINDS, reports.DECOY))
    assert len(hashed) == len(re.findall(r"\d*[a-zA-Z]", reads.READ.format.lstrip(">"))) + 2


@pytest.mark.parametrize("page", PAGES)
def test_bits_and_actions_are_those_of_the_code(page: str) -> None:
    text = part(page, 7)
    bits = re.findall(r"(\d+) `(\w+)`", next(line for line in text.splitlines() if "128 `" in line))
    assert bits == [(str(1 << n), name) for n, name in enumerate(reads.COLUMNS)]
    actions = re.findall(r"(\d) `(\w+)`", next(line for line in text.splitlines() if "6 `decrypt`" in line))
    assert actions == [(str(n), name) for n, name in enumerate(reads.ACTIONS, 1)]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_are_right(page: str) -> None:
    rows = re.findall(r"^\| (\S+?) `(\S+)` \| (?:`([0-9a-f]{16})`|\S+) \|$", part(page, 7), re.MULTILINE)
    assert len(rows) == 9
    for what, example, digits in rows:
        if what in ("key", "键"):
            assert f"{reads.text_key(example):016x}" == digits
        else:
            made = reads._waybill_bytes(example).hex()
            assert (made[:16] if made[16:] == "0" * 48 else "") == digits
