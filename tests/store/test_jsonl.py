import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.store.helpers import mapping_of, put, read
from tests.tables import each
from wayseal.store.errors import StoreError
from wayseal.store.types import NoticeCode, Reason

GOOD = '{"at":"2024-01-05T08:00:00Z","actor":"u1","waybill":"YT1"}'


def with_value(column: str, value: str) -> str:
    base = {"at": '"2024-01-05T08:00:00Z"', "actor": '"u1"', "waybill": '"YT1"', column: value}
    return "{" + ",".join(f'"{k}":{v}' for k, v in base.items()) + "}"


# a line, the rejection of that line (None: kept)
LINES: list[tuple[str | bytes, tuple[str, Reason] | None]] = [
    (GOOD, None),
    ("{", ("", Reason.NOT_JSON)),
    ("nonsense", ("", Reason.NOT_JSON)),
    (GOOD + GOOD, ("", Reason.NOT_JSON)),
    ("[1]", ("", Reason.NOT_AN_OBJECT)),
    ("null", ("", Reason.NOT_AN_OBJECT)),
    ("[" * 100_000, ("", Reason.NOT_JSON)),
    ("9" * 5000, ("", Reason.NOT_JSON)),
    (with_value("x", "NaN"), ("", Reason.NOT_JSON)),
    (with_value("x", '"\x00"'), ("", Reason.NUL_BYTE)),
    (b'{"at":"\xff"}', ("", Reason.UNDECODABLE)),
    ('{"at":"2024-01-05T08:00:00Z","actor":"u1","waybill":"YT1","actor":"u2"}', ("", Reason.DUPLICATE_KEY)),
    ('{"at":"2024-01-05T08:00:00Z","actor":"u1","waybill":"YT1","x":{"a":1,"a":2}}', ("", Reason.DUPLICATE_KEY)),
    ('{"at":"2024-01-05T08:00:00Z","actor":"u1"}', ("waybill", Reason.EMPTY)),
    (with_value("actor", "null"), ("actor", Reason.EMPTY)),
    (with_value("actor", "true"), ("actor", Reason.WRONG_TYPE)),
    (with_value("actor", '{"id":1}'), ("actor", Reason.WRONG_TYPE)),
    (with_value("actor", '"\\ud800"'), ("actor", Reason.WRONG_TYPE)),
    (with_value("actor", '"\\u0000"'), ("actor", Reason.CONTROL_CHARACTER)),
    (with_value("actor", "17"), None),
    (with_value("actor", "9" * 600), ("actor", Reason.TOO_LONG)),
    (with_value("waybill", "[1]"), None),
    (with_value("waybill", "[[1]]"), ("waybill", Reason.NOT_A_WAYBILL)),
    (with_value("waybill", "[true]"), ("waybill", Reason.NOT_A_WAYBILL)),
    (with_value("waybill", '[{"no":1}]'), ("waybill", Reason.NOT_A_WAYBILL)),
    (with_value("waybill", '{"no":1}'), ("waybill", Reason.WRONG_TYPE)),
    (with_value("waybill", '[""]'), ("waybill", Reason.EMPTY)),
    (with_value("waybill", "123456789012"), None),
    (with_value("at", "1704441600"), ("at", Reason.NOT_A_TIME)),
    (with_value("fields", '["name","phone"]'), None),
    (with_value("fields", '"name;phone"'), None),
    (with_value("fields", "[1]"), None),
    (with_value("x", '{"deep":[{"er":1}]}'), None),
    ("  \t", None),
]


@each("block_bytes", [1 << 20, 32])
@each(("line", "rejected"), LINES)
def test_a_bad_line_costs_only_itself(
    tmp_path: Path, line: str | bytes, rejected: tuple[str, Reason] | None, block_bytes: int
) -> None:
    middle = line if isinstance(line, bytes) else line.encode()
    path = put(tmp_path / "accesses.jsonl", b"\n".join([GOOD.encode(), middle, GOOD.encode()]) + b"\n")
    whole = read(path, block_bytes=block_bytes)
    blank = not middle.strip()
    assert whole.rejected == ([] if rejected is None else [(2, *rejected)])
    assert whole.lines == ([1, 3] if rejected or blank else [1, 2, 3])
    assert whole.table.num_rows == len(whole.lines)


def test_raw_text_comes_on_request(tmp_path: Path) -> None:
    bad = ["{", with_value("actor", "true"), with_value("actor", '""')]
    path = put(tmp_path / "accesses.jsonl", "\n".join([*bad, GOOD]))
    assert read(path).raws == [None] * 3
    assert read(path, keep=True).raws == bad


def test_numbers_and_lists_become_what_the_contract_says(tmp_path: Path) -> None:
    row = {"at": "2024-01-05 08:00", "actor": 17, "waybill": "yt 1", "fields": ["a", "b"], "session": 1.5}
    whole = read(put(tmp_path / "accesses.ndjson", json.dumps(row)))
    (read_row,) = whole.rows
    assert (read_row["actor"], read_row["waybill"], read_row["fields"]) == ("17", "YT1", ["a", "b"])
    assert read_row["session"] == "1.5"


