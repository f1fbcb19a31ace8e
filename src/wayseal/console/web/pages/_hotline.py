"""Reports of the hotline: what is owed an answer first, a report with its letters, and what staff type in for somebody.

1. That somebody opens a report is on record before a word of it is decrypted (`cases.hotline.desk`); its page is opened
   from pages of ours alone.
2. What stands in a report goes to no list, log or address; files are given out to be saved, and never shown.
3. Who answers or sets a state names how many letters they saw; where others came since, both texts are shown.
4. A receipt is shown once, to be read out, and kept nowhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from hashlib import sha256
from typing import Any

from starlette.responses import Response, StreamingResponse

from wayseal.cases.errors import CasebookDiskError, NoSuchCaseError, RewardError, StaleError
from wayseal.cases.hotline.acts import SETTABLE, AnyAct, HotlineState, Noted, ReportState, Reward, Wanted
from wayseal.cases.hotline.desk import REMIND_DAYS, ReadLetter
from wayseal.cases.hotline.errors import HotlineError, RiskyFileError
from wayseal.cases.hotline.forms import read_report
from wayseal.cases.hotline.letters import (
    FIELDS,
    MOST_NUMBERS,
    TYPE_TEXTS,
    Letter,
    LetterFile,
    LetterKind,
    ReportType,
    Sender,
    new_nonce,
)
from wayseal.cases.hotline.reports import Report
from wayseal.cases.hotline.rewards import Award, amount_of, plain_of
from wayseal.cases.hotline.sealing import MOST_IDENTITY
from wayseal.cases.hotline.transit import TypedIn
from wayseal.cases.views import Page
from wayseal.cases.writing import one_line
from wayseal.console.access.types import PersonState
from wayseal.console.errors import AccessError, UploadError
from wayseal.console.hotline import HotlineOffice
from wayseal.console.hotline_client import ExchangeError
from wayseal.console.roles import OFFICERS
from wayseal.console.web._ask import REFUSALS, TO_DO, Ask, Pages
from wayseal.console.web._lists import Column, Filter, ListPage
from wayseal.console.web._lists import Wanted as Asked
from wayseal.console.web._uploads import spool_parts
from wayseal.console.web.pages._case_acts import keep_file
from wayseal.console.web.pages._casework import me, number_given, the_cases
from wayseal.journal.record import same_person
from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_
from wayseal.page.languages import Lang
from wayseal.store.errors import StoreError

_MISTAKES = (*REFUSALS, NoSuchCaseError, RewardError, HotlineError, ExchangeError)
_CAME = ("telephone", "letter")
_PLAIN = "plain"
"""What stands for a reward without a fine among grades."""
OPEN = (ReportState.NEW, ReportState.IN_PROGRESS, ReportState.WAITING, ReportState.REOPENED)
_GROUPS: Mapping[str, Sequence[ReportState]] = {"open": OPEN, "all": tuple(ReportState)}


def on_hotline(act: Callable[..., Response]) -> Callable[[Ask], Response]:
    """An act with the hotline, or the page that says that there is none."""

    def do(ask: Ask) -> Response:
        if ask.site.hotline is None:
            return ask.page("hotline_none")
        try:
            return act(ask, ask.site.hotline)
        except (OSError, StoreError):
            raise CasebookDiskError(
                N_("the hotline's record can't be read or written: nothing was shown and nothing done")
            ) from None

    return do


PAGES = Pages(on_hotline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox(Page[Report]):
    """Some reports, and all that are open."""

    every: Sequence[Report]


def _query(ask: Ask, wanted: Asked, most: int) -> Inbox:
    reports = () if ask.site.hotline is None else ask.site.hotline.desk.reports()
    state, owner, owed = (wanted.filters[name] for name in ("state", "owner", "owed"))
    states = _GROUPS[state] if state in _GROUPS else (ReportState(state),)
    whose = {"me": me(ask), "nobody": None}
    rows = [
        one
        for one in reports
        if one.state in states and one.owner == whose.get(owner, one.owner) and (one.owed or owed != "owed")
    ]
    ids = [one.id for one in rows]
    start = ids.index(wanted.after) + 1 if wanted.after in ids else 0
    page = tuple(rows[start : start + most])
    after = page[-1].id if len(rows) > start + most else None
    return Inbox(rows=page, after=after, every=[one for one in reports if one.state in OPEN])


def _values(ask: Ask, page: Inbox) -> Mapping[str, Any]:
    assert ask.site.hotline is not None  # noqa: S101 (`on_hotline`)
    desk = ask.site.hotline.desk
    return {
        "contact": ask.site.hotline.contact,
        "foreign": desk.foreign(),
        "types": TYPE_TEXTS,
        "owed": sum(one.owed for one in page.every),
        "open": len(page.every),
        "mine": sum(one.owner == me(ask) for one in page.every),
        "unowned": sum(one.owner is None for one in page.every),
        "days_left": lambda one: (one.kept - desk.today()).days,
        "soon": REMIND_DAYS,
    }


INBOX: ListPage[Report] = ListPage(
    path="/hotline",
    roles=OFFICERS,
    query=_query,
    columns=[
        Column(name="id", cell=lambda row: row.id),
        Column(name="type", cell=lambda row: row.type and row.type.value, kind="report_type."),
        Column(name="state", cell=lambda row: row.state.value, kind="report_state."),
        Column(name="owner", cell=lambda row: row.owner),
        Column(name="owed", cell=lambda row: "owed" if row.owed else "", kind="report_owed."),
        Column(name="kept", cell=lambda row: row.kept.isoformat()),
    ],
    filters=[
        Filter(name="state", choices=("open", *(one.value for one in ReportState), "all"), kind="report_state."),
        Filter(name="owner", choices=("all", "me", "nobody"), kind="report_owner."),
        Filter(name="owed", choices=("all", "owed"), kind="report_owed."),
    ],
    template="hotline",
    values=_values,
    around=lambda act: on_hotline(lambda ask, _office: act(ask)),
)
PAGES += INBOX.pages()


@PAGES.get("/hotline/new", OFFICERS)
def show_new(ask: Ask, _office: HotlineOffice, error: Exception | None = None) -> Response:
    """The form for what somebody said on the telephone, or wrote on paper."""
    given = ask.field("turn") or ask.field("type")
    kind = next((one for one in ReportType if one == given), ReportType.SALE)
    return ask.page(
        "hotline_new",
        error=error,
        kind=kind,
        once=ask.field("once") or new_nonce(),
        types=TYPE_TEXTS,
        wanted=FIELDS[kind],
        came=_CAME,
        knows=[one.value for one in FieldKind],
        most_identity=MOST_IDENTITY,
        most_numbers=MOST_NUMBERS,
    )


@PAGES.post("/hotline/new", OFFICERS, again=show_new, refusals=_MISTAKES)
def type_in(ask: Ask, office: HotlineOffice) -> Response:
    """Has the portal seal it; shows the receipt (rule 4). Another type only brings its fields."""
    if ask.field("turn"):
        return show_new(ask, office)
    if office.client is None:
        raise AccessError("no portal is set: there is nobody who gives out receipts")
    entered, once = read_report(ask.form), ask.field("once") or new_nonce()
    for name, fault in entered.faults.items():
        raise AccessError(fault, key=name)
    letter = Letter(
        kind=LetterKind.REPORT,
        day=office.desk.today(),
        type=entered.type,
        text=entered.text,
        fields=entered.fields,
        identity=bool(entered.identity),
        came=ask.choice("came", _CAME),  # type: ignore[arg-type]
        nonce=sha256(once.encode()).hexdigest(),
    )
    report = TypedIn(letter=letter, once=once, identity=entered.identity)
    return ask.page("hotline_receipt", receipt=office.client.type_in(report))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A letter as its page shows it. act: by which staff wrote it; earlier: notes in whose place it stands."""

    read: ReadLetter
    act: AnyAct | None
    files: Sequence[tuple[int, LetterFile]]
    earlier: Sequence["Shown"] = ()


