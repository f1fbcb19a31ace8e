"""Rows of small files: what is written reads back, and a row that can't be read stops none."""

import io

import pytest

from wayseal.model.rows import LONGEST, csv_writer, json_line, read_csv, read_json_line


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_written_reads_back(end: str) -> None:
    rows = [["a", "b"], ['"quoted", with marks', "line\nbreaks\rof\r\nall kinds"], ["", "张 "], ["=1+1", "\0\ud800"]]
    text = "".join(map(csv_writer(end), rows))
    assert [row for _, row in read_csv(io.StringIO(text, newline=""), strict=True)] == rows
    assert text.startswith(f"a,b{end}")


def test_cells_that_are_no_texts() -> None:
    write = csv_writer()
    assert write((None, 1, 0.5, True)) == ",1,0.5,True\n"
    assert (write([None]), write([])) == ('""\n', "\n"), "a row of one empty cell is no blank line"


def test_a_row_that_cannot_be_read_stops_none() -> None:
    text = f'a\tb\n\n"1\n2"\t3\n{"x" * (LONGEST + 1)}\n"4"5\t6\n7\t8\n'
    found = list(read_csv(io.StringIO(text, newline=""), between="\t", strict=True))
    assert found == [(1, ["a", "b"]), (2, []), (3, ["1\n2", "3"]), (5, None), (6, None), (7, ["7", "8"])]
    assert list(read_csv(['"4"5\n'])) == [(1, ["45"])]


def test_lines_of_json() -> None:
    assert json_line({"name": "张"}) == '{"name": "张"}\n'
    assert json_line({"name": "张"}, ascii_only=True) == '{"name": "\\u5f20"}\n'
    assert read_json_line(json_line({"name": "张"}).encode()) == {"name": "张"}
    for line in ("", "{", "[1]", b"\xff", "[" * 100_000):
        assert read_json_line(line) is None
