"""What pages of casework share: who works on cases, what was just done, saved views, and one decision on many.

1. What is kept is the part of the address that the list knows, and nothing else; "mine" stays whoever looks.
2. One's own views are one's own; those for all can be taken away by all.
3. Nothing is done before a page showed what will be done to what, and how many there are.
4. What is done is what was shown: the form names each, and the casebook's last line at that moment. What came since
   isn't touched; what somebody changed since is left as it is, and told.
5. It is done in one go, up to `MOST_AT_ONCE`, and can be taken back in one for a minute. A verdict isn't given to many:
   each is looked at by itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.responses import Response

from wayseal.cases import Cases
from wayseal.cases.decisions import BulkAction, Decision, Lead
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.types import (
    CLOSED_STATES,
    PERSONAL,
    UNDO_US,
    CaseState,
    Observable,
    ObservableKind,
    Priority,
    Source,
)
from wayseal.cases.verdicts import ProposalKind
from wayseal.cases.views import CaseRow, Done, ItemRow, Matching, UnmaskingOnRecord
from wayseal.cases.writing import clean_tag, one_line
from wayseal.console.access.types import LOOK_US, ActKind, PersonState
from wayseal.console.errors import AccessError
from wayseal.console.jobs.kinds import KINDS
from wayseal.console.jobs.types import Job
from wayseal.console.roles import CASE_ROLES, OPENERS, Page
from wayseal.console.web._ask import TO_DO, Ask, Pages
from wayseal.console.web._case_words import reasons_of, reasons_of_item
from wayseal.console.web._lists import Filter, ListPage, Wanted, picked, with_query
from wayseal.model import clean_waybill
from wayseal.model.messages import N_
from wayseal.model.times import clock


def asked_job(ask: Ask) -> Job | None:
    """The job that the page was sent back with; None: none, or one that isn't for this role."""
    id_ = ask.query.get("job", "")
    job = ask.site.jobs.find(id_) if id_ else None
    if job is None or job.kind not in KINDS or ask.whose.person.role not in KINDS[job.kind].roles:
        return None
    return job