@PAGES.get("/hotline/{report}", OFFICERS, recorded=True)
def show_report(ask: Ask, office: HotlineOffice, error: Exception | None = None, name: str | None = None) -> Response:
    """A report (rule 1). name: what was opened of who reported it."""
    desk, now = office.desk, ask.access.now()
    report, read = desk.read(ask.names["report"], me(ask))
    state = desk.record.state()
    letters, notes = _told(read, state, report)
    return ask.page(
        "hotline_report",
        error=error,
        failed=ask.field("act") if error else "",
        report=report,
        name=name,
        letters=letters,
        notes=notes,
        types=TYPE_TEXTS,
        gives_name=any(one.read.letter is not None and one.read.letter.identity for one in letters),
        proposals=_proposals(state, report, me(ask), now),
        answers=office.answers,
        begun={lang: _begun(ask, office, lang) for lang in ("zh", "en")},
        states=[one.value for one in SETTABLE],
        over=report.state in (ReportState.GONE, ReportState.NUISANCE),
        officers=_officers(ask),
        me=me(ask),
        days_left=(report.kept - desk.today()).days,
        soon=REMIND_DAYS,
        rules=office.rules,
        plain=report.type and plain_of(office.rules, report.type),
        granted=state.granted(report.box.box),
    )


def _told(read: Sequence[ReadLetter], state: HotlineState, report: Report) -> tuple[Sequence[Shown], Sequence[Shown]]:
    """Letters in their order, and notes: each as it stands, with what it stood as before."""
    acts = {
        (isinstance(one, Noted), letter.place): one
        for one in state.of(report.box.box)
        if (letter := getattr(one, "letter", None)) is not None
    }
    letters, notes, count = list[Shown](), dict[int, Shown](), 0
    for one in read:
        place, inner = one.stored.place, one.stored.sender is Sender.INNER
        act = None if one.stored.sender is Sender.REPORTER else acts.get((inner, place))
        files = () if one.letter is None else tuple(enumerate(one.letter.files, start=count + 1))
        count += len(files)
        if not inner:
            letters.append(Shown(read=one, act=act, files=files))
            continue
        before = notes.pop(act.replaces, None) if isinstance(act, Noted) and act.replaces is not None else None
        notes[place] = Shown(read=one, act=act, files=(), earlier=(before, *before.earlier) if before else ())
    return letters, list(notes.values())


