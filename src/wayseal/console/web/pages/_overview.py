"""The overview, for each role what wants a decision; and the ledger, what is in it and whether it holds.

Each number of the overview opens its list.

1. What changed is told from where somebody's visit before this one ended: it stays the same as long as their session
   lasts, or until they say that they saw it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases import Cases
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import OPEN_STATES
from wayseal.cases.views import Changes, Counts, ItemRow, Task
from wayseal.console.access.types import PersonState
from wayseal.console.jobs.types import JobState
from wayseal.console.roles import ADMINISTRATORS, ALL_ROLES, AUDITORS, CASE_ROLES, LEDGER_ROLES, OFFICERS
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._case_words import reason_of
from wayseal.console.web._market_view import long_unseen
from wayseal.console.web._render import translator_of
from wayseal.console.web._resources import LedgerView
from wayseal.console.web.pages._casework import asked_job, me, midnight, the_cases, today
from wayseal.console.web.pages._live import watch_line
from wayseal.market.errors import MarketError
from wayseal.market.log.reads import Reads
from wayseal.model.times import clock_hours, day_name
from wayseal.page.charts import columns_chart

PAGES = Pages()
_NEWEST, _FIRST, _CHANGED, _TASKS = 8, 6, 12, 8
_SEEN = "seen"
_NOTHING = Changes(line=0, cases=(), items=(), more=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseworkOverview:
    """The overview of somebody who works on cases. closed: today; changes: since the visit before."""

    counts: Counts
    first: Sequence[ItemRow]
    tasks: tuple[Task, ...]
    closed: int
    changes: Changes
    owner: str

    @property
    def waiting(self) -> int:
        """How many things wait for a decision."""
        return sum(self.counts.queue.values())

    @property
    def unowned(self) -> int:
        """How many open cases nobody has."""
        return self.open - sum(self.counts.owners.values())

    @property
    def open(self) -> int:
        """How many cases are open."""
        return sum(self.counts.states.get(state.value, 0) for state in OPEN_STATES)


@PAGES.get("/", ALL_ROLES)
def show_overview(ask: Ask) -> Response:
    """Return what there is for this role."""
    role = ask.whose.person.role
    desk, trouble = _desk(ask) if role in CASE_ROLES else (None, None)
    looked = ask.site.ledger.look() if role in LEDGER_ROLES and ask.site.ledger is not None else None
    view = looked if isinstance(looked, LedgerView) else None
    return ask.page(
        "overview",
        desk=desk,
        reason_of=reason_of,
        case_trouble=trouble,
        long_unseen=_long_unseen(ask) if role in LEDGER_ROLES else (),
        capacity=ask.site.settings.cases_a_day,
        now=ask.access.now(),
        today=today(ask).isoformat(),
        view=view,
        trouble=None if view is not None else looked,
        live=watch_line(ask) if role in LEDGER_ROLES else None,
        no_ledger=role in LEDGER_ROLES and ask.site.ledger is None,
        no_cases=role in CASE_ROLES and ask.site.cases is not None and desk is None and trouble is None,
        people=_people(ask) if role in ADMINISTRATORS else None,
        acts=ask.access.acts(limit=_NEWEST) if role in AUDITORS else None,
        owed=_count_owed(ask) if role in OFFICERS else None,
    )


def _count_owed(ask: Ask) -> int | None:
    """How many reports of the hotline are owed an answer; None: there is no hotline."""
    return None if ask.site.hotline is None else sum(one.owed for one in ask.site.hotline.desk.reports())


def _long_unseen(ask: Ask) -> Sequence[tuple[str, int]]:
    """Sources of the market that can't be seen for long; none where its record can't be read, which its pages say."""
    try:
        market = None if ask.site.market is None else ask.site.market.look()
        return () if market is None else long_unseen(ask, Reads(market).sources())
    except MarketError:
        return ()


@PAGES.post("/seen", CASE_ROLES)
def mark_seen(ask: Ask) -> Response:
    """From here on changes are told."""
    line = the_cases(ask).day(ask.access.now()).line
    _keep(ask, {"session": ask.whose.id, "since": line, "until": line})
    return ask.go("/")


def _desk(ask: Ask) -> tuple[CaseworkOverview | None, CasebookError | None]:
    try:
        cases = ask.cases
        return (None if cases is None else _look(ask, cases)), None
    except CasebookError as error:
        return None, error


def _look(ask: Ask, cases: Cases) -> CaseworkOverview:
    now = ask.access.now()
    page, counts = cases.queue(now, limit=_FIRST), cases.counts(midnight(ask, now))
    day = counts.day
    since = _since(ask, day.line)
    return CaseworkOverview(
        counts=counts,
        first=page.rows,
        tasks=cases.tasks(me(ask), _TASKS),
        closed=day.closed,
        changes=cases.changed_since(since, _CHANGED) if since < day.line else _NOTHING,
        owner=me(ask),
    )


def _since(ask: Ask, newest: int) -> int:
    """The line behind which changes are told (rule 1)."""
    kept = ask.whose.seen
    seen: dict[str, Any] = json.loads(kept) if kept else {"session": "", "since": newest, "until": newest}
    other = seen["session"] != ask.whose.id
    since = min(seen["until"] if other else seen["since"], newest)
    if other or seen["until"] != newest:
        _keep(ask, {"session": ask.whose.id, "since": since, "until": newest})
    return int(since)


def _keep(ask: Ask, seen: Mapping[str, Any]) -> None:
    ask.access.marks.put(ask.whose.person.id, _SEEN, json.dumps(seen))


def _people(ask: Ask) -> Mapping[str, int]:
    everybody = ask.access.people.all()
    return {state.value: sum(one.state is state for one in everybody) for state in PersonState}


_DAY = 24
_MOST_DAYS = 62
"""Days that are drawn."""
_VERIFY = "verify"


@PAGES.get("/ledger", LEDGER_ROLES)
def show_ledger(ask: Ask) -> Response:
    """State of the ledger."""
    found = None if ask.site.ledger is None else ask.site.ledger.look()
    view = found if isinstance(found, LedgerView) else None
    trouble = None if view is not None or found is None else found
    days = [] if view is None else _days(view)
    return ask.page(
        "ledger",
        status=503 if trouble else 200,
        view=view,
        trouble=trouble,
        job=asked_job(ask),
        verified=_verified(ask),
        days=days,
        growth=_draw(ask, days),
    )


@PAGES.post("/ledger", LEDGER_ROLES)
def ask_to_verify(ask: Ask) -> Response:
    """Has the whole ledger looked at."""
    return ask.go(f"/ledger?job={ask.site.jobs.start(_VERIFY, {}, ask.whose.person.login)}")


def _days(view: LedgerView) -> Sequence[tuple[str, int]]:
    """The last days of the log, each with its reads; a day between them without any, too."""
    count: Counter[int] = Counter()
    for hour, reads in view.hours:
        count[(hour + clock_hours()) // _DAY] += reads
    last = max(count, default=0)
    first = max(min(count, default=0), last - _MOST_DAYS + 1)
    return [(day_name(day), count[day]) for day in range(first, last + 1)] if count else []


def _draw(ask: Ask, days: Sequence[tuple[str, int]]) -> Markup | None:
    say = translator_of(ask.lang, html=False).say
    top = max((reads for _, reads in days), default=0)
    rows = [(day[5:], reads) for day, reads in days]
    return columns_chart("growth", say("ledger.growth"), say("ledger.growth_desc", n=top), rows)


def _verified(ask: Ask) -> Mapping[str, Any] | None:
    """When it was verified last, and what came of it; None: never."""
    last = ask.site.jobs.list(kind=_VERIFY, states=(JobState.DONE,), limit=1)
    if not last:
        return None
    findings = int(last[0].result.get("findings", "0") or 0)
    return {"id": last[0].id, "at": last[0].ended_at, "files": last[0].result.get("files", ""), "findings": findings}