PAGES = Pages()
EVERYBODY = ""
"""Whose marks everybody's are."""
DAY_US = 86_400_000_000
_ITEM = re.compile(r"q-[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Somebody's last act, for a minute. seconds: how long it can be taken back yet."""

    done: Done
    seconds: int


def put_in(ask: Ask, cases: Cases, leads: Sequence[Lead]) -> Mapping[str, str]:
    """Puts into the queue what never stood there; what the address of the next page says of it (`came_in`)."""
    found = cases.enqueue_or_find(leads, me(ask), ask.access.now())
    new, old = ([item for item, came in found.items() if came is wanted] for wanted in (True, False))
    return {name: ",".join(items) for name, items in (("queued", new), ("stood", old)) if items}


def came_in(ask: Ask) -> Mapping[str, Any]:
    """Return what of the address says what came into the queue, and what had come before; no text but ids."""
    return {name: _ITEM.findall(ask.query.get(name, "")) for name in ("queued", "stood")}


def me(ask: Ask) -> str:
    """Who does it, as the casebook names them: the login."""
    return ask.whose.person.login


def lay_out(ask: Ask, case: str) -> str:
    """Has the reads of a case laid out; the job that does it."""
    return ask.site.jobs.start("reads", {"case": case}, me(ask), subject=case)


def look_since(ask: Ask, case: str) -> int | None:
    """When the look at a case's names was recorded that counts for what is asked now; None: no names.

    It holds on every page of the case, for somebody who may open cases, in the session whose look it is.
    """
    return ask.whose.look(case, ask.access.now()) if ask.whose.person.role in OPENERS else None


def look_at(ask: Ask, case: str) -> UnmaskingOnRecord | None:
    """The look at a case's names that counts for what is asked now, as the casebook has it."""
    since = look_since(ask, case)
    return None if since is None or ask.cases is None else ask.cases.look(case, me(ask), since)


def note_look(ask: Ask, cases: Cases, case: str, at: int) -> None:
    """Notes that a look was recorded: for the session in which it holds, and for auditors, who see no case."""
    look = cases.look(case, me(ask), at)
    covered = 0 if look is None else len(look.accounts)
    ask.access.note(ask.whose, ActKind.NAMES_SHOWN, case=case, accounts=str(covered), until=str(at + LOOK_US))
    ask.access.sessions.note_look(ask.whose, case, at)


def look_values(ask: Ask, case: str, *, shown: bool = True) -> Mapping[str, Any]:
    """Return what pages of a case say of names: until when they are shown, and whether they were asked for."""
    since = look_since(ask, case) if shown else None
    return {
        "looked_until": None if since is None else since + LOOK_US,
        "asked_names": "names" in ask.query,
        "may_open": ask.whose.person.role in OPENERS,
    }


def look_of(ask: Ask, case: str) -> dict[str, Any]:
    """Whose look at a case's names counts for what is asked now, and after which moment (rule 1)."""
    since = look_since(ask, case)
    return {"looker": None, "since": 0} if since is None else {"looker": me(ask), "since": since - 1}


def wants_second(ask: Ask, cases: Cases, case: str, kind: ProposalKind, at: int) -> bool:
    """Whether another person has yet to agree; a pack shows names, too."""
    named = {kind, ProposalKind.NAMES} if kind is ProposalKind.PACK else {kind}
    return not ask.site.settings.second_person.isdisjoint(named) and cases.granted(case, kind, me(ask), at) is None


def the_cases(ask: Ask) -> Cases:
    """The casebook. NoSuchCaseError: there is none, so that nothing asked for is in it."""
    cases = ask.cases
    if cases is None:
        raise NoSuchCaseError(N_("no case has been registered yet"))
    return cases


def colleagues(ask: Ask) -> tuple[str, ...]:
    """Logins of those who work on cases."""
    return tuple(
        one.login for one in ask.access.people.all() if one.role in CASE_ROLES and one.state is PersonState.ACTIVE
    )


def kinds_given(ask: Ask) -> tuple[ObservableKind, ...]:
    """Kinds that one may name by an id: of people only who may see names, since the page would tell its pseudonym."""
    return tuple(kind for kind in ObservableKind if kind not in PERSONAL or ask.whose.person.role in OPENERS)


def owner_given(ask: Ask) -> str | None:
    """Who is to have it, of the form; None: nobody. AccessError: somebody who doesn't work on cases."""
    given = ask.field("owner")
    if given and given not in colleagues(ask):
        raise AccessError("{login} doesn't work on cases here", login=given[:64], key="owner")
    return given or None


def number_given(ask: Ask, name: str) -> int:
    """A whole number of the form; 0 where it is none."""
    given = ask.field(name)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0


def midnight(ask: Ask, now: int) -> int:
    """When today began on it."""
    local = datetime.fromtimestamp(now / 1e6, clock())
    return round(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1_000_000)


def today(ask: Ask) -> date:
    """The day that it is on the console's clock."""
    return datetime.fromtimestamp(ask.access.now() / 1e6, clock()).date()


def until_given(ask: Ask) -> int | None:
    """Until when it is put off, of the form: a day in the future, at its beginning on the console's clock."""
    given, now = ask.field("until"), ask.access.now()
    if not given:
        return None
    try:
        if given.isdigit() and len(given) <= 3:
            day = today(ask) + timedelta(days=int(given))
        else:
            day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date()
        at = round(datetime.combine(day, time(), clock()).timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        raise AccessError("this is no day such as 2026-01-01", key="until") from None
    if not now < at < now + 4000 * DAY_US:
        raise AccessError("it can be put off to a day in the future alone", key="until")
    return at


def bar(ask: Ask, cases: Cases) -> Bar | None:
    """Return what can be taken back yet."""
    now = ask.access.now()
    done = cases.last_done(me(ask), now)
    return None if done is None or not done.back else bar_of(done, now)


def bar_of(done: Done, now: int) -> Bar:
    """The same, as it is told."""
    return Bar(done=done, seconds=max(1, (done.at + UNDO_US - now) // 1_000_000))


def text_given(ask: Ask, name: str, most: int = 100) -> str:
    """Something of the query, cut to what can be meant."""
    return ask.query.get(name, "")[:most]


KNOWN: Mapping[str, tuple[str, ...]] = {
    "queue": ("source", "who", "later", "sort"),
    "cases": ("state", "who", "source", "thing", "tag", "sort"),
}
"""What of its address a list knows."""
_BEGINNING = "view."
_LONG = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view. key: what names it in forms. shared: it is everybody's."""

    key: str
    name: str
    address: str
    shared: bool


def views_of(ask: Ask, place: str) -> tuple[View, ...]:
    """Views of a list: one's own and everybody's, by name."""
    beginning = f"{_BEGINNING}{place}."
    found = ask.access.marks.of(ask.whose.person.id, beginning)
    return tuple(
        View(
            key=name,
            name=name.removeprefix(beginning),
            address=with_query(f"/{place}", dict(parse_qsl(value))),
            shared=person == EVERYBODY,
        )
        for (person, name), value in found.items()
    )


@PAGES.post("/views", CASE_ROLES)
def keep_view(ask: Ask) -> Response:
    """Keeps a view, or takes one away."""
    place = ask.choice("place", KNOWN)
    whose = EVERYBODY if ask.field("shared") else ask.whose.person.id
    if ask.field("drop"):
        ask.access.marks.put(whose, ask.field("drop"), "")
        return ask.go(f"/{place}")
    name = one_line(ask.line("name")[:_LONG], "name")
    given = dict(parse_qsl(ask.field("query")))
    address = with_query("", {key: given[key] for key in KNOWN[place] if given.get(key)})
    ask.access.marks.put(whose, f"{_BEGINNING}{place}.{name}", address.removeprefix("?") or "sort=loss")
    return ask.go(f"/{place}{address}")


STATES_FOR_MANY = (
    CaseState.IN_PROGRESS,
    CaseState.WAITING,
    CaseState.DUPLICATE,
    CaseState.NO_CASE,
    CaseState.REOPENED,
)
"""What can be given to many."""
SHOWN = 100
"""Rows that are shown of what will be done; of the others, their ids."""
_REASONED = (BulkAction.PROMOTE, BulkAction.SNOOZE, BulkAction.DISMISS, BulkAction.STATE)
_ID = re.compile(r"[cq]-[1-9][0-9]{0,15}")
Row = CaseRow | ItemRow
R = TypeVar("R", CaseRow, ItemRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Matching[Any]):
    """The rows that are to be decided on together. gone: what was picked and isn't there any more."""

    gone: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist(ListPage[R]):
    """A list of casework, on whose rows one decision can be made together (rules 3 to 5).

    Attributes:
        deeds: What there is to choose.
        matching: All that fit it.
        names: What of its address says how it stands, beside filters.
    """

    deeds: Sequence[BulkAction]
    matching: Callable[[Ask, Wanted], Matching[Any]]
    names: Sequence[str] = ("sort", "after")

    def pages(self) -> tuple[Page, ...]:
        """Its routes, with those of decisions on many."""
        pages = Pages()
        pages += ListPage.pages(self)
        pages.post(f"{self.path}/preview", self.roles, again=self.show)(self.preview)
        pages.post(f"{self.path}/apply", self.roles, again=self.show)(self.apply)
        return tuple(pages)

    def given(self, ask: Ask) -> Mapping[str, str]:
        """Return what says how the list stands: the address, or what of it a form carries along."""
        names = (*(one.name for one in self.filters), *self.names)
        return {name: ask.form[name] for name in names if ask.form.get(name)} if ask.form else ask.query

    def show(self, ask: Ask, error: Exception | None = None) -> Response:
        """The list; error: why a decision was refused."""
        cases, given = ask.cases, self.given(ask)
        wanted = self.wanted(given)
        # Before the rows: what comes between is told.
        day = None if cases is None else cases.day(midnight(ask, ask.access.now()))
        found = self.query(ask, wanted, self.many)
        return ask.page(
            self.template,
            error=error,
            live_of=(self.path[1:], day.line if day else 0),
            closed=day.closed if day else None,
            rows=found.rows,
            after=found.after,
            query=given,
            link=lambda **changes: with_query(self.path, given, **{"at": None, "after": None, **changes}),
            sort=wanted.sort.by,
            views=views_of(ask, self.path[1:]),
            sources=[source.value for source in Source],
            colleagues=colleagues(ask),
            me=me(ask),
            bar=None if cases is None else bar(ask, cases),
            there=cases is not None,
            set=ask.site.cases is not None,
            **self.values(ask, found),
        )

    def preview(self, ask: Ask) -> Response:
        """Return what a decision would do to what was picked, or to all that fits (rule 3)."""
        state, decision = self.given(ask), decision_given(ask, self.deeds)
        chosen = self._chosen(ask, self.wanted(state))
        return ask.page(
            "bulk_preview",
            place=self.path,
            decision=decision,
            chosen=chosen,
            lines=[(row, _reasons(ask, row)) for row in chosen.rows[:SHOWN]],
            others=[row.id for row in chosen.rows[SHOWN:]],
            ids=",".join(row.id for row in chosen.rows),
            closes=decision.action is BulkAction.DISMISS or decision.state in CLOSED_STATES,
            fields={name: ask.field(name) for name in ("why", "owner", "until", "to_state", "priority", "to_tag")}
            | {**state},
            back=with_query(self.path, state),
        )

    def apply(self, ask: Ask) -> Response:
        """Does what was shown (rule 4); the list then, or what was left as it is."""
        cases, decision, seen = the_cases(ask), decision_given(ask, self.deeds), number_given(ask, "seen")
        ids = [one for one in ask.field("ids").split(",") if _ID.fullmatch(one)]
        if not ids or not seen:
            raise AccessError("look at what will be done first", key="ids")
        found, back = cases.decide_all(ids, decision, seen, me(ask), ask.access.now()), self.given(ask)
        if found.changed or found.refused:
            undo, to = bar(ask, cases) if found.done else None, with_query(self.path, back)
            return ask.page("bulk_done", status=409, place=self.path, found=found, bar=undo, back=to)
        return ask.go(with_query(self.path, back, said=decision.action.value))

    def _chosen(self, ask: Ask, wanted: Wanted) -> Chosen:
        """The rows that were picked, of the page that they were picked on, which is read after the line; or all."""
        ids = picked(ask)
        if ask.field("scope") == "all":
            found = self.matching(ask, wanted)
            return Chosen(rows=found.rows, total=found.total, line=found.line)
        if not ids:
            raise AccessError("nothing is picked: tick rows, or press x on one", key="pick")
        line = the_cases(ask).line()
        there: dict[str, Any] = {row.id: row for row in self.query(ask, wanted, self.many).rows}
        some = tuple(there[id_] for id_ in ids if id_ in there)
        return Chosen(rows=some, total=len(some), line=line, gone=[id_ for id_ in ids if id_ not in there])


SOURCE = Filter(name="source", choices=("", *(source.value for source in Source)))


def owner_meant(ask: Ask, wanted: Wanted) -> str | None:
    """Whose rows a list shows; "": nobody's, None: anybody's."""
    who = wanted.filters["who"]
    return {"": None, "me": me(ask), "nobody": ""}.get(who, who)


def source_meant(wanted: Wanted) -> Source | None:
    """Of which source; None: of any."""
    return Source(wanted.filters["source"]) if wanted.filters["source"] else None


def loss_of(row: Row) -> str | None:
    """How many parcels a day it is expected to cost, as files say it."""
    return f"{row.score * row.parcels_a_day:.1f}" if row.parcels_a_day else None


def decision_given(ask: Ask, actions: Sequence[BulkAction]) -> Decision:
    """Return what is to be done, of the form: checked before anything is done. actions: what there is to choose.

    AccessError: nothing was chosen, or it lacks something; CasebookUsageError: the reason can't be one.
    """
    action, why = ask.choice("act", actions, TO_DO), ask.line("why")
    if action in _REASONED:
        one_line(why, "why")
    until = until_given(ask) if action is BulkAction.SNOOZE else None
    if action is BulkAction.SNOOZE and until is None:
        raise AccessError("until when is it put off?", key="until")
    state = ask.choice("to_state", STATES_FOR_MANY) if action is BulkAction.STATE else None
    priority = ask.choice("priority", Priority) if action is BulkAction.PRIORITY else None
    tagging = action in (BulkAction.TAG, BulkAction.UNTAG)
    return Decision(
        action=action,
        why=why,
        tag=clean_tag(ask.line("to_tag")) if tagging else None,
        owner=owner_given(ask) if action is BulkAction.ASSIGN else None,
        until=until,
        state=state,
        priority=priority,
    )


def _reasons(ask: Ask, row: Row) -> str:
    if isinstance(row, ItemRow):
        return " · ".join(one.name for one in reasons_of_item(row, ask.lang)) or row.reason
    words = " · ".join(one.name for one in reasons_of(row.detectors, ask.lang))
    return f"{row.title} · {words}" if row.title else words


_LIST = 100
"""Numbers of a listing that are taken at once."""


def things_given(ask: Ask) -> list[Observable]:
    """Seller, numbers and one more thing, of the form."""
    things = []
    if seller := ask.line("seller"):
        things.append(Observable(kind=ObservableKind.SELLER, value=seller))
    typed = ask.field("numbers").replace(",", " ").replace("，", " ").split()
    numbers = list(dict.fromkeys(clean_waybill(one) or one for one in typed))
    if len(numbers) > _LIST:
        raise AccessError("up to {most} numbers at once", key="numbers", most=_LIST)
    things += [Observable(kind=ObservableKind.NUMBER, value=number) for number in numbers]
    if value := ask.line("thing"):
        kinds = (one for one in kinds_given(ask) if one is not ObservableKind.CASE)
        things.append(Observable(kind=ask.choice("kind", kinds, N_("choose what it is")), value=value))
    return things


def score_given(text: str) -> float:
    known = {"": 0.5, "low": 0.25, "even": 0.5, "likely": 0.75, "sure": 0.95}
    if text not in known:
        raise AccessError("choose how sure it is", key="score")
    return known[text]