def _proposals(state: HotlineState, report: Report, who: str, now: int) -> list[dict[str, Any]]:
    """What was proposed, the newest first; may_open: whoever asks may open the name now."""
    found = [one for one in state.proposals.values() if one.proposed.box == report.box.box]
    return [
        {
            "made": one.proposed,
            "reply": one.replied,
            "state": one.state(now).value,
            "own": same_person(one.proposed.who, who),
            "may_open": state.may_open(one.proposed.id, who, now),
            "steps": [step.words for step in one.proposed.reward.award.steps] if one.proposed.reward else [],
        }
        for one in reversed(found)
    ]


def _officers(ask: Ask) -> list[str]:
    active = (one for one in ask.access.people.all() if one.state is PersonState.ACTIVE)
    return [one.login for one in active if one.role in OFFICERS]


Act = Callable[[Ask, HotlineOffice, str], Response | None]
"""Does it, to a report; None: its page comes again."""


def _text(ask: Ask, name: str) -> str:
    return ask.field(name).replace("\r\n", "\n").strip()


def _begun(ask: Ask, office: HotlineOffice, lang: Lang) -> str:
    """What was typed of an answer in a language, and behind it the text that was chosen to begin with."""
    own = _text(ask, lang) if ask.field("act") == "answer" else ""
    chosen = [one.text.of(lang) for n, one in enumerate(office.answers) if ask.field("begin") == str(n)]
    return "\n\n".join(filter(None, (own, *(one for one in chosen if one not in own))))


def _answer(ask: Ask, office: HotlineOffice, id_: str) -> Response | None:
    if ask.field("begin"):
        return show_report(ask, office)
    text = "\n\n".join(filter(None, (_text(ask, "zh"), _text(ask, "en"))))
    office.desk.answer(id_, text, me(ask), seen=number_given(ask, "seen"))
    return None


def _note(ask: Ask, office: HotlineOffice, id_: str) -> None:
    office.desk.note(id_, _text(ask, "note"), me(ask), replaces=number_given(ask, "replaces") or None)


def _set_state(ask: Ask, office: HotlineOffice, id_: str) -> None:
    state, seen = ask.choice("state", SETTABLE), number_given(ask, "seen")
    office.desk.set_state(id_, state, me(ask), ask.line("why"), seen=seen)


def _assign(ask: Ask, office: HotlineOffice, id_: str) -> None:
    owner = ask.choice("owner", ("", *_officers(ask)))
    office.desk.assign(id_, owner or None, me(ask))


def _link(ask: Ask, office: HotlineOffice, id_: str, *, on: bool = True) -> None:
    office.desk.link(id_, ask.line("case"), me(ask), ask.line("why"), the_cases(ask), on=on)


def _excerpt(ask: Ask, office: HotlineOffice, id_: str) -> None:
    office.desk.excerpt(id_, ask.field("case"), _text(ask, "excerpt"), me(ask), the_cases(ask))


