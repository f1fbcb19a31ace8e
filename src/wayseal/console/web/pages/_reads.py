"""The reads beneath a case: lanes, the same hours of others, why it stands out, the reads one by one, and why each.

1. Accounts are pseudonyms, and sessions, addresses and devices stay out, unless the look was recorded before
   (`show_named`): each page of it is an act of its own, as with `wayseal reads`.
2. What is shown was laid out before; what isn't is said, with the way to have it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.views import Entry
from wayseal.console.reading import ONLY, Selection, Window, is_odd, page_of, select
from wayseal.console.roles import CASE_ROLES, Page, Role
from wayseal.console.web._aliases import alias_of
from wayseal.console.web._ask import Ask
from wayseal.console.web._lanes_view import Clock, Mark, axis, draw_hours, draw_lanes
from wayseal.console.web._waiting import asked_job
from wayseal.console.web.pages._desk import table_file
from wayseal.detect.errors import NoSuchPairError
from wayseal.detect.lanes import CaseLanes, LanePerson
from wayseal.detect.reasons import GroundWording
from wayseal.detect.report import ReasonTeller
from wayseal.detect.window import DAY_US
from wayseal.ledger import LedgerError
from wayseal.page.charts import waterfall_chart, waterfall_table
from wayseal.page.words import Voice, catalogue

_MANY, _MOST_ACTS = 50, 200
_FORM = "%Y-%m-%dT%H:%M"
_LEAST = 10 * 60_000_000
"""No stretch of time is shorter: ten minutes."""
_NAMED = frozenset({Role.INVESTIGATOR})
Name = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was asked of a case: its lanes, how accounts are called, and which reads are wanted.

    path: of its pages. shown: accounts of which a look at their reads is on record.
    """

    lanes: CaseLanes
    name: Name
    wanted: Selection
    clock: Clock
    path: str
    shown: frozenset[str] = frozenset()

    @property
    def people(self) -> Sequence[LanePerson]:
        """The accounts that are shown."""
        all_ = self.lanes.head.people
        return all_ if self.wanted.person is None else [all_[self.wanted.person]]

    def link(self, **changed: str | None) -> str:
        """The address of the same page with something changed; None: as if it wasn't given."""
        wanted, whole = self.wanted, _whole(self.lanes)
        now = {
            "from": self.clock.words(wanted.window.since, _FORM) if wanted.window != whole else None,
            "to": self.clock.words(wanted.window.until, _FORM) if wanted.window != whole else None,
            "only": wanted.only if wanted.only != _usual(self.lanes) else None,
            "account": None if wanted.person is None else str(wanted.person + 1),
            "reason": wanted.reason or None,
        }
        now |= {key.rstrip("_"): value for key, value in changed.items()}
        given = {key: value for key, value in now.items() if value is not None}
        return self.path + (f"?{urlencode(given)}" if given else "")


def show_reads(ask: Ask) -> Response:
    """A case's reads, under pseudonyms."""
    found = _find(ask, alias_of(ask))
    if isinstance(found, Response):
        return found
    return ask.page("reads_part" if _part(ask) else "reads", **_values(ask, found, _marks(ask)), named=None)


def list_reads(ask: Ask) -> Response:
    """The chosen reads as a table for a spreadsheet, under pseudonyms."""
    found = _find(ask, alias_of(ask))
    if isinstance(found, Response):
        return found
    rows = _rows(ask, found, select(found.lanes, found.wanted))
    columns = ("at", "waybill", "account", "action", "via", "purpose", "session", "address", "device")
    more = ("verdict", "template", "reasons", "first", "read")
    return table_file(
        f"{found.lanes.head.case}-reads.csv",
        [*columns, *more],
        (
            [str(row[name]) for name in columns]
            + [row["verdict"], row["template"], ";".join(row["codes"]), "1" if row["first"] else "0", row["read"]]
            for row in rows
        ),
    )


