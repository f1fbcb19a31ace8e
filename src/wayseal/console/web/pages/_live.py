"""What is live, and what stops an account: the watch, its notices, blocks in force, rules and gateways.

1. Accounts stand under their pseudonyms, always; cases and waybills are told to whoever works on cases alone.
2. Who works on cases blocks, lifts, proposes rules and switches them off. A rule is put in force by an investigator, by
   a fresh proof, and never by who proposed it. Each act is a line of the record of blocks, with the login.
3. What can't be read is told, and all else is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from starlette.responses import Response

from wayseal.cases.views import CaseFilter
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES, OPENERS, Role
from wayseal.console.web._ask import REFUSALS, Ask, Pages, alias_of
from wayseal.console.web._case_words import name_of_reason
from wayseal.console.web._resources import LiveReader
from wayseal.console.web.pages._casework import me, number_given
from wayseal.detect.detectors import detectors
from wayseal.live.blocks import Added, Blocks, BlockState, Rule
from wayseal.live.errors import LiveError
from wayseal.live.types import Notice, NoticeKind, Reason
from wayseal.store.blocked import Measure
from wayseal.store.errors import StoreError

PAGES = Pages()
HOURS = ("2", "8", "24", "72", "168", "744")
"""How long an entry may last, as forms offer it."""
MEASURES = tuple(one.value for one in Measure)
NAMES = tuple(one.name for one in detectors() if one.choose is not None)
"""Detectors that the stream counts."""
LEAST = ("80", "90", "95", "99")
"""Per cent from which a notice fits a rule, as the form offers it."""
_HOUR_US, _MINUTES = 3_600_000_000, 60
_STORIES, _ENDED, _MOST_CASES, _MOST_HOLES = 12, 10, 200, 12
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A notice and what followed. told: the newest but a withdrawal; last: the newest; changes: how often it grew."""

    account: str
    first: Notice
    told: Notice
    last: Notice
    changes: int

    @property
    def reasons(self) -> Sequence[Reason]:
        """Those that are more than what peers have; the strongest of all where none is."""
        return [one for one in self.told.reasons if one.value > one.usual] or self.told.reasons[:1]

    @property
    def withdrawn(self) -> bool:
        """Whether work explains it now."""
        return self.last.kind is NoticeKind.WITHDRAWN


def stories_of(ask: Ask, notices: Iterable[Notice], most: int) -> Sequence[Story]:
    """Notices that were raised, each with what followed, the one of which was told last first."""
    alias, found = alias_of(ask), dict[str, list[Notice]]()
    for one in notices:
        root = one.raised or one.id
        found[root] = [*found.pop(root, ()), one]
    return [
        Story(
            account=alias(some[0].actor),
            first=some[0],
            told=next((one for one in reversed(some) if one.kind is not NoticeKind.WITHDRAWN), some[0]),
            last=some[-1],
            changes=sum(one.kind is NoticeKind.CHANGED for one in some),
        )
        for some in list(reversed(found.values()))[:most]
    ]


def cases_of(ask: Ask, accounts: Collection[str]) -> Mapping[str, str]:
    """The newest case of each account, by pseudonyms (rule 1)."""
    if ask.cases is None or not accounts or ask.whose.person.role not in CASE_ROLES:
        return {}
    rows = ask.cases.cases(CaseFilter(among=tuple(sorted(accounts))), limit=_MOST_CASES).rows
    newest = sorted(rows, key=lambda row: int(row.id.partition("-")[2]))
    return {thing.alias: row.id for row in newest for thing in row.things if thing.alias in accounts}


def why_of(ask: Ask, one: Added) -> str:
    """Why an entry was made: as somebody wrote it; a rule's by the reasons of its notice, in words."""
    if not one.rule:
        return one.entry.reason
    codes = one.entry.reason.rpartition(": ")[2].split(", ")
    return " · ".join(name_of_reason(code, ask.lang) for code in codes)


def the_live(ask: Ask) -> LiveReader:
    """Return what is live. AccessError: no ledger is set."""
    if ask.site.live is None:
        raise AccessError("no ledger is set")
    return ask.site.live


def block_account(ask: Ask, account: str, case: str) -> None:
    """Puts an account on the list, as a form says. account: its pseudonym. AccessError, LiveError."""
    live, alias = the_live(ask), alias_of(ask)
    actor = next((one.actor for one in live.notices() if alias(one.actor) == account), None)
    if actor is None and ask.site.reading is not None and ask.cases is not None:
        accounts = ask.site.reading.directory(ask.cases.pseudonyms).accounts
        place = accounts.place(account)
        actor = None if place is None else accounts.id(place)
    if actor is None:
        raise AccessError("the ledger has no read of this account", key="account")
    until = ask.access.now() + int(ask.choice("lasts", HOURS)) * _HOUR_US
    live.blocks.add(
        actor=actor, measure=ask.field("measure"), reason=ask.line("why"), case=case, until=until, who=me(ask)
    )


