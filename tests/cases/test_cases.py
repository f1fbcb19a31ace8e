"""Rules 7 to 12: which case an alert belongs to, whose name may be shown, how a case stands."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.making import DAY, NOW, Do, alert, folder, lines, run, some
from wayseal.cases import Cases, open_cases, read_casebook, verify
from wayseal.cases.book import Judged
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import Alert, CaseState, NamesShown, Unmasking
from wayseal.cases.writing import MOST_LINE

pytestmark = pytest.mark.once


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "detect"


def register(path: Path, *alerts: Alert) -> tuple[str, ...]:
    with open_cases(path) as writer:
        return writer.register(alerts, NOW)


def close(path: Path, case: str, true: bool = False, at: int = NOW) -> None:
    run(path, lambda w: w.verdict(case, true, "Li", "looked at it", at, lacking=True))


def test_ids_are_given_in_order_and_stay(path: Path) -> None:
    first = (alert("a"), alert("b"), alert("c", "d"))
    assert register(path, *first) == ("c-1", "c-2", "c-3")
    size = len(lines(path))
    assert register(path, *first) == ("c-1", "c-2", "c-3")
    assert len(lines(path)) == size, "the same again changes nothing"
    assert register(path, alert("e"), alert("b", at=NOW + 1), *first[2:]) == ("c-4", "c-2", "c-3")
    assert [len(case.alerts) for case in read_casebook(path).cases] == [1, 2, 1, 1]


@pytest.mark.parametrize(
    ("actors", "at", "case"),
    [
        (("a",), NOW, "c-1"),
        (("a",), NOW + 28 * DAY, "c-1"),
        (("a",), NOW + 28 * DAY + 1, "c-3"),
        (("a",), NOW - 28 * DAY, "c-1"),
        (("a",), NOW - 28 * DAY - 1, "c-3"),
        (("a", "x"), NOW, "c-1"),
        (("x",), NOW, "c-3"),
        (("b",), NOW, "c-2"),
        (("a", "b", "c"), NOW, "c-2"),
        (("a", "b"), NOW, "c-1"),
    ],
)
def test_which_open_case_an_alert_continues(path: Path, actors: tuple[str, ...], at: int, case: str) -> None:
    register(path, alert("a"), alert("b", "c"))
    assert register(path, alert(*actors, at=at)) == (case,)


def test_the_weeks_are_counted_from_the_last_alert(path: Path) -> None:
    for weeks in range(5):
        assert register(path, alert("a", at=NOW + weeks * 28 * DAY)) == ("c-1",)
    case = read_casebook(path).case("c-1")
    assert (case.alerted_at, case.last_alerted_at) == (NOW, NOW + 4 * 28 * DAY)
    assert register(path, alert("a", at=NOW + DAY, score=0.25, detectors=("night", "first_reads"))) == ("c-1",)
    case = read_casebook(path).case("c-1")
    assert (case.last_alerted_at, case.score, case.detectors) == (NOW + 4 * 28 * DAY, 0.25, ("first_reads", "night"))


@pytest.mark.parametrize("true", [True, False])
def test_what_was_judged_does_not_come_again(path: Path, true: bool) -> None:
    register(path, alert("a", "b"))
    close(path, "c-1", true)
    size = len(lines(path))
    assert register(path, alert("a", "b")) == ("c-1",)
    assert register(path, alert("b", at=NOW - 90 * DAY, score=0.9)) == ("c-1",)
    assert len(lines(path)) == size
    assert register(path, alert("a", "b", "c")) == ("c-2",), "c was not judged"
    assert register(path, alert("a", at=NOW + 1)) == ("c-2",), "it is open, and has a"
    close(path, "c-2", true)
    assert register(path, alert("a", at=NOW + 2)) == ("c-3",), "later than all that was judged"


def test_alerts_that_come_together_never_share_a_case(path: Path) -> None:
    register(path, alert("a", "b"))
    assert register(path, alert("a"), alert("b")) == ("c-1", "c-2")
    assert register(path, alert("a"), alert("b")) == ("c-1", "c-2")
    assert register(path, alert("b"), alert("a")) == ("c-2", "c-1")


_alerts = st.lists(
    st.builds(
        lambda actors, at: alert(*actors, at=NOW + at * DAY),
        st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True),
        st.integers(0, 100),
    ),
    max_size=4,
)


@given(st.lists(st.tuples(_alerts, st.sampled_from([None, "c-1", "c-2"])), max_size=5))
def test_registering_again_gives_the_same_cases(days: list[tuple[list[Alert], str | None]]) -> None:
    with folder() as path:
        for alerts, closed in days:
            ids = register(path, *alerts)
            assert len(set(ids)) == len(ids)
            assert all(
                set(a.actors) <= set(read_casebook(path).case(c).actors) for a, c in zip(alerts, ids, strict=True)
            )
            if closed in {case.id for case in read_casebook(path).cases}:
                close(path, str(closed))
        made = [case.id for case in read_casebook(path).cases]
        assert made == [f"c-{n}" for n in range(1, len(made) + 1)]


def test_an_alert_without_accounts(path: Path) -> None:
    with open_cases(path) as writer, pytest.raises(ValueError, match="actors"):
        writer.register([alert("a"), alert()], NOW)
    assert read_casebook(path).cases == ()


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_an_alert_that_could_not_be_read_again(path: Path, score: float) -> None:
    register(path, alert("a"))
    with open_cases(path) as writer:
        with pytest.raises(ValueError, match="score"):
            writer.register([alert("b", score=score)], NOW)
        assert len(writer.book.cases) == 1
    assert len(read_casebook(path).cases) == 1


def test_names_are_shown_from_the_act_on(path: Path) -> None:
    def named() -> set[str]:
        return set(read_casebook(path).opened_actors)

    register(path, alert("a"), alert("b"), alert("c", "d"))
    assert named() == set()
    run(path, lambda w: w.open("c-1", "Li", "complaint", NOW))
    assert named() == {"a"}
    register(path, alert("a", "e"), alert("b"))
    assert named() == {"a"}, "e came later"
    run(path, lambda w: w.open("c-1", "Li", "look again", NOW))
    assert named() == {"a", "e"}
    run(path, lambda w: w.unmask(["c-2", "c-3", "c-2"], "Li", "list", NOW))
    assert named() == {"a", "b", "c", "d", "e"}
    assert [case.state for case in read_casebook(path).cases] == [CaseState.OPENED] * 3
    close(path, "c-1")
    assert named() == {"b", "c", "d"}, "nothing was found against a and e"
    close(path, "c-2", true=True)
    assert named() == {"b", "c", "d"}
    run(path, lambda w: w.open("c-1", "Wang", "works council", NOW))
    assert named() == {"a", "b", "c", "d", "e"}
    assert [case.state for case in read_casebook(path).cases] == [CaseState.FALSE, CaseState.TRUE, CaseState.OPENED]


def test_a_look_at_reads_is_an_act_over_the_accounts_whose_they_are(path: Path) -> None:
    register(path, alert("a", "b"))
    with open_cases(path) as writer:
        assert writer.show_reads("c-1", "Li", "complaint", NOW, actor=writer.pseudonyms.of("b")) == ("b",)
    (case,) = read_casebook(path).cases
    assert (case.state, case.named) == (CaseState.OPENED, frozenset({"b"}))
    assert case.acts == (NamesShown(cases={"c-1": ("b",)}, at=NOW, who="Li", why="complaint", look=Unmasking.READS),)
    assert run(path, lambda w: w.show_reads("c-1", "Li", "all of them", NOW)) == [("a", "b")]
    assert read_casebook(path).opened_actors == {"a", "b"}


def test_a_name_that_two_cases_show(path: Path) -> None:
    register(path, alert("a"), alert("a", at=NOW + 1))
    run(path, lambda w: w.unmask(["c-1", "c-2"], "Li", "list", NOW))
    close(path, "c-1")
    assert read_casebook(path).opened_actors == {"a"}


def test_nothing_to_unmask_is_no_act(path: Path) -> None:
    register(path, alert("a"))
    size = len(lines(path))
    run(path, lambda w: w.unmask([], "Li", "list", NOW))
    assert len(lines(path)) == size


def test_the_last_verdict_counts_and_teaches(path: Path) -> None:
    some(path)
    assert [(v.case, v.true) for v in read_casebook(path).verdicts] == [("c-1", False)]
    run(path, lambda w: w.verdict("c-1", True, "Wang", "the colleague was on leave", NOW + 9, lacking=True))
    run(path, lambda w: w.hear("c-1", "Wang", "that is so", NOW + 10, actor="u-1042"))
    book = read_casebook(path)
    assert book.verdicts == (
        Judged(
            case="c-1",
            actors=("u-1042",),
            detectors=("first_reads",),
            alerted_at=NOW,
            last_alerted_at=NOW,
            read_until=NOW,
            true=True,
            at=NOW + 9,
        ),
    )
    assert [(h.who, h.statement, h.actor) for h in book.case("c-1").heard] == [
        ("Li, audit", "I helped a colleague.\nAsk him.", None),
        ("Wang", "that is so", "u-1042"),
    ]
    assert len(book.case("c-1").acts) == 6


LONG = "x" * (MOST_LINE + 1)
REFUSED: list[tuple[Do, int, str]] = [
    (lambda w: w.open("c-9", "Li", "why", NOW), 3, "there is no case c-9; .* shows which there are"),
    (lambda w: w.open("", "Li", "why", NOW), 3, 'there is no case "";'),
    (lambda w: w.unmask(["c-1", "c-9"], "Li", "why", NOW), 3, "there is no case c-9; .* shows which there are"),
    (lambda w: w.show_reads("c-9", "Li", "why", NOW), 3, "there is no case c-9; .* shows which there are"),
    (lambda w: w.show_reads("c-1", "Li", "why", NOW, actor="u-1077"), 3, "^c-1 has no such account"),
    (lambda w: w.show_reads("c-1", "", "why", NOW), 2, "^who: "),
    (lambda w: w.hear("c-9", "Li", "said", NOW), 3, "there is no case c-9; .* shows which there are"),
    (lambda w: w.hear("c-1", "Li", "said", NOW, actor="u-1077"), 3, "^c-1 has no such account"),
    (lambda w: w.hear("c-1", "Li", "said", NOW, actor=w.pseudonyms.of("u-1077")), 3, "^c-1 has no such account"),
    (lambda w: w.hear("c-2", "Li", "said", NOW), 2, "^actor: c-2 has several accounts"),
    (
        lambda w: w.verdict("c-9", True, "Li", "why", NOW, lacking=True),
        3,
        "there is no case c-9; .* shows which there are",
    ),
    *(
        (lambda w, t=t: w.open("c-1", t, "why", NOW), 2, "^who: one line")
        for t in ("", " \u3000", "a\nb", LONG, "\x1b[2J")
    ),
    *((lambda w, t=t: w.open("c-1", "Li", t, NOW), 2, "^why: one line") for t in ("", "\t", "\ud800", "\u202e")),
    (lambda w: w.unmask(["c-1"], "", "why", NOW), 2, "^who: "),
    (lambda w: w.hear("c-1", "", "said", NOW), 2, "^who: "),
    *(
        (lambda w, t=t: w.hear("c-1", "Li", t, NOW), 2, "^statement: a text")
        for t in ("", " \n", "x" * 20_001, "a\x00b", "\ud800", "a\rb")
    ),
    (lambda w: w.verdict("c-1", True, "", "why", NOW, lacking=True), 2, "^who: "),
    (lambda w: w.verdict("c-1", True, "Li", "", NOW, lacking=True), 2, "^why: "),
    (lambda w: w.forget(NOW, "", "why", NOW), 2, "^who: "),
    (lambda w: w.forget(NOW, "Li", "", NOW), 2, "^why: "),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_is_refused_is_not_done(path: Path, number: int) -> None:
    act, code, message = REFUSED[number]
    some(path)
    content = lines(path)
    with open_cases(path) as writer:
        book = writer.book
        with pytest.raises(CasebookError, match=message) as caught:
            act(writer)
        assert caught.value.exit_code == code
        assert writer.book == book
    assert lines(path) == content
    assert not [name for name in ("u-1042", "u-1077", "王芳") if name in str(caught.value)], "no error names an account"


def test_a_text_of_several_lines_is_kept_as_it_is(path: Path) -> None:
    some(path)
    said = "　首段\n\t“二” 👩‍👧\u202e"
    run(path, lambda w: w.hear("c-2", "李", said, NOW, actor="王芳"))
    assert read_casebook(path).case("c-2").heard[0].statement == said


def test_two_writers_lose_nothing(path: Path) -> None:
    some(path)
    with open_cases(path) as one, open_cases(path) as other:
        one.open("c-2", "Li", "first", NOW)
        other.open("c-2", "Wang", "second", NOW)
        one.verdict("c-2", True, "Li", "third", NOW, lacking=True)
        assert [act.who for act in other.find("c-2").acts[-3:]] == ["Li", "Wang", "Li"]
        one.forget(NOW + 9, "Li", "rule", NOW + 10)
        assert other.register([alert("new")], NOW) == ("c-3",), "the journal was begun anew, and that is seen"
        assert one.find("c-3") == other.find("c-3") == read_casebook(path).case("c-3")
    assert verify(path).sound


def test_writers_side_by_side_lose_nothing(path: Path) -> None:
    register(path, alert("a"))

    def look(who: str) -> None:
        with open_cases(path) as writer:
            for number in range(10):
                writer.open("c-1", who, f"look {number}", NOW)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(look, f"w-{n}") for n in range(4)]:
            done.result()
    acts = read_casebook(path).case("c-1").acts
    assert len(acts) == 40
    assert verify(path).sound


def test_only_registering_makes_a_casebook(path: Path) -> None:
    with pytest.raises(CasebookError, match="no case has been registered yet") as caught, open_cases(path, new=False):
        pass
    assert caught.value.exit_code == 3
    assert not path.exists()


def test_writers_are_values_of_what_they_hold(path: Path) -> None:
    some(path)
    with open_cases(path) as writer:
        assert isinstance(writer, Cases)
        assert writer.book == read_casebook(path)
        assert writer.open("c-2", "Li", "why", NOW) == writer.book.case("c-2")
