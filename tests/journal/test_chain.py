"""Rules 3 to 5 of the journal: what is wrong is named, and tables are what lines come to."""

import pytest

from wayseal.database import execute, scratch
from wayseal.journal.chain import Code, Fault, Head, chain_line, check_lines, find_last_sum, sum_of
from wayseal.journal.projection import INT, TEXT, Projection, Table, put_rows, tables_differ


def written(count: int = 5) -> list[str]:
    out, before = [], ""
    for number in range(count):
        out.append(chain_line({"n": number, "who": "王"}, before))
        before = sum_of(out[-1])
    return out


def faults(lines: list[str]) -> list[tuple[int, str]]:
    return [(one.line, one.code.value) for one in check_lines(enumerate(lines, start=1)).faults]


def test_what_was_changed_taken_out_moved_or_put_in_is_named() -> None:
    whole = written()
    assert faults(whole) == []
    assert faults([*whole[:2], whole[2].replace("2", "7"), *whole[3:]]) == [(3, "changed")]
    assert faults([*whole[:2], *whole[3:]])[0] == (3, "missing")
    assert faults([whole[1], whole[0], *whole[2:]])[0] == (1, "missing")
    assert faults([*whole[:2], whole[1], *whole[2:]])[0] == (3, "missing")
    assert faults([*whole, "{}"]) == [(6, "changed")]
    assert check_lines([(1, whole[0]), (3, whole[1])]).faults == (Fault(line=3, code=Code.MISSING),)
    assert find_last_sum(enumerate(whole, start=1), 1, "") == sum_of(whole[-1])


def test_a_head_is_written_down_and_read_again() -> None:
    head = Head(lines=17, sum="3f" * 32)
    assert Head.parse(f" {head}\n") == head
    for text in ("", "17", "x:" + "3f" * 32, "17:3f"):
        with pytest.raises(ValueError, match="head"):
            Head.parse(text)


TABLE = Table(prefix="p_", name="t", key=("n",), columns={"n": INT, "said": TEXT}, indexes=("said",))
PROJECTION = Projection(prefix="p_", version=3, tables=(TABLE,))


@pytest.mark.parametrize(
    "change",
    ["UPDATE p_t SET said = 'x' WHERE n = 700", "DELETE FROM p_t WHERE n = -4", "INSERT INTO p_t VALUES (9999, '')"],
)
def test_tables_are_compared_row_for_row(change: str) -> None:
    with scratch() as there, scratch() as made:
        for side in (there, made):
            PROJECTION.prepare(side)
            PROJECTION.clear(side)
            assert PROJECTION.known(side) is None
            put_rows(side, TABLE, [(n, str(n)) for n in range(-5, 1200)])
            PROJECTION.finish(side, 7)
            assert PROJECTION.fits(side, 7)
            assert not PROJECTION.fits(side, 8)
        assert not tables_differ(there, made, TABLE)
        execute(there, change, [()])
        assert tables_differ(there, made, TABLE)