def show_named(ask: Ask) -> Response:
    """A page of a case's reads with names, after the look was recorded (rule 1)."""
    alias, cases = alias_of(ask), ask.cases
    found = _find(ask, alias)
    if isinstance(found, Response):
        return found
    if cases is None:
        return ask.page("error", status=404, status_shown=404)
    try:
        shown = cases.show_reads(ask.names["case"], ask.whose.person.login, ask.field("why"), ask.access.now())
    except CasebookUsageError as error:
        return ask.page("reads", status=400, **_values(ask, found, ()), named=None, error=error)
    # The case may have been split since it was laid out: who isn't on record stays a pseudonym.
    named = replace(found, name=lambda actor: actor if actor in shown else alias(actor), shown=frozenset(shown))
    return ask.page("reads", **_values(ask, named, _marks(ask)), named=ask.field("why"))


def show_read(ask: Ask) -> Response:
    """One read: which work would explain it, and why each template doesn't."""
    name = alias_of(ask)
    found = _find(ask, name)
    if isinstance(found, Response):
        return found
    row = _row(found.lanes, ask.names["read"])
    if row is None or ask.site.reading is None:
        return ask.page("error", status=404, status_shown=404)
    person = found.lanes.head.people[row["person"]]
    try:
        result = ask.site.reading.explain(person.about.actor, row["waybill"], name)
    except NoSuchPairError:
        return ask.page("error", status=404, status_shown=404, code="read_gone")
    except LedgerError as error:
        return ask.page("error", status=503, status_shown=503, error=error)
    judged = next((one for one in result.reads if one.at == row["at"]), result.reads[0])
    wording = GroundWording(_voice(ask, "wayseal.detect.reasons"))
    steps = [(step, wording.why(step)) for step in judged.steps]
    return ask.page(
        "read",
        case=ask.names["case"],
        view=found,
        read=judged,
        steps=steps,
        result=result,
        row=_rows(ask, found, pa.Table.from_pylist([row], schema=found.lanes.reads.schema))[0],
        duties=person.duties,
    )


def ask_for_lanes(ask: Ask) -> Response:
    """Has a case laid out anew."""
    if ask.cases is None:
        return ask.page("error", status=404, status_shown=404)
    _marks(ask)  # a case that isn't there is said so
    case = ask.names["case"]
    job = ask.site.jobs.start("reads", {"case": case}, ask.whose.person.login, subject=case)
    return ask.go(f"/cases/{case}/reads?job={job}")


def _values(ask: Ask, view: View, marks: Sequence[Mark]) -> Mapping[str, Any]:
    """What the page of a case's reads says."""
    lanes, wanted = view.lanes, view.wanted
    tipped = [one.about.alerted_at for one in view.people if one.about.alerted_at is not None]
    marks = [*marks, *(Mark(at=at, words=_say(ask)("reads_act.tipped")) for at in tipped)]
    mine = select(lanes, Selection(window=_whole(lanes), person=wanted.person))
    chosen = select(lanes, wanted)
    page, more = page_of(chosen, wanted.after, _MANY)
    last = page.slice(len(page) - 1).to_pylist()[0] if more else None
    person = view.people[0]
    return {
        "case": lanes.head.case,
        "job": asked_job(ask),
        "head": lanes.head,
        "view": view,
        "clock": view.clock,
        "lanes": draw_lanes(lanes, view.people, mine, wanted.window, marks, view.clock),
        "ticks": axis(wanted.window, view.clock),
        "zoom": _zoom(view),
        "shown": len(chosen),
        "unexplained": int(is_odd(chosen).sum()),
        "waybills": pc.count_distinct(chosen["waybill"]).as_py(),
        "rows": _rows(ask, view, page),
        "onward": None if last is None else view.link(after=f"{last['at']}-{last['source']}-{last['row']}"),
        "first_page": wanted.after is None,
        "people": [
            (place, view.name(one.about.actor), one.about.role, one.about.place)
            for place, one in enumerate(lanes.head.people)
        ],
        "person": person,
        "hours": None if person.hours is None else draw_hours(person.hours, _say(ask)),
        "told": [_told(ask, view, one) for one in view.people],
        "detectors": _detectors(ask),
        "only": ONLY,
        "usual": _usual(lanes),
        "may_name": ask.whose.person.role in _NAMED and not view.shown,
    }


