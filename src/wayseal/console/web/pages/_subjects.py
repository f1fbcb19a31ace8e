"""An account, a device, an outlet: what it did day by day, its cases, its rights, and who is near it.

1. Accounts and devices stand under pseudonyms, always; a name is seen in a case, by a look on record.
2. A page walks over nothing: days are those that detection counted last, and the page says up to when.
3. A pseudonym that is nobody's, and an outlet that no table and no case knows, aren't there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.types import OPEN_STATES, PERSONAL, ObservableKind
from wayseal.cases.views import CaseFilter
from wayseal.console.reading import ACTIONS, DAYS, RIGHTS, Days, Directory, Pairing
from wayseal.console.roles import CASE_ROLES
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.console.web._case_words import reasons_of
from wayseal.console.web._links import href_of
from wayseal.console.web._render import translator_of
from wayseal.console.web.pages._live import block_values
from wayseal.console.web.pages._reviews import ACCOUNT_LISTS
from wayseal.ledger import LedgerError
from wayseal.model.times import day_name
from wayseal.page.charts import columns_chart
from wayseal.page.words import catalogue

PAGES = Pages()
_CASES, _NEAR, _AMONG = 30, 50, 400
"""Cases and accounts that are listed; accounts of an outlet whose cases are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another account, or a device. reads: in the days that are told, or together; days: the first and the last one."""

    kind: str
    name: str
    reads: int
    role: str = ""
    same_role: bool = False
    days: tuple[str, str] | None = None

    @property
    def href(self) -> str:
        """Its page."""
        return href_of(self.kind, self.name)


@PAGES.get("/accounts/{pseudonym}", CASE_ROLES)
def show_account(ask: Ask) -> Response:
    """An account, under its pseudonym."""
    return subject_page(ask, ObservableKind.ACCOUNT, ask.names["pseudonym"], _account)


@PAGES.get("/devices/{pseudonym}", CASE_ROLES)
def show_device(ask: Ask) -> Response:
    """A device, under its pseudonym."""
    return subject_page(ask, ObservableKind.DEVICE, ask.names["pseudonym"], _of_device)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the ledger knows of one of them. among: its accounts, whose cases are its, too."""

    days: Days
    last: int | None
    row: Mapping[str, Any] = field(default_factory=dict)
    lists: Sequence[tuple[str, str]] = ()
    devices: Sequence[Neighbour] = ()
    sharing: Sequence[Neighbour] = ()
    near: Sequence[Neighbour] = ()
    near_all: int = 0
    among: Sequence[str] = ()


def _account(ask: Ask, directory: Directory, name: str) -> _Known | None:
    place = directory.accounts.place(name)
    if place is None:
        return None
    row, devices = directory.row(place), directory.devices_of(place)
    outlet, role = row.get("outlet") or "", row.get("role") or ""
    near = [one for one in directory.at_outlet(outlet) if one != place] if outlet else []
    return _Known(
        days=directory.days([place]),
        last=directory.last,
        row=row,
        lists=_lists(ask, directory.accounts.id(place)),
        devices=[_device(directory, one) for one in devices[:_NEAR]],
        sharing=_sharing(directory, place, devices),
        near=sorted(_accounts(directory, near, role), key=lambda one: not one.same_role)[:_NEAR],
        near_all=len(near),
    )


def _of_device(_ask: Ask, directory: Directory, name: str) -> _Known | None:
    place = directory.devices.place(name)
    if place is None:
        return None
    users = directory.accounts_of(place)
    sharing = [_user(directory, one) for one in users[:_NEAR]]
    return _Known(days=directory.days_of_device(place), last=directory.last, sharing=sharing, near_all=len(users))


def find_outlet(_ask: Ask, directory: Directory, name: str) -> _Known | None:
    """What the ledger knows of an outlet."""
    row, places = directory.outlet(name), directory.at_outlet(name)
    if row is None:
        return None
    return _Known(
        days=directory.days(places),
        last=directory.last,
        row=row,
        near=list(_accounts(directory, places[:_NEAR], "")),
        near_all=len(places),
        among=tuple(directory.accounts.name(place) for place in places[:_AMONG]),
    )


