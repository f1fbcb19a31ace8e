"""Files of completions, read by their headings in either language, and shown before they count (rule 3)."""

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from wayseal.cases.errors import TrainingError
from wayseal.cases.training.courses import Course
from wayseal.cases.training.record import Completed, Done, Training
from wayseal.model.messages import N_
from wayseal.model.rows import read_csv

MOST = 8 << 20
"""Bytes of a file."""
_HEADINGS = {
    "account": "account actor login staffid employeeid 账号 帐号 工号 员工号 员工编号 员工工号",
    "course": "course coursename training 课程 课程名称 培训课程 培训名称 培训项目",
    "day": "day date completed completedon 日期 完成日期 完成时间 培训日期 考试日期 通过日期",
    "score": "score result grade passed 分数 成绩 得分 考试成绩 结果 考试结果 是否合格",
}
_FAILED = ("fail", "failed", "no", "不合格", "未通过", "否")
_SAID = ("", "pass", "passed", "yes", "ok", "合格", "通过", "是", *_FAILED)
_DAY = re.compile(r"(\d{4})[-/.年]?(\d\d?)[-/.月]?(\d\d?)日?(?:[T ].*)?", re.ASCII)
FAULTS: Mapping[str, str] = {
    "row": N_("no row with as many cells as there are headings"),
    "account": N_("an account that the directory doesn't know"),
    "course": N_("a course that isn't in force"),
    "day": N_("no day such as 2026-03-02, or one that is still to come"),
    "score": N_("no score from 0 to 100, nor passed or failed"),
    "failed": N_("not passed"),
    "revoked": N_("was revoked here"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file comes to. act: what would be put on record; same: rows that were known; left: fault → lines."""

    act: Completed
    same: int
    left: Mapping[str, Sequence[int]]


def read_completions(
    content: bytes, act: Completed, state: Training, accounts: Collection[str], today: date
) -> Preview:
    """What a file comes to: CSV in UTF-8 or GB 18030, with commas, semicolons or tabs between; nothing is changed.

    act: who brings it, and the course of which it is all; its rows come from here. accounts: the directory; today: the
    last day that can be. TrainingError: it is no such table; or no whole list, as lines of it would be left out.
    """
    rows, left, same, there = dict[Done, None](), dict[str, list[int]](), 0, set[str]()
    names = {name: one for one in state.rules.course for name in (one.name, *one.title.values())}
    for line, cells in _rows(content):
        course = names.get(cells.get("course", ""))
        if not cells or cells["account"] not in accounts:
            row: Done | str = "account" if cells else "row"
        elif course is None or act.whole not in ("", course.name):
            row = "course"
        else:
            there.add(cells["account"])
            row = judge_row(cells, course, state, today)
        if isinstance(row, str):
            left.setdefault(row, []).append(line)
        elif row in rows or row.day in state.done.get((row.account, row.course), ()):
            same += 1
        else:
            rows[row] = None
    if act.whole and (bad := [lines[0] for fault, lines in left.items() if fault not in ("failed", "revoked")]):
        raise TrainingError("a whole list can't have lines that are left out", line=min(bad))
    known = {account for (account, course), days in state.done.items() if course == act.whole and days}
    gone = tuple(sorted((known & set(accounts)) - there))
    return Preview(act=replace(act, rows=tuple(rows), gone=gone), same=same, left=left)


def judge_row(cells: Mapping[str, str], course: Course, state: Training, today: date) -> Done | str:
    """A completion of a known account and course, or the fault of it."""
    said = cells.get("score", "").casefold().removesuffix("%").removesuffix("分")
    found = re.fullmatch(r"(\d{1,3})(?:\.\d+)?", said, re.ASCII)
    score = int(found[1]) if found else None
    try:
        year, month, day = _DAY.fullmatch(cells["day"]).groups()  # type: ignore[union-attr]
        row = Done(account=cells["account"], course=course.name, day=date(int(year), int(month), int(day)))
    except (AttributeError, ValueError):
        return "day"
    if row.day > today:
        return "day"
    if said not in _SAID and (score is None or score > 100):
        return "score"
    if said in _FAILED or (score is not None and score < course.pass_mark):
        return "failed"
    return "revoked" if row in state.struck else replace(row, score=score)


def _rows(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Lines and cells by what their headings mean; none where a row can't be read. TrainingError: it is no table."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    head = text.partition("\n")[0]
    rows = read_csv(io.StringIO(text, newline=""), between=max(",;\t", key=head.count))
    found = ["".join(filter(str.isalnum, one.casefold())) for one in next(rows, (1, None))[1] or ()]
    columns = {name: [n for n, one in enumerate(found) if one in words.split()] for name, words in _HEADINGS.items()}
    for name, places in columns.items():
        if len(places) > 1 or (not places and name != "score"):
            raise TrainingError("the first line needs this heading once", line=1, key=name)
    for line, row in rows:
        cells = row if row is not None and len(row) == len(found) else None
        if cells is not None or row != []:
            yield line, {k: " ".join(cells[p[0]].split()) for k, p in columns.items() if p} if cells else {}