def _told(ask: Ask, view: View, person: LanePerson) -> Mapping[str, Any]:
    """Why an account stands out: a waterfall, the same as a table, sentences."""
    voice = _voice(ask, "wayseal.detect.report")
    teller = ReasonTeller(voice, view.lanes.head.offset)
    about = replace(person.about, actor=view.name(person.about.actor))
    rows = [(voice.say(f"detector.{reason.detector}"), reason.weight) for reason in about.reasons]
    say, total = _say(ask), voice.say("detect.total")
    title = say("reads.waterfall_of", id=about.actor)
    chart = waterfall_chart(
        f"w-{view.lanes.head.people.index(person)}", title, say("reads.waterfall_note"), rows, total=total,
        told=teller.strength,
    )  # fmt: skip
    first = about.reasons[0] if about.reasons else None
    sentences = [teller.reason(one, about, None if one is first else first) for one in about.reasons]
    return {
        "account": about.actor,
        "about": about,
        "chart": chart if len(rows) > 1 else None,
        "table": waterfall_table((say("reads.reason"), say("reads.strength")), rows, total=total, told=teller.strength),
        "sentences": sentences,
        "grounds": list(teller.grounds(about)),
        "strength": teller.strength(about.evidence),
    }


def _rows(ask: Ask, view: View, reads: pa.Table) -> list[dict[str, Any]]:
    """Reads as a table shows them (rule 1)."""
    head, words = view.lanes.head, _detectors(ask)
    number = _Numbers(view.lanes.reads)
    out = []
    for row in reads.to_pylist():
        actor = head.people[row["person"]].about.actor
        named = actor in view.shown
        codes = [name for place, name in enumerate(head.detectors) if row["counted"] >> place & 1]
        out.append(
            {
                "at": view.clock.words(row["at"], "%Y-%m-%d %H:%M:%S"),
                "us": row["at"],
                "waybill": row["waybill"],
                "account": view.name(actor),
                "action": row["action"],
                "via": row["via"],
                "purpose": row["purpose"],
                "session": row["session"] if named else number.of("session", row["session"]),
                "address": row["ip"] if named else number.of("ip", row["ip"]),
                "device": row["device"] if named else number.of("device", row["device"]),
                "verdict": row["verdict"],
                "template": row["template"],
                "codes": codes,
                "reasons": [words.get(f"detector.{name}", name) for name in codes],
                "first": row["first"],
                "read": f"{row['source']}:{row['row']}",
                "link": f"{view.path}/{row['source']}-{row['row']}",
            }
        )
    return out


class _Numbers:
    """Numbers for sessions, addresses and devices of a case, in the order in which they first came."""

    def __init__(self, reads: pa.Table) -> None:
        self._reads = reads
        self._known: dict[str, dict[str, int]] = {}

    def of(self, kind: str, text: str) -> str:
        """The number of one; "" for none."""
        if not text:
            return ""
        if kind not in self._known:
            texts = [one for one in pc.unique(self._reads[kind]).to_pylist() if one]
            self._known[kind] = {one: place for place, one in enumerate(texts, 1)}
        return str(self._known[kind].get(text, 0))


def _find(ask: Ask, name: Name) -> View | Response:
    """The case that was asked for, or the page that says why not."""
    reading, case = ask.site.reading, ask.names["case"]
    lanes = None if reading is None else reading.lanes(case)
    if lanes is None and ask.cases is None:
        return ask.page("error", status=404, status_shown=404)
    if lanes is None:
        _marks(ask)  # a case that isn't there is said so
        return ask.page("reads_part" if _part(ask) else "reads_none", case=case, job=asked_job(ask), view=None)
    clock = Clock(ask.site.utc_offset_hours)
    return View(lanes=lanes, name=name, wanted=_wanted(ask, lanes, clock), clock=clock, path=f"/cases/{case}/reads")


def _part(ask: Ask) -> bool:
    """Whether only the lanes are wanted, for the page of the case."""
    return "part" in ask.query


