"""Training: month arithmetic, grace, the courier's midnight, the brake, emergency openings, and what can't be."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.cases.errors import CasebookChangedError, TrainingError
from wayseal.cases.training.courses import Account, Standing, add_months, day_of, load_rules
from wayseal.cases.training.questions import ASKED, draw_test, load_bank
from wayseal.cases.training.record import (
    Adopted,
    Answered,
    AnyAct,
    Completed,
    Done,
    Held,
    Opened,
    Revoked,
    Shutting,
    TrainingRecord,
)
from wayseal.model.times import micros, set_clock

HOUR, DAY = 3_600_000_000, 86_400_000_000
NOW = micros("2026-03-02T12:00:00+08:00")
TODAY = date(2026, 3, 2)
PEOPLE = [Account(account=f"courier-{n}", role="courier", outlet="o-1") for n in range(60)]
COURSE = "waybill-data"


@pytest.fixture(autouse=True)
def china() -> Iterator[None]:
    set_clock(8)
    yield
    set_clock(8)


@pytest.fixture
def record(tmp_path: Path) -> TrainingRecord:
    return TrainingRecord(tmp_path)


def done(*people: Account, day: date = TODAY, how: Any = "imported", at: int = NOW, **more: Any) -> Completed:
    rows = tuple(Done(account=one.account, course=COURSE, day=day) for one in people)
    return Completed(at=at, who="li", how=how, rows=rows, **more)


def put(record: TrainingRecord, act: AnyAct, id_: str = "a") -> AnyAct:
    return record.put(act, PEOPLE, id=id_)


def stands(record: TrainingRecord, who: int = 0, now: int = NOW) -> Standing:
    return record.state().standing(PEOPLE[who], now)


@each(
    ("day", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-05-31", 120, "2036-05-31"),
    ],
)
def test_a_month_that_is_shorter_ends_on_its_last_day(day: str, months: int, end: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(end)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_months_go_on_and_keep_the_day(day: date, months: int) -> None:
    end = add_months(day, months)
    assert (end.year - day.year) * 12 + end.month - day.month == months
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


@each(("days", "state"), [
    (0, "valid"), (334, "valid"), (335, "due_30"), (357, "due_30"), (358, "due_7"), (363, "due_7"), (364, "due_1"),
    (365, "due_1"), (366, "grace"), (379, "grace"), (380, "expired")])  # fmt: skip
def test_warned_then_grace_then_shut(record: TrainingRecord, days: int, state: str) -> None:
    put(record, done(PEOPLE[0]))
    found = stands(record, now=NOW + days * DAY)
    assert (found.state, found.open) == (state, state != "expired")


@each("hours", [8, 0, -5])
def test_rights_close_at_the_couriers_midnight(record: TrainingRecord, hours: int) -> None:
    set_clock(hours)
    put(record, done(PEOPLE[0]))
    until = datetime(2027, 3, 17, tzinfo=UTC) - timedelta(hours=hours)  # a year, 14 days of grace, the whole last day
    assert stands(record).until == micros(until.isoformat())
    last = micros(until.isoformat()) - 1
    assert stands(record, now=last).open
    assert not stands(record, now=last + 1).open
    assert day_of(last) == date(2027, 3, 16)


def test_the_earliest_end_of_the_courses_that_a_role_needs_counts(record: TrainingRecord) -> None:
    (base,) = load_rules().course
    rules = replace(
        load_rules(),
        course=(
            base,
            replace(base, name="short", months=1, grace_days=0, roles=("courier",)),
            replace(base, name="else", months=1, roles=("clerk",)),
        ),
    )
    put(record, Adopted(at=NOW, who="li", rules=rules))
    put(record, done(PEOPLE[0]))
    assert (stands(record).state, stands(record).course) == ("never", "short")
    put(record, replace(done(), rows=(Done(account="courier-0", course="short", day=TODAY),)))
    found = stands(record)
    assert (found.course, found.ends, found.closes) == ("short", date(2026, 4, 2), date(2026, 4, 2))
    stranger = Account(account="courier-0", role="sorter")
    assert record.state().standing(stranger, NOW).ends == date(2027, 3, 2)


def test_a_role_that_no_course_names_is_shut(record: TrainingRecord) -> None:
    (base,) = load_rules().course
    put(record, Adopted(at=NOW, who="li", rules=replace(load_rules(), course=(replace(base, roles=("clerk",)),))))
    put(record, done(PEOPLE[0]))
    assert (stands(record).state, stands(record).open) == ("never", False)


def test_the_latest_completion_counts_whatever_came_last(record: TrainingRecord) -> None:
    put(record, done(PEOPLE[0], day=TODAY))
    put(record, done(PEOPLE[0], day=date(2025, 1, 1)))
    assert stands(record).ends == date(2027, 3, 2)


def test_what_was_revoked_stays_so_when_the_list_comes_again_but_a_person_may_type_it_in(
    record: TrainingRecord,
) -> None:
    put(record, done(PEOPLE[0]))
    row = Done(account="courier-0", course=COURSE, day=TODAY)
    put(record, Revoked(at=NOW, who="li", row=row, why="another Li"))
    put(record, done(PEOPLE[0]))
    assert stands(record).state == "never"
    with pytest.raises(TrainingError, match="no such completion"):
        put(record, Revoked(at=NOW, who="li", row=row, why="again"))
    put(record, done(PEOPLE[0], how="typed"))
    assert stands(record).state == "valid"


def test_a_failed_test_opens_nothing_and_may_be_tried_again_a_day_later(record: TrainingRecord) -> None:
    put(record, done(PEOPLE[0], how="failed"))
    assert not stands(record).open
    state = record.state()
    assert not state.may_try("courier-0", COURSE, NOW + DAY - 1)
    assert state.may_try("courier-0", COURSE, NOW + DAY)
    assert state.may_try("courier-1", COURSE, NOW)


class TestBrake:
    """Rule 4."""

    @pytest.mark.parametrize(
        ("shut", "of", "brakes"),
        [
            (0, 100, False),
            (1, 3, False),
            (2, 3, True),
            (5, 100, False),
            (6, 100, True),
            (20, 1000, False),
            (21, 1000, True),
        ],
    )
    def test_more_than_a_share_or_a_number_is_for_two(self, shut: int, of: int, brakes: bool) -> None:
        assert load_rules().brakes(shut, of) is brakes

    def test_a_whole_list_with_yesterdays_people_missing_waits_for_a_second_person(
        self, record: TrainingRecord
    ) -> None:
        put(record, done(*PEOPLE))
        missing = tuple(one.account for one in PEOPLE[:10])
        held = put(record, done(whole=COURSE, gone=missing), "h")
        assert isinstance(held, Held)
        assert (held.shut, sum(stands(record, n).open for n in range(60))) == (10, 60)
        with pytest.raises(TrainingError, match="another person"):
            put(record, Answered(at=NOW + 1, who=" LI ", id="h", yes=True))
        put(record, Answered(at=NOW + 1, who="wang", id="h", yes=True))
        assert sum(stands(record, n).open for n in range(60)) == 50
        with pytest.raises(TrainingError, match="nothing waits"):
            put(record, Answered(at=NOW + 2, who="zhao", id="h", yes=True))

    def test_who_proposed_it_may_take_it_back_alone(self, record: TrainingRecord) -> None:
        put(record, done(*PEOPLE))
        put(record, done(whole=COURSE, gone=tuple(one.account for one in PEOPLE)), "h")
        put(record, Answered(at=NOW, who="li", id="h", yes=False))
        assert record.state().waiting(NOW) == []
        assert all(stands(record, n).open for n in range(60))

    def test_a_no_changes_nothing_and_three_days_are_the_end(self, record: TrainingRecord) -> None:
        put(record, done(*PEOPLE))
        gone = tuple(one.account for one in PEOPLE)
        put(record, done(whole=COURSE, gone=gone), "no")
        put(record, Answered(at=NOW, who="wang", id="no", yes=False))
        put(record, done(whole=COURSE, gone=gone), "late")
        late = NOW + 3 * DAY + 1
        assert record.state().waiting(late) == []
        with pytest.raises(TrainingError, match="nothing waits"):
            put(record, Answered(at=late, who="wang", id="late", yes=True))
        assert all(stands(record, n).open for n in range(60))

    def test_it_counts_what_another_file_of_courses_shuts_by_the_old_limits(self, record: TrainingRecord) -> None:
        put(record, done(*PEOPLE, day=date(2025, 12, 1)))
        (base,) = load_rules().course
        short = replace(load_rules(), brake_percent=100, brake_people=10**6, course=(replace(base, months=1),))
        held = put(record, Adopted(at=NOW, who="li", rules=short), "h")
        assert isinstance(held, Held)
        assert held.shut == 60
        assert record.state().rules == load_rules()
        roles = replace(load_rules(), course=(replace(base, roles=("clerk",)),))
        assert isinstance(put(record, Adopted(at=NOW, who="li", rules=roles), "r"), Held)

    @pytest.mark.parametrize("limit", ["emergency_hours", "brake_percent", "brake_people"])
    def test_a_wider_limit_is_for_two_though_it_shuts_nobody_out(self, record: TrainingRecord, limit: str) -> None:
        put(record, done(*PEOPLE))
        rules = load_rules()
        wider, tighter = (replace(rules, **{limit: getattr(rules, limit) + more}) for more in (1, -1))
        assert isinstance(put(record, Adopted(at=NOW, who="li", rules=tighter)), Adopted)
        assert isinstance(put(record, Adopted(at=NOW, who="li", rules=wider), "w"), Held)
        assert record.state().rules == tighter

    def test_one_person_is_revoked_by_one(self, record: TrainingRecord) -> None:
        put(record, done(*PEOPLE[:2]))
        row = Done(account="courier-0", course=COURSE, day=TODAY)
        assert isinstance(put(record, Revoked(at=NOW, who="li", row=row, why="mistake")), Revoked)

    def test_what_two_agreed_to_goes_through_to_the_vault_for_a_day(self, record: TrainingRecord) -> None:
        assert record.state().may_shut(1, 60, NOW)
        assert not record.state().may_shut(10, 60, NOW)
        assert isinstance(put(record, Shutting(at=NOW, who="cron", shut=10, of=60), "s"), Held)
        assert not record.state().may_shut(10, 60, NOW)
        put(record, Answered(at=NOW, who="wang", id="s", yes=True))
        state = record.state()
        assert state.may_shut(10, 60, NOW + DAY - 1)
        assert not state.may_shut(11, 60, NOW)
        assert not state.may_shut(10, 60, NOW + DAY)


class TestEmergency:
    """Rule 5."""

    def opened(self, hours: int = 24, id_: str = "e", at: int = NOW) -> Opened:
        until = at + hours * HOUR
        return Opened(at=at, who="li", id=id_, account="courier-0", until=until, why="Double Eleven")

    def test_it_counts_at_once_and_ends_by_itself(self, record: TrainingRecord) -> None:
        put(record, self.opened())
        assert (stands(record).state, stands(record).until) == ("opened", NOW + 24 * HOUR)
        assert stands(record, now=NOW + 24 * HOUR - 1).open
        after = stands(record, now=NOW + 24 * HOUR)
        assert (after.state, after.open, after.until) == ("never", False, None)

    @pytest.mark.parametrize("hours", [0, -1, 73])
    def test_it_lasts_no_longer_than_the_rules_say(self, record: TrainingRecord, hours: int) -> None:
        with pytest.raises(TrainingError, match="may not last"):
            put(record, self.opened(hours))
        assert record.state().asked == {}

    def test_a_no_of_a_second_person_ends_it(self, record: TrainingRecord) -> None:
        put(record, self.opened())
        with pytest.raises(TrainingError, match="another person"):
            put(record, Answered(at=NOW + 1, who="Li", id="e", yes=False))
        put(record, Answered(at=NOW + 1, who="wang", id="e", yes=False))
        assert not stands(record, now=NOW + 2).open

    def test_a_yes_leaves_it_and_without_an_answer_there_is_no_second_one(self, record: TrainingRecord) -> None:
        put(record, self.opened())
        late = NOW + 30 * DAY
        with pytest.raises(TrainingError, match="waits for a second"):
            put(record, self.opened(id_="f", at=late))
        put(record, Answered(at=late, who="wang", id="e", yes=True))
        put(record, self.opened(id_="f", at=late))
        assert stands(record, now=late).open


def test_another_process_sees_what_was_put_and_a_changed_line_is_found(tmp_path: Path) -> None:
    record, other = TrainingRecord(tmp_path), TrainingRecord(tmp_path)
    put(record, done(PEOPLE[0]))
    assert stands(other).open
    put(other, Opened(at=NOW, who="li", id="e", account="courier-1", until=NOW + HOUR, why="x"))
    assert stands(record, 1).open
    file = tmp_path / "training" / "training.jsonl"
    file.write_bytes(file.read_bytes().replace(b"courier-0", b"courier-9"))
    with pytest.raises(CasebookChangedError):
        TrainingRecord(tmp_path).state()


def test_a_mistake_in_a_file_of_courses_is_told_by_its_line(tmp_path: Path) -> None:
    builtin = Path(__file__).parents[3] / "src/wayseal/cases/training/courses.toml"
    text = builtin.read_text("utf-8")
    for broken, line, key in (
        (text.replace("months = 12", "months = 0"), 10, "course.months"),
        (text.replace('en = "Handling waybill data", ', ""), 9, "course.title"),
        (text.replace("brake_percent = 5", "brake_percent = 101"), 4, "brake_percent"),
        (text + text[text.index("[[course]]") :], 15, "course.name"),
    ):
        file = tmp_path / "courses.toml"
        file.write_text(broken, "utf-8")
        with pytest.raises(TrainingError) as refused:
            load_rules(file)
        assert (refused.value.line, refused.value.key) == (line, key)


class TestQuestions:
    """Rule 6."""

    def test_there_are_twenty_in_both_languages_alike(self) -> None:
        bank = load_bank()
        assert len(bank["en"]) == len(bank["zh"]) >= 20
        for en, zh in zip(bank["en"], bank["zh"], strict=True):
            assert len(en.wrong) == len(zh.wrong)
            for one in (en, zh):
                assert len({one.right, *one.wrong}) == len(one.wrong) + 1
            assert any("一" <= letter <= "鿿" for letter in zh.ask)

    def test_they_are_drawn_and_ordered_by_the_generator_alike_in_both_languages(self) -> None:
        bank = load_bank()
        en, zh, again = (draw_test(random.Random("s"), lang) for lang in ("en", "zh", "en"))
        assert len(en) == ASKED == len({one.ask for one, _ in en})
        assert en == again != draw_test(random.Random("t"), "en")
        places = [[bank["en"].index(one) for one, _ in en], [bank["zh"].index(one) for one, _ in zh]]
        assert places[0] == places[1]
        assert [order.index(one.right) for one, order in en] == [order.index(one.right) for one, order in zh]

    def test_the_right_answer_stands_everywhere(self) -> None:
        drawn = [pair for seed in range(30) for pair in draw_test(random.Random(seed), "zh")]
        assert {order.index(one.right) for one, order in drawn} == {0, 1, 2}