def _enqueue(ask: Ask, office: HotlineOffice, id_: str) -> None:
    if ask.site.cases is None:
        raise AccessError("no ledger is set: there is no queue to put it into")
    office.desk.enqueue(id_, me(ask), ask.site.cases.need())


def _propose(ask: Ask, office: HotlineOffice, id_: str, *, what: Wanted) -> None:
    reward, of = None, ask.field("of") if what is Wanted.CANCEL else ""
    if what is Wanted.REWARD:
        reward = Reward(rules=office.rules.rules, days=office.rules.days, award=_award(ask, office, id_))
    office.desk.propose(id_, what, me(ask), ask.line("why"), reward=reward, of=of)


def _award(ask: Ask, office: HotlineOffice, id_: str) -> Award:
    if ask.field("grade") == _PLAIN:
        kind = office.desk.report(id_).type
        if kind is None or (plain := plain_of(office.rules, kind)) is None:
            raise AccessError("the rules name no amount for this type of report", key="grade")
        return plain
    try:
        base = Decimal(ask.line("base") or "0")
    except InvalidOperation:
        raise AccessError("needs an amount in yuan, with two decimals at most", key="base") from None
    return amount_of(office.rules, ask.field("grade"), base, bool(ask.field("insider")))


def _reply(ask: Ask, office: HotlineOffice, id_: str) -> None:
    proposal = ask.field("proposal")
    _must_be_of(office, id_, proposal)
    office.desk.reply(proposal, ask.choice("yes", ("1", "0"), TO_DO) == "1", me(ask), ask.line("why"))


def _open_name(ask: Ask, office: HotlineOffice, id_: str) -> Response:
    proposal = ask.field("proposal")
    _must_be_of(office, id_, proposal)
    return show_report(ask, office, name=office.desk.open_name(proposal, me(ask)))


def _must_be_of(office: HotlineOffice, id_: str, proposal: str) -> None:
    found = office.desk.record.state().proposals.get(proposal)
    if found is None or found.proposed.box != office.desk.report(id_).box.box:
        raise NoSuchCaseError("there is no such proposal", key="proposal")


ACTS: Mapping[str, Act] = {
    "answer": _answer,
    "note": _note,
    "state": _set_state,
    "assign": _assign,
    "link": _link,
    "unlink": partial(_link, on=False),
    "excerpt": _excerpt,
    "queue": _enqueue,
    "reply": _reply,
    "name": _open_name,
    **{what.value: partial(_propose, what=what) for what in Wanted},
}


def _again(ask: Ask, office: HotlineOffice, error: Exception) -> Response:
    if isinstance(error, RiskyFileError):
        return ask.page("hotline_risky", status=409, report=ask.names["report"], hazards=error.hazards)
    if not isinstance(error, StaleError):
        return show_report(ask, office, error)
    return ask.page("hotline_conflict", status=409, report=ask.names["report"], conflict=error)


@PAGES.post("/hotline/{report}", OFFICERS, again=_again, refusals=_MISTAKES)
def act_on(ask: Ask, office: HotlineOffice) -> Response:
    """Does something with a report."""
    act, id_ = ask.choice("act", ACTS, TO_DO), ask.names["report"]
    return ACTS[act](ask, office, id_) or ask.go(f"/hotline/{id_}")


@PAGES.post("/hotline/{report}/file", OFFICERS, again=_again, refusals=_MISTAKES)
def take_file(ask: Ask, office: HotlineOffice) -> Response:
    """Gives a file out (rule 2), or puts it into a case; its first part is opened before the answer begins."""
    id_ = ask.names["report"]
    try:
        file = bytes.fromhex(ask.field("file"))
    except ValueError:
        raise AccessError("choose a file", key="file") from None
    if (case := ask.field("case")) and ask.site.spool is None:
        raise UploadError("no folder for files is set")
    why = one_line(ask.line("why"), "why") if case else ""
    described, parts = office.desk.take_file(id_, file, me(ask), apart=bool(ask.field("apart")), case=case)
    name = f"{id_}-{file.hex()[:6]}.{described.kind}"
    if case and ask.site.spool:
        keep_file(ask, case, spool_parts(name, parts, ask.site.spool), why)
        return ask.go(f"/hotline/{id_}")
    first = next(parts, b"")

    def content() -> Iterator[bytes]:
        yield first
        yield from parts

    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content(), media_type="application/octet-stream", headers=head)
