"""What a proof hashes of one read, in plain Python, is what the ledger hashes of many at once."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.helpers import START
from wayseal.ledger._keys import UNPACKED, Keyer, digest_texts, pack_numbers
from wayseal.ledger._layout import KEYED, Bytes
from wayseal.ledger._pages import Rows, hash_rows
from wayseal.merkle.bulk import Digests
from wayseal.proofs.reads import ACTIONS, COLUMNS, KEYS, SALT, hash_read, spell_time

IDS = KEYED["accesses"].ids
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
NUMBERS = st.from_regex(r"[A-Z]{0,3}[0-9]{0,20}", fullmatch=True).filter(bool) | TEXTS


@st.composite
def reads(draw: st.DrawFn) -> dict[str, str | int | None]:
    made: dict[str, str | int | None] = {
        "waybill": draw(NUMBERS),
        "at": spell_time(int((START + draw(st.timedeltas(timedelta(0), timedelta(99)))).timestamp() * 1_000_000)),
        "source": draw(st.integers(0, 2**31 - 1)),
        "row": draw(st.integers(0, 2**31 - 1)),
        "action": draw(st.sampled_from((None, *ACTIONS))),
        "actor": draw(TEXTS),
    }
    for name in draw(st.sets(st.sampled_from(COLUMNS))):
        made[name] = draw(TEXTS if name in KEYS else st.none() | TEXTS)
    return made


def digests(text: str | int | None) -> tuple[Bytes, Digests]:
    table = np.zeros((2, 32), np.uint8)
    if text is not None:
        table[1:] = digest_texts(pa.array([text], pa.string()))
    return np.ones(1, np.uint8), table


def microseconds(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "us").astype(np.int64))


@given(reads(), st.binary(min_size=SALT, max_size=SALT))
def test_both_hash_the_same_bytes(read: dict[str, str | int | None], salt: bytes) -> None:
    waybill = pa.array([read["waybill"]], pa.string())
    word, _ = pack_numbers(waybill)
    columns = tuple(name for name in COLUMNS if name in read)
    rows = Rows(
        word=word,
        text=digest_texts(waybill) if word[0] >= UNPACKED else None,
        at=np.array([microseconds(str(read["at"]))], np.int64),
        source=np.array([read["source"]], np.int32),
        row=np.array([read["row"]], np.int64),
        action=np.array([(None, *ACTIONS).index(read["action"])], np.uint8),
        ids={name: digests(read[name]) for name in ("actor", *columns) if name in IDS},
        hashed={name: Keyer().of([str(read[name])]) for name in columns if name in KEYS},
    )
    bulk = hash_rows(rows, columns, np.frombuffer(salt, np.uint8).reshape(1, SALT))
    assert bulk.tobytes() == hash_read(read, salt)
    keyed = {name: read[name] for name in read if name not in KEYS}
    keys = {f"{name}_key": f"{int(rows.hashed[name][0]):016x}" for name in columns if name in KEYS}
    assert hash_read({**keyed, **keys}, salt) == bulk.tobytes()


def test_the_columns_are_those_that_the_ledger_keeps() -> None:
    layout = KEYED["accesses"]
    assert layout.hashed == KEYS
    assert {*layout.ids, *layout.hashed} == {"actor", *COLUMNS}


def test_a_purge_rewrites_all_that_hangs_on_a_waybill_but_reads() -> None:
    from wayseal.ledger._manifest import REWRITTEN

    assert {kind for kind in REWRITTEN if kind.startswith("table:")} == {f"table:{n}" for n in KEYED if n != "accesses"}
