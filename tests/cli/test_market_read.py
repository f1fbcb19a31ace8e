"""`wayseal market read`: texts of every form, a JSON line each. All texts are invented."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import here, inside
from wayseal.cli.market_read import MOST_LINES
from wayseal.market.errors import MarketError
from wayseal.model.rows import LONGEST

ADVERT = "出快递单号，实时更新，1.2一个，QQ：1234567"


def lines(path: Path, *options: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in here("market", "read", path, *options).out.splitlines()]


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_keys_of_a_line(tmp_path: Path) -> None:
    (line,) = lines(write(tmp_path / "a.csv", f'id,text\nx-1,"{ADVERT}"\n'))
    assert list(line)[:5] == ["row", "id", "kind", "probability", "probabilities"]
    assert (line["row"], line["id"], line["kind"]) == (1, "x-1", "waybill")
    assert line["handles"] == [{"kind": "qq", "value": "1234567", "at": [20, 27]}]
    assert line["prices"] == [{"yuan": 1.2, "unit": "number", "at": [11, 16]}]
    assert line["freshness"] == "realtime"
    first = line["reasons"][0]
    assert ADVERT[slice(*first["at"])] == first["text"]
    assert abs(sum(line["probabilities"].values()) - 1) < 0.01


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.txt", f"{ADVERT}\n\n你好\n", [1, 2, 3]),
        ("a.csv", f"text\n{ADVERT.replace('，', '、')}\n", [1]),
        ("a.csv", '\ufeff"TEXT";id\r\n"一\r\n二";3\r\n', [1]),
        ("a.jsonl", json.dumps({"text": ADVERT}) + "\n\n" + '{"text": "\\ud800"}\n', [1, 3]),
        ("a", json.dumps({"text": ADVERT, "more": [1]}), [1]),
        ("a", "id,text\n1,a\n2,b\n", [1, 2]),
        ("a", b"\xff\xfe" + f"{ADVERT}\n你好".encode("utf-16-le"), [1, 2]),
        ("a", ADVERT.encode("gb18030") + b"\n" + ADVERT.encode(), [1, 2]),
        ("a", "", []),
    ],
)
def test_forms_and_encodings(tmp_path: Path, name: str, content: bytes | str, rows: list[int]) -> None:
    found = lines(write(tmp_path / name, content))
    assert [line["row"] for line in found] == rows
    if ADVERT[:5].encode() in (content if isinstance(content, bytes) else content.encode()):
        assert found[0]["kind"] == "waybill"


def test_broken_lines_are_told_and_stop_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        b'id,text\n1,a\n2,b,c\n3,"open\n4,d\n5,\xff\xff\n6,\xc2\xf4\xb5\xa5\xba\xc5\n7,"x\ny"\n' + b'8,"\n' * 2,
    )
    ran = here("market", "read", path)
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["1", "4", "6", "7", "8"]
    assert "line 3 has another number" in ran.err
    assert "line 4 opens a quote" in ran.err
    assert "line 6 is neither" in ran.err
    assert "3 lines were left out" in ran.err
    assert "open" not in ran.err.replace("opens a quote", "")
    assert "第 3 行" in here("market", "read", path, "--lang", "zh").err


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text\n"open\n' + "a\n" * (MOST_LINES + 5))
    assert len(lines(path, "-q")) == MOST_LINES + 5


def test_json_lines_that_are_no_texts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": 1}\n[1]\n{"text"\n' + "[" * 100_000 + '\n{"text": "a", "row": 9}\n')
    ran = here("market", "read", path)
    assert json.loads(ran.out)["id"] == "9"
    assert ran.err.count("is no JSON object") == 4


def test_a_csv_without_texts_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,words\n1,a\n")
    with pytest.raises(MarketError, match="no column `text`"):
        here("market", "read", path)
    ran = inside("market", "read", tmp_path / "none.csv")
    assert ran.code == 5
    assert "none.csv" in ran.err


def test_accepted_words_and_a_file_to_write_to(tmp_path: Path) -> None:
    words = write(
        tmp_path / "w.toml",
        '[[group]]\nkind = "waybill"\nsource = "s"\ndate = "2026-11-28"\n'
        'words = [{ word = "冰糖葫芦串", zh = "面单", en = "label" }]\n',
    )
    path, out = write(tmp_path / "a.txt", "出冰糖葫芦串，老板来\n"), tmp_path / "o.jsonl"
    ran = here("market", "read", path, "--words", words, "--out", out)
    assert ran.out == ""
    assert str(out) in ran.err
    told = json.loads(out.read_text("utf-8"))["probabilities"]
    assert told["waybill"] > lines(path)[0]["probabilities"]["waybill"]


def test_a_field_that_is_too_long_is_said_by_its_line_and_limit(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    long = "面" * (LONGEST + 1)
    file.write_text(f"id,text\n1,面单 {'x' * 200_000}\n2,{long}\n3,收面单\n4,a\rb\n5,收面单\n", "utf-8")
    ran = here("market", "read", file)
    assert "line 3 has a field of more than 1,048,576 characters" in ran.err
    assert "line 5 is no row of a CSV" in ran.err
    assert "面面" not in ran.err
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["1", "3", "5"]


def test_a_head_that_is_too_long_has_no_column(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text(f"text,{'x' * (LONGEST + 1)}\n", "utf-8")
    assert "no column" in inside("market", "read", file).err


def test_an_advert_of_a_megabyte_is_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps({"text": "天气不错。" * 100_000 + f"{ADVERT}，欢迎来问。" * 30 + "1块2毛" * 130_000}), "utf-8"
    )
    before = time.process_time()
    (line,) = lines(path)
    assert time.process_time() - before < 30
    assert {one["value"] for one in line["handles"] if one["kind"] == "qq"} == {"1234567"}
    assert len(line["reasons"]) <= 8