def block_values(ask: Ask, accounts: Collection[str]) -> Mapping[str, Any]:
    """Return what pages of accounts and cases say of blocks: those that count now, and what their form offers."""
    live, alias = ask.site.live, alias_of(ask)
    try:
        standing = () if live is None else live.blocks.state().standing(ask.access.now())
    except (LiveError, OSError):
        standing = ()  # which the page of what is live says
    return {
        "blocks": [(name, one) for one in standing if (name := alias(one.entry.actor)) in accounts],
        "why_of": partial(why_of, ask),
        "may_block": live is not None,
        "measures": MEASURES,
        "hours": HOURS,
    }


def watch_line(ask: Ask) -> Mapping[str, Any] | None:
    """What the overview says: the watch, and how many entries count now; None: there was no watch."""
    try:
        live = ask.site.live
        watch = None if live is None else live.watch()
        if live is None or watch is None:
            return None
        return {"watch": watch, "blocks": len(live.blocks.state().standing(ask.access.now()))}
    except (LiveError, OSError):
        return None


@PAGES.get("/live", LEDGER_ROLES)
def show_live(ask: Ask, error: Exception | None = None) -> Response:
    """All of it, as it is now; error: why an act was refused."""
    live, trouble, now = ask.site.live, list[LiveError](), ask.access.now()

    def told(read: Callable[[], T], nothing: T) -> T:
        try:
            return read()
        except LiveError as wrong:
            trouble.append(wrong)
        except OSError:
            trouble.append(LiveError("the record of blocks can't be read"))
        return nothing

    watch = None if live is None else told(live.watch, None)
    notices: Sequence[Notice] = () if live is None else told(live.notices, [])
    state = BlockState() if live is None else told(live.blocks.state, BlockState())
    alias, standing = alias_of(ask), state.standing(now)
    counting = {one.entry.id for one in standing}
    ended = [one for one in reversed(state.added.values()) if one.entry.id not in counting][:_ENDED]
    stories = stories_of(ask, notices, _STORIES)
    names = {one.entry.actor: alias(one.entry.actor) for one in (*standing, *ended)}
    cases = cases_of(ask, {*names.values(), *(one.account for one in stories)})

    def row(one: Added) -> tuple[str, Added, str]:
        name = names[one.entry.actor]
        return name, one, one.entry.case if one.entry.case.startswith("c-") else cases.get(name, "")

    return ask.page(
        "live",
        error=error,
        failed=f"{ask.path} {ask.field('rule')}".strip() if error else "",
        trouble=trouble,
        watch=watch,
        stories=stories,
        total=sum(not one.raised for one in notices),
        cases=cases,
        standing=[row(one) for one in standing],
        ended=[row(one) for one in ended],
        blocked=defaultdict(str, {names[one.entry.actor]: one.entry.measure.value for one in standing}),
        state=state,
        of_rule=Counter(one.rule for one in standing),
        detectors=NAMES,
        why_of=partial(why_of, ask),
        said=lambda detector: name_of_reason(detector, ask.lang),
        works=ask.whose.person.role in CASE_ROLES,
        agrees=ask.whose.person.role in OPENERS,
        me=me(ask),
        now=now,
        measures=MEASURES,
        hours=HOURS,
        least=LEAST,
        most_holes=_MOST_HOLES,
    )


def _act(path: str, roles: frozenset[Role], **more: Any) -> Callable[[Callable[[Ask, Blocks], None]], None]:
    """Declare an act on the record of blocks, which leads back to the page."""

    def declare(act: Callable[[Ask, Blocks], None]) -> None:
        def do(ask: Ask) -> Response:
            act(ask, the_live(ask).blocks)
            return ask.go("/live#blocks")

        PAGES.post(path, roles, again=show_live, refusals=(*REFUSALS, LiveError, StoreError), **more)(do)

    return declare


@_act("/live/blocks/{entry}/lift", CASE_ROLES)
def _lift(ask: Ask, blocks: Blocks) -> None:
    blocks.lift([ask.names["entry"]], who=me(ask), why=ask.line("why"))


@_act("/live/rules", CASE_ROLES)
def _propose(ask: Ask, blocks: Blocks) -> None:
    detector = ask.choice("detector", ("", *NAMES))
    rule = Rule(
        name=ask.line("rule"),
        least=int(ask.choice("least", LEAST)) / 100,
        detectors=(detector,) if detector else (),
        measure=Measure(ask.choice("measure", MEASURES)),
        minutes=int(ask.choice("lasts", HOURS)) * _MINUTES,
        most=number_given(ask, "most"),
    )
    blocks.propose_rule(rule, who=me(ask))


@_act("/live/rules/agree", OPENERS, confirmed=True)
def _agree(ask: Ask, blocks: Blocks) -> None:
    blocks.agree_rule(ask.field("rule"), who=me(ask))


@_act("/live/rules/off", CASE_ROLES)
def _switch_off(ask: Ask, blocks: Blocks) -> None:
    entries = blocks.switch_off_rule(ask.field("rule"), who=me(ask), why=ask.line("why"))
    if entries and ask.field("lift"):
        blocks.lift(entries, who=me(ask), why=ask.line("why"))