def _wanted(ask: Ask, lanes: CaseLanes, clock: Clock) -> Selection:
    """What the address asks for; what can't be is passed over."""
    query, whole = {**ask.query, **ask.form}, _whole(lanes)
    since, until = (_moment(query.get(key, ""), clock) for key in ("from", "to"))
    window = Window(since=max(since or whole.since, whole.since), until=min(until or whole.until, whole.until))
    if window.until - window.since < _LEAST:
        window = whole
    number, only = query.get("account", ""), query.get("only", "")
    person = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 5 else -1
    return Selection(
        window=window,
        only=only if only in ONLY else _usual(lanes),
        person=person if 0 <= person < len(lanes.head.people) else None,
        reason=query.get("reason", ""),
        after=_after(query.get("after", "")),
    )


def _whole(lanes: CaseLanes) -> Window:
    """The case's days from the first on which one of its accounts read anything."""
    since, offset = lanes.head.since, lanes.head.offset
    if len(lanes.reads):
        since = max(since, (lanes.reads["at"][0].as_py() + offset) // DAY_US * DAY_US - offset)
    return Window(since=since, until=lanes.head.until)


def _usual(lanes: CaseLanes) -> str:
    """Which reads are shown where nobody says: those behind a reason, if there are any."""
    return "counted" if lanes.reads["counted"].to_numpy().any() else "all"


def _moment(text: str, clock: Clock) -> int | None:
    try:
        moment = datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1) - clock.offset


def _after(text: str) -> tuple[int, int, int] | None:
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def _row(lanes: CaseLanes, text: str) -> dict[str, Any] | None:
    """The read of that source and row among a case's."""
    source, dash, row = text.partition("-")
    if not dash or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (source, row)):
        return None
    reads = lanes.reads
    there = (reads["source"].to_numpy() == int(source)) & (reads["row"].to_numpy() == int(row))
    found: list[dict[str, Any]] = reads.filter(pa.array(there)).to_pylist()
    return found[0] if found else None


def _zoom(view: View) -> Mapping[str, str | None]:
    """Addresses of the stretches of time beside the one that is shown."""
    window, whole = view.wanted.window, _whole(view.lanes)
    span = window.until - window.since

    def link(since: int, length: int) -> str | None:
        length = min(max(length, _LEAST), whole.until - whole.since)
        since = min(max(since, whole.since), whole.until - length)
        if (since, since + length) == (window.since, window.until):
            return None
        if length == whole.until - whole.since:
            return view.link(from_=None, to=None)
        return view.link(from_=view.clock.words(since, _FORM), to=view.clock.words(since + length, _FORM))

    return {
        "earlier": link(window.since - span // 2, span),
        "later": link(window.since + span // 2, span),
        "in": link(window.since + span // 4, span // 2),
        "out": link(window.since - span // 2, 2 * span),
        "all": link(whole.since, whole.until - whole.since),
    }


def _marks(ask: Ask) -> Sequence[Mark]:
    """What was done with the case. NoSuchCaseError."""
    if ask.cases is None:
        return ()
    entries = ask.cases.timeline(ask.names["case"], limit=_MOST_ACTS).rows
    return [Mark(at=entry.at, words=_act(ask, entry)) for entry in entries]


def _act(ask: Ask, entry: Entry) -> str:
    return _say(ask)(f"reads_act.{entry.act}")


def _say(ask: Ask) -> Callable[..., str]:
    return Voice(ask.lang, more=catalogue(ask.lang, "wayseal.console")).say


def _voice(ask: Ask, package: str) -> Voice:
    return Voice(ask.lang, html=True, more=catalogue(ask.lang, package))


def _detectors(ask: Ask) -> Mapping[str, str]:
    return catalogue(ask.lang, "wayseal.detect.report")


PAGES = (
    Page(method="GET", path="/cases/{case}/reads", act=show_reads, roles=CASE_ROLES),
    Page(method="GET", path="/cases/{case}/reads.csv", act=list_reads, roles=CASE_ROLES),
    Page(method="POST", path="/cases/{case}/reads", act=show_named, roles=_NAMED, confirmed=True),
    Page(method="POST", path="/cases/{case}/reads/lay-out", act=ask_for_lanes, roles=CASE_ROLES),
    Page(method="GET", path="/cases/{case}/reads/{read}", act=show_read, roles=CASE_ROLES),
)