def subject_page(
    ask: Ask, kind: ObservableKind, name: str, find: Callable[[Ask, Directory, str], _Known | None], **more: Any
) -> Response:
    """The page of one of them, as far as the ledger and the casebook know it."""
    cases, reading, known, trouble = ask.cases, ask.site.reading, None, None
    try:
        if reading is not None:
            known = find(ask, reading.directory(None if cases is None else cases.pseudonyms), name)
    except LedgerError as error:
        trouble = error
    found = known or _Known(days={}, last=None)
    among = CaseFilter(among=(name, *found.among))
    rows = () if cases is None else cases.cases(among, limit=_CASES).rows
    if known is None and not rows:
        there(trouble)
    return ask.page(
        "subject",
        status=None if trouble is None else 503,
        kind=kind.value,
        name=name,
        hidden=kind in PERSONAL,
        trouble=trouble,
        known=known is not None,
        found=found,
        span=DAYS,
        actions=[action for action in ACTIONS if any(action in of for of in found.days.values())],
        days=[(day_name(day), of, sum(of.values())) for day, of in found.days.items()],
        last=None if found.last is None else day_name(found.last),
        drawn=_draw(ask, found.days, found.last),
        cases=rows,
        open_case=next((row.id for row in rows if row.state in OPEN_STATES), ""),
        **block_values(ask, {name}),
        reasons_of=lambda row: reasons_of(row.detectors, ask.lang),
        **more,
    )


def _draw(ask: Ask, days: Days, last: int | None) -> Markup | None:
    """Reads a day, days without any among them."""
    if not days or last is None:
        return None
    say = translator_of(ask.lang, html=False).say
    rows = [(day_name(day)[5:], sum(days.get(day, {}).values())) for day in range(min(days), last + 1)]
    return columns_chart("reads", say("subject.reads"), say("subject.reads_desc", n=max(n for _, n in rows)), rows)


def _lists(ask: Ask, actor: str) -> Sequence[tuple[str, str]]:
    """The lists of the review of rights in which an account stands, with their names."""
    review = None if ask.site.reading is None else ask.site.reading.review(RIGHTS)
    words = catalogue(ask.lang, "wayseal.detect.rights")
    found = {} if review is None else {name: review.document[name] for name in ACCOUNT_LISTS}
    return [
        (name, words[f"rights.{name}"]) for name, rows in found.items() if any(one["actor"] == actor for one in rows)
    ]


def _accounts(directory: Directory, places: Sequence[int], role: str) -> Iterator[Neighbour]:
    for place in places:
        own = str(directory.row(place).get("role") or "")
        name = directory.accounts.name(place)
        yield Neighbour(
            kind="account", name=name, reads=directory.reads(place), role=own, same_role=bool(role) and own == role
        )


def _device(directory: Directory, one: Pairing) -> Neighbour:
    name = directory.devices.name(one.device)
    return Neighbour(kind="device", name=name, reads=one.reads, days=(day_name(one.first), day_name(one.last)))


def _user(directory: Directory, one: Pairing) -> Neighbour:
    name, role = directory.accounts.name(one.account), str(directory.row(one.account).get("role") or "")
    days = day_name(one.first), day_name(one.last)
    return Neighbour(kind="account", name=name, role=role, reads=one.reads, days=days)


def _sharing(directory: Directory, place: int, devices: Sequence[Pairing]) -> Sequence[Neighbour]:
    """Other accounts that read through the same devices, who reads most through them first."""
    others = (one for mine in devices[:_NEAR] for one in directory.accounts_of(mine.device) if one.account != place)
    ranked = sorted(others, key=lambda one: -one.reads)
    return [_user(directory, one) for one in {one.account: one for one in reversed(ranked)}.values()][::-1][:_NEAR]
