"""Requests for removal: their course, what is due, counts by source, and what is written."""

from dataclasses import replace
from typing import Any

import pytest

from wayseal.market.errors import RemovalError
from wayseal.market.takedown import (
    DAY,
    LANGS,
    RULES,
    Act,
    Answer,
    Answered,
    CounterNotice,
    CounterNoticeReviewed,
    Escalated,
    Filed,
    Outcome,
    Reminded,
    Removed,
    Todo,
    Withdrawn,
    count_by_source,
    find_due,
    follow,
    write_letter,
)

NOW = 1_700_000_000_000_000
ASKED = Filed(
    request="r1",
    at=NOW,
    who="Li",
    why="sells labels",
    source="forum",
    target="s1",
    url="https://forum.example/s1",
    address="abuse@forum.example",
    rule="express",
    captures=("a" * 64,),
    lang="zh",
)


def at(days: float) -> int:
    return NOW + int(days * DAY)


def acts(*some: tuple[type, float, dict[str, Any]]) -> list[Act]:
    return [ASKED, *(kind(request="r1", at=at(days), **more) for kind, days, more in some)]


LI = {"who": "Li", "why": "x"}
SITE = LI | {"answer": Answer.ACCEPTED, "text": "we will see"}
LAW = LI | {"to": "counsel"}
SAID = LI | {"text": "not me"}
COURSES: dict[str, tuple[list[Act], float, tuple[Todo, float] | None]] = {
    "fresh": (acts(), 2, None),
    "no answer": (acts(), 4, (Todo.REMIND, 3)),
    "reminded": (acts((Reminded, 4, LI)), 6, None),
    "reminded, nothing": (acts((Reminded, 4, LI)), 8, (Todo.REMIND, 7)),
    "reminded three times": (acts(*((Reminded, day, LI) for day in (4, 8, 12))), 16, (Todo.ESCALATE, 15)),
    "accepted": (acts((Answered, 2, SITE)), 4, None),
    "accepted, and still there": (acts((Answered, 2, SITE)), 6, (Todo.REMIND, 5)),
    "refused": (acts((Answered, 2, SITE | {"answer": Answer.REFUSED})), 2.1, (Todo.ESCALATE, 2)),
    "asks for more": (acts((Answered, 2, SITE | {"answer": Answer.MORE})), 2.1, (Todo.ANSWER, 2)),
    "removed": (acts((Removed, 5, {"captures": ("b",)})), 60, None),
    "withdrawn": (acts((Withdrawn, 1, LI)), 60, None),
    "given what it asked for": (
        acts((Answered, 2, SITE | {"answer": Answer.MORE}), (Reminded, 3, LI)), 6, (Todo.REMIND, 6),
    ),
    "handed on": (acts(*((Reminded, day, LI) for day in (4, 8, 12)), (Escalated, 16, LAW)), 45, None),
    "handed on, silence": (acts((Escalated, 16, LAW)), 46, (Todo.ESCALATE, 46)),
    "reminded since it was handed on": (
        acts(*((Reminded, day, LI) for day in (4, 8, 12)), (Escalated, 16, LAW), (Reminded, 20, LI)), 24,
        (Todo.REMIND, 23),
    ),
    "accused": (acts((CounterNotice, 1, SAID)), 1.5, (Todo.HEAR, 1)),
    "accused after removal": (
        acts((Removed, 5, {"captures": ()}), (CounterNotice, 9, SAID)), 10, (Todo.HEAR, 9),
    ),
    "heard": (acts((CounterNotice, 1, SAID), (CounterNoticeReviewed, 2, LI)), 2.5, None),
}  # fmt: skip


@pytest.mark.parametrize("name", COURSES)
def test_what_is_due(name: str) -> None:
    course, days, wanted = COURSES[name]
    due = find_due(follow(course), at(days))
    assert [(one.todo, one.since) for one in due] == ([] if wanted is None else [(wanted[0], at(wanted[1]))])


WRONG: dict[str, list[Act]] = {
    "twice": [ASKED, ASKED],
    "of nothing": [Reminded(request="r2", at=NOW, **LI)],
    "without a capture": [replace(ASKED, captures=())],
    "in no language": [replace(ASKED, lang="fr")],
    "under no rule": [replace(ASKED, rule="magic")],
    "heard without a word": acts((CounterNoticeReviewed, 1, LI)),
    "reminded after the end": acts((Withdrawn, 1, LI), (Reminded, 2, LI)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(RemovalError) as caught:
        follow(WRONG[name])
    assert "s1" not in str(caught.value)


def test_what_the_watch_saw_is_never_refused_and_changes_nothing_that_is_settled() -> None:
    seen = (Removed, 5, {"captures": ()})
    (withdrawn,) = follow(acts((Withdrawn, 1, LI), seen))
    assert (withdrawn.outcome, withdrawn.settled_at) == (Outcome.WITHDRAWN, at(1))
    (removed,) = follow(acts(seen, (Removed, 6, {"captures": ()})))
    assert (removed.settled_at, removed.days(at(60))) == (at(5), 5.0)


def requests_of(*some: tuple[str, type[Act] | None]) -> list[Act]:
    made: list[Act] = []
    for number, (source, end) in enumerate(some):
        made.append(replace(ASKED, request=f"r{number}", source=source))
        if end is not None:
            more: dict[str, Any] = {"captures": ()} if end is Removed else LI
            made.append(end(request=f"r{number}", at=at(2), **more))
    return made


def test_counts_of_a_source_tell_what_is_open_beside_what_was_removed() -> None:
    """Rule 4."""
    some = requests_of(("b", None), ("a", Removed), ("b", Removed), ("b", None), ("a", Removed), ("b", Withdrawn))
    counts = [(one.source, one.requests, one.removed, one.open) for one in count_by_source(follow(some))]
    assert counts == [("", 6, 3, 2), ("a", 2, 2, 0), ("b", 4, 1, 2)]
    assert [(one.source, one.requests) for one in count_by_source([])] == [("", 0)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("reminder", [False, True])
def test_letters(lang: str, rule: str, reminder: bool) -> None:
    asked = replace(ASKED, lang=lang, rule=rule, target="forum/shop\r\nBcc: all@x.example $name", captures=("a1", "b2"))
    letter = write_letter(asked, name="圆通", contact="help@example.com", reminder=reminder)
    assert "\n" not in letter.subject
    assert "\nBcc" not in letter.body
    for part in (asked.url, "- a1\n- b2", "圆通", "help@example.com"):
        assert part in letter.body
    assert "forum/shop" not in letter.body, "a site knows its shops without our name for it"
    assert "$name" in letter.body, "what comes from outside is no template"
    assert "r1" in letter.subject
    assert ("2023-11-15" in letter.body) == reminder, "by the clock of China: it was asked at 22:13 UTC"
    other = next(one for one in LANGS if one != lang)
    assert letter != write_letter(asked, name="圆通", contact="help@example.com", reminder=reminder, lang=other)


def test_a_letter_for_nothing_known_is_refused() -> None:
    for wrong in (replace(ASKED, rule="magic"), replace(ASKED, lang="fr")):
        with pytest.raises(RemovalError, match="no text"):
            write_letter(wrong, name="x", contact="y")


def test_a_request_tells_how_it_ended() -> None:
    (request,) = follow(acts((Answered, 1, SITE), (Removed, 5, {"captures": ("b",)})))
    assert (request.outcome, request.settled_at, len(request.of(Answered))) == (Outcome.REMOVED, at(5), 1)
