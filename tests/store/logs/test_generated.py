"""Readers of raw logs say of lines by chance, many of them damaged, what the slow readers before them said.

`generated.txt` holds the digests of all that those said: rows, lines, reasons, raw texts, counts, notices.
"""

from pathlib import Path

import pytest

from tests.store.logs.generated import MAPPINGS, digest, log, said
from tests.store.logs.making import mapping
from wayseal.store import open_source, read_batches
from wayseal.store.types import ReadOptions, SourceFile

RECORDED = [line.split() for line in Path(__file__).with_name("generated.txt").read_text().splitlines()]


@pytest.mark.parametrize("form", MAPPINGS)
def test_what_the_readers_before_said(tmp_path: Path, form: str) -> None:
    wrong = []
    for of, seed, wanted in RECORDED:
        if of == form:
            path = tmp_path / "some.log"
            path.write_bytes(log(form, int(seed), 60))
            found = digest(path, form, 1 << 20 if int(seed) % 3 else 700)
            wrong += [seed] if found != wanted else []
    assert not wrong


@pytest.mark.parametrize("form", MAPPINGS)
def test_each_line_is_in_exactly_one_place(tmp_path: Path, form: str) -> None:
    path = tmp_path / "some.log"
    data = log(form, 7, 200)
    path.write_bytes(data)
    places: dict[str, list[set[int]]] = {"line": [set(), set()], "rejected": [set(), set()], "dropped": [set(), set()]}
    table = -1
    for kind, *items in said(path, form, 1 << 20):
        table += kind == "rows"
        if kind in places:
            places[kind][table] |= {int(i[0]) if isinstance(i, tuple) else int(i) for i in items}
    told = [s for found in places.values() for s in found]
    assert sum(map(len, told)) == len(set().union(*told))
    if form != "pgaudit":  # there a record may have several lines
        filled = {n for n, text in enumerate(data.split(b"\n"), 1) if text.strip(b"\r") and not text.isspace()}
        assert set().union(*told) == filled


@pytest.mark.parametrize("form", MAPPINGS)
def test_a_table_alone_is_as_after_the_other(tmp_path: Path, form: str) -> None:
    path, made = tmp_path / "some.log", mapping(MAPPINGS[form])
    path.write_bytes(log(form, 11, 60))
    options = ReadOptions(offset=made.offset, block_bytes=3000)
    first, queries = open_source(path, mapping=made, offset="+08:00").files

    def batches(file: SourceFile) -> list[str]:
        return [str(b) for b in read_batches(file, mapping=made, options=options, keep_rejected=True)]

    alone = batches(queries)
    batches(first)
    assert queries.searches
    assert batches(queries) == alone
    assert not queries.searches  # what is kept goes once it is read
    assert batches(queries) == alone
