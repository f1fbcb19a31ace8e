"""Rule 1 and 2 of `entries`: one spelling, read strictly.

What the pages on the log list is what there is.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.pages import read
from tests.tables import each
from tests.vault.log.helpers import KEY, ORIGIN, entry
from tests.vault.tampering import UNCOVERED
from wayseal.merkle import Checkpoint
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.fields import Field, Form
from wayseal.model.schema import keys_of
from wayseal.proofs.entries import EntryProof, spell_entry, verify_entry
from wayseal.server.errors import WitnessTrouble
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import Entry, EntryKind
from wayseal.vault.log.entries import MOST, decode, encode
from wayseal.vault.log.integrity import Code
from wayseal.vault.log.work_tables import WORK_TABLES
from wayseal.vault.row_macs import MARKED
from wayseal.vault.verification import RecordCode, TableCode

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(0, (1 << 63) - 1)


@st.composite
def some_entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(list(EntryKind)))
    shown, refused = kind is EntryKind.DISCLOSED, kind is EntryKind.REFUSED
    about = shown or kind is EntryKind.REVISED
    needs: dict[EntryKind, dict[str, str | int]] = {
        EntryKind.ADMIN: {"act": "blocked"},
        EntryKind.REVISED: {"fields": "goods", "revision": 2},
    }
    forms = st.dictionaries(st.sampled_from(list(Field)), st.sampled_from(list(Form)), min_size=int(shown))
    more = draw(st.dictionaries(TEXTS, TEXTS | st.integers(-(1 << 70), 1 << 70), max_size=3))
    return Entry(
        kind=kind, at=draw(NUMBERS), client=draw(TEXTS), actor=draw(TEXTS), policy=draw(NUMBERS),
        request=draw(TEXTS), via=draw(TEXTS), waybill=draw(TEXTS) + "x" if about else draw(st.none() | TEXTS),
        purpose=draw(st.none() | TEXTS), fields=draw(forms), rule="r" if refused else draw(st.none() | TEXTS),
        ip=draw(st.none() | TEXTS), reason=draw(st.none() | st.binary(max_size=40)),
        more={**more, **needs.get(kind, {})},
    )  # fmt: skip


@given(some_entries())
def test_what_is_spelled_reads_back_and_is_what_json_gives(made: Entry) -> None:
    """Also what a verifier of proofs makes of it, and takes for an entry."""
    content = encode(made)
    assert decode(content) == made
    assert spell_entry(json.loads(content)) == content
    root, salt = leaf_hash(bytes(32) + content), bytes(32)
    note = KEY.sign(Checkpoint(origin=ORIGIN, size=1, root=root).to_text())
    proof = EntryProof(content=content, salt=salt, index=0, path=(), note=note)
    assert verify_entry(proof.to_json().encode(), [KEY.verify_key]).entry == json.loads(content)


@given(some_entries(), st.data())
def test_nothing_else_is_an_entry(made: Entry, data: st.DataObject) -> None:
    content = bytearray(encode(made))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(LogChangedError):
        assert encode(decode(bytes(content))) == bytes(content)


GOOD = json.loads(encode(entry(0)))
WRONG: list[dict[str, Any]] = [
    {"v": 2}, {"v": True}, {"v": "1"}, {"kind": "shown"}, {"at": -1}, {"at": 1.0}, {"at": True},
    {"at": 1 << 63}, {"policy": None}, {"actor": 7}, {"actor": None}, {"ip": None}, {"waybill": ""},
    {"fields": {"name": "full"}}, {"fields": {"goods": "bare"}}, {"fields": []}, {"fields": {}},
    {"more": {"a": 1.5}}, {"more": {"a": True}}, {"more": {"a": {}}}, {"more": {}}, {"more": []},
    {"reason": "@"}, {"reason": "YQ"}, {"reason": "YR=="}, {"reason": 7}, {"other": 1},
]  # fmt: skip


@each(
    "content",
    [
        b"", b"[]", b"{}", b"null", b"\xff", b"[" * 40_000, encode(entry(0)) + b"\n", b" " + encode(entry(0)),
        *(
            spell_entry({k: v for k, v in GOOD.items() if k != gone})
            for gone in ("kind", "at", "v", "actor", "fields")
        ),
        *(spell_entry({**GOOD, **other}) for other in WRONG),
        encode(entry(0)).replace(b'"at":', b'"actor":"u","at":'),
        encode(entry(0)).replace(b"crm", b"cr\\u006d"),
    ],
)  # fmt: skip
def test_case_table_of_what_is_no_entry(content: bytes) -> None:
    with pytest.raises(LogChangedError):
        decode(content)


@each(
    "change",
    [
        {"waybill": None}, {"fields": {}}, {"kind": EntryKind.REFUSED}, {"kind": EntryKind.ADMIN},
        {"kind": EntryKind.ADMIN, "more": {"act": 7}}, {"at": -1}, {"policy": -1}, {"more": {"a": 1.5}},
        {"kind": EntryKind.REVISED}, {"kind": EntryKind.REVISED, "more": {"fields": "goods", "revision": "2"}},
        {"kind": EntryKind.REVISED, "more": {"revision": 2}}, {"more": {"a": None}}, {"actor": "\ud800"},
        {"client": "x" * MOST},
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_not_spelled(change: dict[str, Any]) -> None:
    with pytest.raises(VaultError) as said:
        encode(replace(entry(0), **change))
    assert "YT" not in str(said.value)


def test_reasons_show_themselves_in_no_repr() -> None:
    assert "reason" not in repr(entry(0))


@pytest.mark.parametrize("page", ["docs/explanation/disclosure-log.md", "docs/explanation/disclosure-log.zh.md"])
def test_findings_kinds_keys_and_tables_are_explained(page: str) -> None:
    cells = [line.split("|")[1] for line in read(page).splitlines() if line.startswith("|")]
    listed = {name for cell in cells for name in re.findall("`([^`]+)`", cell)}
    keys = keys_of(Entry).keys() | {"v"}
    tables = {table.name for table in (t.entries, t.nodes, t.checkpoints)}
    codes = {str(c) for kind in (Code, RecordCode, TableCode) for c in kind}
    troubles = {str(trouble) for trouble in WitnessTrouble}
    assert listed == codes | keys | tables | troubles | set(WORK_TABLES) | set(uncovered())
    assert all(f"`{name}`" in read(page) for name in (*EntryKind, *(table.name for table in MARKED)))


def uncovered() -> Iterator[str]:
    """Columns whose changes aren't all found, as the pages name them."""
    for name, table in (t.main.tables | t.keys.tables).items():
        columns = {column.name for column in table.c if (name, column.name) in UNCOVERED}
        yield from [f"{name}.*"] if len(columns) == len(table.c) else [f"{name}.{column}" for column in columns]
