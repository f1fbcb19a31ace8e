"""Logs that have grown since they were ingested (the numbers are those of `_intake`)."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.helpers import load_manifest, put, read, write
from wayseal import ledger, store
from wayseal.ledger import IngestReport, LedgerError
from wayseal.store.errors import StoreError

HEAD = "at,actor,waybill\n"


def line(n: int, actor: str = "u") -> str:
    return f"2026-03-01T00:{n % 60:02d}:00Z,{actor},YT{n}\n"


ONE, TWO = (HEAD + line(1)).encode(), (HEAD + line(1) + line(2)).encode()


def rows(path: Path) -> list[tuple[Any, ...]]:
    """(waybill, actor, line) of all reads, sorted."""
    with ledger.open_ledger(path) as snapshot:
        table = snapshot.reads(snapshot.control(10**6))
        waybills = snapshot.names("waybill", table["waybill"].to_numpy())
        actors = snapshot.names("actor", table["actor"].to_numpy())
    return sorted(zip(waybills, actors, table["row"].to_pylist(), strict=True))


def grown(folder: Path, before: bytes, now: bytes, name: str = "accesses.csv") -> IngestReport:
    """Ingests a log as it was, then as it is."""
    (folder / name).write_bytes(before)
    put(folder / name, folder / "L")
    (folder / name).write_bytes(now)
    return put(folder / name, folder / "L")


def test_only_what_is_new_comes_in(tmp_path: Path) -> None:
    """Rules 1 and 2, whatever the file is called now, and as often as it grows."""
    texts = [HEAD + "".join(line(n) for n in range(count)) for count in (3, 5, 5, 9)]
    taken = []
    for turn, text in enumerate(texts):
        path = tmp_path / f"log-{turn % 2}.csv"
        path.write_text(text)
        report = put(path, tmp_path / "L")
        taken.append([(s.rows, s.after) for s in report.ingested])
    assert taken == [[(3, 0)], [(2, 4)], [], [(4, 6)]]
    put(path, tmp_path / "M")
    assert rows(tmp_path / "L") == rows(tmp_path / "M")


def test_json_lines_grow_too(tmp_path: Path) -> None:
    lines = [json.dumps({"at": f"2026-03-01T00:0{n}:00Z", "actor": "u", "waybill": f"YT{n}"}) + "\n" for n in range(5)]
    report = grown(tmp_path, "".join(lines[:2]).encode(), "".join(lines).encode(), "accesses.jsonl")
    assert [(s.rows, s.after) for s in report.ingested] == [(3, 2)]


def test_a_log_and_what_it_grew_into_in_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "D/accesses"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(HEAD + line(1))
    (folder / "b.csv").write_text(HEAD + line(1) + line(2))
    for name, options in (("L", {}), ("M", {"commit_bytes": 1})):
        report = put(tmp_path / "D", tmp_path / name, **options)
        assert [(s.rows, s.after) for s in report.ingested] == [(1, 0), (1, 2)]


def test_what_no_row_was_read_of_is_nobodys_beginning(tmp_path: Path) -> None:
    """Rule 1: else every log would have grown out of an empty one, with a heading of one column more or less."""
    report = grown(tmp_path, HEAD[:-1].encode(), ONE)
    assert [(s.rows, s.after) for s in report.ingested] == [(1, 0)]


OPEN = HEAD.encode() + b'2026-03-01T00:00:00Z,"a\n'
REFUSED = {
    "a line cut": (TWO[:-3], TWO, "accesses.csv"),
    "no last newline": (ONE[:-1], TWO, "accesses.csv"),
    "a row cut": (OPEN, OPEN + b'b",YT1\n' + line(2).encode(), "accesses.csv"),
    "nothing but blank lines": (ONE, ONE + b"\n\n", "accesses.csv"),
    "compressed": (gzip.compress(ONE), gzip.compress(ONE) + gzip.compress(line(2).encode()), "accesses.csv.gz"),
    "two bytes a newline": (ONE.decode().encode("utf-16-be"), TWO.decode().encode("utf-16-be"), "accesses.csv"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_cut_a_row_is_refused(tmp_path: Path, case: str) -> None:
    """Rule 3."""
    before, now, name = REFUSED[case]
    with pytest.raises(StoreError, match=r"has grown: .* or make a new ledger") as caught:
        grown(tmp_path, before, now, name)
    assert caught.value.file == tmp_path / name
    assert len(load_manifest(tmp_path / "L").sources) == 1


def test_a_manifest_that_does_not_say_how_a_source_was_read_is_damaged(tmp_path: Path) -> None:
    put(write(tmp_path, "accesses", [read(1, "u", "YT1")]), tmp_path / "L")
    path = tmp_path / "L/manifest.json"
    right = path.read_text()
    for said in ('"mapping":"",', '"offset":0,'):
        assert right.count(said) == 1
        path.write_text(right.replace(said, ""))
        with pytest.raises(LedgerError, match="damaged"):
            load_manifest(tmp_path / "L")


def test_an_offset_west_of_greenwich(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEAD + line(1))
    ledger.ingest(store.open_source(tmp_path / "log.csv", offset="-05:00"), tmp_path / "L")
    assert load_manifest(tmp_path / "L").sources[0].offset == -18_000


FIELDS = st.sampled_from(["u", "v", '"w"', '"x\ny"', '"x""\n"', 'a"b', '"open', '"', "\n", "", "\r\n"])
LINES = st.lists(st.tuples(FIELDS, st.booleans()), max_size=8)


@examples(60)
@given(LINES, st.data())
def test_any_log_cut_anywhere_loses_and_doubles_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, bool]], data: st.DataObject
) -> None:
    """Either it is refused, or the ledger is as if the log had come in at once; at the end of a clean row it is."""
    folder = tmp_path_factory.mktemp("cut")
    parts = [HEAD, *(f"2026-03-01T00:00:0{n}Z,{f},{'YT' if ok else ''}{n}\n" for n, (f, ok) in enumerate(lines))]
    whole = "".join(parts).encode()
    clean = all(f in {"u", "v", '"w"', '"x\ny"'} for f, _ in lines)
    ends = [len("".join(parts[: n + 1])) for n in range(len(parts))]
    cut = data.draw(st.sampled_from(ends) if clean else st.integers(0, len(whole)))
    (folder / "once.csv").write_bytes(whole)
    once = put(folder / "once.csv", folder / "M")
    try:
        grown(folder, whole[:cut], whole)
    except StoreError:
        assert not clean
        return
    assert rows(folder / "L") == rows(folder / "M")
    with ledger.open_ledger(folder / "L") as snapshot:
        assert sum(snapshot.summary().rejected.values()) == sum(once.rejected.values())