def test_a_row_that_showed_several_waybills(tmp_path: Path) -> None:
    lists = ['["yt-1","YT2","YT1"]', "[]", '"YT3"', '["YT4",17,null,"YT4",{}]', '["YT5",true]']
    whole = read(put(tmp_path / "accesses.jsonl", "\n".join(with_value("waybill", text) for text in lists)), keep=True)
    assert [(n, r["waybill"]) for n, r in zip(whole.lines, whole.rows, strict=True)] == [
        (1, "YT1"), (1, "YT2"), (1, "YT1"), (3, "YT3"), (4, "YT4"), (4, "17"), (5, "YT5"),
    ]  # fmt: skip
    assert whole.rejected == [(4, "waybill", Reason.NOT_A_WAYBILL), (5, "waybill", Reason.NOT_A_WAYBILL)]
    assert whole.raws == [with_value("waybill", lists[3]), with_value("waybill", lists[4])]
    assert [n for b in whole.batches for n in b.dropped] == [2]


def test_numbers_in_a_list_of_objects(tmp_path: Path) -> None:
    mapping = mapping_of('[columns]\nat = "t"\nactor = "u"\nwaybill = "r.items.no"\n')
    rows: list[dict[str, Any]] = [
        {"items": [{"no": "YT1", "x": 1}, {"no": ["YT2", "YT9"]}, {}, 7]}, {"items": {"no": "YT3"}}, {"items": []}, {},
    ]  # fmt: skip
    lines = [json.dumps({"t": "2024-01-05T08:00:00Z", "u": "u1", "r": row}) for row in rows]
    whole = read(put(tmp_path / "log.jsonl", "\n".join(lines)), mapping=mapping)
    assert [(n, r["waybill"]) for n, r in zip(whole.lines, whole.rows, strict=True)] == [
        (1, "YT1"), (1, "YT2"), (1, "YT9"), (2, "YT3"),
    ]  # fmt: skip
    assert (whole.rejected, whole.dropped) == ([(4, "waybill", Reason.EMPTY)], 1)


def test_a_key_that_turns_up_late_is_read(tmp_path: Path) -> None:
    late = with_value("session", '"s1"')
    whole = read(put(tmp_path / "accesses.jsonl", "\n".join([GOOD] * 1500 + [late])))
    assert whole.rows[-1]["session"] == "s1"


def test_a_required_key_that_no_line_has_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "accesses.jsonl", '{"at":"2024-01-05T08:00:00Z","user":"u1","waybill":"YT1"}\n')
    with pytest.raises(StoreError, match="the file has at, user, waybill") as caught:
        read(path)
    assert (caught.value.file, caught.value.key) == (path, "actor")


def test_unknown_keys_are_counted_once(tmp_path: Path) -> None:
    whole = read(put(tmp_path / "accesses.jsonl", "\n".join([with_value("x", '{"y":1}')] * 3)))
    assert whole.notices[NoticeCode.UNKNOWN_COLUMNS].values == {"columns": 2}


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file(tmp_path: Path, content: str) -> None:
    whole = read(put(tmp_path / "accesses.jsonl", content))
    assert whole.table.num_rows == 0
    assert NoticeCode.EMPTY_FILE in whole.notices


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = with_value("actor", '"张三"') + "\n"
    whole = read(put(tmp_path / "accesses.jsonl", (text * 3).encode(encoding)))
    assert [r["actor"] for r in whole.rows] == ["张三"] * 3


FILTERS: list[tuple[str, str | None]] = [
    ('{"b":1,"a":[2]}', '{"a":[2],"b":1}'),
    ('"{\\"a\\": 1}"', '{"a":1}'),
    ("[1]", None),
    ('"[1]"', None),
    ('"{"', None),
    ('"{\\"a\\":NaN}"', None),
    ('"{\\"a\\":1,\\"a\\":2}"', None),
]


@pytest.mark.parametrize(("value", "canonical"), FILTERS)
def test_predicates_get_one_spelling(tmp_path: Path, value: str, canonical: str | None) -> None:
    line = f'{{"request":"r1","at":"2024-01-05T08:00:00Z","actor":"u1","filter":{value}}}'
    whole = read(put(tmp_path / "queries.jsonl", line))
    assert [r["filter"] for r in whole.rows] == ([] if canonical is None else [canonical])
    assert whole.rejected == ([(1, "filter", Reason.NOT_AN_OBJECT)] if canonical is None else [])


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["at", "actor", "waybill", "fields", "action", "session", "x"])


@given(st.lists(st.dictionaries(NAMES, JSON, max_size=5), max_size=5))
def test_every_line_is_kept_or_rejected(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    text = "\n".join([GOOD, *(json.dumps(r) for r in rows)])
    whole = read(put(tmp_path_factory.mktemp("jsonl") / "accesses.jsonl", text))
    dropped = [int(n) for b in whole.batches for n in b.dropped]
    assert set(whole.lines) | {r[0] for r in whole.rejected} | set(dropped) == set(range(1, len(rows) + 2))


TEXTS = st.one_of(st.sampled_from(["u1", "", "ü", 'a"b', "a\\b", "\x1f", "\ud800", "2024-01-05T08:00:00Z"]), st.text())
VALUES = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.lists(st.one_of(TEXTS, st.none()), max_size=3)
)
KEYS = st.sampled_from(["at", "actor", "waybill", "fields", "action", "more", "count"])


@examples(80)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=8))
def test_what_is_parsed_quickly_is_what_is_parsed_strictly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    lines = [GOOD, *(json.dumps({**json.loads(GOOD), **row}) for row in rows)]
    path = put(tmp_path_factory.mktemp("lines") / "accesses.jsonl", "\n".join(lines))
    for block_bytes in (1 << 20, 200):
        quick, strict = (read(path, keep=keep, block_bytes=block_bytes) for keep in (False, True))
        assert (quick.lines, quick.rows, quick.rejected) == (strict.lines, strict.rows, strict.rejected)
