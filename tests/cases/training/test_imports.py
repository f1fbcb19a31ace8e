"""Files of completions: headings in both languages, rows by their line, whole lists, and anything at all."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.training.test_record import COURSE, NOW, TODAY
from tests.tables import each
from wayseal.cases.errors import TrainingError
from wayseal.cases.training.imports import FAULTS, Preview, read_completions
from wayseal.cases.training.record import Adopted, Completed, Done, Revoked, Training
from wayseal.model.times import set_clock

PEOPLE = ("c-1", "c-2", "c-3")


@pytest.fixture(autouse=True)
def china() -> None:
    set_clock(8)


def read(content: str | bytes, state: Training | None = None, whole: str = "") -> Preview:
    act = Completed(at=NOW, who="li", how="imported", rows=(), file="f.csv", sha256="00", whole=whole)
    data = content if isinstance(content, bytes) else content.encode()
    return read_completions(data, act, state or Training(), PEOPLE, TODAY)


def row(account: str, day: date = TODAY, score: int | None = None) -> Done:
    return Done(account=account, course=COURSE, day=day, score=score)


@each(
    "text",
    [
        f"account,course,day\nc-1,{COURSE},2026-03-02\n",
        f"\ufeffDay;Account;Course\r\n2026/3/2;c-1;{COURSE}\r\n",
        "账号\t课程\t完成日期\nc-1\t运单信息安全\t2026年3月2日\n",
        '"工号","培训课程","考试日期"\n" c-1 ","Handling waybill data","20260302"\n',
        f"Account,Course,Day,Note\nc-1,{COURSE},2026-03-02 09:30:00,anything\n",
    ],
)
def test_headings_days_and_courses_are_known_in_either_language(text: str) -> None:
    found = read(text)
    assert (found.act.rows, found.same, found.left) == ((row("c-1"),), 0, {})


def test_a_spreadsheets_chinese_is_read_too() -> None:
    assert read("工号,课程,日期,成绩\nc-1,运单信息安全,2026-03-02,92分\n".encode("gb18030")).act.rows == (
        row("c-1", score=92),
    )


def test_each_row_that_is_left_out_is_told_by_its_line() -> None:
    state = Training()
    state.apply(Completed(at=NOW, who="li", how="typed", rows=(row("c-1"), row("c-2"))))
    state.apply(Revoked(at=NOW, who="li", row=row("c-2"), why="mistake"))
    lines = [
        "account,course,day,score",
        f"c-1,{COURSE},2026-03-02,90",  # known
        f"c-2,{COURSE},2026-03-02,90",  # revoked
        f"nobody,{COURSE},2026-03-02,90",
        "c-3,another,2026-03-02,90",
        f"c-3,{COURSE},2026-02-30,90",
        f"c-3,{COURSE},2026-03-03,90",  # tomorrow
        f"c-3,{COURSE},2026-03-01,101",
        f"c-3,{COURSE},2026-03-01,79",
        f"c-3,{COURSE},2026-03-01,不合格",
        f"c-3,{COURSE}",
        "",
        f"c-3,{COURSE},2026-03-01,80",
        f"c-3,{COURSE},2026-03-01,80",  # twice
        f"c-3,{COURSE},2026-02-28,合格",
    ]
    found = read("\n".join(lines), state)
    assert found.act.rows == (row("c-3", date(2026, 3, 1), 80), row("c-3", date(2026, 2, 28)))
    assert found.same == 2
    assert found.left == {
        "revoked": [3], "account": [4], "course": [5], "day": [6, 7], "score": [8], "failed": [9, 10], "row": [11],
    }  # fmt: skip
    assert found.left.keys() == FAULTS.keys()


@each(("text", "key"), [
    ("", "account"), ("a,b,c\n1,2,3\n", "account"), ("account,day\n", "course"),
    ("account,账号,course,day\n", "account"), ("account,course,day,score,成绩\n", "score")])  # fmt: skip
def test_what_is_no_such_table_says_which_heading(text: str, key: str) -> None:
    with pytest.raises(TrainingError) as refused:
        read(text)
    assert (refused.value.line, refused.value.key) == (1, key)


class TestWholeList:
    """Rule 3: a list adds, unless it is said to be whole."""

    @pytest.fixture
    def state(self) -> Training:
        state = Training()
        rows = tuple(row(name, date(2026, 1, 1)) for name in (*PEOPLE, "left-the-company"))
        state.apply(Completed(at=NOW, who="li", how="imported", rows=rows))
        return state

    def test_who_is_missing_from_a_list_stays(self, state: Training) -> None:
        found = read(f"account,course,day\nc-1,{COURSE},2026-03-02\n", state)
        assert (found.act.gone, len(found.act.rows)) == ((), 1)
        state.apply(found.act)
        assert state.done["c-2", COURSE]

    def test_who_is_missing_from_a_whole_list_is_named_before(self, state: Training) -> None:
        found = read(f"account,course,day,score\nc-1,{COURSE},2026-03-02,\nc-2,{COURSE},2026-03-01,10", state, COURSE)
        assert found.act.gone == ("c-3",)
        state.apply(found.act)
        assert not state.done.get(("c-3", COURSE))
        assert state.done["c-2", COURSE] == {date(2026, 1, 1)}

    def test_a_line_of_another_course_is_none_of_it(self, state: Training) -> None:
        (base,) = state.rules.course
        state.apply(Adopted(at=NOW, who="li", rules=replace(state.rules, course=(base, replace(base, name="b")))))
        lines = "".join(f"{name},b,2026-03-02\n" for name in PEOPLE)
        assert len(read(f"account,course,day\n{lines}", state).act.rows) == 3
        with pytest.raises(TrainingError, match="whole list"):
            read(f"account,course,day\n{lines}", state, COURSE)

    @pytest.mark.parametrize("line", ["x,waybill-data,2026-03-02", "c-2,b,2026-03-02", "c-2,waybill-data,soon", "c-2"])
    def test_a_line_that_would_be_left_out_shuts_nobody_out(self, state: Training, line: str) -> None:
        with pytest.raises(TrainingError, match="whole list") as refused:
            read(f"account,course,day\nc-1,{COURSE},2026-03-02\n{line}\n", state, COURSE)
        assert refused.value.line == 3


CELLS = st.one_of(st.text(max_size=12), st.sampled_from(["c-1", COURSE, "2026-03-02", "80", '"', "\x00", "合格", "٣"]))


@given(st.one_of(st.binary(max_size=300), st.lists(st.lists(CELLS, max_size=5), max_size=6).map(
    lambda rows: "\n".join(["account,course,day,score", *(",".join(one) for one in rows)]).encode("utf-8", "replace")
)))  # fmt: skip
def test_anything_is_read_or_refused_and_never_shown(content: bytes) -> None:
    try:
        found = read(content)
    except TrainingError:
        return
    assert {one.account for one in found.act.rows} <= {*PEOPLE}
    assert all(one.course == COURSE and one.day <= TODAY for one in found.act.rows)
    assert found.left.keys() <= FAULTS.keys()
